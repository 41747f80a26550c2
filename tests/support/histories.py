"""Patients' files for tests of what reads them, and commands run as the shell runs them.

    keep(tmp_path, "Ada", said("My mother hates me."), said("I dream.", session=2))
    ran = run("show", "Ada", "--patients", str(tmp_path))
    assert ran.status == 0

Files are written at once, as after a clean end; times are in UTC.
"""

from __future__ import annotations

import contextlib
import io
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from doctor.__main__ import main
from doctor.history import record
from doctor.history.chunks import Transcript
from doctor.history.snapshot import Header, ScriptId
from doctor.history.transcript import Exchange
from doctor.patients.names import file_name

if TYPE_CHECKING:
    from pathlib import Path

#: A Tuesday morning.
TUESDAY = datetime(2026, 3, 3, 10, 12, 0, tzinfo=UTC).timestamp()
MINUTE, DAY = 60.0, 86_400.0
#: How a command to a terminal begins.
ESCAPE = "\x1b"


def said(
    patient: str = "My mother hates me.",
    doctor: str = "Tell me more about your family.",
    *,
    at: float = TUESDAY,
    session: int = 1,
    keyword: str = "MY",
    mark: str = "",
) -> Exchange:
    """Return an exchange; `keep` numbers it."""
    return Exchange(0, at, session, patient, doctor, keyword, mark)


def keep(directory: Path, name: str, *exchanges: Exchange, lock: bytes | None = None) -> Path:
    """Write a patient's file and return its path."""
    transcript = Transcript()
    for number, exchange in enumerate(exchanges, 1):
        transcript.append(exchange._replace(number=number))
    header = Header(name, ScriptId(), b"", lock, transcript.summary, transcript.last_number)
    path = directory / file_name(name)
    path.write_bytes(record.write(header, transcript))
    return path


def damage(path: Path) -> None:
    """Change a byte in the middle of the last exchange's frame."""
    data = bytearray(path.read_bytes())
    at = data.rindex(b"Please go on.")
    data[at] ^= 1
    path.write_bytes(data)


class Ran(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


class _Printed(io.TextIOWrapper):
    """A standard stream that is no terminal, in UTF-8, whose text is read afterwards."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")

    def text(self) -> str:
        self.flush()
        written = self.buffer
        assert isinstance(written, io.BytesIO)
        return written.getvalue().decode()


def run(*words: str, stdin: str = "") -> Ran:
    """Run a command of `python -m doctor` in this process."""
    out, err, before = _Printed(), _Printed(), sys.stdin
    sys.stdin = io.StringIO(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(list(words))
            except SystemExit as left:
                status = left.code if isinstance(left.code, int) else 1
    finally:
        sys.stdin = before
    return Ran(status, out.text(), err.text())
