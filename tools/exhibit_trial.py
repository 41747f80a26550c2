"""An exhibit left to many visitors, with a server that is restarted: memory, windows, threads.

    python tools/exhibit_trial.py [--visitors 2000]

Needs Xvfb; openbox is the window manager where it is installed. The window is the one of
`python -m client --exhibit`, with a real server that plays the script of 1965 and is stopped and
started again in the middle. Each visitor presses a key, says a line, looks how the answer was made
if the number is even, and goes away: the idle time is 30 ms. What is printed for each tenth of the
visitors is of this process alone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.virtual_screen import virtual_screen  # noqa: E402 - found beside this directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.museum.exhibit import Exhibit

_IDLE = 30
_PATIENCE = 60.0
_LINES = ("I am sad.", "My mother is here.", "You are a program.", "Why not?", "Hello")


def main() -> int:
    """Run the trial on a screen of its own."""
    parser = argparse.ArgumentParser(description="Try an exhibit with many visitors.")
    parser.add_argument("--visitors", type=int, default=2000)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return try_visitors(options.visitors)
    with virtual_screen() as environment:
        manager = shutil.which("openbox")
        started = [subprocess.Popen([manager], env=environment)] if manager else []
        print(f"window manager: {manager or 'none'}", flush=True)
        command = [sys.executable, __file__, "--inside", "--visitors", str(options.visitors)]
        try:
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            for each in started:
                each.terminate()
                each.wait()


class Server:
    """A server of its own on a port that stays the same."""

    def __init__(self, directory: Path, port: int = 0) -> None:
        ready = directory / "ready"
        ready.unlink(missing_ok=True)
        command = [sys.executable, str(ROOT / "server.py"), "--script", "1965"]
        command += ["--port", str(port), "--patients", str(directory / "patients")]
        command += ["--ready-file", str(ready), "--log", str(directory / "log")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE
        while not ready.exists() or not ready.read_text().strip():
            if time.monotonic() > deadline:
                sys.exit("the server did not start")
            time.sleep(0.05)
        self.port = int(ready.read_text().split()[-1].rpartition(":")[2])

    def stop(self) -> None:
        """Stop it as a service manager does."""
        self.process.terminate()
        self.process.wait(_PATIENCE)


def try_visitors(count: int) -> int:
    """Let visitors come and go, and print what the window takes."""
    from client.net.address import ServerAddress  # noqa: PLC0415 - needs the screen
    from client.ui.museum import attract, exhibit  # noqa: PLC0415 - the same

    exhibit.RETRY = 200  # type: ignore[misc]
    attract.PAUSE = 5  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        server = Server(directory)
        window = exhibit.Exhibit(ServerAddress("127.0.0.1", server.port), idle=_IDLE, speed=0)
        print("visitors  seconds  RSS MiB  windows  threads  descriptors", flush=True)
        began = time.monotonic()
        for number in range(1, count + 1):
            if number == count // 2:
                come(window)
                server.stop()
                pump(window, lambda: "will be back soon" in text_of(window), window.note_use)
                server = Server(directory, server.port)
            visit(window, number)
            if number % max(1, count // 10) == 0 or number == 1:
                print_row(window, number, time.monotonic() - began)
        faults = list(window.faults)
        window.close()
        server.stop()
    print(f"faults: {len(faults)}", flush=True)
    return int(bool(faults))


def visit(window: Exhibit, number: int) -> None:
    """Be one visitor, from the first key to the dialogue that follows."""
    transcript = window.view.transcript
    come(window)
    line = _LINES[number % len(_LINES)]

    def say(_event: object) -> None:
        """Say the line, once more where the idle time began another visit just before."""
        window.note_use(None)
        is_said = any(item.patient == line for item in transcript.items)
        if window.presenter.state == "open" and not is_said:
            window.view.input.put(line)
            window.view.input.send()

    pump(window, transcript.last_reply, say)
    if number % 2 == 0:
        window.explain()
    pump(window, lambda: window.attract.is_on)
    if line.upper() in text_of(window).upper():
        sys.exit(f"visitor {number} left something on the screen: {text_of(window)}")


def come(window: Exhibit) -> None:
    """Press a key, and wait for the greeting."""
    window.note_use(None)
    pump(window, lambda: window.presenter.state == "open", window.note_use)


def text_of(window: Exhibit) -> str:
    """Return what is on the screen."""
    return window.layout.transcript.get("1.0", "end")


def pump(
    window: Exhibit,
    condition: Callable[[], object],
    meanwhile: Callable[[object], None] | None = None,
) -> None:
    """Let the window work until a condition holds; `meanwhile` keeps the visitor there."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            presenter = window.presenter
            where = f"{presenter.state}, {presenter.conversation}, {window.attract.is_on}"
            sys.exit(f"the window did not get there ({where}): {text_of(window)}")
        if meanwhile is not None:
            meanwhile(None)
        timer = window.after(5, lambda: None)
        window.tk.dooneevent(0)
        window.after_cancel(timer)


def print_row(window: Exhibit, number: int, seconds: float) -> None:
    """Print what this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    size = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    children = window.winfo_toplevel().winfo_children()
    tops = len([each for each in children if each.winfo_class() == "Toplevel"])
    with contextlib.suppress(OSError):
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
    row = f"{number:8,}  {seconds:7.0f}  {size:7.1f}  {1 + tops:7}"
    print(f"{row}  {threading.active_count():7}  {descriptors:11}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
