"""What a command of `python -m doctor` is; each module beside this one holds a family of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from doctor.paths import default_patients

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

#: Exit statuses of every command.
DONE, FAULT, USAGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the command table: its name, its help, and what it does.

    `run` returns the exit status. A `DoctorError` or `OSError` that leaves it becomes one line on
    stderr and status 2.
    """

    name: str
    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    examples: tuple[str, ...] = ()


def add_patients_option(parser: ArgumentParser) -> None:
    """Give a command the option `--patients DIR`."""
    parser.add_argument(
        "--patients",
        type=Path,
        default=default_patients(),
        metavar="DIR",
        help="the directory of saved histories (default: patients/ beside server.py)",
    )
