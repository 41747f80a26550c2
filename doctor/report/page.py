"""Render the report: findings, charts and transcripts in one page for a browser.

Every value is escaped; the style sheet, the script and the charts are the project's own. The page
loads nothing from a network, and its content security policy forbids it to.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from doctor.report.charts.overview import draw_charts
from doctor.report.formats import awaited, has_line, has_reply, iso, long_day, remark
from doctor.report.moments import moment
from doctor.report.statistics import HOW_ANSWERED, median
from doctor.text import escape, plural, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from doctor.report.formats import ExportedHistory, NumberedExchange
    from doctor.report.statistics import Findings

#: Rows of a list, and patients of the table: as many as a person will read.
_LIST_ROWS: Final = 10
_MOST_PATIENTS: Final = 1000


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """A row of the patients' table; times in seconds since the epoch."""

    name: str
    sessions: int
    exchanges: int
    first_seen: float | None
    last_seen: float | None
    marked: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a page shows.

    `transcripts` hold the exchanges that are shown; `left_out` is the number of those that are not.
    `patients` is empty for a report of one patient. `speaker` says in words whose lines they are
    ("Ada", "Patients"). `since` is the beginning of the period in seconds since the epoch, or None
    for everything.
    """

    title: str
    speaker: str
    findings: Findings
    patients: Sequence[PatientFacts]
    transcripts: Sequence[ExportedHistory]
    left_out: int
    made_at: float
    zone: tzinfo | None = None
    since: float | None = None


def _source(name: str) -> str:
    return resources.files("doctor.report").joinpath(name).read_text(encoding="utf-8")


def render(report: Report) -> Iterator[str]:
    """Yield the page in pieces."""
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    script = _source("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    yield from environment.get_template("page.html").generate(
        # Both are files beside this one, and neither holds what would end its element.
        style=Markup(_source("page.css")),  # noqa: S704
        script=Markup(script),  # noqa: S704
        script_hash=f"sha256-{digest}",
        **_context(report),
    )


def _context(report: Report) -> dict[str, Any]:
    found, zone = report.findings, report.zone
    made = moment(report.made_at, zone)
    several = bool(report.patients)
    shown = {history.patient: place for place, history in enumerate(report.transcripts, 1)}
    left_out = (
        f"The newest exchanges are here; {report.left_out:,} older ones are left out."
        if report.left_out
        else ""
    )
    return {
        "title": escape(report.title),
        "when": _when(report),
        "tiles": _tiles(found, several=several) if found.exchanges else [],
        "charts": draw_charts(found, report.speaker),
        "shares": [
            {
                "how": how,
                "says": HOW_ANSWERED[how],
                "exchanges": found.answered[how],
                "percent": f"{found.share(how):.1%}",
            }
            for how in HOW_ANSWERED
            if found.answered.get(how)
        ],
        "lists": _lists(found),
        "patients": [
            _patient_row(facts, shown.get(facts.name, 0), zone)
            for facts in report.patients[:_MOST_PATIENTS]
        ],
        "patients_note": _patients_note(report),
        "transcripts": [
            _transcript(history, place, zone) for place, history in enumerate(report.transcripts, 1)
        ],
        "transcript_note": left_out,
        "nothing": left_out or _nothing(report),
        "several": several,
        "heading": "h4" if several else "h3",
        "any_marked": bool(found.marked),
        "made": f"{long_day(made)}, {made:%H:%M}",
        "zone": f" ({made.tzname()})" if made.tzname() else "",
    }


def _patients_note(report: Report) -> str:
    rest = len(report.patients) - _MOST_PATIENTS
    notes = [f"And {quantity(rest, 'patient')} more."] if rest > 0 else []
    if report.since is not None:
        notes.append("This table is about their whole histories.")
    return " ".join(notes)


def _nothing(report: Report) -> str:
    return f"Nothing was said{_since(report) or ' yet'}."


def _since(report: Report) -> str:
    """Return the beginning of the period, as the end of a phrase; empty if there is none."""
    if report.since is None:
        return ""
    when = moment(report.since, report.zone)
    clock = f", {when:%H:%M}" if (when.hour, when.minute) != (0, 0) else ""
    return f" since {long_day(when)}{clock}"


def _when(report: Report) -> str:
    found = report.findings
    if found.first is None or found.last is None:
        return _nothing(report)
    first, last = (long_day(moment(at, report.zone)) for at in (found.first, found.last))
    days = first if first == last else f"{first} to {last}"
    since = _since(report)
    return f"What was said{since}: {days}" if since else days


def _tiles(found: Findings, *, several: bool) -> list[dict[str, object]]:
    lengths: dict[int, int] = {}
    minutes: dict[int, int] = {}
    for session in found.sessions:
        lengths[session.exchanges] = lengths.get(session.exchanges, 0) + 1
        whole = round(session.seconds / 60)
        minutes[whole] = minutes.get(whole, 0) + 1

    def tile(number: str, says: str, *, care: bool = False) -> dict[str, object]:
        return {"number": number, "says": says, "care": care}

    typical = median(lengths)
    tiles = [
        tile(f"{found.exchanges:,}", plural(found.exchanges, "exchange")),
        tile(f"{len(found.sessions):,}", plural(len(found.sessions), "session")),
        tile(f"{len(found.days):,}", f"{plural(len(found.days), 'day')} with a conversation"),
        tile(
            f"{typical:g}",
            f"{plural(typical, 'exchange')} in a median session, {median(minutes):g} min",
        ),
        tile(f"{found.patient_words:,}", f"words said, {found.vocabulary:,} different ones"),
    ]
    if several:
        tiles.insert(0, tile(f"{found.patients:,}", plural(found.patients, "patient")))
    if found.marked:
        says = f"{plural(found.marked, 'line')} met with care"
        tiles.append(tile(f"{found.marked:,}", says, care=True))
    return tiles


def _lists(found: Findings) -> list[dict[str, object]]:
    lists = (
        ("Keywords that answered", found.keywords),
        ("Met only by a fallback", found.unanswered),
        ("Replies given again", found.repeated),
    )
    return [
        {
            "title": title,
            "rows": [(escape(text), f"{number:,}") for text, number in _top(counts)],
        }
        for title, counts in lists
        if counts
    ]


def _top(counts: Any) -> list[tuple[str, int]]:
    return list(counts.items())[:_LIST_ROWS]


def _patient_row(facts: PatientFacts, place: int, zone: tzinfo | None) -> dict[str, object]:
    def day(at: float | None) -> str:
        return f"{moment(at, zone):%Y-%m-%d}" if at is not None else ""

    return {
        "name": escape(facts.name),
        "place": place,
        "sessions": f"{facts.sessions:,}",
        "exchanges": f"{facts.exchanges:,}",
        "first": day(facts.first_seen),
        "last": day(facts.last_seen),
        "marked": f"{facts.marked:,}" if facts.marked else "",
    }


def _transcript(history: ExportedHistory, place: int, zone: tzinfo | None) -> dict[str, object]:
    return {
        "name": escape(history.patient),
        "sessions": (
            _session(number, list(exchanges), place, zone)
            for number, exchanges in groupby(history.exchanges, lambda each: each.session)
        ),
    }


def _session(
    number: int, exchanges: list[NumberedExchange], place: int, zone: tzinfo | None
) -> dict[str, object]:
    began, ended = moment(exchanges[0].at, zone), moment(exchanges[-1].at, zone)
    said = sum(not exchange.event for exchange in exchanges)
    until = f" to {ended:%H:%M}" if f"{began:%H:%M}" != f"{ended:%H:%M}" else ""
    return {
        "anchor": f"p{place}s{number}",
        "title": long_day(began),
        "says": f"session {number}, {began:%H:%M}{until}, {quantity(said, 'exchange')}",
        "exchanges": [_exchange(exchange, place, zone) for exchange in exchanges],
    }


class _ShownExchange(NamedTuple):
    """An exchange as the template shows it, in the order in which it names these."""

    anchor: str
    number: int
    at: str | None
    clock: str
    event: str
    person: str
    patient: str | None
    awaited: str
    responder: str
    doctor: str | None
    marked: bool


def _exchange(exchange: NumberedExchange, place: int, zone: tzinfo | None) -> _ShownExchange:
    return _ShownExchange(
        anchor=f"p{place}e{exchange.number}",
        number=exchange.number,
        at=iso(exchange.at),
        clock=f"{moment(exchange.at, zone):%H:%M}",
        event=escape(remark(exchange, "the patient")),
        person=escape(exchange.speaker),
        patient=escape(exchange.patient) if has_line(exchange) else None,
        awaited=escape(awaited(exchange)),
        responder=escape(exchange.responder),
        doctor=escape(exchange.doctor) if has_reply(exchange) else None,
        marked=bool(exchange.mark),
    )
