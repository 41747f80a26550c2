"""The kernel's slots for waiting threads: set while threads wait, and by a server's start."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from doctor.server import process
from tests.support.helpers import PATIENCE, ROOT

#: A server that says at its end how many slots its process has.
SERVER = """
import sys
import server
from doctor.server import lifecycle, process

def announce(state):
    if state == "STOPPING=1":
        print("slots", process.count_slots(), flush=True)

lifecycle.announce = announce
sys.exit(server.main(sys.argv[1:]))
"""


def _ask(*words: str) -> str:
    """Run Python with these words in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def _a_kernel_with_slots() -> None:
    program = "from doctor.server import process; print(process.spread_waiters(16))"
    if _ask(program) != "True":
        pytest.skip("this kernel has no futex slots of a process (Linux 6.16 and newer have)")


def test_slots_are_set_while_threads_wait() -> None:
    """Threads that wait already wake up as before after the number of slots was changed."""
    # Not in a process of its own: a wrong call would show in every test after this one.
    event, awake = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        event.wait(PATIENCE)
        awake.release()

    threads = [threading.Thread(target=wait) for _ in range(50)]
    for thread in threads:
        thread.start()
    assert process.spread_waiters(256)
    assert process.count_slots() == 256
    event.set()
    assert all(awake.acquire(timeout=PATIENCE) for _ in threads)
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], 4096),
        (["--futex-slots", "512"], 512),
        (["--futex-slots", "0"], None),
        (["--connections", "100"], None),
    ],
    ids=["default", "chosen", "off", "small server"],
)
def test_a_server_sets_its_slots(
    options: list[str], expected: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A server for many connections has as many slots as its option says."""
    directory = tmp_path_factory.mktemp("slots")
    words = ["--port", "0", "--patients", str(directory), *options]
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Doctor server listening")
        running.send_signal(signal.SIGTERM)
        found = running.stdout.readline().split()
        assert running.wait(PATIENCE) == 0
    slots = int(found[1])
    if expected is None:
        assert slots not in {4096, 512}
    else:
        assert slots == expected


def test_a_number_that_is_no_power_of_two_is_refused() -> None:
    """`--futex-slots` takes 0 or a power of two, and says so."""
    done = subprocess.run(
        [sys.executable, "server.py", "--port", "0", "--futex-slots", "1000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "power of two" in done.stderr
