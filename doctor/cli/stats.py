"""`stats`: times, lengths, subjects and keywords of all histories, as numbers."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from doctor.cli.command import (
    DONE,
    READ,
    Subcommand,
    add_format,
    add_patients_option,
    positive,
)
from doctor.cli.output import (
    Paint,
    align,
    can_print_unicode,
    encode_json,
    format_duration,
    pager,
    wants_colour,
)
from doctor.cli.parallel import add_jobs, each_share
from doctor.cli.reading import add_since, choose, read_each, select
from doctor.history.snapshot import ROOM
from doctor.patients.opening import open_archive
from doctor.report.formats import iso, long_day
from doctor.report.statistics import HOW_ANSWERED, Study, median
from doctor.text import escape, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from doctor.patients.base import Archive
    from doctor.report.statistics import Findings


def _add_stats_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help="Count only these patients (default: all)."
    )
    add_patients_option(parser)
    add_format(parser)
    add_since(parser)
    parser.add_argument(
        "--top",
        type=positive,
        default=15,
        metavar="N",
        help="Print N rows of each list (default: 15).",
    )
    add_jobs(parser)


def run_stats(args: Namespace) -> int:
    """Print statistics of histories."""
    archive = open_archive(args.patients)
    study = Study()
    for counted in each_share(_count, args, archive, choose(archive, args), "counting"):
        study.merge(counted)
    findings = study.findings()
    if args.format == "json":
        print(encode_json(_value(findings, args.top), indent=1))
        return DONE
    with pager() as write:
        for line in _lines(findings, args.top, Paint(on=wants_colour(sys.stdout))):
            write(line)
    return DONE


def _count(args: Namespace, archive: Archive, names: Sequence[str]) -> Study:
    """Return what is counted of some patients."""
    study = Study()
    for found in read_each(archive, names):
        study.add(found.name, select(args, found.transcript), in_room=found.kind == ROOM)
    return study


def _top(counts: Mapping[str, int], top: int) -> dict[str, int]:
    return dict(list(counts.items())[:top])


def _days(days: Mapping[date, int]) -> dict[str, int]:
    return {day.isoformat(): number for day, number in days.items()}


def _spread(values: Iterable[float]) -> dict[str, float]:
    found = Counter(round(value) for value in values)
    return {"median": median(found), "longest": max(found, default=0)}


def _value(found: Findings, top: int) -> dict[str, Any]:
    """Return findings as a JSON object; days and hours are the computer's own."""
    return {
        "patients": found.patients,
        "rooms": found.rooms,
        "sessions": len(found.sessions),
        "exchanges": found.exchanges,
        "marked": found.marked,
        "first": iso(found.first),
        "last": iso(found.last),
        "days": _days(found.days),
        "hours": list(found.hours),
        "weekdays": [sum(hours) for hours in found.week_hours],
        "session_exchanges": _spread(session.exchanges for session in found.sessions),
        "session_seconds": _spread(session.seconds for session in found.sessions),
        "words": {
            "patient": found.patient_words,
            "doctor": found.doctor_words,
            "different": found.vocabulary,
            "patient_line_median": median(found.patient_lengths),
            "doctor_line_median": median(found.doctor_lengths),
        },
        "subjects": {each.word: each.exchanges for each in found.subjects[:top]},
        "keywords": _top(found.keywords, top),
        "answered": dict(found.answered),
        "fallback_share": round(found.share("fallback"), 4),
        "fallback_words": _top(found.unanswered, top),
        "repeated_replies": _top(found.repeated, top),
    }


_BAR: Final = 30
_DAYS_SHOWN: Final = 14


def _bars(numbers: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each number, with a bar as long as it is large."""
    most = max(numbers.values(), default=0) or 1
    mark = "█" if can_print_unicode() else "#"
    for name, number in numbers.items():
        bar = mark * (round(_BAR * number / most) or bool(number))
        yield f"  {name}  {number:>7,}  {bar}".rstrip()


def _facts(found: Findings) -> list[tuple[str, str]]:
    """Return the facts that fit on a line each, with their titles."""
    lengths = _spread(session.exchanges for session in found.sessions)
    seconds = _spread(session.seconds for session in found.sessions)
    answered = [f"{found.share(how):6.1%} {HOW_ANSWERED[how]}" for how in found.answered]

    def extent(exchanges: float, lasting: float) -> str:
        return f"{quantity(exchanges, 'exchange')}, {format_duration(lasting)}"

    return [
        ("A session", f"{extent(lengths['median'], seconds['median'])} (medians)"),
        ("", f"{extent(lengths['longest'], seconds['longest'])} at most"),
        ("A line", f"{quantity(median(found.patient_lengths), 'word')} (median)"),
        ("A reply", f"{quantity(median(found.doctor_lengths), 'word')} (median)"),
        ("Words", f"{found.patient_words:,} of patients, {found.vocabulary:,} different ones"),
        ("", f"{found.doctor_words:,} of the doctor"),
        ("Marked", f"{quantity(found.marked, 'line')} met with care"),
        *zip(["Answered", *[""] * len(answered)], answered, strict=False),
    ]


def _lines(found: Findings, top: int, paint: Paint) -> Iterator[str]:
    if found.first is None or found.last is None:
        yield "nothing was said"
        return
    days = list(found.days)
    span = f"{long_day(days[0])} to {long_day(days[-1])}" if len(days) > 1 else long_day(days[0])
    who = [quantity(found.patients, "patient")] if found.patients or not found.rooms else []
    who += [quantity(found.rooms, "room")] if found.rooms else []
    yield paint.strong(
        f"{', '.join(who)}, {quantity(len(found.sessions), 'session')}, "
        f"{quantity(found.exchanges, 'exchange')}"
    )
    yield paint.quiet(f"{span}, {quantity(len(days), 'day')} with a conversation")
    yield ""
    yield from align(_facts(found))
    yield "\n" + paint.strong("Hour of the day")
    yield from _bars({f"{hour:02}": number for hour, number in enumerate(found.hours)})
    last = f"{min(_DAYS_SHOWN, len(days))} days" if len(days) > 1 else "day"
    yield "\n" + paint.strong(f"The last {last} with a conversation")
    yield from _bars({f"{day:%Y-%m-%d}": found.days[day] for day in days[-_DAYS_SHOWN:]})
    subjects = {each.word: each.exchanges for each in found.subjects}
    for title, counts in (
        ("Subjects, by the exchanges they came up in", subjects),
        ("Keywords that answered", found.keywords),
        ("Words met only by a fallback", found.unanswered),
        ("Replies given more than once", found.repeated),
    ):
        if counts:
            yield "\n" + paint.strong(title)
            rows = [(f"  {number:,}", escape(text)) for text, number in _top(counts, top).items()]
            yield from align(rows, right=(0,))


COMMANDS = [
    Subcommand(
        "stats",
        READ,
        "Count times, lengths, subjects, keywords and fallbacks of histories.",
        _add_stats_arguments,
        run_stats,
        ("python -m doctor stats", "python -m doctor stats Ada --since 2026-01-01 --format json"),
    ),
]
