"""Write manual pages and completions, made from the programs' options: `shell_files.py DIRECTORY`.

It needs shtab and argparse-manpage. A build of the wheel runs it; see `setup.py`.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

import shtab
from argparse_manpage.manpage import Manpage

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import doctor
from client.__main__ import parser as client_parser
from doctor.__main__ import build_parser
from doctor.programs import as_called
from doctor.server.startup import parser as server_parser

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.programs import Parser

#: Each command: what it is in a few words, and its options.
PROGRAMS: dict[str, tuple[str, Callable[[], Parser]]] = {
    "doctor-server": ("serve the doctor to many patients", server_parser),
    "doctor-client": ("talk with the doctor", client_parser),
    "doctor": ("read and keep the histories of the doctor's patients", build_parser),
}
#: Where a shell looks for the completion of a command, below `share/`.
PLACES = {"bash": "bash-completion/completions/{}", "zsh": "zsh/site-functions/_{}"}


def write_files(where: Path) -> None:
    """Write the files of all programs below a directory."""
    for name, (words, make) in PROGRAMS.items():
        sys.argv[0] = name  # texts have the names of the installed commands
        parser = make()
        parser.prog = name
        parser.show_commands()
        _rename(parser)
        page = Manpage(parser)
        page.description = words
        page.manual, page.date, page.version = "Doctor", "", f"doctor {doctor.__version__}"
        _write(where / "man" / "man1" / f"{name}.1", str(page))
        for shell, place in PLACES.items():
            _write(where / place.format(name), shtab.complete(parser, shell))


def _rename(parser: ArgumentParser) -> None:
    """Give every text of a parser the names of the installed commands."""
    parser.description, parser.epilog = (
        text and as_called(text) for text in (parser.description, parser.epilog)
    )
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list of its options
        action.help = action.help and as_called(action.help)
        if isinstance(action, _SubParsersAction):
            for each in action.choices.values():
                _rename(each)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
