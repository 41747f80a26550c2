"""The tour's commands and the textbook's server, run as a reader runs them.

In `docs/tour.md` a block marked `sh` is typed, and a block marked `text` right after it is what is
printed. All of them run here in one shell, in order, with free ports in place of the tour's.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from tests.support.helpers import PATIENCE, ROOT, live_server

TOUR = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
PORTS = ("5001", "5002", "5003", "5004")
#: What `nc` does of what the tour asks for, so that the test needs no other program.
NC = """
import socket, sys
host, port = sys.argv[-2:]
with socket.create_connection((host, int(port))) as peer:
    peer.sendall(sys.stdin.buffer.read())
    if "-N" in sys.argv:
        peer.shutdown(socket.SHUT_WR)
    try:
        while data := peer.recv(4096):
            sys.stdout.buffer.write(data)
    except ConnectionResetError:
        pass
"""


class Block(NamedTuple):
    """One fenced block: its language and its text."""

    kind: str
    text: str


def blocks(*kinds: str) -> list[Block]:
    """Return the tour's fenced blocks of these kinds, in order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", TOUR, re.MULTILINE | re.DOTALL)
    return [Block(kind, text) for kind, text in found if kind in kinds]


def typed() -> list[tuple[str, str]]:
    """Return each command block with what the tour says it prints."""
    pairs: list[tuple[str, str]] = []
    for kind, text in blocks("sh", "text"):
        if kind == "sh":
            pairs.append((text, ""))
        else:
            pairs[-1] = (pairs[-1][0], text)
    return pairs


def free_ports(number: int) -> list[str]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [str(listener.getsockname()[1]) for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


class Shell:
    """A bash that runs one block after the other, with stand-ins for `python` and `nc`."""

    def __init__(self, scratch: Path) -> None:
        programs = scratch / "programs"
        programs.mkdir()
        (programs / "nc.py").write_text(NC, encoding="utf-8")
        for name, start in (("python", ""), ("nc", f" '{programs}/nc.py'")):
            program = programs / name
            program.write_text(f"#!/bin/sh\nexec '{sys.executable}'{start} \"$@\"\n", "utf-8")
            program.chmod(0o755)
        kept = {key: value for key, value in os.environ.items() if "COVERAGE" not in key}
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self._process = subprocess.Popen(
            ["bash"],
            cwd=ROOT,
            env={**kept, "PATH": path, "TMPDIR": str(scratch), "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._timer = threading.Timer(4 * PATIENCE, self._kill)
        self._timer.start()

    def _kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)

    def run(self, commands: str) -> str:
        """Run commands and return what they print; for a server, wait until it listens."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{commands}\necho '# done'\n")
        self._process.stdin.flush()
        printed: list[str] = []
        wanted = {"# done"}
        if re.search("&$", commands, re.MULTILINE):
            wanted.add(" listening on ")
        while wanted:
            line = self._process.stdout.readline()
            assert line, f"ended or took too long: {commands}\n{''.join(printed)}"
            wanted -= {word for word in wanted if word in line}
            if "# done" not in line and not re.match(r"\w+: line \d+: +\d+ (Killed|Term)", line):
                printed.append(line)
        return "".join(printed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._kill()
        self._timer.join()
        with self._process:
            pass


def same(text: str) -> str:
    """Return what a command prints without what differs from day to day."""
    return re.sub(r"^\d\d:\d\d ", "HH:MM ", text, flags=re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the tour is for Linux")
def test_every_command_of_the_tour_prints_what_the_tour_says(tmp_path: Path) -> None:
    """Typed in order in one shell, each block prints what stands under it."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))

    def here(text: str) -> str:
        return re.sub(r"\b500[1-4]\b", lambda found: ports[found[0]], text)

    with Shell(tmp_path) as shell:
        for commands, printed in typed():
            assert same(shell.run(here(commands))) == same(here(printed)), commands


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_every_solution_runs(tmp_path: Path, number: int) -> None:
    """Each solution is a program that checks itself; the client's talks with a real server."""
    with live_server(tmp_path) as server:
        done = subprocess.run(
            [sys.executable, "-c", blocks("python")[number].text, str(server.address[1])],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert (done.returncode, done.stderr) == (0, "")
