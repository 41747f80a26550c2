"""`python -m doctor COMMAND ...`: the table of commands, and nothing else.

Each family of commands is a module of `doctor.cli` with a list `COMMANDS`; a family is
imported only to build the table, and imports what it needs when a command of it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from doctor import __version__
from doctor.cli.command import DONE, USAGE, Command
from doctor.errors import DoctorError

#: What a shell has for a command that Ctrl+C ended.
INTERRUPTED = 130

#: The families, in the order in which `--help` lists their commands.
FAMILIES = (
    "talk",
    "scripts",
    "histories",
    "search",
    "stats",
    "export",
    "report",
    "maintenance",
    "status",
)


def commands() -> list[Command]:
    """Return every command, family after family."""
    table: list[Command] = []
    for family in FAMILIES:
        table += import_module(f"doctor.cli.{family}").COMMANDS
    return table


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="python -m doctor", description="Talk with the doctor, and look after its histories."
    )
    parser.add_argument("--version", action="version", version=f"doctor {__version__}")
    choices = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in commands():
        examples = "".join(f"\n  {example}" for example in command.examples)
        sub = choices.add_parser(
            command.name,
            help=command.help,
            description=command.help,
            epilog=f"examples:{examples}" if examples else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit status. Never ends in a traceback for bad input."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A stray byte or a terminal with few characters is no reason to stop.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return USAGE
    try:
        status = args.run(args)
        sys.stdout.flush()
    except (DoctorError, OSError) as error:
        if isinstance(error, BrokenPipeError) and _reader_gone():
            return DONE
        print(f"python -m doctor {args.command}: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return int(status)


def _reader_gone() -> bool:
    """Tell whether whoever read the output has gone (`| head`): nothing is left to say to them."""
    try:
        print(flush=True)  # what could not be written before is not tried again by a flush alone
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until exit
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
