"""Threads that let others run."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.yielding import let_others_run, let_ready_run
from tests.support.helpers import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Steps in which a thread that does not give way would keep the interpreter.
STEPS = 100_000


@pytest.fixture
def _one_processor() -> Iterator[None]:
    """Keep to one processor, and let a thread compute for as long as it likes."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system keeps no process to one processor")
    allowed, interval = os.sched_getaffinity(0), sys.getswitchinterval()
    os.sched_setaffinity(0, {min(allowed)})
    sys.setswitchinterval(PATIENCE)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        os.sched_setaffinity(0, allowed)


@pytest.mark.usefixtures("_one_processor")
@pytest.mark.parametrize("give_way", [let_others_run, let_ready_run])
def test_a_thread_that_is_ready_runs(give_way: Callable[[], None]) -> None:
    """A thread that waits for the interpreter has it while another one gives way."""
    go, ran = threading.Event(), threading.Event()

    def wait() -> None:
        go.wait(PATIENCE)
        ran.set()

    thread = threading.Thread(target=wait)
    thread.start()
    go.set()
    steps = 0
    while not ran.is_set() and steps < STEPS:
        give_way()
        steps += 1
    thread.join(PATIENCE)
    assert steps < STEPS
