"""`expire`: erase the histories of patients who have not been here for a while.

For a museum, a fair or a class, where what visitors said is to be gone after some days. Without
`--yes` it only shows whom it would erase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doctor.cli.command import CHANGE, DONE, FAULT, Subcommand, add_patients_option
from doctor.cli.maintenance import request_change
from doctor.cli.output import align, format_moment, warn
from doctor.cli.reading import moment_since
from doctor.errors import DoctorError, UnknownPatient, describe
from doctor.patients.names import key
from doctor.patients.opening import open_archive
from doctor.text import escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from doctor.patients.base import Archive


class _Expired(NamedTuple):
    """A patient who is to be erased."""

    name: str
    last_seen: float
    exchanges: int
    marked: int


def _find_expired(archive: Archive, args: Namespace) -> Iterator[_Expired]:
    """Yield the patients who were last here before a moment."""
    begins = key(args.begins)
    for name in archive.patients():
        if key(name).startswith(begins):
            found = _look(archive, name)
            if (
                found is not None
                and found.last_seen < args.before
                and not (args.keep_marked and found.marked)
            ):
                yield found


def _look(archive: Archive, name: str) -> _Expired | None:
    """Return what is known of a patient; None, with a warning, if the last visit is not known."""
    try:
        summary = archive.peek(name).summary
    except UnknownPatient:
        return None  # forgotten since the names were listed
    except (DoctorError, OSError) as error:
        warn(f"warning: left as it is: {describe(error, archive.place(name))}")
        return None
    if summary.last_seen is None:
        warn(f"warning: left as it is: {escape_name(name)} has no time of a visit")
        return None
    return _Expired(name, summary.last_seen, summary.exchanges, summary.marked)


def run_expire(args: Namespace) -> int:
    """Show, or erase with `--yes`, whoever was last here before a moment."""
    archive = open_archive(args.patients)
    expired = list(_find_expired(archive, args))
    if not args.yes:
        rows = [
            (
                escape_name(each.name),
                format_moment(each.last_seen),
                quantity(each.exchanges, "exchange"),
                quantity(each.marked, "marked line") if each.marked else "",
            )
            for each in expired
        ]
        for line in align(rows) if rows else ():
            print(line)
        many = quantity(len(expired), "history", "histories")
        print(f"{many} would be erased" + ("; --yes erases them" if expired else ""))
        return DONE
    erased = failed = 0
    for each in expired:
        now = _look(archive, each.name)
        if now is None or now.last_seen != each.last_seen:
            continue  # gone, or back again since
        try:
            request_change(args.patients, {"do": "forget", "name": each.name})
            erased += 1
        except (DoctorError, OSError) as error:
            failed += 1
            warn(f"warning: {escape_name(each.name)} is not erased: {error}")
    print(f"{quantity(erased, 'history', 'histories')} erased")
    return FAULT if failed else DONE


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--before",
        type=moment_since,
        required=True,
        metavar="TIME",
        help="Erase whoever was last here before this: 7d (seven days ago), 12h, 2w, 2026-03-03.",
    )
    parser.add_argument(
        "--begins",
        default="",
        metavar="TEXT",
        help="Only names that begin like this; the exhibit's visitors are called 'Visitor ...'.",
    )
    parser.add_argument(
        "--keep-marked",
        action="store_true",
        help="Keep histories with lines in which somebody may be in danger.",
    )
    parser.add_argument("--yes", action="store_true", help="Erase; without it nothing is changed.")
    add_patients_option(parser)


COMMANDS = [
    Subcommand(
        "expire",
        CHANGE,
        "Erase all who were last here before a time (shows them first).",
        _add_arguments,
        run_expire,
        (
            "python -m doctor expire --before 7d --begins 'Visitor '",
            "python -m doctor expire --before 7d --begins 'Visitor ' --yes",
        ),
    ),
]
