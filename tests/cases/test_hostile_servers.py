"""Clients of a hostile server."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
import unicodedata
from pathlib import Path

import pytest

from tests.support.fake_doctor import FakeDoctor
from tests.support.programs import TREE, environment, run

#: Bytes of memory that a client may need; it needs some 30 MB to be there.
ENOUGH = 150 << 20
SENT = 24 << 20


def _row_of_tabs(code: bytes) -> bytes:
    return code + b"-" + b"\t" * 16_000 + b"\n"


FLOODS = {
    "fields-in-a-greeting": (_row_of_tabs(b"230") * (SENT // 16_000), b""),
    "rows-in-a-greeting": (b"230-a\tb\n" * (SENT // 8), b""),
    "text-in-a-greeting": ((b"230-" + b"words " * 2000 + b"\n230-x\n") * (SENT // 12_000), b""),
    "fields-in-a-reply": (b"", _row_of_tabs(b"250") * (SENT // 16_000)),
    "replies-that-nobody-asked-for": (b"", b"250 hello\n" * (SENT // 10)),
    "notices": (b"", b"150-a\tb\n150 hello\n" * (SENT // 72)),  # the shortest there are
    "one-row-that-goes-on": (b"", b"250-a\tb\n" + b"250-\t" + b"x" * 16_000 + b"\n" * 1),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to look in")
@pytest.mark.parametrize("kind", FLOODS)
def test_a_client_has_bounds(kind: str) -> None:
    """However much a server sends that nobody asked for, a client's memory is bounded."""
    greeting, reply = FLOODS[kind]
    if kind == "one-row-that-goes-on":
        reply = b"250-a\tb\n" + (b"250-\t" + b"x" * 16_000 + b"\n") * (SENT // 16_000)
    with FakeDoctor(lambda _line: reply + b"250 well\n", greeting=greeting) as fake:
        process = subprocess.Popen(
            [sys.executable, "-m", "client", "--console", "--port", str(fake.port)],
            cwd=TREE, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        peak, pause = 0, threading.Event()
        end = time.monotonic() + 60  # it comes again some times, and gives up
        try:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(b"Ada\nHello there.\n/quit\n")
                process.stdin.close()
            while process.poll() is None and time.monotonic() < end and peak < ENOUGH:
                peak = max(peak, _peak(process.pid))
                pause.wait(0.01)
            ended = process.poll() is not None
        finally:
            process.kill()
            process.wait()
    assert peak < ENOUGH, f"{peak >> 20} MiB"
    assert ended, "the client went on for ever"


def _peak(pid: int) -> int:
    """Return the most memory that a process has had, in bytes; 0 where it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0


TURNERS = [chr(code) for code in range(sys.maxunicode + 1)
           if unicodedata.bidirectional(chr(code)) in
           {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}]  # fmt: skip
CONTROLS = [chr(code) for code in [*range(1, 9), 11, 12, *range(14, 32), *range(127, 160)]]


@pytest.mark.parametrize("where", ["reply", "greeting", "row", "goodbye"])
@pytest.mark.parametrize("kind", ["direction", "control"])
def test_a_console_escapes_what_turns_writing(kind: str, where: str) -> None:
    """Direction and control characters of a server's reach no terminal as they came."""
    bad = "".join([*TURNERS, "\u200e", "\u200f"] if kind == "direction" else CONTROLS)
    data = bad.encode()
    greeting = b"230-exchanges\t0\n"
    if where == "row":
        greeting += b"230-notice\tmind " + data + b"\n"
    greeting += b"230 Hello" + (data if where == "greeting" else b"") + b".\n"

    def answer(line: str) -> bytes | None:
        if where == "goodbye" and line == "bye":
            return b"421 leave " + data + b"\n"
        return b"250 well" + (data if where == "reply" else b"") + b"\n"

    with FakeDoctor(answer, greeting=greeting) as fake:
        ran = run(
            "-m", "client", "--console", "--port", str(fake.port), given=b"Ada\nHello.\n",
        )  # fmt: skip
    told = ran.out + ran.err
    assert not [character for character in bad if character in told]
