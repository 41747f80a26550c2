"""Windows for a fake server, for the tests of the user interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fake_server import FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from client.ui.main_window import DoctorClient


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A fake server on a port of its own."""
    with FakeServer() as fake:
        yield fake


@pytest.fixture
def client(tmp_path: Path, server: FakeServer) -> Iterator[Callable[..., DoctorClient]]:
    """Open windows for the server, close them, and check that no error was reported."""
    # The first import opens the display, which pytest-xvfb changes after it has read this file.
    from tests.support.screen import close_all, opened, tk_garbage_stays_here

    windows: list[DoctorClient] = []

    def make(name: str = "", **options: object) -> DoctorClient:
        port = options.pop("port", server.port)
        window = opened(tmp_path / "client.json", port, name, **options)  # type: ignore[arg-type]
        windows.append(window)
        return window

    with tk_garbage_stays_here():
        yield make
        close_all(windows)
