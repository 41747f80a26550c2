"""How commands show things to people: text align, coloured, paged.

What patients said passes through `doctor.text.escape` first, so that no terminal obeys it.
Colour, paging and progress appear on a terminal only.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

from doctor.programs import as_called
from doctor.report.moments import moment
from doctor.text import display_width, escape, pad, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo


def encode_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON in characters that standard output can hold."""
    return to_json(value, indent=indent, ascii_only=not can_print_unicode())


def can_print_unicode() -> bool:
    """Return True if standard output can hold every character."""
    return (sys.stdout.encoding or "ascii").lower().replace("-", "").startswith("utf")


def align(rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """Align rows of texts; the columns numbered in `right` are right-aligned."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    at_right = frozenset(right)
    return [
        "  ".join(
            pad(text, widths[place], right=place in at_right) for place, text in enumerate(row)
        ).rstrip()
        for row in rows
    ]


def format_moment(at: float | None, zone: tzinfo | None = None) -> str:
    """Return a time that sorts and aligns: `2026-03-03 10:12`; `-` for none."""
    return "-" if at is None else f"{moment(at, zone):%Y-%m-%d %H:%M}"


def format_duration(seconds: float) -> str:
    """Return a duration, in two units at most."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min"


class Paint:
    """Colours of a terminal; no colours at all if `on` is false."""

    def __init__(self, *, on: bool) -> None:
        self.on = on

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text

    def strong(self, text: str) -> str:
        """Paint headings and names."""
        return self._in("1", text)

    def quiet(self, text: str) -> str:
        """Paint what matters less: times, rules."""
        return self._in("2", text)

    def patient(self, text: str) -> str:
        """Paint the patient's name."""
        return self._in("36", text)

    def doctor(self, text: str) -> str:
        """Paint the doctor's name."""
        return self._in("32", text)

    def alarm(self, text: str) -> str:
        """Paint a marked line, or damage."""
        return self._in("1;31", text)

    def found(self, text: str) -> str:
        """Paint what a search found."""
        return self._in("1;33", text)


def wants_colour(stream: TextIO) -> bool:
    """Return True if a stream is a terminal with colours and NO_COLOR is not set."""
    return (
        stream.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "dumb") != "dumb"
    )


def screen_columns() -> int:
    """Return the columns of the terminal to wrap text at, or 0 (do not wrap) for no terminal."""
    return min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else 0


def warn(text: str) -> None:
    """Print one line on standard error, after what standard output has so far."""
    sys.stdout.flush()
    print(escape(as_called(text)), file=sys.stderr, flush=True)


def _pager_words() -> list[str]:
    """Return the words of the pager's command; none if there is none or it is not wanted."""
    try:
        words = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:  # a quotation mark without its partner
        return []
    return words if words and words[0] != "cat" and shutil.which(words[0]) else []


@contextmanager
def pager(*, wanted: bool = True) -> Iterator[Callable[[str], None]]:
    """Yield a function that writes a line: to a pager on a terminal, else to standard output.

    The pager is `$PAGER`, or `less` if it is installed; `PAGER=cat` means none. Leaving the pager
    early is not an error.
    """
    stream = sys.stdout
    words = _pager_words() if wanted and stream.isatty() else []
    if not words:
        yield lambda line: print(line, file=stream)
        return
    stream.flush()
    # The same options as git: quit if the text fits the screen, pass colours, do not clear.
    environment = {"LESS": "FRX", **os.environ}
    with (
        _ignore_interrupts(),
        subprocess.Popen(  # noqa: S603 - the operator's own pager, from the operator's environment
            words,
            stdin=subprocess.PIPE,
            env=environment,
            text=True,
            encoding=stream.encoding,
            errors="backslashreplace",
        ) as pager,
        # Closing the pipe flushes it; a pager that was left early takes no more.
        suppress(BrokenPipeError),
        cast("TextIO", pager.stdin) as pipe,
    ):
        yield lambda line: print(line, file=pipe)


@contextmanager
def _ignore_interrupts() -> Iterator[None]:
    """Leave Ctrl+C to the pager, which has the terminal; when it ends the command ends too."""
    # A handler, not SIG_IGN, which the pager would inherit.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_Item = TypeVar("_Item")


def progress(items: Iterable[_Item], total: int, what: str) -> Iterable[_Item]:
    """Return `items`; show progress on a terminal (standard error) if tqdm is installed."""
    if not sys.stderr.isatty():
        return items
    try:
        from tqdm import tqdm  # noqa: PLC0415 - an extra; everything works without it
    except ImportError:
        return items
    tqdm.monitor_interval = 0  # no thread that redraws a bar which moves all the time
    bar: Iterable[_Item] = tqdm(items, total=total, desc=what, leave=False, delay=0.5, unit="")
    return bar
