"""What every test is held to: it leaves no thread and no open descriptor behind."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# Nothing passes or fails by how fast it was; and a run of everything stays short.
settings.register_profile("doctor", deadline=None, max_examples=25)
settings.load_profile("doctor")

# Tests compare English texts, in this process and in those that it starts.
os.environ["LANGUAGE"] = "en"

# The lines of a process that runs tests are counted, those of programs that it starts are not: a
# suite that counted them too would take half as long again. pytest-xdist starts the former so too.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# A shell lets what it starts in the background ignore Ctrl+C, and nohup the end of the terminal.
# Every process that a test starts would inherit that.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (getattr(signal, "SIGHUP", None), signal.SIG_DFL),
):
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the collector look neither at what is imported for the tests nor at the tests.

    All of it stays until the end, and each full search through it takes a third of a second.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


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
    _collect_windows()
    if request.node.get_closest_marker("leaks_checked_elsewhere"):
        yield
        return
    threads = set(threading.enumerate())
    before = _descriptors()
    yield
    if not gc.isenabled():
        gc.collect()
    deadline = time.monotonic() + 30
    while left := _left(threads, before):
        assert time.monotonic() < deadline, f"left behind in process {os.getpid()}: {left}"
        gc.collect()  # only now: with a large heap it takes longer than most tests
        threading.Event().wait(0.02)


def _collect_windows() -> None:
    """Delete the windows of an earlier test that turned the collector off, in their own thread.

    Until the next test begins pytest itself holds what the fixtures returned.
    """
    if not gc.isenabled():
        gc.collect()
        gc.enable()


def _left(threads: set[threading.Thread], before: dict[int, str]) -> list[str]:
    """Name the threads and descriptors that were not there before."""
    left = [thread.name for thread in threading.enumerate() if thread not in threads]
    now = _descriptors()
    if len(now) > len(before):
        left += [f"descriptor {fd}: {now[fd]}" for fd in now if before.get(fd) != now[fd]]
    return left
