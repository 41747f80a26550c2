r"""The server's log: who, what and how long, never what a patient said.

A log line is an event and its fields:

    2026-11-21T15:04:05.678Z info session opened patient=Ada address=127.0.0.1:51966 exchanges=12
    {"at": "2026-11-21T15:04:05.678Z", "level": "info", "event": "session opened", ...}

Two guarantees. No terminal gets what a client sent unchanged: the formatter writes every character
that is not printable, direction marks too, as its escape (`\x1b`, `\u202e`). And a log that is not
read delays no patient: lines go through a bounded queue to a thread of their own. Lines for which
the queue or the disk has no space are dropped and counted, and the count is logged; an event with a
`source`, an address, is logged a few times a minute, then counted (`doctor.server.logs.repeats`).

Any thread may log. `start` and `stop` belong to the thread that runs the server.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doctor.server.logs.remote import RemoteSink, parse_address
from doctor.server.logs.repeats import WINDOW, Repeats
from doctor.server.logs.sinks import FileSink, LinesLost, StreamSink, SystemSink
from doctor.text import escape_unprintable

if TYPE_CHECKING:
    from doctor.server.logs.sinks import Sink
    from doctor.server.settings import Settings

#: The logger of the whole program; modules log by it or by one below it.
LOG: Final = logging.getLogger("doctor")
#: Lines that may wait for a slow terminal or disk; more are dropped.
QUEUE_LENGTH: Final = 10_000
#: Seconds for which lines are gathered, so that not each one wakes the thread that writes them.
GATHER_SECONDS: Final = 0.02


def info(
    event: str, *, level: int = logging.INFO, source: str | None = None, **fields: object
) -> None:
    """Log an event with its fields, from any thread. Fields that are None are left out.

    With a `source`, an address, further events of this kind from there may only be counted.
    """
    if LOG.isEnabledFor(level):
        LOG.log(level, event, extra={"fields": fields, "source": source})


def warn(event: str, *, source: str | None = None, **fields: object) -> None:
    """Log an event that the operator should see."""
    info(event, level=logging.WARNING, source=source, **fields)


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
    """Takes lines from any thread and writes them to its sink in a thread of its own."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink
        self._lines: deque[tuple[str, logging.LogRecord]] = deque()
        self._repeats = Repeats()
        self._dropped = 0
        #: Lines that were not written, since the start.
        self.lost = 0
        self._is_failing = False
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record, formatted; drop it if too many wait."""
        source = getattr(record, "source", None)
        if source is not None and not self._repeats.is_free(record.getMessage(), source):
            return
        if len(self._lines) >= QUEUE_LENGTH:
            self._dropped += 1
            self.lost += 1
            return
        self._lines.append((self.format(record), record))
        if not self._wake.is_set():
            self._wake.set()

    def _write(self) -> None:
        while not (self._closing and not self._lines):
            self._wake.wait(WINDOW)
            self._wake.clear()
            if not self._closing:
                time.sleep(GATHER_SECONDS)
            self._add_repeats(all_of_them=self._closing)
            self._write_batch()
            if self._closing:
                self._wake.set()

    def _add_repeats(self, *, all_of_them: bool) -> None:
        """Queue a line for each kind of event that was counted instead of logged."""
        for repeated in self._repeats.take_ended(all_of_them=all_of_them):
            fields = {"event": repeated.event, "address": repeated.address, "count": repeated.times}
            record = _make_record(logging.INFO, "more of the same, counted only", fields)
            self._lines.append((self.format(record), record))

    def _write_batch(self) -> None:
        """Write what waits, and how many lines were lost before it."""
        batch = [self._lines.popleft() for _ in range(len(self._lines))]
        dropped = self._dropped
        if dropped:
            record = _make_record(logging.WARNING, "log lines dropped", {"count": dropped})
            batch.insert(0, (self.format(record), record))
        if not batch:
            return
        try:
            self._sink.write([line for line, _ in batch], [record for _, record in batch])
        except LinesLost as lost:
            # The line with the count comes first: it is lost only if all lines are.
            is_count_lost = bool(dropped) and lost.count >= len(batch)
            self.lost += lost.count - is_count_lost
            self._dropped += lost.count - (1 if is_count_lost else dropped)
            self._complain(lost)
        else:
            self._dropped -= dropped
            self._is_failing = False

    def _complain(self, lost: LinesLost) -> None:
        """Tell once on standard error that the log cannot be written."""
        if not self._is_failing and not isinstance(self._sink, StreamSink):
            with contextlib.suppress(OSError, ValueError):
                print(escape_unprintable(f"server.py: {lost}"), file=sys.stderr, flush=True)
        self._is_failing = True

    def reopen(self) -> None:
        """Open the log's file anew, for a program that has moved it. Any thread."""
        self._sink.reopen()
        self._wake.set()

    def close(self) -> None:
        """Write what waits, for at most a second, and end the thread."""
        self._closing = True
        self._wake.set()
        self._thread.join(1.0)
        if not self._thread.is_alive():
            self._sink.close()
        super().close()


def _make_record(level: int, event: str, fields: dict[str, object]) -> logging.LogRecord:
    record = logging.LogRecord(LOG.name, level, "", 0, event, None, None)
    record.fields = fields
    return record


def start(settings: Settings) -> Writer:
    """Start logging as the settings say and return the writer, for `stop`.

    Raises OSError if the file or the system's log cannot be opened, or a host is not known; a full
    disk is no reason, and neither is a receiver that is away.
    """
    form = JsonFormat() if settings.log_format == "json" else TextFormat()
    sink: Sink
    remote = parse_address(settings.log)
    if remote is not None:
        sink = RemoteSink(remote)
    elif settings.log == "syslog":
        sink = SystemSink(form)
    elif settings.log == "stderr":
        sink = StreamSink(sys.stderr)
    else:
        sink = FileSink(Path(settings.log))
    writer = Writer(sink)
    writer.setFormatter(form)
    LOG.addHandler(writer)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    return writer


def reopen() -> None:
    """Open the log's file anew, if there is one."""
    for handler in LOG.handlers:
        if isinstance(handler, Writer):
            handler.reopen()


def lost_lines() -> int:
    """Return how many lines were not written since the start."""
    return sum(handler.lost for handler in LOG.handlers if isinstance(handler, Writer))


def stop(writer: Writer) -> None:
    """Write what waits and remove the writer from the log."""
    LOG.removeHandler(writer)
    LOG.propagate = True
    writer.close()
