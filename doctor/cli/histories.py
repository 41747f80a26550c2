"""`list` and `show`: the patients of a directory, and one patient's history."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.cli.command import DONE, FAULT, Command, add_patients_option
from doctor.cli.output import (
    Paint,
    aligned,
    colourful,
    encode_json,
    moment_of,
    paged,
    progress,
    screen_width,
    unicode_output,
    warn,
)
from doctor.cli.reading import add_format, add_selection, find, moment_since, paths, read, selected
from doctor.errors import DoctorError, UnknownPatient
from doctor.history.transcript import Summary
from doctor.patients.files import disk
from doctor.patients.names import key, patient_name
from doctor.report.formats import exchange_value, facts, history_json, iso, long_day
from doctor.report.statistics import moment
from doctor.text import display_width, escape, escape_name, pad, quantity, wrap

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from doctor.cli.reading import Read
    from doctor.history.transcript import Exchange


# --- list -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A patient in the list."""

    name: str
    summary: Summary
    locked: bool
    damage: str = ""

    def value(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        summary = self.summary
        return {
            "patient": self.name,
            "sessions": summary.sessions,
            "exchanges": summary.exchanges,
            "first_seen": iso(summary.first_seen),
            "last_seen": iso(summary.last_seen),
            "marked": summary.marked,
            "last_marked": iso(summary.last_marked),
            "locked": self.locked,
            "damaged": bool(self.damage),
        }


#: What the list can be sorted by; names go up, everything else down.
_SORTS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: key(row.name),
    "sessions": lambda row: -row.summary.sessions,
    "exchanges": lambda row: -row.summary.exchanges,
    "first-seen": lambda row: -(row.summary.first_seen or 0),
    "last-seen": lambda row: -(row.summary.last_seen or 0),
    "marked": lambda row: (-row.summary.marked, -(row.summary.last_marked or 0)),
}


def _list_arguments(parser: ArgumentParser) -> None:
    add_patients_option(parser)
    add_format(parser)
    parser.add_argument("--sort", choices=tuple(_SORTS), default="name", help="what comes first")
    parser.add_argument("--reverse", action="store_true", help="what comes last first")
    parser.add_argument("--filter", metavar="TEXT", help="names that hold this text")
    parser.add_argument(
        "--marked", action="store_true", help="patients who have marked lines, latest mark first"
    )
    parser.add_argument(
        "--since", type=moment_since, metavar="WHEN", help="patients who were here since then"
    )


def _rows(args: Namespace) -> Iterator[Row]:
    found = paths(args.patients)
    wanted = key(args.filter) if args.filter else ""
    for path in progress(found, len(found), "reading"):
        if wanted and wanted not in key(patient_name(path.name) or ""):
            continue
        try:
            row = Row(*disk.peek(path))
        except UnknownPatient:
            continue  # forgotten since the directory was listed
        except (DoctorError, OSError) as error:
            warn(f"warning: {path}: {error}")
            row = Row(
                patient_name(path.name) or path.name, Summary(), locked=True, damage=str(error)
            )
        seen = row.summary.last_seen
        if args.marked and not row.summary.marked:
            continue
        if args.since is not None and (seen is None or seen < args.since):
            continue
        yield row


def run_list(args: Namespace) -> int:
    """Print the patients of a directory."""
    order = _SORTS["marked" if args.marked and args.sort == "name" else args.sort]
    rows = sorted(_rows(args), key=order, reverse=args.reverse)
    if args.format == "json":
        print(encode_json([row.value() for row in rows], indent=1))
        return DONE
    if not rows:
        print("no patients")
        return DONE
    paint = Paint(on=colourful(sys.stdout))
    table = [("NAME", "SESSIONS", "EXCHANGES", "FIRST SEEN", "LAST SEEN", "MARKED", "")]
    for row in rows:
        summary = row.summary
        notes = "damaged" if row.damage else "passphrase" if row.locked else ""
        table.append(
            (
                escape_name(row.name),
                f"{summary.sessions:,}",
                f"{summary.exchanges:,}",
                moment_of(summary.first_seen),
                moment_of(summary.last_seen),
                f"{summary.marked:,}" if summary.marked else "",
                notes,
            )
        )
    heading, *lines = aligned(table, right=(1, 2, 5))
    with paged() as write:
        write(paint.quiet(heading))
        for row, line in zip(rows, lines, strict=True):
            write(paint.alarm(line) if row.summary.marked or row.damage else line)
        exchanges = sum(row.summary.exchanges for row in rows)
        write(paint.quiet(f"{quantity(len(rows), 'patient')}, {quantity(exchanges, 'exchange')}"))
    return DONE


# --- show -----------------------------------------------------------------------------------------


class Teller:
    """Tells exchanges line by line, with a heading before each session and each new day."""

    def __init__(self, name: str, paint: Paint, columns: int) -> None:
        self._name = escape_name(name)
        self._paint = paint
        self._indent = max(display_width(self._name), len("Doctor")) + 2
        self._free = max(columns - self._indent - 7, 20) if columns else 0
        self._place: tuple[object, ...] = ()

    def lines(self, exchange: Exchange, shown: Callable[[str], str] = str) -> Iterator[str]:
        """Yield the lines of an exchange; `shown` may paint a line of what was said."""
        when, paint = moment(exchange.at), self._paint
        place = (exchange.session, when.date())
        if place != self._place:
            if self._place:
                yield ""
            yield paint.strong(f"--- Session {exchange.session}, {long_day(when)} ---")
            self._place = place
        yield ""
        speaker = paint.alarm if exchange.mark else paint.patient
        mark = [paint.alarm(f"[{escape(exchange.mark)}]")] if exchange.mark else []
        first = paint.quiet(f"{when:%H:%M}") + "  " + speaker(pad(self._name, self._indent))
        yield from self._said(first, exchange.patient, shown, mark)
        first = " " * 7 + paint.doctor(pad("Doctor", self._indent))
        yield from self._said(first, exchange.doctor, shown, [])

    def _said(
        self, first: str, text: str, shown: Callable[[str], str], notes: list[str]
    ) -> Iterator[str]:
        pieces = [shown(piece) for piece in wrap(escape(text), self._free)]
        pieces[-1] = " ".join((pieces[-1], *notes))
        yield first + pieces[0]
        for piece in pieces[1:]:
            yield " " * (7 + self._indent) + piece


def _show_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the patient")
    add_patients_option(parser)
    add_format(parser)
    add_selection(parser)
    parser.add_argument(
        "--follow",
        action="store_true",
        help="go on with what is said from now on, until Ctrl+C (json: an exchange on each line)",
    )


def run_show(args: Namespace) -> int:
    """Print one patient's history."""
    found = read(find(args.patients, args.name))
    if args.follow:
        return _follow(args, found)
    if args.format == "json":
        history = found.history(selected(args, found.transcript))
        for piece in history_json(history, ascii_only=not unicode_output()):
            sys.stdout.write(piece)
        return DONE
    teller = Teller(found.name, Paint(on=colourful(sys.stdout)), screen_width())
    with paged() as write:
        for line in _head(found):
            write(line)
        for exchange in selected(args, found.transcript):
            for line in teller.lines(exchange):
                write(line)
    return DONE


def _head(found: Read) -> Iterator[str]:
    paint = Paint(on=colourful(sys.stdout))
    summary = found.summary
    yield paint.strong(escape_name(found.name))
    marked = f", {quantity(summary.marked, 'marked line')}" if summary.marked else ""
    sentence = facts(found.history(()))
    yield paint.quiet(f"{sentence}, {quantity(summary.exchanges, 'exchange')}{marked}")
    yield ""


#: Seconds between two looks at a file that is followed; longer where reading it takes long.
POLL = 0.5


def pause(seconds: float) -> None:
    """Wait; a test does something else in the meantime."""
    time.sleep(seconds)


def _follow(args: Namespace, found: Read) -> int:
    """Print a history and go on with it until Ctrl+C; each exchange once."""
    paint = Paint(on=colourful(sys.stdout))
    teller = Teller(found.name, paint, screen_width())
    try:
        if args.format == "text":
            print(*_head(found), sep="\n")
        for exchange in selected(args, found.transcript):
            _tell(args, teller, exchange)
        for exchange in _more(found.path, found.transcript.last_number):
            _tell(args, teller, exchange)
    except KeyboardInterrupt:
        return DONE
    warn(f"the history of {found.name} is gone")
    return FAULT


def _tell(args: Namespace, teller: Teller, exchange: Exchange) -> None:
    if args.format == "json":
        print(encode_json(exchange_value(exchange)), flush=True)
    else:
        print(*teller.lines(exchange), sep="\n", flush=True)


def _more(path: Path, number: int) -> Iterator[Exchange]:
    """Yield the exchanges above a number as they come, until the file is gone."""
    looked: tuple[int, ...] = ()
    wait = POLL
    while True:
        try:
            state = path.stat()
        except FileNotFoundError:
            return
        now = (state.st_ino, state.st_size, state.st_mtime_ns)
        if now != looked:
            began = time.monotonic()
            try:
                transcript = disk.read(path).history
            except UnknownPatient:
                return
            looked = now
            if transcript.last_number < number:
                number = 0  # forgotten and begun again
            for exchange in transcript.since(number):
                number = exchange.number
                yield exchange
            wait = max(POLL, 4 * (time.monotonic() - began))
        pause(wait)


COMMANDS = [
    Command(
        "list",
        "the patients, with what is known of their histories",
        _list_arguments,
        run_list,
        (
            "python -m doctor list --sort last-seen",
            "python -m doctor list --marked --since 7d",
            "python -m doctor list --filter ada --format json",
        ),
    ),
    Command(
        "show",
        "a patient's history",
        _show_arguments,
        run_show,
        (
            "python -m doctor show Ada",
            "python -m doctor show Ada --last 20 --follow",
            "python -m doctor show Ada --since yesterday --format json",
        ),
    ),
]
