"""Where lines of the log go: a stream, a file, or the system's log.

A sink takes a batch of lines, in the thread that writes the log, and raises `LinesLost` where some
of them could not be written. A file is for its owner alone, and is opened anew after it was moved
or removed, so that it can be rotated.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from doctor.errors import NO_SPACE, describe
from doctor.paths import NONBLOCK

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence

#: The local datagram socket of the system's log.
SYSTEM_LOG: Final = "/var/run/syslog" if sys.platform == "darwin" else "/dev/log"


class LinesLost(Exception):
    """Lines that could not be written: how many, and why."""

    def __init__(self, count: int, why: str) -> None:
        super().__init__(why)
        self.count = count


class Sink(Protocol):
    """What the log's writer needs of the place where its lines go."""

    def write(self, lines: Sequence[str], records: Sequence[logging.LogRecord]) -> None:
        """Write lines, formatted from these records. Raises `LinesLost`."""

    def reopen(self) -> None:
        """Open anew before the next line is written, where that means anything."""

    def close(self) -> None:
        """Release what the sink has opened."""


class StreamSink:
    """A stream that belongs to somebody else, standard error mostly."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, lines: Sequence[str], records: Sequence[logging.LogRecord]) -> None:  # noqa: ARG002
        """Write the lines; without a stream they are dropped. Raises `LinesLost`."""
        if self._stream is None:
            return
        try:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise LinesLost(len(lines), str(error)) from error

    def reopen(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing: the stream is somebody else's."""


class FileSink:
    """The end of a file, a device or a FIFO, which other programs may move, remove or empty."""

    def __init__(self, path: Path) -> None:
        """Open the file; on a full disk later. OSError for other reasons."""
        self._path = path
        self._descriptor: int | None = None
        self._in_line = False  # the last byte written is no line end
        self._must_reopen = False
        try:
            self._descriptor = self._open()
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise

    def _open(self) -> int:
        """Open for appending; a FIFO without a reader raises OSError, never waits."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | NONBLOCK
        descriptor = os.open(self._path, flags, 0o600)
        if NONBLOCK:
            os.set_blocking(descriptor, True)
        return descriptor

    def reopen(self) -> None:
        """Open the file anew before the next line is written."""
        self._must_reopen = True

    def _ready(self) -> int:
        """Return the descriptor of the file that has the path now. OSError."""
        if self._descriptor is None:
            self._descriptor = self._open()
            self._in_line = False
        elif self._must_reopen or self._was_moved(self._descriptor):
            fresh = self._open()
            os.close(self._descriptor)
            self._descriptor, self._in_line = fresh, False
        self._must_reopen = False
        return self._descriptor

    def _was_moved(self, descriptor: int) -> bool:
        """Return True if the path names another file now, or none."""
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            return False
        try:
            return not os.path.samestat(state, self._path.stat())
        except FileNotFoundError:
            return True

    def write(self, lines: Sequence[str], records: Sequence[logging.LogRecord]) -> None:  # noqa: ARG002
        """Write the lines. Raises `LinesLost`; a file that cannot be opened anew is written on."""
        text = "\n".join(lines) + "\n"
        data = text.encode("utf-8", "backslashreplace")
        problem: OSError | None = None
        try:
            descriptor = self._ready()
        except OSError as error:
            if self._descriptor is None:
                raise LinesLost(len(lines), self._describe(error)) from error
            descriptor, problem = self._descriptor, error
        if self._in_line:
            data = b"\n" + data
        written = 0
        try:
            while written < len(data):
                written += os.write(descriptor, data[written:])
        except OSError as error:
            lost = data.count(b"\n", written)
            if written:
                self._in_line = data[written - 1 : written] != b"\n"
            raise LinesLost(min(lost, len(lines)), self._describe(error)) from error
        self._in_line = False
        if problem is not None:
            raise LinesLost(0, self._describe(problem)) from problem

    def _describe(self, error: OSError) -> str:
        return f"--log {describe(error, self._path)}"

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class SystemSink:
    """The system's log."""

    def __init__(self, formatter: logging.Formatter) -> None:
        """Connect. OSError where there is no system's log."""
        from logging.handlers import SysLogHandler  # noqa: PLC0415 - seldom asked for

        class SystemLog(SysLogHandler):
            """The system's log; while it is unavailable lines are lost and nothing is printed."""

            ident = "doctor: "

            def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
                """Drop this line; the next one connects again."""

        Path(SYSTEM_LOG).stat()  # the library would go on without one and say nothing
        self._handler = SystemLog(SYSTEM_LOG)
        self._handler.setFormatter(formatter)

    def write(self, lines: Sequence[str], records: Sequence[logging.LogRecord]) -> None:  # noqa: ARG002
        """Send the records, one by one."""
        for record in records:
            self._handler.emit(record)

    def reopen(self) -> None:
        """Do nothing: each line that cannot be sent connects again."""

    def close(self) -> None:
        """Disconnect."""
        self._handler.close()
