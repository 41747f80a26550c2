"""Days and times as the user's system writes them: names, order and clock.

`use_locale` asks the system once, at the start of a window. Without a language, as in a test, a day
is `Friday, 20 November 2026` and a time `13:57`. In a language that the client is translated into,
days are in that language whatever the system has installed.
"""

from __future__ import annotations

import contextlib
import locale
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from client.model.language import ENGLISH, current, mark, tr

_NO_LANGUAGE: Final = frozenset({"", "C", "POSIX"})


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How days and times are written: formats of `strftime`; `{day}` is the day without a zero."""

    words: str = "%A, {day} %B %Y"
    short: str = "%Y-%m-%d"
    clock: str = "%H:%M"


_WEEKDAYS: Final = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)
_MONTHS: Final = (
    mark("January"),
    mark("February"),
    mark("March"),
    mark("April"),
    mark("May"),
    mark("June"),
    mark("July"),
    mark("August"),
    mark("September"),
    mark("October"),
    mark("November"),
    mark("December"),
)
_DAY_FIRST: Final = DateStyle()


def style_for(language: str, date_format: str, time_format: str) -> DateStyle:
    """Return the style of a language; the formats are those of its locale."""
    if language.partition(".")[0] in _NO_LANGUAGE:
        return _DAY_FIRST
    clock = "%I:%M %p" if any(each in time_format for each in ("%I", "%p", "%r")) else "%H:%M"
    order = [part for part in date_format.replace("%-", "%") if part in "demyYDF"]
    if "D" in order or order[:1] == ["m"]:
        return DateStyle("%A, %B {day}, %Y", "%m/%d/%Y", clock)
    if order[:1] in (["y"], ["Y"], ["F"]):
        return DateStyle("%Y, %B {day}, %A", "%Y-%m-%d", clock)
    separator = next((each for each in "./-" if each in date_format), ".")
    return DateStyle("%A, {day} %B %Y", separator.join(("%d", "%m", "%Y")), clock)


#: How a language that the client speaks writes a day in figures.
_SHORT: Final = {"de": "%d.%m.%Y", "es": "%d/%m/%Y", "fr": "%d/%m/%Y"}

_style: list[DateStyle] = [_DAY_FIRST]


def use_locale() -> None:
    """Write days and times in the user's language from now on, where the system knows it."""
    with contextlib.suppress(locale.Error, AttributeError):  # not every system can be asked
        language = locale.setlocale(locale.LC_TIME, "")
        formats = locale.nl_langinfo(locale.D_FMT), locale.nl_langinfo(locale.T_FMT)
        _style[0] = style_for(language, *formats)


def in_words(at: datetime) -> str:
    """Return the day of a time in words, in the local time zone."""
    here = at.astimezone()
    if current() != ENGLISH:
        return tr("{weekday}, {day} {month} {year}").format(
            weekday=tr(_WEEKDAYS[here.weekday()]),
            day=here.day,
            month=tr(_MONTHS[here.month - 1]),
            year=here.year,
        )
    return here.strftime(_style[0].words.replace("{day}", str(here.day)))


def short(day: date) -> str:
    """Return a day in figures."""
    return day.strftime(_short_form())


def _short_form() -> str:
    return _SHORT.get(current(), _style[0].short)


def clock(at: datetime) -> str:
    """Return the time of a day, in the local time zone."""
    return at.astimezone().strftime(_style[0].clock)


def parse_day(text: str) -> date | None:
    """Return a day that was typed as `short` writes it, or as year-month-day; else None.

    In another language than the system's, the way of the system is understood too.
    """
    here, system = _short_form(), _style[0].short
    for form in (here, "%Y-%m-%d", here.replace("%Y", "%y"), system, system.replace("%Y", "%y")):
        with contextlib.suppress(ValueError, OverflowError):
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day alone
    return None
