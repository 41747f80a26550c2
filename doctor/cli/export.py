"""`export`: histories as JSON, CSV, Markdown or HTML, for other programs and other people."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from doctor.cli.command import DONE, Command, add_patients_option
from doctor.cli.output import progress, warn
from doctor.cli.reading import add_selection, find, paths, read_each, selected
from doctor.errors import DoctorError
from doctor.report.formats import FORMATS, Style
from doctor.text import quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from doctor.report.formats import History


def add_output(parser: ArgumentParser, flag: str, **more: object) -> None:
    """Give a command the option of a file to write, and `--force`."""
    parser.add_argument(
        *([flag] if flag == "--html" else ["-o", flag]),
        type=Path,
        metavar="FILE",
        dest="output",
        help="the file to write, readable by you alone; never one that is there already",
        **more,  # type: ignore[arg-type]
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there")


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[TextIO]:
    """Give a file to write as text, mode 0600, that has its name only once it is whole.

    DoctorError where there is one of that name already, unless `force`, where there is no such
    directory, and where `path` is one.
    """
    if path.is_dir():
        raise DoctorError(f"{path} is a directory: name a file in it")
    if not force and os.path.lexists(path):
        raise DoctorError(f"{path} is there already; --force replaces it")
    if not path.parent.is_dir():
        raise DoctorError(f"there is no directory {path.parent}")
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:32]}.")
    temporary = Path(made)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        if force:
            temporary.replace(path)
        else:
            _name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _name(temporary: Path, path: Path) -> None:
    """Give a finished file its name; DoctorError where somebody took it meanwhile."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise DoctorError(f"{path} is there already; --force replaces it") from None
    except (OSError, NotImplementedError):
        # A file system without links.
        if os.path.lexists(path):
            raise DoctorError(f"{path} is there already; --force replaces it") from None
        temporary.rename(path)


def _export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="the patient")
    parser.add_argument("--all", action="store_true", help="all patients")
    add_patients_option(parser)
    parser.add_argument("--format", choices=tuple(FORMATS), default="json", help="default: json")
    add_selection(parser)
    parser.add_argument(
        "--raw",
        action="store_true",
        help="csv: leave cells that a spreadsheet may take for formulas as they are",
    )
    add_output(parser, "--output")


def run_export(args: Namespace) -> int:
    """Write histories to a file or to standard output."""
    if args.all == bool(args.name):
        raise DoctorError("say the name of a patient, or --all")
    chosen = paths(args.patients) if args.all else [find(args.patients, args.name)]
    written = 0

    def histories() -> Iterator[History]:
        nonlocal written
        for found in read_each(progress(chosen, len(chosen), "exporting")):
            written += 1
            yield found.history(selected(args, found.transcript))

    pieces = FORMATS[args.format](histories(), Style(args.all, not args.raw))
    if args.output is None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        sys.stdout.writelines(pieces)
        return DONE
    with new_file(args.output, force=args.force) as file:
        file.writelines(pieces)
    warn(f"{args.output}: {quantity(written, 'history', 'histories')}")
    return DONE


COMMANDS = [
    Command(
        "export",
        "write histories as json, csv, markdown or html (columns: docs/inspecting.md)",
        _export_arguments,
        run_export,
        (
            "python -m doctor export Ada --format markdown -o ada.md",
            "python -m doctor export --all --format csv --since 2026-01-01 > all.csv",
        ),
    )
]
