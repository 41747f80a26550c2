"""`report`: histories as one page with pictures, to look at and to print."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctor.cli.command import DONE, Command, add_patients_option
from doctor.cli.export import add_output, new_file
from doctor.cli.output import progress, warn
from doctor.cli.reading import add_since, chosen_paths, from_zero, read_each, selected
from doctor.errors import DoctorError
from doctor.patients.files import disk
from doctor.report.formats import History
from doctor.report.statistics import Study

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.cli.reading import Read
    from doctor.history.transcript import Exchange
    from doctor.report.page import PatientFacts, Report

#: Exchanges in the transcript of a page: what a browser still searches at every key.
_EXCHANGES = 20_000


def _report_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="*", metavar="NAME", help="the patient (default: all)")
    add_patients_option(parser)
    add_output(parser, "--html", required=True)
    add_since(parser)
    parser.add_argument(
        "--transcript",
        type=from_zero,
        default=_EXCHANGES,
        metavar="N",
        help="exchanges in the transcript, the newest of them, 0 for none "
        f"(default: {_EXCHANGES}); the pictures count all",
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is remembered of a history that was counted, until it is read again to be shown."""

    path: Path
    facts: PatientFacts
    chosen: int  #: exchanges that `--since` leaves


def _facts(found: Read) -> PatientFacts:
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


def _report(args: Namespace) -> Report:
    from doctor.report.page import Report  # noqa: PLC0415 - needs an extra

    study, counted = Study(), []
    chosen = chosen_paths(args)
    for found in read_each(progress(chosen, len(chosen), "counting")):
        before = study.exchanges
        study.add(found.name, selected(args, found.transcript))
        counted.append(_Counted(found.path, _facts(found), study.exchanges - before))
    counted.sort(key=lambda each: -(each.facts.last_seen or 0))
    single = len(args.name) == 1
    name = counted[0].facts.name if single and counted else ""
    shown = min(study.exchanges, args.transcript)
    return Report(
        title=name if single else "All patients" if not args.name else "Several patients",
        speaker=name if single else "Patients",
        findings=study.findings(),
        patients=()
        if single
        else [each.facts for each in counted if each.chosen or args.since is None],
        transcripts=list(_transcripts(args, counted)),
        left_out=study.exchanges - shown,
        made_at=time.time(),
        since=args.since,
    )


def _transcripts(args: Namespace, counted: list[_Counted]) -> Iterator[History]:
    """Yield the newest histories, each with its newest exchanges, until there are enough."""
    room: int = args.transcript
    for each in counted:
        take = min(room, each.chosen)
        if not take:
            continue
        room -= take
        facts = each.facts
        yield History(
            facts.name,
            facts.first_seen,
            facts.last_seen,
            facts.sessions,
            _Newest(args, each.path, take),
        )


class _Newest:
    """The newest exchanges of a history, read from its file when they are asked for."""

    def __init__(self, args: Namespace, path: Path, number: int) -> None:
        self._args, self._path, self._number = args, path, number

    def __iter__(self) -> Iterator[Exchange]:
        try:
            transcript = disk.read(self._path).history
        except (DoctorError, OSError):
            return  # forgotten since it was counted
        if self._args.since is None:
            yield from transcript.last(self._number)
        else:
            yield from list(selected(self._args, transcript))[-self._number :]


def run_report(args: Namespace) -> int:
    """Write the page."""
    try:
        from doctor.report.page import render  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        raise DoctorError(
            f"a report needs {error.name}, which is not installed here; "
            "type: python -m pip install jinja2 matplotlib"
        ) from error
    report = _report(args)
    with new_file(args.output, force=args.force) as file:
        file.writelines(render(report))
    warn(f"{args.output}: open it in a browser")
    return DONE


COMMANDS = [
    Command(
        "report",
        "write histories as one page with pictures (needs matplotlib and Jinja2)",
        _report_arguments,
        run_report,
        (
            "python -m doctor report Ada --html ada.html",
            "python -m doctor report --since 2026-01-01 --html all.html",
        ),
    )
]
