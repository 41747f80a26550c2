"""A process that is killed at any moment loses nothing that it answered, and its lock."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from doctor.errors import StoreLocked
from doctor.patients.files.disk import entries
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.said_lines import said_lines

ROOT = Path(__file__).resolve().parents[3]

TALKERS = """
import os, sys, threading
from pathlib import Path
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine

store = open_store(Path(sys.argv[1]), FakeMachine())

def talk(name):
    while True:
        with store.open(name) as patient:
            for _ in range(25):
                number = patient.last_number + 1
                patient.say(f"{name} {number}")
                os.write(1, f"{name} {number}\\n".encode())

for index in range(20):
    threading.Thread(target=talk, args=(f"P{index}",)).start()
"""


@pytest.mark.slow
def test_sigkill_at_any_moment(tmp_path: Path) -> None:
    """Twenty patients talk, the process is killed, ten times: each answered line is there once."""
    chance = random.Random(11)
    answered: set[str] = set()
    for _round in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", TALKERS, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
        )
        assert process.stdout is not None
        for _ in range(chance.randint(1, 1500)):
            answered.add(process.stdout.readline().decode().strip())
        process.send_signal(signal.SIGKILL)
        answered.update(line.decode().strip() for line in process.stdout if line.endswith(b"\n"))
        process.stdout.close()
        process.wait()
        for path in entries(tmp_path):  # readers need no recovery
            said_lines(path)
    with open_store(tmp_path, FakeMachine()) as store:
        assert len(store.names()) == 20
    found = [line for path in entries(tmp_path) for line in said_lines(path)]
    assert len(found) == len(set(found))
    assert answered <= set(found)
    assert not list(tmp_path.glob("*.damaged-*"))


def test_the_lock_of_a_dead_process_is_no_obstacle(tmp_path: Path) -> None:
    """A second process is refused and told whose the directory is; after SIGKILL it gets in."""
    program = TALKERS.partition("def talk")[0] + "print(os.getpid(), flush=True)\nsys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline()
        with pytest.raises(StoreLocked, match=str(process.pid)) as refused:
            open_store(tmp_path, FakeMachine())
        assert refused.value.owner == process.pid
        process.kill()
    with open_store(tmp_path, FakeMachine()):
        assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"
