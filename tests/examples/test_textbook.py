"""The plain server and client of examples/textbook, as the tour's readers meet them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.helpers import PATIENCE, ROOT, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTBOOK = ROOT / "examples/textbook"
#: Without what measures coverage: `doctor` is a module of the textbook's there.
ENVIRONMENT = {key: value for key, value in os.environ.items() if "COVERAGE" not in key}


@contextlib.contextmanager
def _server(place: Path) -> Iterator[str]:
    """Run the textbook's server in a directory; yields its port."""
    with subprocess.Popen(
        [sys.executable, TEXTBOOK / "server.py", "0"],
        cwd=place,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().rpartition(" ")[2].strip()
        finally:
            process.send_signal(signal.SIGKILL)


def _talk(port: str, *lines: str) -> list[str]:
    """Say lines with the textbook's client and return what it prints."""
    done = subprocess.run(
        [sys.executable, TEXTBOOK / "client.py", port],
        input="".join(f"{line}\n" for line in lines),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return done.stdout.splitlines()


def _saved(file: Path) -> bool:
    """Tell whether a file is there and ends as a pickle does."""
    return file.exists() and file.read_bytes().endswith(b".")


def test_conversation_is_held_and_pickled(tmp_path: Path) -> None:
    """The server talks, saves the doctor when the patient leaves, and knows who comes back."""
    with _server(tmp_path) as port:
        assert _talk(port, "Ada", "I hate my job.", "You are right.", "Yes.") == [
            "What is your name?",
            "Hello, Ada. How can I help you?",
            "Why do you say that you hate your job?",
            "You seem to think that I are right?",
            "Please tell me more.",
        ]
        until(lambda: _saved(tmp_path / "Ada.dat"), "a whole pickle")
        shown = subprocess.run(
            [
                sys.executable,
                "-c",
                "import pickle; print(pickle.load(open('Ada.dat', 'rb')).history)",
            ],
            cwd=tmp_path,
            env={**ENVIRONMENT, "PYTHONPATH": str(TEXTBOOK)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert _talk(port, "Bob") == ["What is your name?", "Hello, Bob. How can I help you?"]
        known = _talk(port, "Ada")[-1]
    assert shown.stdout.strip() == "['I hate my job.', 'You are right.', 'Yes.']"
    assert known == "Welcome back, Ada. Lines I know: 3. The last: Yes."
