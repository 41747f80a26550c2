"""`python -m doctor COMMAND ...`: build the command line, run one command, report errors.

Each module in `MODULES` has a list `COMMANDS`. It is imported to build the table, and imports what
a command needs when that command runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from doctor import __version__
from doctor.cli.command import DONE, HEADINGS, USAGE, Subcommand
from doctor.errors import DoctorError
from doctor.text import escape

#: What a shell returns for a command that Ctrl+C ended.
INTERRUPTED = 130

#: The modules of `doctor.cli` that have commands, in the order of `--help`.
MODULES = (
    "talk",
    "histories",
    "search",
    "stats",
    "export",
    "report",
    "maintenance",
    "status",
    "scripts",
)


def commands() -> list[Subcommand]:
    """Return every command, module after module."""
    table: list[Subcommand] = []
    for module in MODULES:
        table += import_module(f"doctor.cli.{module}").COMMANDS
    return table


def _overview(table: list[Subcommand]) -> str:
    """Return the commands under their headings, for `--help`."""
    lines = ["The doctor and the saved histories, from the command line."]
    for heading in HEADINGS:
        lines += ["", f"{heading}:"]
        lines += [f"  {each.name:<11} {each.help}" for each in table if each.heading == heading]
    return "\n".join(lines)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    table = commands()
    parser = argparse.ArgumentParser(
        prog="python -m doctor",
        usage="python -m doctor [--help] [--version] COMMAND ...",
        description=_overview(table),
        epilog="`python -m doctor COMMAND --help` shows a command's options, with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help="Show this text.")
    parser.add_argument(
        "--version", action="version", version=f"doctor {__version__}", help="Show the version."
    )
    choices = parser.add_subparsers(
        dest="command", metavar="COMMAND", prog="python -m doctor", help=argparse.SUPPRESS
    )
    for command in table:
        examples = "".join(f"\n  {example}" for example in command.examples)
        sub = choices.add_parser(
            command.name,
            description=command.help,
            epilog=f"examples:{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            add_help=False,
        )
        sub.add_argument("-h", "--help", action="help", help="Show this text.")
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit status. Bad input never ends in a traceback."""
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
        if isinstance(error, BrokenPipeError) and _output_is_closed():
            return DONE
        print(escape(f"python -m doctor {args.command}: {error}"), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return int(status)


def _output_is_closed() -> bool:
    """Return True if the program that read the output has ended (`| head`)."""
    try:
        print(flush=True)  # a flush alone does not try again what could not be written before
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until exit
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
