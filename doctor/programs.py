"""Names of the three programs, in the tree and installed, and their completion for shells.

    in the tree            installed
    python server.py       doctor-server
    python -m client       doctor-client
    python -m doctor       doctor

Texts of the project have the names of the tree. `as_called` gives them those of the running
program, and a `Parser` does so with its help, its usage and its errors. These are short: one line
of usage, and what a mistyped word was probably meant to be. Any thread.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, NoReturn

from doctor.paths import default_patients, in_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMMANDS", "Parser", "as_called", "default_patients", "in_tree"]

#: What the installed command is called, by what is typed in the tree.
COMMANDS: Final = {
    "python server.py": "doctor-server",
    "server.py": "doctor-server",
    "python -m client": "doctor-client",
    "python -m doctor": "doctor",
}
SHELLS: Final = ("bash", "zsh", "tcsh")


def as_called(text: str) -> str:
    """Return a text with the commands as the user of the running program types them."""
    if PurePath(sys.argv[0]).stem in COMMANDS.values():
        for name, command in COMMANDS.items():
            text = text.replace(name, command)
    return text


def find_near(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean --log?" if a known word is like a mistyped one, else ""."""
    listed = sorted(known)
    within = [each for each in listed if len(each) > 3 and word.startswith(each)]
    begun = [each for each in listed if len(word) > 3 and each.startswith(word)]
    like = [difflib.get_close_matches(word, listed, 1, likeness) for likeness in (0.87, 0.6)]
    near = like[0] or within[-1:] or begun[:1] or like[1]
    return f"; did you mean {near[0]}?" if near else ""


class _PrintCompletion(argparse.Action):
    """Print the completion of a shell and end."""

    def __call__(self, parser: Any, _namespace: Any, values: Any, _option: Any = None) -> None:
        """Print it; without the package that makes it, say what to install."""
        try:
            import shtab  # noqa: PLC0415 - seldom asked for
        except ImportError:
            parser.error("--print-completion: pip install shtab first")
        parser.prog = COMMANDS.get(parser.prog, parser.prog)
        parser.show_commands()
        print(shtab.complete(parser, values))
        parser.exit()


class Parser(argparse.ArgumentParser):
    """A parser whose texts have the names of the running program."""

    def __init__(self, *given: Any, **more: Any) -> None:
        """Take what argparse takes; options cannot be abbreviated."""
        super().__init__(*given, **{"allow_abbrev": False, **more})

    def add_completion(self) -> None:
        """Add the option that prints the completion of a shell."""
        self.add_argument(
            "--print-completion",
            action=_PrintCompletion,
            choices=SHELLS,
            help="Print what a shell needs to complete this command, and end.",
        )

    def show_commands(self) -> None:
        """Let subcommands be seen, which `--help` shows in a way of its own."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - no public name
                action.help = "what to do"

    @property
    def options(self) -> list[str]:
        """The options of this parser, without those of its subcommands."""
        return [option for action in self._actions for option in action.option_strings]

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; end the program if a word is unknown, with the one that was meant."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            parser = self._chosen(found)
            words = [word.partition("=")[0] for word in unknown if word.startswith("--")]
            near = [parser.find_meant(word) for word in words]
            parser.error(f"unrecognized arguments: {' '.join(unknown)}{''.join(near[:1])}")
        return found

    def find_meant(self, word: str) -> str:
        """Return what `find_near` does; a value may have been given like an option (`--csv`)."""
        for action in self._actions:
            if action.option_strings and word.removeprefix("--") in (action.choices or ()):
                return f"; did you mean {action.option_strings[0]} {word.removeprefix('--')}?"
        return find_near(word, self.options)

    def _chosen(self, found: argparse.Namespace) -> Parser:
        """Return the parser of the subcommand that was chosen, or this one."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - no public name
                chosen: Parser = action.choices.get(getattr(found, action.dest), self)
                return chosen
        return self

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Name the choice that was meant, beside all that there are."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = find_near(str(value), map(str, action.choices or ()))
            raise argparse.ArgumentError(action, f"{error.message}{near}") from None

    def error(self, message: str) -> NoReturn:
        """End the program with one line of usage and the message; the status is 2."""
        usage = self.format_usage().strip()
        if "\n" in usage:
            words = [each for each in self._actions if not each.option_strings]
            formatter = argparse.HelpFormatter(prog=f"{self.prog} [OPTION ...]", width=1000)
            formatter.add_usage(None, words, [])
            usage = f"{formatter.format_help().strip()}; {self.prog} --help lists the options"
        self.exit(2, f"{usage}\n{self.prog}: error: {message}\n")
        raise SystemExit(2)  # what `exit` does already, for who reads the types

    def format_usage(self) -> str:
        """Return the usage."""
        return as_called(super().format_usage())

    def format_help(self) -> str:
        """Return the help."""
        return as_called(super().format_help())

    def exit(self, status: int = 0, message: str | None = None) -> Any:
        """End the program with a message."""
        return super().exit(status, message and as_called(message))
