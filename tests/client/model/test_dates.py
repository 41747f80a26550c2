"""Days and times as the user's language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from client.model import dates, language
from client.model.dates import DateStyle, style_for

#: Languages with their formats of a day and a time, as glibc has them.
LANGUAGES = [
    ("C", "%m/%d/%y", "%H:%M:%S", "%A, {day} %B %Y", "%Y-%m-%d", "%H:%M"),
    ("en_US.UTF-8", "%m/%d/%Y", "%r", "%A, %B {day}, %Y", "%m/%d/%Y", "%I:%M %p"),
    ("en_GB.UTF-8", "%d/%m/%y", "%T", "%A, {day} %B %Y", "%d/%m/%Y", "%H:%M"),
    ("de_DE.UTF-8", "%d.%m.%Y", "%T", "%A, {day} %B %Y", "%d.%m.%Y", "%H:%M"),
    ("sv_SE.UTF-8", "%Y-%m-%d", "%H:%M:%S", "%Y, %B {day}, %A", "%Y-%m-%d", "%H:%M"),
    ("nl_NL.UTF-8", "%d-%m-%y", "%T", "%A, {day} %B %Y", "%d-%m-%Y", "%H:%M"),
]


@pytest.mark.parametrize("language", LANGUAGES, ids=[row[0] for row in LANGUAGES])
def test_each_language_has_its_order(language: tuple[str, ...]) -> None:
    """The order of day, month and year, and the clock, are those of the language."""
    name, day_format, time_format, *style = language
    assert style_for(name, day_format, time_format) == DateStyle(*style)


def test_without_a_language_nothing_is_guessed() -> None:
    """In the locale C a day is written as ever, and read back as it is written."""
    at = datetime(2026, 11, 5, 12, tzinfo=UTC)
    assert dates.in_words(at) == "Thursday, 5 November 2026"
    assert dates.short(date(2026, 11, 5)) == "2026-11-05"
    assert dates.parse_day(" 2026-11-05 ") == date(2026, 11, 5)


@pytest.mark.parametrize(
    "typed", ["", "someday", "2026-13-01", "2026-02-30", "11/2026", "99999-1-1"]
)
def test_what_is_no_day(typed: str) -> None:
    """What cannot be read as a day is told from every day."""
    assert dates.parse_day(typed) is None


@pytest.mark.parametrize(
    ("code", "written"), [("de", "30.11.2026"), ("es", "30/11/2026"), ("fr", "30/11/2026")]
)
def test_a_day_is_written_as_the_language_of_the_window_writes_it(code: str, written: str) -> None:
    """Whatever the system has installed, a day is written and understood in that way."""
    language.use(code)
    try:
        assert dates.short(date(2026, 11, 30)) == written
        assert dates.parse_day(written) == dates.parse_day("2026-11-30") == date(2026, 11, 30)
    finally:
        language.use("en")
