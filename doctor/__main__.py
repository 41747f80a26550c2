"""`python -m doctor COMMAND ...`: build the command line, run one command, report errors.

Each module in `MODULES` has a list `COMMANDS`. Only the module of the command that was typed is
imported; all of them are where their commands are listed or an option is unknown. So a command
starts as fast as what it uses allows.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from doctor import __version__
from doctor.cli.command import DONE, HEADINGS, USAGE, Subcommand
from doctor.errors import DoctorError, describe
from doctor.paths import open_standard_streams
from doctor.programs import Parser, as_called
from doctor.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: What a shell returns for a command that Ctrl+C ended.
INTERRUPTED = 130

#: New objects until garbage is looked for; Python's own 700 cost a long command 4 % of its time.
_COLLECT_AFTER: Final = 50_000

#: The modules of `doctor.cli` that have commands, in the order of `--help`, with these commands.
MODULES: Final = {
    "talk": ("talk", "reflect"),
    "histories": ("list", "show"),
    "search": ("search",),
    "stats": ("stats",),
    "export": ("export",),
    "copy": ("copy",),
    "report": ("report",),
    "maintenance": ("verify", "repair", "forget", "rename", "passphrase"),
    "expiry": ("expire",),
    "database": ("database",),
    "status": ("status", "stop"),
    "attending": ("watch", "attend"),
    "scripts": ("scripts", "check", "replay"),
}
#: In which module each command is.
_MODULE_OF: Final = {name: module for module, names in MODULES.items() for name in names}


def commands(modules: Iterable[str] = MODULES) -> list[Subcommand]:
    """Return every command, module after module."""
    table: list[Subcommand] = []
    for module in modules:
        table += import_module(f"doctor.cli.{module}").COMMANDS
    return table


def _modules_for(words: Sequence[str]) -> Iterable[str]:
    """Return the modules whose commands a command line may mean."""
    first = words[0] if words else ""
    if first == "--version":
        return ()
    return (_MODULE_OF[first],) if first in _MODULE_OF else MODULES


def _overview(table: list[Subcommand]) -> str:
    """Return the commands under their headings, for `--help`."""
    lines = ["The doctor and the saved histories, from the command line."]
    for heading in HEADINGS:
        lines += ["", f"{heading}:"]
        lines += [f"  {each.name:<11} {each.help}" for each in table if each.heading == heading]
    return "\n".join(lines)


class _CommandParser(Parser):
    """A parser that says where options belong, and how to write a name with a hyphen first."""

    _given: Sequence[str] = ()

    def all_options(self) -> Iterator[str]:
        """Yield the options of this parser and of its subcommands."""
        yield from self.options
        for action in self._actions:
            if isinstance(action.choices, dict):
                for command in action.choices.values():
                    yield from command.options

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; an option of a command belongs behind the command."""
        given = sys.argv[1:] if args is None else list(args)
        first = "".join(given[:1]).partition("=")[0]
        if first.startswith("-") and first not in self.options and first in _all_options():
            super().error(f"{first} belongs behind the command: {self.prog} COMMAND {first} ...")
        return super().parse_args(args, namespace)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and remember what was given."""
        self._given = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """End the program with the message; the status is 2."""
        takes_names = any(action.dest == "name" for action in self._actions)
        message, did, meant = message.partition("; did you mean")
        for word in self._given if takes_names else ():
            if word == "--":
                break
            if word.startswith("-") and word.partition("=")[0] not in _all_options():
                message += f"; if {word} is a name, put it at the end behind two hyphens: -- {word}"
                break
        super().error(f"{message}{did}{meant}")


@cache
def _all_options() -> frozenset[str]:
    """Return the options of all commands, and those of none."""
    return frozenset(build_parser().all_options())


def build_parser(modules: Iterable[str] = MODULES) -> _CommandParser:
    """Return the parser of the whole command line, or of the commands of some modules."""
    table = commands(modules)
    parser = _CommandParser(
        prog="python -m doctor",
        usage="python -m doctor [--help] [--version] COMMAND ...",
        description=_overview(table),
        epilog="`python -m doctor COMMAND --help` shows a command's options, with examples.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=True,
    )
    parser.add_argument("-h", "--help", action="help", help="Show this text.")
    parser.add_argument(
        "--version", action="version", version=f"doctor {__version__}", help="Show the version."
    )
    parser.add_completion()
    choices = parser.add_subparsers(
        dest="command", metavar="COMMAND", prog="python -m doctor", help=argparse.SUPPRESS
    )
    for command in table:
        examples = "".join(f"\n  {example}" for example in command.examples)
        sub = choices.add_parser(
            command.name,
            help=command.help.replace("%", "%%"),
            description=command.help,
            epilog=f"examples:{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            add_help=False,
            allow_abbrev=True,
        )
        sub.add_argument("-h", "--help", action="help", help="Show this text.")
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit status. Bad input never ends in a traceback."""
    if argv is None:  # this is the program: what it reads of many histories is no garbage yet
        gc.set_threshold(_COLLECT_AFTER)
    open_standard_streams()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A stray byte or a terminal with few characters is no reason to stop.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    parser = build_parser(_modules_for(sys.argv[1:] if argv is None else argv))
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return USAGE
    try:
        status = args.run(args)
        sys.stdout.flush()
    except (DoctorError, OSError) as error:
        if isinstance(error, BrokenPipeError) and _output_fails(BrokenPipeError):
            return DONE
        where = getattr(args, "patients", "")
        if isinstance(error, OSError) and error.filename is None and _output_fails():
            where = "standard output"
        why = describe(error, where)
        with suppress(OSError):
            print(escape(as_called(f"python -m doctor {args.command}: {why}")), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return int(status)


def _output_fails(kind: type[OSError] = OSError) -> bool:
    """Return True if standard output cannot be written; then nothing more is written there."""
    try:
        print(flush=True)  # a flush alone does not try again what could not be written before
    except kind:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until exit
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
