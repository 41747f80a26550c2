"""Names of the three programs, in the tree and installed, and their completion for shells.

    in the tree            installed
    python server.py       doctor-server
    python -m client       doctor-client
    python -m doctor       doctor

Texts of the project have the names of the tree. `as_called` gives them those of the running
program, and a `Parser` does so with its help, its usage and its errors. Any thread.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import PurePath
from typing import Any, Final

from doctor.paths import default_patients, in_tree

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

    def format_usage(self) -> str:
        """Return the usage."""
        return as_called(super().format_usage())

    def format_help(self) -> str:
        """Return the help."""
        return as_called(super().format_help())

    def exit(self, status: int = 0, message: str | None = None) -> Any:
        """End the program with a message."""
        return super().exit(status, message and as_called(message))
