"""What the README shows is what the program does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.server.rooms.room_client import RoomClient
from tests.support.helpers import PATIENCE, ROOT, Client, live_server

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")


def _session() -> list[str]:
    """Return the lines of the README's session with `nc`, typed ones and received ones."""
    found = re.search(r"^\$ nc .*?\n(.*?\n221 [^\n]*)\n", README, re.MULTILINE | re.DOTALL)
    assert found
    return found[1].splitlines()


def _group() -> list[str]:
    """Return the lines of the README's session in a room."""
    found = re.search(r"^### Groups\n.*?^```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found
    return found[1].splitlines()


def test_the_session_in_a_room_is_what_members_see(tmp_path: Path) -> None:
    """Typed again, Ada gets the lines that the README shows, but for times and up to a `...`."""
    at = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
    with (
        live_server(tmp_path / "patients") as server,
        RoomClient(server, "Bob") as bob,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        received = ada.socket.makefile("r", encoding="utf-8", newline="\n")
        with received:
            for line in _group():
                text, _, typed = line.partition("(Bob: ")
                if typed:
                    bob.ask(typed.removesuffix(")"))
                if re.match(r"\d{3}[ -]", line):
                    shown, cut, _ = at.sub("TIME", text.rstrip(" ")).partition("...")
                    heard = at.sub("TIME", received.readline().rstrip("\n"))
                    assert heard.startswith(shown) if cut else heard == shown, (heard, shown)
                else:
                    ada.send(line.encode() + b"\n")


def test_session_is_what_the_server_says(tmp_path: Path) -> None:
    """The README's session, typed again, gets the lines that the README shows, up to a `...`.

    Its Python then reads the saved file.
    """
    with live_server(tmp_path / "patients") as server, Client(server) as client:
        received = client.socket.makefile("r", encoding="utf-8", newline="\n")
        with received:
            for line in _session():
                if re.match(r"\d{3}[ -]", line):
                    shown, cut, _ = line.partition(" ...")
                    heard = received.readline().rstrip("\n")
                    assert heard.startswith(shown) if cut else heard == shown, (heard, shown)
                else:
                    client.send(line.encode() + b"\n")
    (program,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert "My mother hates me." in done.stdout
