"""Whose passphrase is checked next: addresses take turns, whoever is known goes first."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from doctor.errors import TooManyGuesses
from doctor.server.logins.check_queue import CheckQueue
from tests.support.helpers import PATIENCE, until


class Line:
    """Those who wait for a queue's turn, in threads; `order` is that of their turns."""

    def __init__(self, queue: CheckQueue) -> None:
        self.queue, self.order = queue, list[str]()
        self._threads: list[threading.Thread] = []

    def wait(self, address: str, *, first: bool = False) -> None:
        """Let somebody begin to wait."""

        def take() -> None:
            with self.queue.turn(address, PATIENCE, first=first):
                self.order.append(address)

        before = self._waiting()
        thread = threading.Thread(target=take)
        self._threads.append(thread)
        thread.start()
        until(lambda: self._waiting() > before, "one more who waits")

    def _waiting(self) -> int:
        queues = (self.queue._first, self.queue._others)
        return sum(len(waiting) for queue in queues for waiting in queue.values())

    def end(self) -> list[str]:
        """Wait for all of them and return in which order they had their turns."""
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return self.order


def test_addresses_take_turns() -> None:
    """One address with many waiting has one turn before each of the others has had one."""
    line = Line(CheckQueue(1))
    with line.queue.turn("busy", PATIENCE):
        for address in [*["many"] * 5, "one", "other", "other"]:
            line.wait(address)
    assert line.end() == ["many", "one", "other", "many", "other", "many", "many", "many"]


def test_one_at_a_time_of_an_address() -> None:
    """A second one of an address waits though others could begin; this machine's do not."""
    line = Line(CheckQueue(3))
    with line.queue.turn("many", PATIENCE):
        line.wait("many")
        with line.queue.turn("one", PATIENCE):
            assert line.order == []
        with ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(line.queue.turn("127.0.0.1", PATIENCE, together=True))
    assert line.end() == ["many"]


def test_who_is_known_goes_first_and_others_are_not_forgotten() -> None:
    """Known addresses come before the others, but after three of them one of the others does."""
    line = Line(CheckQueue(1))
    with line.queue.turn("busy", PATIENCE):
        line.wait("stranger")
        for number in range(5):
            line.wait(f"known {number}", first=True)
    known = [f"known {number}" for number in range(5)]
    assert line.end() == [*known[:3], "stranger", *known[3:]]


def test_who_waits_too_long_or_would_have_to() -> None:
    """After its time one is refused; where too many of an address wait, the next at once."""
    line = Line(CheckQueue(1))
    with line.queue.turn("busy", PATIENCE):
        with pytest.raises(TooManyGuesses), line.queue.turn("one", 0.05):
            pass
        line.wait("many")
        with pytest.raises(TooManyGuesses, match="your address"), line.queue.turn("many", 0.01):
            pass
    assert line.end() == ["many"]
    assert not line.queue._first
    assert not line.queue._others
    assert not line.queue._running


def test_a_stop_ends_all_waiting() -> None:
    """Those who wait, and those who come later, are refused when the server stops."""
    queue, refused = CheckQueue(1), list[str]()

    def wait() -> None:
        try:
            with queue.turn("one", PATIENCE):
                refused.append("not refused")
        except TooManyGuesses as error:
            refused.append(str(error))

    with queue.turn("busy", PATIENCE):
        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: queue._others, "one who waits")
        queue.close()
        thread.join(PATIENCE)
        with pytest.raises(TooManyGuesses), queue.turn("late", PATIENCE):
            pass
    assert refused == ["too many passphrases are checked now; try again later"]
