"""How the commands that only read find histories, read them, and choose exchanges of them.

They read through an `Archive`, beside a running server too: nothing is locked or changed. A damaged
history is read as far as it is sound, with a warning on standard error.
"""

from __future__ import annotations

import math
import os
import re
import time
from argparse import ArgumentTypeError
from collections import deque
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from doctor.cli.command import positive
from doctor.cli.output import warn
from doctor.errors import DoctorError, UnknownPatient, describe
from doctor.patients.names import key
from doctor.report.formats import ExportedHistory
from doctor.text import escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator

    from doctor.history.chunks import Transcript
    from doctor.history.transcript import Exchange
    from doctor.patients.base import Archive, StoredHistory

# --- which patients -------------------------------------------------------------------------------


def find(archive: Archive, name: str) -> str:
    """Return the patient who is meant, however the name is spelled in capitals and accents.

    UnknownPatient if there is none; its message suggests names that are nearly the same.
    """
    for spelling in {name: None, as_utf8(name): None}:
        found = archive.find(spelling)
        if found is not None:
            return found
    wanted = key(name.strip())
    known = {key(other): other for other in archive.patients()}
    alike = [other for other in known if wanted and wanted in other][:3]
    alike += [other for other in get_close_matches(wanted, known, 3) if other not in alike]
    near = " or ".join(known[other] for other in alike[:3])
    hint = f"did you mean {near}?" if near else "`python -m doctor list` shows all names"
    raise UnknownPatient(f"there is no history of {name!r} in {archive.where}; {hint}")


def as_utf8(argument: str) -> str:
    """Return what an argument says as UTF-8, if it is that and the locale says otherwise."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument


def choose(archive: Archive, args: Namespace) -> list[str]:
    """Return the patients whom a command names, or all."""
    if args.name:
        return [find(archive, name) for name in args.name]
    return archive.patients()


def tell_waiting(archive: Archive) -> None:
    """Warn about exchanges that wait in a commit log because no server ran since a crash."""
    for each in archive.waiting():
        if each.exchanges:
            warn(
                f"a commit log waits: {quantity(each.exchanges, 'exchange')} of "
                f"{escape_name(each.name)} will be in the file after the next start of a server, "
                "and are shown already"
            )
        if each.unplaced:
            warn(
                f"a commit log waits: {quantity(each.unplaced, 'exchange')} of "
                f"{escape_name(each.name)} do not continue the history that is there now, and will "
                "be set aside"
            )


# --- their histories ------------------------------------------------------------------------------


def read(archive: Archive, name: str) -> StoredHistory:
    """Read a patient's history; warn on standard error if some of it is damaged."""
    found = archive.read(name)
    if found.damage:
        first = found.damage[0]
        warn(
            f"warning: {found.place}: damaged at byte {first.start}: {first.what}; "
            f"{quantity(len(found.transcript), 'exchange')} can be read"
        )
    return found


def read_if_possible(archive: Archive, name: str) -> StoredHistory | None:
    """Read a patient's history; return None, with a warning, if it cannot be read."""
    try:
        return read(archive, name)
    except UnknownPatient:
        return None  # forgotten since the names were listed
    except (DoctorError, OSError) as error:
        warn(f"warning: left out: {describe(error, archive.place(name))}")
        return None


def read_each(archive: Archive, names: Iterable[str]) -> Iterator[StoredHistory]:
    """Read several histories; warn about those that cannot be read, and leave them out."""
    for name in names:
        found = read_if_possible(archive, name)
        if found is not None:
            yield found


def to_export(found: StoredHistory, exchanges: Iterable[Exchange]) -> ExportedHistory:
    """Return a history with these exchanges of it, to be written."""
    facts = found.summary
    return ExportedHistory(found.name, facts.first_seen, facts.last_seen, facts.sessions, exchanges)


# --- which exchanges ------------------------------------------------------------------------------

_AGO: Final = re.compile(r"(\d{1,6})\s*([hdw])")
_WHEN: Final = "2026-03-03, '2026-03-03 10:00', today, yesterday, 12h, 7d, 2w"
_DAY: Final = re.compile(r"\d{4}-?\d\d-?\d\d|\d{4}-?w\d\d(?:-?\d)?")
_UNITS: Final = {"h": 3600, "d": 86_400, "w": 604_800}


def moment_since(text: str) -> float:
    """Return the moment that `--since` names, in seconds since the epoch.

    A day (`2026-03-03`), a day and time, `today`, `yesterday`, or how long ago: `12h`, `7d`, `2w`.
    Days and times without a zone are the computer's own.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return time.time() - int(ago[1]) * _UNITS[ago[2]]
    today = datetime.combine(date.today(), datetime.min.time())  # noqa: DTZ011 - local days
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return (named.get(text.strip().lower()) or datetime.fromisoformat(text)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ArgumentTypeError(f"{text!r} is not a time: write {_WHEN}") from None


def moment_until(text: str) -> float:
    """Return the moment that `--until` names: for a day, its end. See `moment_since`."""
    start = moment_since(text)
    day = text.strip().lower()
    if day in {"today", "yesterday"} or _DAY.fullmatch(day):
        return (datetime.fromtimestamp(start) + timedelta(days=1)).timestamp()  # noqa: DTZ006 - local days
    return start


def add_selection(parser: ArgumentParser) -> None:
    """Give a command the options `--since`, `--until` and `--last`."""
    add_period(parser)
    parser.add_argument(
        "--last", type=positive, metavar="N", help="Take only the last N exchanges of a history."
    )


def add_since(parser: ArgumentParser) -> None:
    """Give a command the option `--since`."""
    parser.add_argument(
        "--since",
        type=moment_since,
        metavar="WHEN",
        help=f"Take only exchanges from then on: {_WHEN}.",
    )


def add_period(parser: ArgumentParser) -> None:
    """Give a command the options `--since` and `--until`."""
    add_since(parser)
    parser.add_argument(
        "--until",
        type=moment_until,
        metavar="WHEN",
        help="Take only exchanges before then; a day counts to its end.",
    )


def select(args: Namespace, transcript: Transcript) -> Iterable[Exchange]:
    """Return the exchanges that `--since`, `--until` and `--last` leave.

    DoctorError where the period ends before it begins.
    """
    last: int | None = getattr(args, "last", None)
    since, until = period(args)
    if since == -math.inf and until == math.inf:
        return transcript.last(last) if last else transcript
    found = (exchange for exchange in transcript if since <= exchange.at < until)
    return deque(found, maxlen=last) if last else found


def period(args: Namespace) -> tuple[float, float]:
    """Return where a period begins and where it ends; DoctorError where that is earlier."""
    since: float = -math.inf if args.since is None else args.since
    until: float | None = getattr(args, "until", None)
    if until is not None and until <= since:
        raise DoctorError("--until names a time that is not after that of --since")
    return since, math.inf if until is None else until
