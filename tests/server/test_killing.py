"""The whole server killed in the middle of conversations: nothing that was answered is lost."""

from __future__ import annotations

import random
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.patients.files.disk import entries
from doctor.patients.opening import load
from tests.support.helpers import PATIENCE, Client, port_of, program, until

if TYPE_CHECKING:
    from pathlib import Path

PATIENTS, ROUNDS = 20, 10


def _talk(port: int, name: str, first: int, answered: list[str]) -> None:
    """Say numbered lines until the server is gone; note those that were answered."""
    try:
        with Client(port) as patient:
            patient.enter(name)
            number = first
            while patient.ask(f"{name} says {number}").code == 250:
                answered.append(f"{name} says {number}")
                number += 1
    except (OSError, EOFError):
        return  # killed


@pytest.mark.slow
def test_the_server_is_killed_at_any_moment(tmp_path: Path) -> None:
    """Twenty patients talk, SIGKILL, ten times: each answered line is in its history once."""
    chance = random.Random(7)
    answered: list[str] = []
    for turn in range(ROUNDS):
        with program(tmp_path) as process:
            port = port_of(process)
            threads = [
                threading.Thread(target=_talk, args=(port, f"P{at}", turn * 100_000, answered))
                for at in range(PATIENTS)
            ]
            goal = len(answered) + chance.randint(1, 300)
            for thread in threads:
                thread.start()
            until(lambda goal=goal: len(answered) >= goal, "so many answers")  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join(PATIENCE)
    with program(tmp_path) as process:  # what a restart makes of it
        port_of(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    histories = [load(path).history for path in entries(tmp_path)]
    kept = [exchange.patient for history in histories for exchange in history]
    assert len(answered) >= ROUNDS
    assert set(answered) <= set(kept)
    assert len(kept) == len(set(kept))
    assert not list(tmp_path.glob("*.damaged-*"))
