"""`search`: a text or an expression, looked for in all histories."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple

from doctor.cli.command import DONE, FAULT, Command, add_patients_option
from doctor.cli.histories import Teller
from doctor.cli.output import Paint, colourful, encode_json, paged, progress, screen_width
from doctor.cli.reading import add_format, add_since, chosen_paths, from_zero, read_each, selected
from doctor.errors import DoctorError
from doctor.report.formats import exchange_value
from doctor.text import escape, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Iterator

    from doctor.history.transcript import Exchange


def _search_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="what to look for")
    parser.add_argument(
        "--of",
        dest="name",
        action="append",
        default=[],
        metavar="NAME",
        help="in this patient's history; may be said again (default: in all)",
    )
    add_patients_option(parser)
    add_format(parser)
    add_since(parser)
    parser.add_argument("--regex", action="store_true", help="TEXT is a regular expression")
    parser.add_argument("--case", action="store_true", help="capitals matter")
    parser.add_argument(
        "--in",
        dest="where",
        choices=("both", "patient", "doctor"),
        default="both",
        help="whose words to look in",
    )
    parser.add_argument(
        "--context",
        type=from_zero,
        default=1,
        metavar="N",
        help="exchanges to show before and after each find (default: 1)",
    )


def _pattern(args: Namespace) -> re.Pattern[str]:
    text = unicodedata.normalize("NFC", args.text)
    if not text:
        raise DoctorError("there is nothing to look for")
    try:
        return re.compile(
            text if args.regex else re.escape(text), 0 if args.case else re.IGNORECASE
        )
    except (re.error, OverflowError, RecursionError) as error:
        raise DoctorError(f"not a regular expression: {error}") from error


def _finds(pattern: re.Pattern[str], exchange: Exchange, where: str) -> list[str]:
    """Return in whose words the pattern is: `patient`, `doctor`, both or none."""
    return [
        who
        for who, text in (("patient", exchange.patient), ("doctor", exchange.doctor))
        if where in {"both", who} and pattern.search(unicodedata.normalize("NFC", text))
    ]


def _with_context(
    exchanges: Iterable[Exchange], finds: Callable[[Exchange], list[str]], context: int
) -> Iterator[tuple[Exchange, list[str], bool]]:
    """Yield finds and their neighbours: exchange, in whose words, whether some are left out."""
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


class _Hit(NamedTuple):
    """An exchange that a search shows."""

    name: str  #: the patient's
    exchange: Exchange
    where: list[str]  #: in whose words it was found; nothing: it stands beside a find
    gap: bool  #: exchanges between the hit before and this one are left out


def _hits(args: Namespace, pattern: re.Pattern[str], context: int) -> Iterator[_Hit]:
    chosen = chosen_paths(args)

    def finds(exchange: Exchange) -> list[str]:
        return _finds(pattern, exchange, args.where)

    # On a terminal what is found shows how far it is.
    at_work = chosen if sys.stdout.isatty() else progress(chosen, len(chosen), "searching")
    for found in read_each(at_work):
        for hit in _with_context(selected(args, found.transcript), finds, context):
            yield _Hit(found.name, *hit)


def run_search(args: Namespace) -> int:
    """Print what was found; status 1 where nothing was, as grep has it."""
    pattern = _pattern(args)
    if args.format == "json":
        found = _print_json(_hits(args, pattern, 0))
    else:
        found = _print_hits(_hits(args, pattern, args.context), pattern)
    return DONE if found else FAULT


def _print_json(hits: Iterable[_Hit]) -> int:
    """Print a list of what was found, an object on a line, and return how many there are."""
    number = 0
    for number, hit in enumerate(hits, 1):
        value = {"name": hit.name} | exchange_value(hit.exchange) | {"found": hit.where}
        print("[" if number == 1 else ",", encode_json(value), sep="\n")
    print("]" if number else "[]")
    return number


def _print_hits(hits: Iterable[_Hit], pattern: re.Pattern[str]) -> int:
    """Print what was found for people to read, and return how many exchanges that are."""
    paint = Paint(on=colourful(sys.stdout))
    found: Counter[str] = Counter()
    teller, name = None, ""

    def lit(text: str) -> str:
        return pattern.sub(lambda match: paint.found(match[0]), text) if paint.on else text

    with paged() as write:
        for hit in hits:
            if teller is None or hit.name != name:
                write(("\n" if teller else "") + paint.strong(escape(hit.name)) + "\n")
                teller, name = Teller(hit.name, paint, screen_width()), hit.name
            elif hit.gap:
                write(paint.quiet("      ..."))
            for line in teller.lines(hit.exchange, lit if hit.where else str):
                write(line)
            found[name] += bool(hit.where)
        total = found.total()
        patients = quantity(len(found), "patient")
        end = f"\n{quantity(total, 'exchange')} of {patients}" if total else "nothing found"
        write(paint.quiet(end))
    return total


COMMANDS = [
    Command(
        "search",
        "look for a text in all histories",
        _search_arguments,
        run_search,
        (
            'python -m doctor search "my sister"',
            "python -m doctor search --regex 'dream(s|t)?\\b' --of Ada --in patient --context 2",
        ),
    ),
]
