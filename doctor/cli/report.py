"""`report`: write histories as one page with charts, to look at and to print."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctor.cli.command import DONE, WRITE, Subcommand, add_patients_option, from_zero
from doctor.cli.export import add_output, new_file
from doctor.cli.output import warn
from doctor.cli.parallel import add_jobs, each_share
from doctor.cli.reading import add_since, choose, read_if_possible, select
from doctor.errors import DoctorError
from doctor.history.snapshot import ROOM
from doctor.patients.opening import open_archive
from doctor.report.formats import ExportedHistory
from doctor.report.statistics import Study

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from doctor.history.transcript import Exchange
    from doctor.patients.base import Archive, StoredHistory
    from doctor.report.page import PatientFacts, Report

#: Exchanges in the transcript of a page: as many as a browser can search at every key.
_EXCHANGES = 20_000


def _add_report_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help="Report on these patients (default: all)."
    )
    add_patients_option(parser)
    add_output(parser, "--html", required=True)
    add_since(parser)
    parser.add_argument(
        "--transcript",
        type=from_zero,
        default=_EXCHANGES,
        metavar="N",
        help=f"Put the newest N exchanges into the transcript, 0 for none (default: {_EXCHANGES}). "
        "The charts count all exchanges.",
    )
    add_jobs(parser)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is remembered of a counted history until it is read again to be shown."""

    key: str  #: by which the archive knows the patient
    facts: PatientFacts
    chosen: int  #: exchanges and events that `--since` leaves
    in_room: bool


def _facts(found: StoredHistory) -> PatientFacts:
    from doctor.report.page import PatientFacts  # noqa: PLC0415 - needs an extra

    known = found.summary
    return PatientFacts(
        found.name,
        known.sessions,
        known.exchanges,
        known.first_seen,
        known.last_seen,
        known.marked,
    )


def _count(args: Namespace, archive: Archive, names: Sequence[str]) -> tuple[Study, list[_Counted]]:
    """Return what is counted of some patients, and what is remembered of each."""
    study, counted = Study(), []
    for patient in names:
        found = read_if_possible(archive, patient)
        if found is None:
            continue
        before = study.entries
        in_room = found.kind == ROOM
        study.add(found.name, select(args, found.transcript), in_room=in_room)
        counted.append(_Counted(patient, _facts(found), study.entries - before, in_room))
    return study, counted


def _report(args: Namespace, archive: Archive) -> Report:
    from doctor.report.page import Report  # noqa: PLC0415 - needs an extra

    study, counted = Study(), list[_Counted]()
    for some, several in each_share(_count, args, archive, choose(archive, args), "counting"):
        study.merge(some)
        counted += several
    in_room = bool(counted) and counted[-1].in_room
    counted.sort(key=lambda each: -(each.facts.last_seen or 0))
    single = len(args.name) == 1
    is_room = single and in_room
    name = counted[0].facts.name if single and counted else ""
    shown = min(study.entries, args.transcript)
    return Report(
        title=name if single else "All patients" if not args.name else "Several patients",
        speaker="Members" if is_room else name if single else "Patients",
        findings=study.findings(),
        patients=()
        if single
        else [each.facts for each in counted if each.chosen or args.since is None],
        transcripts=list(_transcripts(args, archive, counted)),
        left_out=study.entries - shown,
        made_at=time.time(),
        since=args.since,
    )


def _transcripts(
    args: Namespace, archive: Archive, counted: list[_Counted]
) -> Iterator[ExportedHistory]:
    """Yield the newest histories, each with its newest exchanges, until there are enough."""
    left: int = args.transcript
    for each in counted:
        take = min(left, each.chosen)
        if not take:
            continue
        left -= take
        facts = each.facts
        yield ExportedHistory(
            facts.name,
            facts.first_seen,
            facts.last_seen,
            facts.sessions,
            _NewestExchanges(args, archive, each.key, take),
        )


class _NewestExchanges:
    """The newest exchanges of a history, read when they are asked for."""

    def __init__(self, args: Namespace, archive: Archive, patient: str, number: int) -> None:
        self._args, self._archive, self._patient, self._number = args, archive, patient, number

    def __iter__(self) -> Iterator[Exchange]:
        try:
            transcript = self._archive.read(self._patient).transcript
        except (DoctorError, OSError):
            return  # forgotten since it was counted
        if self._args.since is None:
            yield from transcript.last(self._number)
        else:
            yield from list(select(self._args, transcript))[-self._number :]


def run_report(args: Namespace) -> int:
    """Write the page."""
    try:
        from doctor.report.page import render  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        raise DoctorError(
            f"a report needs {error.name}, which is not installed here; "
            "type: python -m pip install jinja2 matplotlib"
        ) from error
    report = _report(args, open_archive(args.patients))
    with new_file(args.output, force=args.force) as file:
        file.writelines(render(report))
    warn(f"{args.output} is written; open it in a browser")
    return DONE


COMMANDS = [
    Subcommand(
        "report",
        WRITE,
        "Write histories as one page with charts (needs matplotlib, Jinja2).",
        _add_report_arguments,
        run_report,
        (
            "python -m doctor report Ada --html ada.html",
            "python -m doctor report --since 2026-01-01 --html all.html",
        ),
    )
]
