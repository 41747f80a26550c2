r"""The server's log: who, what and how long, never what a patient said.

A log line is an event and its fields:

    2026-11-21T15:04:05.678Z info session opened patient=Ada address=127.0.0.1:51966 exchanges=12
    {"at": "2026-11-21T15:04:05.678Z", "level": "info", "event": "session opened", ...}

Two guarantees. No terminal gets what a client sent unchanged: the formatter writes every character
that is not printable, direction marks too, as its escape (`\x1b`, `\u202e`). And a log that is not
read delays no patient: lines go through a bounded queue to a thread of their own; when the queue is
full they are dropped and counted, and the count is logged.

Any thread may log. `start` and `stop` belong to the thread that runs the server.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from doctor.paths import NONBLOCK
from doctor.text import escape_unprintable

if TYPE_CHECKING:
    from doctor.server.settings import Settings

#: The logger of the whole program; modules log by it or by one below it.
LOG: Final = logging.getLogger("doctor")
#: The local datagram socket of the system's log.
SYSTEM_LOG: Final = "/var/run/syslog" if sys.platform == "darwin" else "/dev/log"
#: Lines that may wait for a slow terminal or disk; more are dropped.
QUEUE_LENGTH: Final = 10_000
#: Seconds for which lines are gathered, so that not each one wakes the thread that writes them.
GATHER_SECONDS: Final = 0.02


def info(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log an event with its fields, from any thread. Fields that are None are left out."""
    if LOG.isEnabledFor(level):
        LOG.log(level, event, extra={"fields": fields})


def warn(event: str, **fields: object) -> None:
    """Log an event that the operator should see."""
    info(event, level=logging.WARNING, **fields)


def _at(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parts(record: logging.LogRecord) -> tuple[str, dict[str, object]]:
    """Return a record's event and its fields, with the traceback if there is one."""
    fields = {k: v for k, v in getattr(record, "fields", {}).items() if v is not None}
    if record.exc_info:
        fields["traceback"] = logging.Formatter().formatException(record.exc_info)
    return record.getMessage(), fields


class TextFormat(logging.Formatter):
    """One readable line for an event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its ending, printable throughout."""
        event, fields = _parts(record)
        words = [_at(record), record.levelname.lower(), event]
        words += [f"{name}={self._value(value)}" for name, value in fields.items()]
        return escape_unprintable(" ".join(words))

    @staticmethod
    def _value(value: object) -> str:
        text = f"{value:.3f}" if isinstance(value, float) else str(value)
        if text and not any(char in ' "=' for char in text):
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class JsonFormat(logging.Formatter):
    """One JSON object for an event; everything beyond ASCII is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object on one line."""
        event, fields = _parts(record)
        head = {"at": _at(record), "level": record.levelname.lower(), "event": event}
        return json.dumps({**head, **fields}, default=str).replace("\x7f", "\\u007f")


class Writer(logging.Handler):
    """Takes lines from any thread and writes them in a thread of its own."""

    def __init__(self, stream: TextIO | None, handler: logging.Handler | None = None) -> None:
        super().__init__()
        self._stream, self._handler = stream, handler
        self._lines: deque[tuple[str, logging.LogRecord]] = deque()
        self._dropped = 0
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record, formatted; drop it if too many wait."""
        if len(self._lines) >= QUEUE_LENGTH:
            self._dropped += 1
            return
        self._lines.append((self.format(record), record))
        if not self._wake.is_set():
            self._wake.set()

    def _write(self) -> None:
        while not (self._closing and not self._lines):
            self._wake.wait()
            self._wake.clear()
            if not self._closing:
                time.sleep(GATHER_SECONDS)
            batch = [self._lines.popleft() for _ in range(len(self._lines))]
            lines = [line for line, _ in batch]
            if self._dropped:
                lines.append(f"log lines dropped count={self._dropped}")
                self._dropped = 0
            try:
                self._put(lines, [record for _, record in batch])
            except (OSError, ValueError):
                continue  # a full disk or a closed stream does not end the log
            if self._closing:
                self._wake.set()

    def _put(self, lines: list[str], records: list[logging.LogRecord]) -> None:
        if self._stream is not None and lines:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
        if self._handler is not None:
            for record in records:
                self._handler.emit(record)

    def close(self) -> None:
        """Write what waits, for at most a second, and end the thread."""
        self._closing = True
        self._wake.set()
        self._thread.join(1.0)
        if self._handler is not None:
            self._handler.close()
        if self._stream not in {None, sys.stderr} and not self._thread.is_alive():
            self._stream.close()
        super().close()


def _opened(path: str, flags: int) -> int:
    """Open the log's file for appending; a FIFO without a reader raises OSError, never waits."""
    descriptor = os.open(path, flags | NONBLOCK, 0o666)
    if NONBLOCK:
        os.set_blocking(descriptor, True)
    return descriptor


def _system_log() -> logging.Handler:
    """Return a handler that writes to the system's log. Raises OSError without one."""
    from logging.handlers import SysLogHandler  # noqa: PLC0415 - seldom asked for

    class SystemLog(SysLogHandler):
        """The system's log; while it is unavailable lines are lost and nothing is printed."""

        ident = "doctor: "

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
            """Drop this line; the next one connects again."""

    Path(SYSTEM_LOG).stat()  # the library would go on without one and say nothing
    return SystemLog(SYSTEM_LOG)


def start(settings: Settings) -> Writer:
    """Start logging as the settings say and return the writer, for `stop`.

    Raises OSError if the file or the system's log cannot be opened.
    """
    form = JsonFormat() if settings.log_format == "json" else TextFormat()
    if settings.log == "syslog":
        system = _system_log()
        system.setFormatter(form)
        writer = Writer(None, system)
    elif settings.log == "stderr":
        writer = Writer(sys.stderr)
    else:
        file = Path(settings.log)
        writer = Writer(
            open(file, "a", encoding="utf-8", errors="backslashreplace", opener=_opened)  # noqa: SIM115
        )
    writer.setFormatter(form)
    LOG.addHandler(writer)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    return writer


def stop(writer: Writer) -> None:
    """Write what waits and remove the writer from the log."""
    LOG.removeHandler(writer)
    LOG.propagate = True
    writer.close()
