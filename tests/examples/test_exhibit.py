"""The files of an exhibit start programs with options that they have."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess

import pytest

from client.__main__ import parser as client_parser
from doctor.__main__ import build_parser as doctor_parser
from doctor.server.options import add_options, from_options
from tests.support.helpers import ROOT

FOLDER = ROOT / "examples" / "exhibit"
DOCUMENT = (ROOT / "docs/exhibit.md").read_text(encoding="utf-8")


def _commands() -> list[tuple[str, list[str]]]:
    """Return the programs of this project that the files and the document start."""
    found: list[tuple[str, list[str]]] = []
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())]
    for line in "\n".join([*texts, DOCUMENT]).splitlines():
        found += [
            (program, shlex.split(words))
            for program, words in re.findall(
                r"python (server\.py|-m doctor|-m client) ((?:(?!`| \||  ).)*)", line
            )
        ]
    return found


def test_every_program_of_the_project_is_started() -> None:
    """The server, the window, the teletype and the erasing are all there."""
    started = {(program, words[0]) for program, words in _commands()}
    assert ("server.py", "--patients") in started
    assert ("-m client", "--exhibit") in started
    assert {"talk", "expire", "status", "verify", "list"} <= {
        words[0] for program, words in _commands() if program == "-m doctor"
    }


@pytest.mark.parametrize(("program", "words"), _commands())
def test_a_command_has_options_that_there_are(program: str, words: list[str]) -> None:
    """Each command line of the files and of the document is understood by its program."""
    if program == "server.py":
        parser = argparse.ArgumentParser()
        add_options(parser)
        assert from_options(parser.parse_args(words), {}).patients
    elif program == "-m client":
        options = client_parser().parse_args(words)
        assert options.exhibit or options.web
    else:
        assert doctor_parser().parse_args(words).command == words[0]


@pytest.mark.parametrize("script", sorted(path.name for path in FOLDER.glob("*.sh")))
def test_a_session_is_a_sound_shell_script(script: str) -> None:
    """The shell finds no fault in a session's script."""
    subprocess.run(["sh", "-n", str(FOLDER / script)], check=True)


def test_every_file_is_named_in_the_document() -> None:
    """The document says what each file is for."""
    for path in FOLDER.iterdir():
        assert path.name in DOCUMENT or path.stem in DOCUMENT
