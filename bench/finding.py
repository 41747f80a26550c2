"""Measures finding in a long history: the first hit, the whole search, and stalls of the window.

    python bench/finding.py

A history of 100,000 exchanges is served by `server.py`, a process of its own. A window on a virtual
screen shows the end of it, looks for a word that was said lately, for one that was said only at the
beginning, and for a day in the middle. Bounds: the end of the history is shown in 0.5 s (for the
window itself see bench/window.py), the first place of each word in 1 s, and no stall is over 50 ms.

Then a client searches the whole history again and again while another one talks: the time of the
other's lines is shown, with and without.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.window import Heart, window_for  # noqa: E402 - found only after the line above
from doctor.doctor import Doctor  # noqa: E402 - the same
from doctor.history import record  # noqa: E402 - the same
from doctor.history.chunks import Transcript  # noqa: E402 - the same
from doctor.history.transcript import Exchange  # noqa: E402 - the same
from tools.virtual_screen import virtual_screen  # noqa: E402 - the same

EXCHANGES = 100_000
FIRST_BOUND, SHOWN_BOUND, STALL_BOUND = 1.0, 0.5, 0.05
LINES = 200
_BEGUN = 1_700_000_000


def write_history(directory: Path) -> None:
    """Write the history of Ada: a wedding at the beginning, and dreams now and then."""
    history = Transcript(birth=_BEGUN * 1000)
    for number in range(1, EXCHANGES + 1):
        about = "the wedding" if number == 7 else "a dream" if number % 977 == 0 else "the engine"
        line = f"I have thought about {about} all day, and about what you said of it."
        reply = "What does it mean to you that you have thought about it all day?"
        at = float(_BEGUN + number * 300)
        history.append(Exchange(number, at, number // 40 + 1, line, reply, "THINK"))
    header = Doctor("Ada", None, history).header()
    directory.mkdir()
    (directory / "Ada.dat").write_bytes(record.write(header, history))


def search(port: int, made: Path) -> int:
    """Measure with the server at this port; return 1 where a bound was passed."""
    begun = time.perf_counter()
    window = window_for(made, port)
    heart = Heart(window)
    heart.during(lambda: any(item.number == EXCHANGES for item in window.view.transcript.items))
    opened = time.perf_counter() - begun
    print(f"the end of the history is shown {opened:26.2f} s after the window was made")
    stalls: list[float] = []
    firsts: list[float] = []
    reading = window.reading
    reading.find()

    def shown() -> bool:
        finder = reading.finder
        return bool(finder.hits) and (
            not reading.passage.is_shown or reading.passage.transcript is not None
        )

    for word, where in (("dream", "lately"), ("WEDDING", "at the beginning")):
        reading.finder.search(word)
        took, stall = heart.during(shown)
        print(f"the first hit of a word that was said {where:17}{took:6.2f} s")
        whole, longest = heart.during(lambda: reading.finder.searched <= 1)
        print(f"  the whole history searched after               {took + whole:6.2f} s")
        print(f"  longest stall meanwhile {max(stall, longest) * 1000:27.0f} ms")
        stalls += [stall, longest]
        firsts.append(took)
    took, stall = heart.during(lambda: reading.passage.is_shown)
    print(f"what is far above is shown after {took:22.2f} s, stall {stall * 1000:.0f} ms")
    stalls.append(stall)
    reading.close()
    day = datetime.fromtimestamp(_BEGUN + EXCHANGES * 150, UTC).date()
    reading.show_day(day)
    took, stall = heart.during(lambda: reading.passage.is_shown)
    print(f"going to a date in the middle {took:25.2f} s, stall {stall * 1000:.0f} ms")
    stalls.append(stall)
    window.close()
    within = max(firsts) < FIRST_BOUND and max(stalls) < STALL_BOUND and opened < SHOWN_BOUND
    print("within the bounds" if within else "NOT within the bounds")
    return 0 if within else 1


def enter(port: int, name: str) -> TextIO:
    """Begin a conversation without a window."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        stream = connection.makefile("rw", encoding="utf-8", newline="\n")
    read_reply(stream)
    ask(stream, name)
    return stream


def read_reply(stream: TextIO) -> str:
    """Return the last line of a reply; notices between replies are left out."""
    while True:
        line = stream.readline()
        if not line or (line[3:4] == " " and line[0] != "1"):
            return line


def ask(stream: TextIO, line: str) -> str:
    """Send a line and return the last line of its reply."""
    stream.write(line + "\n")
    stream.flush()
    return read_reply(stream)


def talk(port: int) -> list[float]:
    """Return the milliseconds of some lines of another patient, sorted."""
    taken = []
    with enter(port, "Bob") as bob:
        for _ in range(LINES):
            begun = time.perf_counter()
            ask(bob, "I have had a dream.")
            taken.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.02)
    return sorted(taken)


def talk_while_searching(port: int) -> None:
    """Show how long another patient's lines take while nobody searches, and while one does."""
    searches, is_over = 0, threading.Event()

    def search_on() -> None:
        nonlocal searches
        with enter(port, "Ada") as ada:
            while not is_over.is_set():
                ask(ada, "/find nowhere")
                searches += 1

    for name in ("nobody searches", "one searches"):
        thread = threading.Thread(target=search_on)
        if name.startswith("one"):
            thread.start()
        taken = talk(port)
        median, late = statistics.median(taken), taken[int(len(taken) * 0.99)]
        print(f"a line of another while {name:17}{median:6.2f} ms, 99 % within {late:6.2f} ms")
    is_over.set()
    thread.join()
    print(f"  searches of the whole history meanwhile {searches:16}")


def inside() -> int:
    """Measure on the screen of this process."""
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made) / "patients"
        write_history(directory)
        ready = Path(made) / "ready"
        command = [sys.executable, str(ROOT / "server.py"), "--port", "0"]
        command += ["--patients", str(directory), "--ready-file", str(ready)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
            try:
                until = time.monotonic() + 10
                while not ready.exists() and time.monotonic() < until:
                    time.sleep(0.05)
                port = int(ready.read_text(encoding="utf-8").strip().rpartition(":")[2])
                result = search(port, Path(made))
                talk_while_searching(port)
                return result
            finally:
                one.terminate()


def main() -> int:
    """Run the measurements on a virtual screen."""
    if "DOCTOR_BENCH_SCREEN" in os.environ:
        return inside()
    with virtual_screen() as environment:
        environment["DOCTOR_BENCH_SCREEN"] = "1"
        return subprocess.run([sys.executable, __file__], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
