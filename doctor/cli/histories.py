"""`list` and `show`: all patients, and one patient's history."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from doctor.cli.command import DONE, FAULT, READ, Subcommand, add_format, add_patients_option
from doctor.cli.output import (
    Paint,
    align,
    can_print_unicode,
    encode_json,
    format_moment,
    pager,
    progress,
    screen_columns,
    wants_colour,
    warn,
)
from doctor.cli.reading import (
    add_selection,
    find,
    moment_since,
    moment_until,
    period,
    read,
    select,
    tell_waiting,
    to_export,
)
from doctor.errors import DoctorError, UnknownPatient, describe
from doctor.history.marks import Mark, last_mark, read_mark
from doctor.history.snapshot import PATIENT, ROOM
from doctor.history.transcript import Summary
from doctor.patients.names import key
from doctor.patients.opening import open_archive
from doctor.report.formats import (
    awaited,
    exchange_value,
    facts,
    has_line,
    has_reply,
    history_json,
    iso,
    long_day,
    remark,
)
from doctor.report.moments import moment
from doctor.text import display_width, escape, escape_name, pad, paragraphs, quantity, wrap

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Sequence

    from doctor.history.transcript import Exchange
    from doctor.patients.base import Archive, StoredHistory

# --- list -----------------------------------------------------------------------------------------


_NO_MARK: Final = Mark()


@dataclass(frozen=True, slots=True)
class ListedPatient:
    """A patient in the list; `fault` says why a history cannot be read."""

    name: str
    summary: Summary
    locked: bool
    kind: int = PATIENT
    fault: str = ""
    last_mark: Mark = _NO_MARK

    def value(self) -> dict[str, Any]:
        """Return the patient as a JSON object."""
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
            "damaged": bool(self.fault),
            "kind": "room" if self.kind == ROOM else "patient",
            **({"last_mark": self.last_mark._asdict()} if self.last_mark.word else {}),
        }

    def cells(self) -> tuple[str, ...]:
        """Return the patient as a row of the table for people."""
        summary = self.summary
        return (
            escape_name(self.name),
            f"{summary.sessions:,}",
            f"{summary.exchanges:,}",
            format_moment(summary.first_seen),
            format_moment(summary.last_seen),
            self._marks(),
            ", ".join(self._remarks()),
        )

    def _marks(self) -> str:
        """Return how many lines are marked, and the kind and the tier of the last one."""
        details = ", ".join(each for each in self.last_mark[1:] if each)
        count = f"{self.summary.marked:,}" if self.summary.marked else ""
        return f"{details}: {count}" if details and count else count

    def _remarks(self) -> Iterator[str]:
        """Yield what is special about it, in a word each."""
        if self.kind == ROOM:
            yield "room"
        if self.fault:
            yield "damaged"
        elif self.locked:
            yield "passphrase"


_TITLES: Final = ("NAME", "SESSIONS", "EXCHANGES", "FIRST SEEN", "LAST SEEN", "MARKED", "")

#: What the list can be sorted by; names go up, everything else down.
_SORTS: dict[str, Callable[[ListedPatient], Any]] = {
    "name": lambda each: key(each.name),
    "sessions": lambda each: -each.summary.sessions,
    "exchanges": lambda each: -each.summary.exchanges,
    "first-seen": lambda each: -(each.summary.first_seen or 0),
    "last-seen": lambda each: -(each.summary.last_seen or 0),
    "marked": lambda each: (-each.summary.marked, -(each.summary.last_marked or 0)),
}


def _add_list_arguments(parser: ArgumentParser) -> None:
    add_patients_option(parser)
    add_format(parser)
    parser.add_argument(
        "--sort",
        choices=tuple(_SORTS),
        default="name",
        help="Sort by this; names from A on, numbers and times from the largest (default: name).",
    )
    parser.add_argument("--reverse", action="store_true", help="Sort the other way round.")
    parser.add_argument("--filter", metavar="TEXT", help="List only names that contain TEXT.")
    parser.add_argument(
        "--marked",
        action="store_true",
        help="List only patients with marked lines, the latest mark first, with the kind and the "
        "gravity of the last one.",
    )
    parser.add_argument(
        "--since",
        type=moment_since,
        metavar="WHEN",
        help="List only patients who said something since then.",
    )
    parser.add_argument(
        "--until",
        type=moment_until,
        metavar="WHEN",
        help="List only patients who said nothing after then; a day counts to its end.",
    )


def _overview(archive: Archive, name: str, *, marks: bool) -> ListedPatient | None:
    """Return what the list shows of a patient; None if the history was just erased.

    The kind of the last mark stands in the history, which is read for that alone.
    """
    try:
        found = ListedPatient(*archive.peek(name))
        if marks and found.summary.marked:
            found = replace(found, last_mark=last_mark(archive.read(name).transcript))
    except UnknownPatient:
        return None
    except (DoctorError, OSError) as error:
        place = archive.place(name)
        why = describe(error, place)
        warn(f"warning: {why if place in why else f'{place}: {why}'}")
        return ListedPatient(name, Summary(), locked=True, fault=why)
    return found


def _listed(args: Namespace) -> Iterator[ListedPatient]:
    """Yield the patients that the options leave."""
    archive = open_archive(args.patients)
    names = archive.patients()
    tell_waiting(archive)
    wanted = key(args.filter) if args.filter else ""
    since, until = period(args)
    is_all = args.since is None and args.until is None
    for name in progress(names, len(names), "reading"):
        if wanted and wanted not in key(name):
            continue
        found = _overview(archive, name, marks=args.marked)
        if found is None or (args.marked and not found.summary.marked):
            continue
        seen = found.summary.last_seen
        if is_all or (seen is not None and since <= seen < until):
            yield found


def run_list(args: Namespace) -> int:
    """Print the patients of an archive."""
    order = _SORTS["marked" if args.marked and args.sort == "name" else args.sort]
    found = sorted(_listed(args), key=order, reverse=args.reverse)
    if args.format == "json":
        print(encode_json([each.value() for each in found], indent=1))
        return DONE
    if not found:
        print("no patients")
        return DONE
    paint = Paint(on=wants_colour(sys.stdout))
    heading, *lines = align([_TITLES, *(each.cells() for each in found)], right=(1, 2, 5))
    with pager() as write:
        write(paint.quiet(heading))
        for each, line in zip(found, lines, strict=True):
            write(paint.alarm(line) if each.summary.marked or each.fault else line)
        write(paint.quiet(", ".join(_totals(found))))
    return DONE


def _totals(found: Sequence[ListedPatient]) -> Iterator[str]:
    """Yield how many patients, rooms and exchanges are listed."""
    rooms = sum(each.kind == ROOM for each in found)
    if rooms < len(found):
        yield quantity(len(found) - rooms, "patient")
    if rooms:
        yield quantity(rooms, "room")
    yield quantity(sum(each.summary.exchanges for each in found), "exchange")


# --- show -----------------------------------------------------------------------------------------


class ExchangeFormatter:
    """Formats exchanges as lines, with a heading before each session and each new day."""

    def __init__(self, name: str, paint: Paint, columns: int) -> None:
        self._name = escape_name(name)
        self._paint = paint
        self._indent = max(display_width(self._name), len("Doctor")) + 2
        self._free = max(columns - self._indent - 7, 20) if columns else 0
        self._heading: tuple[object, ...] = ()

    def lines(self, exchange: Exchange, shown: Callable[[str], str] = str) -> Iterator[str]:
        """Yield the lines of an exchange; `shown` may paint a line of what was said."""
        when, paint = moment(exchange.at), self._paint
        heading = (exchange.session, when.date())
        if heading != self._heading:
            if self._heading:
                yield ""
            yield paint.strong(f"--- Session {exchange.session}, {long_day(when)} ---")
            self._heading = heading
        yield ""
        speaker = paint.alarm if exchange.mark else paint.patient
        mark = [paint.alarm(f"[{escape(str(read_mark(exchange.mark)))}]")] if exchange.mark else []
        event = remark(exchange, self._name)
        if event:
            yield paint.quiet(f"{when:%H:%M}  ({escape(event)})")
        if awaited(exchange):
            mark.append(paint.quiet(f"(for {escape_name(awaited(exchange))})"))
        if has_line(exchange):
            name = escape_name(exchange.speaker) if exchange.speaker else self._name
            first = paint.quiet(f"{when:%H:%M}") + "  " + speaker(pad(name, self._indent))
            yield from self._speech(first, exchange.patient, shown, mark)
        if has_reply(exchange):
            name = escape_name(exchange.responder) if exchange.responder else "Doctor"
            first = " " * 7 + paint.doctor(pad(name, self._indent))
            yield from self._speech(first, exchange.doctor, shown, [])

    def _speech(
        self, first: str, text: str, shown: Callable[[str], str], notes: list[str]
    ) -> Iterator[str]:
        pieces = [
            shown(piece)
            for paragraph in paragraphs(text)
            for piece in wrap(escape(paragraph), self._free)
        ]
        pieces[-1] = " ".join((pieces[-1], *notes))
        yield first + pieces[0]
        for piece in pieces[1:]:
            yield " " * (7 + self._indent) + piece


def _add_show_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="The patient.")
    add_patients_option(parser)
    add_format(parser)
    add_selection(parser)
    parser.add_argument(
        "--follow",
        action="store_true",
        help="Continue with what is said from now on, until Ctrl+C. "
        "With --format json: print one exchange on each line.",
    )


def run_show(args: Namespace) -> int:
    """Print one patient's history."""
    if args.follow and args.until is not None:
        raise DoctorError("--follow goes on for ever and --until ends: use one of them")
    period(args)  # one that cannot be is refused before anything is printed
    archive = open_archive(args.patients)
    name = find(archive, args.name)
    found = read(archive, name)
    if args.follow:
        return _follow(args, archive, name, found)
    if args.format == "json":
        history = to_export(found, select(args, found.transcript))
        for piece in history_json(history, ascii_only=not can_print_unicode()):
            sys.stdout.write(piece)
        return DONE
    formatter = ExchangeFormatter(found.name, Paint(on=wants_colour(sys.stdout)), screen_columns())
    with pager() as write:
        for line in _head(found):
            write(line)
        for exchange in select(args, found.transcript):
            for line in formatter.lines(exchange):
                write(line)
    return DONE


def _head(found: StoredHistory) -> Iterator[str]:
    paint = Paint(on=wants_colour(sys.stdout))
    summary = found.summary
    yield paint.strong(escape_name(found.name))
    marked = f", {quantity(summary.marked, 'marked line')}" if summary.marked else ""
    sentence = facts(to_export(found, ()))
    yield paint.quiet(f"{sentence}, {quantity(summary.exchanges, 'exchange')}{marked}")
    yield ""


def pause(seconds: float) -> None:
    """Wait; a test does something else in the meantime."""
    time.sleep(seconds)


def _follow(args: Namespace, archive: Archive, name: str, found: StoredHistory) -> int:
    """Print a history and continue with new exchanges until Ctrl+C; each exchange once."""
    formatter = ExchangeFormatter(found.name, Paint(on=wants_colour(sys.stdout)), screen_columns())
    try:
        if args.format == "text":
            print(*_head(found), sep="\n")
        for exchange in select(args, found.transcript):
            _print_exchange(args, formatter, exchange)
        for exchange in archive.follow(name, found.transcript.last_number, pause):
            _print_exchange(args, formatter, exchange)
    except KeyboardInterrupt:
        return DONE
    warn(f"the history of {found.name} is gone: it was erased or renamed")
    return FAULT


def _print_exchange(args: Namespace, formatter: ExchangeFormatter, exchange: Exchange) -> None:
    if args.format == "json":
        print(encode_json(exchange_value(exchange)), flush=True)
    else:
        print(*formatter.lines(exchange), sep="\n", flush=True)


COMMANDS = [
    Subcommand(
        "list",
        READ,
        "List patients and rooms, with what is known about their histories.",
        _add_list_arguments,
        run_list,
        (
            "python -m doctor list --sort last-seen",
            "python -m doctor list --marked --since 7d",
            "python -m doctor list --filter ada --format json",
        ),
    ),
    Subcommand(
        "show",
        READ,
        "Show what one patient and the doctor said.",
        _add_show_arguments,
        run_show,
        (
            "python -m doctor show Ada",
            "python -m doctor show Ada --last 20 --follow",
            "python -m doctor show Ada --since yesterday --format json",
        ),
    ),
]
