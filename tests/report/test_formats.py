"""Histories as text that leaves the program."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.report.formats import COLUMNS, FORMATS, NAME_COLUMN, ExportedHistory, ExportOptions, iso
from doctor.text import escape

AT = datetime(2026, 3, 3, 10, 12, 30, 250000, tzinfo=UTC).timestamp()
WRITTEN = ExportOptions(zone=UTC)


@dataclass(frozen=True)
class Said:
    """An exchange as the histories hold it."""

    number: int = 1
    at: float = AT
    session: int = 1
    patient: str = "My mother hates me."
    doctor: str = "Tell me more about your family."
    keyword: str = "MY"
    mark: str = ""
    speaker: str = ""
    responder: str = ""
    event: str = ""


def history(*exchanges: Said, name: str = "Ada") -> ExportedHistory:
    """Return a history of these exchanges."""
    return ExportedHistory(
        name,
        exchanges[0].at if exchanges else None,
        exchanges[-1].at if exchanges else None,
        len({exchange.session for exchange in exchanges}),
        exchanges,
    )


def written(form: str, *histories: ExportedHistory, style: ExportOptions = WRITTEN) -> str:
    """Return histories in a format."""
    return "".join(FORMATS[form](histories, style))


def test_json_of_a_history() -> None:
    """A history is an object with its facts and its exchanges, times in UTC with their zone."""
    made = json.loads(written("json", history(Said(), Said(number=2, session=2, mark="care"))))
    assert {key: made[key] for key in ("patient", "first_seen", "last_seen", "sessions")} == {
        "patient": "Ada",
        "first_seen": "2026-03-03T10:12:30.250+00:00",
        "last_seen": "2026-03-03T10:12:30.250+00:00",
        "sessions": 2,
    }
    assert made["exchanges"][1] == {
        "at": "2026-03-03T10:12:30.250+00:00",
        "patient": "My mother hates me.",
        "doctor": "Tell me more about your family.",
        "number": 2,
        "session": 2,
        "keyword": "MY",
        "mark": "care",
        "speaker": "",
        "responder": "",
        "event": "",
        "kind": "",
        "tier": "",
    }


def test_json_of_a_patient_who_said_nothing() -> None:
    """An empty history has no times and an empty list."""
    made = json.loads(written("json", history()))
    assert made["first_seen"] is None
    assert made["exchanges"] == []


@pytest.mark.parametrize("names", [[], ["Ada"], ["Ada", "Bob", "Cleo"]])
def test_json_of_all_patients_is_a_list(names: list[str]) -> None:
    """However many patients there are, all of them are one list."""
    style = ExportOptions(all_patients=True)
    made = json.loads(written("json", *(history(Said(), name=n) for n in names), style=style))
    assert [each["patient"] for each in made] == names


def test_csv_has_the_documented_columns() -> None:
    """The first line names the patient's name and the columns of the table, in order."""
    rows = list(csv.reader(io.StringIO(written("csv", history(Said())))))
    assert rows[0] == [NAME_COLUMN, *(column.name for column in COLUMNS)]
    assert rows[1] == [
        "Ada", "1", "1", "2026-03-03T10:12:30.250+00:00",
        "My mother hates me.", "Tell me more about your family.", "MY", "", "", "", "", "", "",
    ]  # fmt: skip


def _like_a_sign() -> list[str]:
    """Return every character that Unicode takes for `=`, `+`, `-`, `@` or a minus sign."""
    signs = {"=", "+", "-", "@", "\N{MINUS SIGN}"}
    every = map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1)))
    return [each for each in every if unicodedata.normalize("NFKC", each)[:1] in signs]


@pytest.mark.parametrize(
    "begins", ["\t", "\r", " =", "\u200b=", "\ufeff@", *_like_a_sign()], ids=ascii
)
def test_csv_disarms_formulas(begins: str) -> None:
    """A cell that a spreadsheet may run starts with an apostrophe, unless that was declined."""
    said = history(Said(patient=begins + "cmd|' /C calc'!A0"), name="=1+1")
    defused = list(csv.reader(io.StringIO(written("csv", said))))[1]
    assert defused[0] == "'=1+1"
    assert defused[4].startswith("'")
    plain = written("csv", said, style=ExportOptions(defused=False))
    assert list(csv.reader(io.StringIO(plain)))[1][4] == escape(begins) + "cmd|' /C calc'!A0"


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_who_spoke_and_what_happened(form: str) -> None:
    """Names of those who spoke are there, an event is a remark, and one that is unknown too."""
    page = written(
        form,
        history(
            Said(speaker="Eve <i>", responder="Bob & Co"),
            Said(number=2, patient="", doctor="", event="taken back"),
            Said(number=3, patient="", doctor="", event="came", speaker="Mia"),
            Said(number=4, patient="", doctor="", event="event 9"),
        ),
    )
    assert ("Eve &lt;i&gt;" if form == "html" else r"Eve \<i\>") in page
    assert ("Bob &amp; Co" if form == "html" else r"Bob \& Co") in page
    assert "(taken back)" in page
    assert "(Mia comes in)" in page
    assert "(event 9)" in page
    assert page.count("Doctor") == 0


def test_csv_without_patients_is_a_heading() -> None:
    """No history gives a file with its heading alone."""
    assert written("csv").splitlines() == [
        "name,number,session,at,patient,doctor,keyword,mark,speaker,responder,event,kind,tier"
    ]


def test_csv_writes_each_exchange_once() -> None:
    """Histories follow each other, each line of theirs once and in order."""
    said = [history(Said(number=1), Said(number=2)), history(Said(number=1), name="Bob")]
    rows = list(csv.reader(io.StringIO(written("csv", *said))))[1:]
    assert [row[:2] for row in rows] == [["Ada", "1"], ["Ada", "2"], ["Bob", "1"]]


def test_markdown_shows_what_was_said_as_text() -> None:
    """Markup that a patient types is shown and not obeyed; sessions have headings."""
    said = Said(patient="# *hi* <b>[x](http://y)</b> `z` \\ 1_2", session=2)
    made = written("markdown", history(Said(), said))
    assert "# Ada\n\n2 sessions, on Tuesday 3 March 2026\n" in made
    assert "## Session 2: Tuesday 3 March 2026" in made
    assert r"\# \*hi\* \<b\>\[x\](http://y)\</b\> \`z\` \\ 1\_2" in made


class _Tags(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - named by Python
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(min_size=1, max_size=20))
def test_html_shows_what_was_said_as_text(text: str, name: str) -> None:
    """Whatever was said, the page has the tags of the page and the text of the patient."""
    plain, made = _Tags(), _Tags()
    plain.feed(written("html", history(Said())))
    made.feed(written("html", history(Said(patient=text), name=name)))
    assert made.tags == plain.tags
    assert escape(text) in made.text


def test_html_asks_nothing_of_the_network() -> None:
    """The exported page forbids itself every request and holds no script."""
    made = written("html", history(Said(patient="<script src=http://x></script>", mark="care")))
    assert "default-src 'none'" in made
    assert "<script" not in made
    assert 'class="care"' in made


def test_times_are_iso_with_a_zone() -> None:
    """A time is ISO 8601 with its zone, no time is None."""
    assert iso(AT) == "2026-03-03T10:12:30.250+00:00"
    assert iso(None) is None


def test_persons_are_named_in_every_format() -> None:
    """A remark is the person's, a line that waited for a person has no reply, events are told."""
    exchanges = (
        Said(),
        Said(2, patient="Is anybody there?", doctor="", responder="Maria"),
        Said(3, patient="I am here.", doctor="", speaker="Maria"),
        Said(4, patient="", doctor="", speaker="Maria", event="returned"),
    )
    history = ExportedHistory("Ada", AT, AT, 1, exchanges)
    page = "".join(FORMATS["html"]([history], WRITTEN))
    assert "<h3 dir=auto>Ada (for Maria)</h3><p dir=auto>Is anybody there?</p></section>" in page
    assert "<h3 dir=auto>Maria</h3><p dir=auto>I am here.</p></section>" in page
    assert "<p dir=auto>(the doctor is back)</p></section>" in page
    assert page.count(">Doctor</h3>") == 1
    text = "".join(FORMATS["markdown"]([history], WRITTEN))
    assert "Ada:** Is anybody there? (for Maria)\n" in text
    assert "Maria:** I am here.\n" in text
    assert text.count("**Doctor:**") == 1
    rows = list(csv.DictReader(io.StringIO("".join(FORMATS["csv"]([history], WRITTEN)))))
    people = [(row["speaker"], row["responder"], row["event"]) for row in rows]
    assert people == [("", "", ""), ("", "Maria", ""), ("Maria", "", ""), ("Maria", "", "returned")]


def test_paragraphs_are_exported_as_such() -> None:
    """A line with paragraphs has them in Markdown and HTML, and nothing in them is markup."""
    said = history(Said(patient="one *\u2029two <b>", doctor="yes\u2029no"))
    assert "one \\*\n\ntwo \\<b\\>" in written("markdown", said)
    assert "one *<br>two &lt;b&gt;</p>" in written("html", said)
    assert "yes<br>no" in written("html", said)
