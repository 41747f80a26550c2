"""The machine is made ready in the background."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from doctor.loading import load_machine
from doctor.server import warming
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


class _Slow(FakeMachine):
    """Needs a step for as long as it is not told that this is enough."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.ended = threading.Event()

    def prepare(self) -> Iterator[None]:
        """Count the steps."""
        try:
            while True:
                self.steps += 1
                yield
        finally:
            self.ended.set()


def test_a_machine_is_made_ready_while_patients_are_answered(tmp_path: Path) -> None:
    """Steps begin with the server, go on beside patients, and end with it."""
    machine = _Slow()
    with live_server(tmp_path, machine=machine) as server, Client(server) as ada:
        ada.enter("Ada")
        before = machine.steps
        assert ada.ask("hello").text == "1: hello"
        until(lambda: machine.steps > before, "another step")
    assert machine.ended.wait(10)


def test_another_machine_takes_its_turn(tmp_path: Path) -> None:
    """After a reload the old machine is left alone and the new one is made ready."""
    old, new = _Slow(), _Slow()
    with live_server(tmp_path, machine=old) as server:
        until(lambda: old.steps > 0, "a step")
        server.context.change_machine(new)
        assert old.ended.wait(10)
        until(lambda: new.steps > 0, "a step of the new machine")


def test_a_fault_in_making_ready_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and patients are answered."""

    class Broken(FakeMachine):
        def prepare(self) -> Iterator[None]:
            raise ValueError("a strange script")

    with live_server(tmp_path, machine=Broken()) as server, Client(server) as ada:
        ada.enter("Ada")
        assert ada.ask("hello").text == "1: hello"
        until(lambda: "made ready" in caplog.text, "the fault in the log")


def test_nothing_is_left_to_compile_in_the_shipped_doctor() -> None:
    """After `prepare` every pattern of rules and of care is compiled; replies are the same."""
    prepared, fresh = load_machine(), load_machine()
    for _ in prepared.prepare():
        pass
    compiled = prepared.compiled  # type: ignore[attr-defined]
    every = [rule for each in compiled.keywords.values() for rule in each.rules.every]
    assert every
    assert all(rule.matcher.match != rule.matcher._first_match for rule in every)
    state = prepared.start()
    lines = ("I feel sad today.", "my mother left us", "nobody likes me", "why?")
    for line in lines:
        response = prepared.respond(state, line, 1.0)
        assert response == fresh.respond(state, line, 1.0)
        state = response.state


def test_no_thread_is_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that is out of threads goes on without."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with live_server(tmp_path, machine=FakeMachine()) as server:
        context = server.context
        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert warming.begin(context.store, context.sessions, context.stopping) is None
        monkeypatch.undo()
