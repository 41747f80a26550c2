"""How the commands that only read find histories and read them.

Nothing here takes a lock or changes a byte: a history is read as it stands, beside a running server
too, and what is damaged is read as far as it is sound, with a word on standard error.
"""

from __future__ import annotations

import re
import time
from argparse import ArgumentTypeError
from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from doctor.cli.output import warn
from doctor.errors import DoctorError, StoreError, UnknownPatient
from doctor.patients.files import disk
from doctor.patients.names import file_name, key, patient_name
from doctor.report.formats import History
from doctor.text import quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from doctor.history.record import Contents
    from doctor.history.transcript import Exchange, Summary, Transcript


@dataclass(frozen=True, slots=True)
class Read:
    """A patient's file as it was read."""

    path: Path
    name: str
    contents: Contents

    @property
    def transcript(self) -> Transcript:
        """The exchanges that are sound."""
        return self.contents.history

    @property
    def summary(self) -> Summary:
        """The counts and times of the history."""
        return self.contents.history.summary

    def history(self, exchanges: Iterable[Exchange]) -> History:
        """Return the history with these exchanges of it, to be written."""
        facts = self.summary
        return History(self.name, facts.first_seen, facts.last_seen, facts.sessions, exchanges)


def paths(directory: Path) -> list[Path]:
    """Return the files of all patients, by name; StoreError where there is no such directory."""
    if not directory.is_dir():
        raise StoreError(f"there is no directory {directory}")
    return sorted(disk.entries(directory), key=lambda path: key(patient_name(path.name) or ""))


def find(directory: Path, name: str) -> Path:
    """Return the file of a patient, however the name is spelled in capitals and accents.

    UnknownPatient where there is none; names that are nearly the same are told.
    """
    wanted = key(name.strip())
    try:
        plain = directory / file_name(name.strip())
        if plain.is_file():
            return plain
    except (OSError, ValueError):
        pass  # no file can have such a name: it is nobody's
    known = {key(patient_name(path.name) or ""): path for path in paths(directory)}
    if wanted in known:
        return known[wanted]
    alike = [other for other in known if wanted and wanted in other][:3]
    alike += [other for other in get_close_matches(wanted, known, 3) if other not in alike]
    near = [patient_name(known[other].name) for other in alike[:3]]
    hint = f"; did you mean {' or '.join(map(str, near))}?" if near else ""
    raise UnknownPatient(f"there is no history of {name!r} in {directory}{hint}")


def read(path: Path) -> Read:
    """Read a patient's file and say on standard error what of it is damaged.

    UnknownPatient, ForbiddenContent, NewerFormat as `doctor.patients.files.disk.read`, with the
    file's name.
    """
    try:
        contents = disk.read(path)
    except UnknownPatient:
        raise
    except DoctorError as error:
        raise type(error)(f"{path}: {error}") from error
    if contents.damage:
        first = contents.damage[0]
        warn(
            f"warning: {path}: damaged at byte {first.start}: {first.what}; "
            f"{quantity(len(contents.history), 'exchange')} can be read"
        )
    written = contents.facts.name if contents.facts else ""
    return Read(path, disk.name_of(path, written), contents)


def read_each(chosen: Iterable[Path]) -> Iterator[Read]:
    """Read several files; one that cannot be read is told of and left out."""
    for path in chosen:
        try:
            yield read(path)
        except UnknownPatient:
            continue  # forgotten since the directory was listed
        except (DoctorError, OSError) as error:
            warn(f"warning: left out: {error}")


def chosen_paths(args: Namespace) -> list[Path]:
    """Return the files of the patients that a command names, or of all."""
    if args.name:
        return [find(args.patients, name) for name in args.name]
    return paths(args.patients)


# --- which exchanges ------------------------------------------------------------------------------

_AGO: Final = re.compile(r"(\d{1,6})\s*([hdw])")
_WHEN: Final = "2026-03-03, '2026-03-03 10:00', today, yesterday, 12h, 7d, 2w"
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
        raise ArgumentTypeError(f"{text!r} is no time: say {_WHEN}") from None


def count(text: str) -> int:
    """Return a whole number from 1 up."""
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text)):
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def from_zero(text: str) -> int:
    """Return a whole number from 0 up."""
    return 0 if text == "0" else count(text)


def add_selection(parser: ArgumentParser) -> None:
    """Give a command the options `--since` and `--last`."""
    add_since(parser)
    parser.add_argument(
        "--last", type=count, metavar="N", help="the last N exchanges of a history alone"
    )


def add_since(parser: ArgumentParser) -> None:
    """Give a command the option `--since`."""
    parser.add_argument(
        "--since",
        type=moment_since,
        metavar="WHEN",
        help=f"exchanges from then on: {_WHEN}",
    )


def add_format(parser: ArgumentParser) -> None:
    """Give a command the option `--format`."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people, or for programs"
    )


def selected(args: Namespace, transcript: Transcript) -> Iterable[Exchange]:
    """Return the exchanges that `--since` and `--last` leave."""
    last: int | None = getattr(args, "last", None)
    if args.since is None:
        return transcript.last(last) if last else transcript
    since: float = args.since
    found = (exchange for exchange in transcript if exchange.at >= since)
    return deque(found, maxlen=last) if last else found
