"""`search`: find a text or a regular expression in all histories."""

from __future__ import annotations

import contextlib
import re
import sys
import unicodedata
from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from doctor.cli.command import (
    DONE,
    FAULT,
    READ,
    Subcommand,
    add_format,
    add_patients_option,
    from_zero,
)
from doctor.cli.histories import ExchangeFormatter
from doctor.cli.output import Paint, encode_json, pager, progress, screen_columns, wants_colour
from doctor.cli.parallel import add_jobs, each_share, is_worth_it
from doctor.cli.reading import add_period, choose, read_each, read_if_possible, select
from doctor.errors import DoctorError
from doctor.history.searching import stored_forms
from doctor.history.snapshot import ROOM
from doctor.patients.opening import open_archive
from doctor.report.formats import exchange_value
from doctor.text import escape, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from doctor.history.transcript import Exchange
    from doctor.patients.base import Archive, StoredHistory


def _add_search_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="The text to look for.")
    parser.add_argument(
        "--of",
        dest="name",
        action="append",
        default=[],
        metavar="NAME",
        help="Search this patient's history; may be given more than once (default: all patients).",
    )
    add_patients_option(parser)
    add_format(parser)
    add_period(parser)
    parser.add_argument(
        "--regex", action="store_true", help="TEXT is a regular expression of Python."
    )
    parser.add_argument("--case", action="store_true", help="Capital and small letters differ.")
    parser.add_argument(
        "--in",
        dest="where",
        choices=("both", "patient", "doctor", "person"),
        default="both",
        help="Whose words to search: both are those of all; person is who read along and spoke "
        "(default: both).",
    )
    parser.add_argument(
        "--context",
        type=from_zero,
        default=1,
        metavar="N",
        help="Show N exchanges before and after each match (default: 1).",
    )
    add_jobs(parser)


def _pattern(args: Namespace) -> re.Pattern[str]:
    text = unicodedata.normalize("NFC", args.text)
    if not text:
        raise DoctorError("the text to look for is empty; write a word of it")
    try:
        return re.compile(
            text if args.regex else re.escape(text), 0 if args.case else re.IGNORECASE
        )
    except (re.error, OverflowError, RecursionError) as error:
        raise DoctorError(
            f"{text!r} is not a regular expression: {error}; without --regex it is plain text"
        ) from error


def _finds(pattern: re.Pattern[str], where: str, in_room: bool, exchange: Exchange) -> list[str]:
    """Return whose words match the pattern: `patient` or `person`, `doctor`, both or none."""
    speaker = "person" if exchange.speaker and not in_room else "patient"
    return [
        who
        for who, text in ((speaker, exchange.patient), ("doctor", exchange.doctor))
        if where in {"both", who} and pattern.search(unicodedata.normalize("NFC", text))
    ]


def _with_context(
    exchanges: Iterable[Exchange], finds: Callable[[Exchange], list[str]], context: int
) -> Iterator[tuple[Exchange, list[str], bool]]:
    """Yield matches and neighbours: exchange, whose words match, whether some are left out."""
    before: deque[Exchange] = deque(maxlen=context)
    after = last = 0
    for exchange in exchanges:
        found = finds(exchange)
        if found:
            for near in before:
                yield near, [], near.number > last + 1
                last = near.number
            before.clear()
        if found or after:
            yield exchange, found, exchange.number > last + 1
            last = exchange.number
            after = context if found else after - 1
        else:
            before.append(exchange)


class _Match(NamedTuple):
    """An exchange that a search shows: a match, or a neighbour of one."""

    name: str  #: the patient's
    exchange: Exchange
    where: list[str]  #: whose words match; empty for a neighbour
    gap: bool  #: exchanges between the one before and this one are left out


def _matches(args: Namespace, pattern: re.Pattern[str], context: int) -> Iterator[_Match]:
    archive = open_archive(args.patients)
    names = choose(archive, args)
    stored = None if args.regex else stored_forms(args.text)
    for found in _histories(args, archive, names):
        exchanges = select(args, found.transcript)
        if stored is None or found.transcript.may_hold(stored):
            finds = partial(_finds, pattern, args.where, found.kind == ROOM)
            for match in _with_context(exchanges, finds, context):
                yield _Match(found.name, *match)


def _histories(args: Namespace, archive: Archive, names: Sequence[str]) -> Iterator[StoredHistory]:
    """Yield the histories of some patients, or only those that have the text."""
    # On a terminal the matches themselves show how far the search is.
    doing = "" if sys.stdout.isatty() else "searching"
    if not is_worth_it(args, archive, names):
        yield from read_each(archive, progress(names, len(names), doing) if doing else names)
        return
    for likely in each_share(_having, args, archive, names, doing):
        for name in likely:
            with contextlib.suppress(DoctorError, OSError):  # it was read, and warned of, just now
                yield archive.read(name)


def _having(args: Namespace, archive: Archive, names: Sequence[str]) -> list[str]:
    """Return those of some patients whose history has the text, or may have it."""
    pattern = _pattern(args)
    stored = None if args.regex else stored_forms(args.text)
    found = []
    for name in names:
        history = read_if_possible(archive, name)
        if history is None:
            continue
        exchanges = select(args, history.transcript)
        if stored is not None:
            has = history.transcript.may_hold(stored)
        else:
            in_room = history.kind == ROOM
            has = any(_finds(pattern, args.where, in_room, each) for each in exchanges)
        if has:
            found.append(name)
    return found


def run_search(args: Namespace) -> int:
    """Print what was found; status 1 if nothing was, as grep does."""
    pattern = _pattern(args)
    if args.format == "json":
        found = _print_json(_matches(args, pattern, 0))
    else:
        found = _print_matches(_matches(args, pattern, args.context), pattern)
    return DONE if found else FAULT


def _print_json(matches: Iterable[_Match]) -> int:
    """Print a list of what was found, an object on a line, and return how many there are."""
    number = 0
    for number, match in enumerate(matches, 1):
        value = {"name": match.name} | exchange_value(match.exchange) | {"found": match.where}
        print("[" if number == 1 else ",", encode_json(value), sep="\n")
    print("]" if number else "[]")
    return number


def _print_matches(matches: Iterable[_Match], pattern: re.Pattern[str]) -> int:
    """Print what was found for people to read, and return how many exchanges that are."""
    paint = Paint(on=wants_colour(sys.stdout))
    found: Counter[str] = Counter()
    formatter, name = None, ""

    def lit(text: str) -> str:
        return pattern.sub(lambda match: paint.found(match[0]), text) if paint.on else text

    with pager() as write:
        for match in matches:
            if formatter is None or match.name != name:
                write(("\n" if formatter else "") + paint.strong(escape(match.name)) + "\n")
                formatter, name = ExchangeFormatter(match.name, paint, screen_columns()), match.name
            elif match.gap:
                write(paint.quiet("      ..."))
            for line in formatter.lines(match.exchange, lit if match.where else str):
                write(line)
            found[name] += bool(match.where)
        total = found.total()
        patients = quantity(len(found), "patient")
        end = f"\n{quantity(total, 'exchange')} of {patients}" if total else "nothing found"
        write(paint.quiet(end))
    return total


COMMANDS = [
    Subcommand(
        "search",
        READ,
        "Find a text in all histories.",
        _add_search_arguments,
        run_search,
        (
            'python -m doctor search "my sister"',
            "python -m doctor search --regex 'dream(s|t)?\\b' --of Ada --in patient --context 2",
        ),
    ),
]
