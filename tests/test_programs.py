"""What the three programs say of a command line that they cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from client import __main__ as client
from doctor import __main__ as inspector
from doctor.programs import find_near
from doctor.server import startup

if TYPE_CHECKING:
    from doctor.programs import Parser

PARSERS = {
    "server.py": startup.parser,
    "python -m client": client.parser,
    "python -m doctor": inspector.build_parser,
}


def _refused(parser: Parser, words: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that a command line gets that ends the program."""
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words.split())
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


@pytest.mark.parametrize(
    ("program", "words", "meant"),
    [
        ("server.py", "--log-file x", "--log"),
        ("server.py", "--prot 5001", "--port"),
        ("python -m client", "--hots x", "--host"),
        ("python -m client", "--look papr", "paper"),
        ("python -m doctor", "lsit", "list"),
        ("python -m doctor", "list --patints=x", "--patients"),
        ("python -m doctor", "export --format cvs", "csv"),
        ("python -m doctor", "export --csv", "--format csv"),
        ("python -m doctor", "--versoin", "--version"),
    ],
)
def test_a_mistyped_word_is_told_what_was_meant(
    program: str, words: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line of usage, one of the error: it names the option, command or value that is near."""
    usage, error = _refused(PARSERS[program](), words, capsys)
    assert usage.startswith(f"usage: {program}")
    assert error.startswith(f"{program}")
    assert error.endswith(f"; did you mean {meant}?")


@pytest.mark.parametrize("program", PARSERS)
def test_two_letters_in_the_wrong_order_are_no_riddle(program: str) -> None:
    """Whatever two letters of an option change places, that option is named."""
    options = [each for each in PARSERS[program]().options if len(each) > 5]
    for option in options:
        for at in range(3, len(option) - 1):
            typed = option[:at] + option[at + 1] + option[at] + option[at + 2 :]
            assert typed in options or find_near(typed, options) == f"; did you mean {option}?"


def test_what_is_like_nothing_gets_no_guess(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that is near no option is only named."""
    _, error = _refused(startup.parser(), "--xyzzy", capsys)
    assert error == "server.py: error: unrecognized arguments: --xyzzy"


@pytest.mark.parametrize("words", ["--patients x list", "--patients=x list", "--format json list"])
def test_an_option_of_a_command_belongs_behind_it(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option in front of the command is not taken for an unknown one."""
    _, error = _refused(inspector.build_parser(), words, capsys)
    option = words.partition(" ")[0].partition("=")[0]
    assert error == (
        f"python -m doctor: error: {option} belongs behind the command: "
        f"python -m doctor COMMAND {option} ..."
    )


def test_the_usage_of_a_command_names_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """The line of usage has the words that are no options, and says where those are listed."""
    usage, error = _refused(inspector.build_parser(), "show", capsys)
    assert usage == (
        "usage: python -m doctor show [OPTION ...] NAME; "
        "python -m doctor show --help lists the options"
    )
    assert error.endswith("required: NAME")
