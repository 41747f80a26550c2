"""`export`: write histories as JSON, CSV, Markdown or HTML."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from doctor.cli.command import DONE, WRITE, Subcommand, add_patients_option
from doctor.cli.output import progress, warn
from doctor.cli.reading import add_selection, find, read_each, select, to_export
from doctor.errors import DoctorError, naming
from doctor.patients.opening import open_archive
from doctor.report.formats import FORMATS, ExportOptions
from doctor.text import quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from doctor.patients.base import Archive
    from doctor.report.formats import ExportedHistory


#: The format of one whole history that is not made by `FORMATS`.
PICKLE: Final = "pickle"


def add_output(parser: ArgumentParser, flag: str, **more: object) -> None:
    """Give a command the option of a file to write, and `--force`."""
    parser.add_argument(
        *([flag] if flag == "--html" else ["-o", flag]),
        type=Path,
        metavar="FILE",
        dest="output",
        help="Write this file, which only you can read. An existing file is not replaced.",
        **more,  # type: ignore[arg-type]
    )
    parser.add_argument("--force", action="store_true", help="Replace FILE if it exists.")


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[TextIO]:
    """Yield a text file, mode 0600, that gets its name only when it is complete.

    DoctorError if a file of that name exists, unless `force`; if its directory does not exist; and
    if `path` is a directory.
    """
    if path.is_dir():
        raise DoctorError(f"{path} is a directory: name a file in it")
    if not force and os.path.lexists(path):
        raise DoctorError(f"{path} exists; use --force to replace it")
    if not path.parent.is_dir():
        raise DoctorError(f"there is no directory {path.parent}; make it first")
    temporary: Path | None = None
    try:
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:32]}.")
        temporary = Path(made)
        with naming(path), os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        if force:
            temporary.replace(path)
        else:
            _name(temporary, path)
    except OSError as error:
        if temporary is None or error.filename == str(temporary):
            error.filename = str(path)  # the temporary file's name would tell a person nothing
        raise
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _name(temporary: Path, path: Path) -> None:
    """Give a finished file its name; DoctorError if another program took it first."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise DoctorError(f"{path} exists; use --force to replace it") from None
    except (OSError, NotImplementedError):
        # A file system without links.
        if os.path.lexists(path):
            raise DoctorError(f"{path} exists; use --force to replace it") from None
        temporary.rename(path)


def _add_export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="The patient.")
    parser.add_argument("--all", action="store_true", help="Export all patients.")
    add_patients_option(parser)
    parser.add_argument(
        "--format",
        choices=(*FORMATS, PICKLE),
        default="json",
        help="The format of the file (default: json); docs/inspecting.md describes it.",
    )
    add_selection(parser)
    parser.add_argument(
        "--raw",
        action="store_true",
        help="With csv: do not change cells that a spreadsheet may take for formulas.",
    )
    parser.add_argument(
        "--bom",
        action="store_true",
        help="With csv: begin with a byte order mark, by which Excel knows UTF-8.",
    )
    add_output(parser, "--output")


def run_export(args: Namespace) -> int:
    """Write histories to a file or to standard output."""
    if args.all == bool(args.name):
        raise DoctorError("name one patient, or use --all for all patients")
    if args.bom and args.format != "csv":
        raise DoctorError("--bom is for --format csv: it would spoil the other formats")
    archive = open_archive(args.patients)
    if args.format == PICKLE:
        return _export_pickle(args, archive)
    names = archive.patients() if args.all else [find(archive, args.name)]
    written = 0

    def histories() -> Iterator[ExportedHistory]:
        nonlocal written
        for found in read_each(archive, progress(names, len(names), "exporting")):
            written += 1
            yield to_export(found, select(args, found.transcript))

    options = ExportOptions(args.all, not args.raw, mark=args.bom)
    pieces = FORMATS[args.format](histories(), options)
    if args.output is None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        sys.stdout.writelines(pieces)
        return DONE
    with new_file(args.output, force=args.force) as file:
        file.writelines(pieces)
    warn(f"{args.output}: {quantity(written, 'history', 'histories')}")
    return DONE


def _export_pickle(args: Namespace, archive: Archive) -> int:
    """Write a whole history as the file that a server would keep."""
    is_part = (args.since, args.until, args.last) != (None, None, None)
    if args.all or is_part or args.raw:
        raise DoctorError("a pickle is one whole history: name one patient; `copy` takes all")
    name = find(archive, args.name)
    data = archive.pickled(name)
    if args.output is None:
        if sys.stdout.isatty():
            raise DoctorError("a pickle is bytes: write it to a file with -o FILE")
        sys.stdout.buffer.write(data)
        return DONE
    with new_file(args.output, force=args.force) as file:
        file.buffer.write(data)
    warn(f"{args.output}: {quantity(len(data), 'byte')}")
    return DONE


COMMANDS = [
    Subcommand(
        "export",
        WRITE,
        "Write histories as JSON, CSV, Markdown, HTML or a pickle.",
        _add_export_arguments,
        run_export,
        (
            "python -m doctor export Ada --format markdown -o ada.md",
            "python -m doctor export --all --format csv --since 2026-01-01 > all.csv",
        ),
    )
]
