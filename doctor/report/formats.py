"""Write histories as JSON, CSV, Markdown and HTML; pure.

A spreadsheet runs a cell that begins like a formula, a browser obeys markup, and a terminal obeys
control characters. So each writer escapes what was said, with the functions of `doctor.text`. A
program that reads the JSON gets every character as it was said.

`COLUMNS` is the table of what is exported; the writers and `docs/inspecting.md` follow it.
"""

from __future__ import annotations

import calendar
import csv
import io
import unicodedata
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Protocol

from doctor.history.events import describe_event
from doctor.history.marks import read_mark
from doctor.report.moments import moment
from doctor.report.statistics import ExchangeLike
from doctor.text import (
    as_printed,
    escape,
    escape_html,
    escape_markdown,
    joined_paragraphs,
    quantity,
    to_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, tzinfo


class NumberedExchange(ExchangeLike, Protocol):
    """An exchange with its number, as `doctor.history.transcript.Exchange` is one."""

    @property
    def number(self) -> int:
        """The exchange's number in its history, from 1."""

    @property
    def speaker(self) -> str:
        """Who said the line; nothing for the patient."""

    @property
    def responder(self) -> str:
        """Who answered; nothing for the doctor."""

    @property
    def event(self) -> str:
        """What happened, where it is not that a line was said and answered."""


@dataclass(frozen=True, slots=True)
class ExportedHistory:
    """What is written about one patient: the facts of the whole history, and exchanges of it.

    Times are seconds since the epoch. `exchanges` may be a part: since a day, or the last few.
    """

    patient: str
    first_seen: float | None
    last_seen: float | None
    sessions: int
    exchanges: Iterable[NumberedExchange]


@dataclass(frozen=True, slots=True)
class Column:
    """One exported column: its name, what it holds, and how it is taken from an exchange."""

    name: str
    meaning: str
    value: Callable[[NumberedExchange], str | int]


def iso(at: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC to the millisecond, or None for none."""
    return None if at is None else moment(at, UTC).isoformat(timespec="milliseconds")


#: Columns of an exchange, in the order of the CSV; its first column is the patient's name.
COLUMNS: Final = (
    Column("number", "number of the exchange in this history, from 1", lambda e: e.number),
    Column("session", "number of the visit, from 1", lambda e: e.session),
    Column("at", "when it was said: ISO 8601, UTC, milliseconds", lambda e: iso(e.at) or ""),
    Column("patient", "what the patient said", lambda e: e.patient),
    Column("doctor", "what the doctor replied", lambda e: e.doctor),
    Column(
        "keyword",
        "the keyword of the script that answered, or in capitals what else did: `NONE` a fallback, "
        "`MEMORY` or `RECALL` something remembered, `CARE` the careful answer, `LIMIT` the step "
        "limit, other names what was odd about the line; empty: not known",
        lambda e: e.keyword,
    ),
    Column(
        "mark",
        "`care` where the line met the careful answer, else empty",
        lambda e: read_mark(e.mark).word,
    ),
    Column("speaker", "who said the line; empty: the patient", lambda e: e.speaker),
    Column("responder", "who answered; empty: the doctor", lambda e: e.responder),
    Column(
        "event",
        "what happened, if it is not that a line was said and answered: `taken back`, `came`, "
        "`left`, `reading`, `taken over`, `returned`",
        lambda e: e.event,
    ),
    Column(
        "kind",
        "the danger that a marked line speaks of: `self`, `means`, `preparation`, `self-harm`, "
        "`eating`, `harmed`, `abuse`, `child`, `harming`, `other`; empty: no mark, or not known",
        lambda e: read_mark(e.mark).kind,
    ),
    Column(
        "tier",
        "how grave it is: `act` under way, `plan`, `danger`, `wish`, `past`; empty: likewise",
        lambda e: read_mark(e.mark).tier,
    ),
)
#: The name of the CSV's first column.
NAME_COLUMN: Final = "name"


def remark(exchange: NumberedExchange, name: str) -> str:
    """Return what an event says to a reader, nothing where there was none."""
    return describe_event(exchange.event, exchange.speaker or name)


def has_line(exchange: NumberedExchange) -> bool:
    """Return True if somebody said something; an event says nothing."""
    return bool(exchange.patient) or not (exchange.event or exchange.doctor)


def has_reply(exchange: NumberedExchange) -> bool:
    """Return True if the line was answered; a person's, or one for a person, may not be."""
    return bool(exchange.doctor) or not (exchange.event or exchange.speaker or exchange.responder)


def awaited(exchange: NumberedExchange) -> str:
    """Return who is to answer a line that was not answered with it, "" where it is otherwise."""
    return "" if has_reply(exchange) or exchange.event else exchange.responder


def exchange_value(exchange: NumberedExchange) -> dict[str, str | int]:
    """Return an exchange as a JSON object: `at`, `patient`, `doctor`, then the other columns."""
    value = {column.name: column.value(exchange) for column in COLUMNS}
    return {key: value.pop(key) for key in ("at", "patient", "doctor")} | value


def _head(history: ExportedHistory) -> dict[str, Any]:
    return {
        "patient": history.patient,
        "first_seen": iso(history.first_seen),
        "last_seen": iso(history.last_seen),
        "sessions": history.sessions,
    }


def history_json(history: ExportedHistory, *, ascii_only: bool = False) -> Iterator[str]:
    """Yield a history as JSON, an exchange on a line, without holding all of it."""
    head = to_json(_head(history), ascii_only=ascii_only).removesuffix("}")
    yield f'{head}, "exchanges": ['
    before = "\n"
    for exchange in history.exchanges:
        yield before + to_json(exchange_value(exchange), ascii_only=ascii_only)
        before = ",\n"
    yield "\n]}\n"


# --- the writers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How exports are written: as a list, with formulas made harmless, in which time zone.

    With `mark` a CSV begins with a byte order mark.
    """

    all_patients: bool = False
    defused: bool = True
    zone: tzinfo | None = None
    mark: bool = False


def as_json(histories: Iterable[ExportedHistory], options: ExportOptions) -> Iterator[str]:
    """Write one object, or a list of them; a program reads exactly what was said."""
    before = "[\n" if options.all_patients else ""
    for history in histories:
        yield before
        yield from history_json(history)
        before = ","
    if options.all_patients:
        yield "[]\n" if before != "," else "]\n"


#: Characters that a writer gathers before it gives them on.
_PIECE: Final = 65_536
#: How a cell begins that a spreadsheet may take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{MINUS SIGN}")


def _is_formula(value: str) -> bool:
    """Return True if a spreadsheet may take a cell for a formula.

    Full-width, small, raised and lowered forms of the signs count as the signs (NFKC), and so do
    signs after what shows nothing.
    """
    if value.startswith(_FORMULA):
        return True
    if value[:1].isalnum():
        return False
    start = as_printed(value).lstrip()[:1]
    return unicodedata.normalize("NFKC", start).startswith(_FORMULA)


def as_csv(histories: Iterable[ExportedHistory], options: ExportOptions) -> Iterator[str]:
    """Write RFC 4180 with a heading, cells escaped, `'` before what looks like a formula."""

    def cell(value: str | int) -> str | int:
        if isinstance(value, int):
            return value
        if options.defused and _is_formula(value):
            value = "'" + value
        return escape(value)

    page = io.StringIO()
    if options.mark:
        page.write("\ufeff")
    writer = csv.writer(page)
    writer.writerow([NAME_COLUMN, *(column.name for column in COLUMNS)])
    values = [column.value for column in COLUMNS]
    for history in histories:
        name = cell(history.patient)
        for exchange in history.exchanges:
            writer.writerow([name, *[cell(value(exchange)) for value in values]])
            if page.tell() > _PIECE:
                yield page.getvalue()
                page.seek(0)
                page.truncate()
    yield page.getvalue()


def as_markdown(histories: Iterable[ExportedHistory], options: ExportOptions) -> Iterator[str]:
    """Write a heading for each patient and session, and what was said as text, not as markup."""
    before = ""
    for history in histories:
        name = escape_markdown(history.patient)
        yield f"{before}# {name}\n\n{facts(history, options.zone)}\n"
        before = "\n"
        for opening, exchange in _with_openings(history.exchanges):
            when = moment(exchange.at, options.zone)
            if opening:
                yield f"\n## Session {exchange.session}: {long_day(when)}\n"
            care = " (marked: care)" if exchange.mark else ""
            if awaited(exchange):
                care += f" (for {escape_markdown(awaited(exchange))})"
            event = remark(exchange, history.patient)
            who = escape_markdown(exchange.speaker) or name
            by = escape_markdown(exchange.responder) or "Doctor"
            if event:
                yield f"\n**{when:%H:%M}** ({escape_markdown(event)})\n"
            if has_line(exchange):
                said = joined_paragraphs(exchange.patient, escape_markdown, "\n\n")
                yield f"\n**{when:%H:%M} {who}:** {said}{care}\n"
            if has_reply(exchange):
                said = joined_paragraphs(exchange.doctor, escape_markdown, "\n\n")
                yield f"\n**{by}:** {said}\n"


def as_html(histories: Iterable[ExportedHistory], options: ExportOptions) -> Iterator[str]:
    """Write one page without script or network; each text is escaped and in its own direction."""
    yield _HTML_HEAD
    for history in histories:
        name = escape_html(history.patient)
        yield f"<article>\n<h1 dir=auto>{name}</h1>\n<p>{facts(history, options.zone)}</p>\n"
        for opening, exchange in _with_openings(history.exchanges):
            when = moment(exchange.at, options.zone)
            if opening:
                yield f"<h2>Session {exchange.session}: {long_day(when)}</h2>\n"
            care = ' class="care"' if exchange.mark else ""
            event = remark(exchange, history.patient)
            yield f'<section{care}><time datetime="{iso(exchange.at)}">{when:%H:%M}</time>'
            if event:
                yield f"<p dir=auto>({escape_html(event)})</p>"
            if has_line(exchange):
                who = escape_html(exchange.speaker) or name
                if awaited(exchange):
                    who += f" (for {escape_html(awaited(exchange))})"
                said = joined_paragraphs(exchange.patient, escape_html, "<br>")
                yield f"<h3 dir=auto>{who}</h3><p dir=auto>{said}</p>"
            if has_reply(exchange):
                by = (
                    f" dir=auto>{escape_html(exchange.responder)}"
                    if exchange.responder
                    else ">Doctor"
                )
                said = joined_paragraphs(exchange.doctor, escape_html, "<br>")
                yield f"<h3{by}</h3><p dir=auto>{said}</p>"
            yield "</section>\n"
        yield "</article>\n"
    yield "</main>\n"


#: Each export format: how it is written. All are UTF-8.
FORMATS: Final[dict[str, Callable[[Iterable[ExportedHistory], ExportOptions], Iterator[str]]]] = {
    "json": as_json,
    "csv": as_csv,
    "markdown": as_markdown,
    "html": as_html,
}


def _with_openings(
    exchanges: Iterable[NumberedExchange],
) -> Iterator[tuple[bool, NumberedExchange]]:
    """Yield each exchange and whether it is the first one of its session here."""
    session = None
    for exchange in exchanges:
        yield exchange.session != session, exchange
        session = exchange.session


MONTHS: Final = tuple(calendar.month_name)[1:]
WEEKDAYS: Final = tuple(calendar.day_name)


def long_day(when: date) -> str:
    """Return a day as people write it: `Tuesday 3 March 2026`."""
    return f"{WEEKDAYS[when.weekday()]} {when.day} {MONTHS[when.month - 1]} {when.year}"


def facts(history: ExportedHistory, zone: tzinfo | None = None) -> str:
    """Return how many sessions there were and when, as a sentence without its full stop."""
    if history.first_seen is None or history.last_seen is None:
        return "Nothing was said yet"
    first, last = (long_day(moment(at, zone)) for at in (history.first_seen, history.last_seen))
    span = f"on {first}" if first == last else f"{first} to {last}"
    return f"{quantity(history.sessions, 'session')}, {span}"


_HTML_HEAD: Final = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>Conversations with the doctor</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#fbfaf7, #16181b);
  color: light-dark(#22262a, #e6e4df); margin: 0; }
main { max-width: 44rem; margin: auto; padding: 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 1rem; border-bottom: 1px solid; }
section { position: relative; padding-left: 4rem; margin: 1rem 0; break-inside: avoid; }
section > time { position: absolute; left: 0; opacity: .7; }
section h3 { font-size: .85rem; margin: 0; opacity: .8; }
section h3 + p { margin: 0 0 .5rem; }
.care { border-right: 4px solid light-dark(#b3261e, #ff8a80); padding-right: .75rem; }
</style>
<main>
"""
