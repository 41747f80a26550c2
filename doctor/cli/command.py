"""What a command of `python -m doctor` is, and the options that several commands share.

Each other module of this package has a list `COMMANDS` and the functions that run them.
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentTypeError
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doctor.errors import ScriptError
from doctor.paths import default_patients, in_tree

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from pathlib import Path

#: Exit statuses of every command.
DONE, FAULT, USAGE = 0, 1, 2

#: The headings of `python -m doctor --help`, in their order; each command is under one.
TALK: Final = "Talk with the doctor"
READ: Final = "Read the saved histories"
WRITE: Final = "Write histories to files"
CHANGE: Final = "Change the saved histories"
SERVER: Final = "Watch and stop the server"
SCRIPTS: Final = "Write scripts for the doctor"
HEADINGS: Final = (TALK, READ, WRITE, CHANGE, SERVER, SCRIPTS)


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One row of the command table: its name, its heading, its help, and what it does.

    `help` is one sentence. `run` returns the exit status. A `DoctorError` or `OSError` that leaves
    it becomes one line on standard error and status 2.
    """

    name: str
    heading: str
    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    examples: tuple[str, ...] = ()


#: What people are told of the place where histories are kept.
_DEFAULT: Final = (
    "patients/ beside server.py" if in_tree() else str(default_patients()).replace("%", "%%")
)


def add_patients_option(parser: ArgumentParser) -> None:
    """Give a command the option `--patients WHERE`."""
    parser.add_argument(
        "--patients",
        default=str(default_patients()),
        metavar="WHERE",
        help=f"The directory of the saved histories (default: {_DEFAULT}). "
        "A URL postgresql://... names a database.",
    )


def add_format(parser: ArgumentParser) -> None:
    """Give a command the option `--format`."""
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="Print text for people (the default) or JSON for programs.",
    )
    parser.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        default=SUPPRESS,
        help="The same as --format json.",
    )


def positive(text: str) -> int:
    """Return a whole number from 1 up, as an option has it."""
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text)):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def from_zero(text: str) -> int:
    """Return a whole number from 0 up, as an option has it."""
    return 0 if text == "0" else positive(text)


def script_path(text: str) -> Path:
    """Return the path of a script that an option names or gives the file of."""
    from doctor.scripts import find_script  # noqa: PLC0415 - most commands play no script

    try:
        return find_script(text)
    except ScriptError as error:
        raise ArgumentTypeError(str(error)) from None
