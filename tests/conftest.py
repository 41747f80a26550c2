"""What every test is held to: it leaves no thread and no open descriptor behind."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_DESCRIPTORS = Path("/proc/self/fd")


def _descriptors() -> dict[int, str]:
    if not _DESCRIPTORS.is_dir():
        return {}
    found = {}
    for entry in _DESCRIPTORS.iterdir():
        try:
            found[int(entry.name)] = str(entry.readlink())
        except OSError:
            continue  # the descriptor of this very listing
    return found


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread running or a descriptor open."""
    if request.node.get_closest_marker("leaks_checked_elsewhere"):
        yield
        return
    threads = set(threading.enumerate())
    before = _descriptors()
    yield
    deadline = time.monotonic() + 5
    left_threads: list[str] = []
    left_open: dict[int, str] = {}
    while time.monotonic() < deadline:
        gc.collect()
        left_threads = [t.name for t in threading.enumerate() if t not in threads and t.is_alive()]
        now = _descriptors()
        left_open = {fd: where for fd, where in now.items() if before.get(fd) != where}
        if not left_threads and len(now) <= len(before):
            return
        threading.Event().wait(0.02)
    assert not left_threads, f"threads left running: {left_threads}"
    assert not left_open, f"descriptors left open in process {os.getpid()}: {left_open}"
