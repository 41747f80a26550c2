"""`copy`: take histories from a directory or a database to another one."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from doctor.cli.command import DONE, FAULT, WRITE, Subcommand
from doctor.cli.output import progress
from doctor.cli.reading import find
from doctor.errors import DoctorError, StoreError
from doctor.patients.opening import is_database, open_archive, open_writer
from doctor.text import escape, escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from doctor.patients.base import Archive, HistoryWriter


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("source", metavar="FROM", help="A directory, or a URL postgresql://...")
    parser.add_argument("target", metavar="TO", help="Likewise; a directory is made if need be.")
    parser.add_argument(
        "--name",
        action="append",
        metavar="NAME",
        help="Copy only this patient's history; may be given several times (default: all).",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="Replace histories in TO that have the same name and are others.",
    )


def _copy_one(
    source: Archive, target: Archive, writer: HistoryWriter, name: str, *, replace: bool
) -> bool:
    """Copy a history and read it back; False where it was there already."""
    data = source.pickled(name)
    is_new = writer.put(data, replace=replace)
    if target.pickled(name) != data:
        raise StoreError("what was read back is not what was written")
    return is_new


def run_copy(args: Namespace) -> int:
    """Copy histories; a second run goes on where the first one ended."""
    copied = same = 0
    failed: list[str] = []
    with ExitStack() as stack:
        writer = stack.enter_context(closing(open_writer(args.target)))
        if not is_database(args.source):  # no server may change it meanwhile
            stack.enter_context(closing(open_writer(args.source, make=False)))
        source, target = open_archive(args.source), open_archive(args.target)
        names = [find(source, name) for name in args.name] if args.name else source.patients()
        for name in progress(names, len(names), "copying"):
            try:
                if _copy_one(source, target, writer, name, replace=args.replace):
                    copied += 1
                else:
                    same += 1
            except (DoctorError, OSError) as error:
                failed.append(f"{escape_name(name)}: {escape(str(error))}")
    for line in failed:
        print(f"not copied: {line}", file=sys.stderr)
    there = f", {same:,} were there already" if same else ""
    missing = f", {len(failed):,} were not copied" if failed else ""
    print(f"{quantity(copied, 'history', 'histories')} copied{there}{missing}")
    return FAULT if failed else DONE


COMMANDS = [
    Subcommand(
        "copy",
        WRITE,
        "Copy histories between directories and databases, and check each copy.",
        _add_arguments,
        run_copy,
        (
            "python -m doctor copy patients postgresql://doctor_server@db1/doctor",
            "python -m doctor copy postgresql://doctor_server@db1/doctor backup --name Ada",
        ),
    )
]
