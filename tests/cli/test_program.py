"""`python -m doctor`: its help, and what holds for every command."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser

import pytest

from doctor.__main__ import MODULES, build_parser, commands
from doctor.cli.command import HEADINGS, Subcommand
from doctor.programs import COMMANDS
from tests.support import programs
from tests.support.histories import run


def test_without_a_command_there_is_help() -> None:
    """`python -m doctor` alone names the commands."""
    ran = run()
    assert ran.status == 2
    for name in ("list", "show", "search", "stats", "export", "verify", "report", "forget"):
        assert re.search(rf"^ +{name} ", ran.out, re.MULTILINE)


def test_every_command_is_under_one_heading_with_a_sentence_and_an_example() -> None:
    """The help names each command once, and each command explains itself with examples."""
    overview = run("--help").out
    for command in commands():
        assert command.heading in HEADINGS
        assert overview.count(f"\n  {command.name} ") == 1
        assert re.fullmatch(r"[A-Z].*\.", command.help)
        ran = run(command.name, "--help")
        assert ran.status == 0
        assert f"python -m doctor {command.name}" in ran.out.partition("examples:")[2]
    for heading in HEADINGS:
        assert f"\n{heading}:\n" in overview


def test_each_module_has_the_commands_that_the_table_says() -> None:
    """A command is found in the module that the table of modules names."""
    for module, names in MODULES.items():
        assert tuple(command.name for command in commands([module])) == names


def test_an_option_of_another_command_is_known_where_only_one_command_was_imported() -> None:
    """A name that looks like an option is told from an option of another command."""
    assert "put it at the end" not in run("show", "--html").err
    assert "put it at the end" in run("show", "--ada").err


@pytest.mark.parametrize("command", commands(), ids=lambda each: each.name)
def test_every_option_explains_itself(command: Subcommand) -> None:
    """Each option and argument of each command has a sentence of help."""
    parser = ArgumentParser()
    command.add_arguments(parser)
    for action in parser._actions[1:]:
        assert re.match(r"[A-Z].*[.]$", action.help or "", re.DOTALL), action.dest


@pytest.mark.parametrize(
    "words",
    [
        ("list",), ("show", "Ada"), ("search", "x"), ("stats",), ("verify",), ("export", "Ada"),
        ("forget", "Ada"), ("rename", "Ada", "Eve"), ("repair", "Ada"), ("status",), ("stop",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_storage_that_this_version_does_not_have(words: tuple[str, ...]) -> None:
    """A URL for `--patients` is refused in one line that says what to give instead."""
    ran = run(*words, "--patients", "mysql://here/patients")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "give --patients a directory" in ran.err


@pytest.mark.parametrize(
    "words", [("-m", "doctor"), ("-m", "client"), ("server.py",)], ids=" ".join
)
def test_the_completion_of_a_shell_is_printed(words: tuple[str, ...]) -> None:
    """Each program prints what bash needs to complete its installed command, valid for bash."""
    ran = programs.run(*words, "--print-completion", "bash")
    assert (ran.status, ran.err) == (0, "")
    command = COMMANDS[" ".join(("python", *words))]
    assert f"complete -o bashdefault -F _shtab_{command.replace('-', '_')} {command}" in ran.out
    if shutil.which("bash"):
        subprocess.run(["bash", "-n"], input=ran.out.encode(), check=True)


def test_without_its_maker_a_completion_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Where shtab is not installed one sentence says what to install."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "shtab", None)
        with pytest.raises(SystemExit) as end:
            build_parser().parse_args(["--print-completion", "bash"])
    assert end.value.code == 2
    assert "pip install shtab first" in capsys.readouterr().err
