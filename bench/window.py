"""Measures the window: opening, a long history, a slow doctor.

    python bench/window.py

Opens real windows on a virtual screen. A stall is the longest time for which the window's event
loop was blocked, measured by a timer that should run every 5 ms; keys and clicks wait that long.
Bounds: open in 0.5 s, no stall over 100 ms while a reply takes 3 s, and with 10,000 lines of
history a line is shown as fast as with 100 (within a factor of 3 and 10 ms).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.virtual_screen import virtual_screen  # noqa: E402 - found only after the line above

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.ui.main_window import DoctorClient

OPEN_BOUND, STALL_BOUND = 0.5, 0.1
ROUNDS = 7
#: The windows, until the process ends: a collector in another thread must not delete one.
_KEPT: list[DoctorClient] = []
_OPENS = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from client.model.preferences import Preferences
from client.ui.main_window import DoctorClient
from client.net.address import ServerAddress
address = ServerAddress("127.0.0.1", 1)
window = DoctorClient(Preferences(palette="light"), address, Path(sys.argv[2]))
while not window.winfo_viewable():
    window.tk.dooneevent(0)
window.update()
print("open", flush=True)
window.close()
"""


def opening(directory: Path) -> tuple[float, float]:
    """Return the seconds from the start of Python until a window is drawn, and the processor's."""
    start = time.perf_counter()
    command = [sys.executable, "-c", _OPENS, str(ROOT), str(directory / "client.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        taken = time.perf_counter() - start
        used = os.wait4(process.pid, 0)[2]
        process.returncode = 0
        return taken, used.ru_utime + used.ru_stime


class Heart:
    """Beats every 5 ms in a window's event loop and keeps the longest pause."""

    def __init__(self, window: DoctorClient) -> None:
        self.window = window
        self.longest = 0.0
        self._last = time.perf_counter()
        self._beat()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        if not self.window.closed:
            self.window.after(5, self._beat)

    def during(self, condition: Callable[[], object]) -> tuple[float, float]:
        """Return how long it took until the condition held, and the longest stall in it."""
        self.longest, self._last = 0.0, time.perf_counter()
        start = self._last
        while not condition():
            self.window.tk.dooneevent(0)
        return time.perf_counter() - start, self.longest


def window_for(directory: Path, port: int) -> DoctorClient:
    """Return a window connected with a server on this computer."""
    from client.model.preferences import Preferences  # noqa: PLC0415 - needs the screen
    from client.net.address import ServerAddress  # noqa: PLC0415 - the same
    from client.ui.main_window import DoctorClient  # noqa: PLC0415 - the same

    settings = replace(Preferences(palette="light"), name="Ada")
    window = DoctorClient(settings, ServerAddress("127.0.0.1", port), directory / "client.json")
    while not window.winfo_viewable():
        window.tk.dooneevent(0)
    _KEPT.append(window)
    window.connect()
    while window.presenter.state != "open":
        window.tk.dooneevent(0)
    return window


def one_line(window: DoctorClient) -> float:
    """Return the seconds that showing an answered line takes the window, drawn."""
    from client.model.exchange import HistoryEntry  # noqa: PLC0415 - needs the screen
    from client.ui.presenter import now  # noqa: PLC0415 - the same

    view = window.view.transcript
    start = time.perf_counter()
    view.say(-1, "My mother never listens to me when I talk about the engine.", now())
    window.update()
    view.answer(-1, HistoryEntry(1, now(), 0, "", "x", "Why does your mother never listen to you?"))
    window.update()
    taken = time.perf_counter() - start
    view.items[-1].line = 0
    return taken


def inside() -> int:
    """Measure on the screen of this process; returns 1 where a bound was passed."""
    from tests.support.fake_server import FakeServer  # noqa: PLC0415 - needs the path

    with tempfile.TemporaryDirectory() as made, FakeServer() as server:
        directory = Path(made)
        opens = [opening(directory) for _ in range(ROUNDS)]
        opened = statistics.median(taken for taken, _ in opens)
        worked = statistics.median(used for _, used in opens)
        print(f"opening a window, from the start of Python   {opened:.2f} s")
        print(f"  of them, with closing, the processor's     {worked:.2f} s")
        server.histories["Ada"] = [(f"line {n} of the patient", "Go on.", 1) for n in range(50)]
        window = window_for(directory, server.port)
        few = statistics.median(one_line(window) for _ in range(50))
        window.close()
        server.histories["Ada"] = [
            (f"line {n} of what the patient said, neither long nor short", f"Reply {n}?", n // 20)
            for n in range(5000)
        ]
        window = window_for(directory, server.port)
        heart = Heart(window)
        window.show_all()
        history_loader = window.presenter.history_loader
        assert history_loader is not None
        took, loading = heart.during(lambda: history_loader.is_complete)
        print(f"10,000 lines of history fetched and shown in {took:.2f} s")
        print(f"  longest stall meanwhile                    {loading * 1000:.0f} ms")
        stalls = [loading]
        # Tk works out the heights of lines in its own time; until then it has other things to do.
        area = window.layout.transcript
        took, loading = heart.during(lambda: not area.tk.call(str(area), "pendingsync"))
        stalls.append(loading)
        print(f"  heights of all lines known after           {took:.2f} s")
        many = statistics.median(one_line(window) for _ in range(50))
        print(f"a line said and answered, drawn              {few * 1000:.1f} ms with 100 lines")
        print(f"                                             {many * 1000:.1f} ms with 10,000")
        start = time.perf_counter()
        window.larger()
        window.update()
        print(f"zooming with 10,000 lines                    {time.perf_counter() - start:.2f} s")
        stall = slow_reply(window, heart, server.behaviour.may_reply)
        print(f"longest stall while a reply takes 3 s        {stall * 1000:.0f} ms")
        window.close()
    within_bounds = (
        opened < OPEN_BOUND
        and max(*stalls, stall) < STALL_BOUND
        and many < max(few * 3, few + 0.01)
    )
    print("within the bounds" if within_bounds else "NOT within the bounds")
    return 0 if within_bounds else 1


def slow_reply(window: DoctorClient, heart: Heart, may_reply: threading.Event) -> float:
    """Return the longest stall while a reply takes three seconds and somebody types."""
    may_reply.clear()
    window.view.input.put("Take your time.")
    window.view.input.send()
    timer = threading.Timer(3.0, may_reply.set)
    timer.start()
    area = window.layout.input
    area.focus_force()

    def press(letter: int = 0) -> None:
        area.event_generate("<Key>", keysym="abcdefgh"[letter % 8])
        if not may_reply.is_set():
            window.after(60, press, letter + 1)

    press()
    _, stall = heart.during(lambda: window.view.transcript.items[-1].doctor)
    timer.join()
    assert len(window.view.input.text) > 20
    return stall


def main() -> int:
    """Run the measurements on a virtual screen."""
    if "DOCTOR_BENCH_SCREEN" in os.environ:
        return inside()
    with virtual_screen() as environment:
        environment["DOCTOR_BENCH_SCREEN"] = "1"
        return subprocess.run([sys.executable, __file__], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
