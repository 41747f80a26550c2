"""Say a moment in words: "yesterday", "on Tuesday", "in March".

The words are a script's (its DATES form), the clock and the time zone are handed in, so nothing
here depends on where or when it runs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from doctor.scripts.model import Extension

#: What each row of a DATES form is for; `1` in it is a day or a month, `2` a year.
ROWS: Final[dict[str, str]] = {
    "EARLIER": "earlier",
    "TODAY": "earlier today",
    "YESTERDAY": "yesterday",
    "WEEKDAY": "on 1",
    "LAST-WEEK": "last week, on 1",
    "WEEKS": "a few weeks ago",
    "MONTH": "in 1",
    "YEAR": "in 1 2",
    "DAYS": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "MONTHS": "January February March April May June July August September October November "
    "December",
}
#: The least number of words in a row.
_LEAST: Final[dict[str, int]] = {"DAYS": 7, "MONTHS": 12}
_RECENT: Final = timedelta(hours=3)


def read_dates(forms: Iterable[Extension]) -> dict[str, tuple[str, ...]]:
    """Return the rows of a script's DATES forms; a row that they leave out is in English."""
    rows = {name: tuple(words.split()) for name, words in ROWS.items()}
    for form in forms:
        for item in form.items:
            if isinstance(item, tuple) and item and item[0] in ROWS:
                name = str(item[0])
                row = tuple(str(word) for word in item[1:])
                if len(row) >= _LEAST.get(name, 1):
                    rows[name] = row
    return rows


def in_words(at: float, now: float, zone: tzinfo | None, rows: Mapping[str, Sequence[str]]) -> str:
    """Return when `at` was, seen from `now` (both seconds since the epoch).

    `zone` is the patient's time zone; None is this machine's. A moment that no calendar holds is
    "earlier".
    """
    try:
        then, today = _local(at, zone), _local(now, zone)
    except (OverflowError, ValueError, OSError):
        return " ".join(rows["EARLIER"])
    days = (today.date() - then.date()).days
    if days < 1:
        return " ".join(rows["TODAY" if today - then > _RECENT else "EARLIER"])
    if days == 1:
        return " ".join(rows["YESTERDAY"])
    if days < 14:
        name = rows["DAYS"][then.weekday()]
        return _filled(rows["WEEKDAY" if days < 7 else "LAST-WEEK"], name, then.year)
    if days < 35:
        return " ".join(rows["WEEKS"])
    near = days < 300
    return _filled(rows["MONTH" if near else "YEAR"], rows["MONTHS"][then.month - 1], then.year)


def _local(at: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def _filled(row: Sequence[str], name: str, year: int) -> str:
    return " ".join(row).replace("1", name).replace("2", str(year), 1)
