"""Settings: one row each, and everything that is made of the rows."""

from __future__ import annotations

import argparse
import logging
import threading
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from doctor.errors import BadSetting
from doctor.server import logs, options
from doctor.server.logs import writer as writing
from doctor.server.logs.sinks import StreamSink
from doctor.server.options import OPTIONS, Option, from_options
from doctor.server.settings import Settings
from doctor.server.values import Group

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operating.md"


def made(arguments: list[str], environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of a command line and an environment."""
    parser = argparse.ArgumentParser()
    options.add_options(parser)
    return from_options(parser.parse_args(arguments), environment or {})


def test_nothing_given_is_every_default() -> None:
    """Without options and variables the settings are the defaults, none marked as given."""
    assert made([]) == Settings()
    assert made([]).given == frozenset()


def test_the_command_line_wins_over_the_environment() -> None:
    """An option wins over a variable, a variable over the default, and both count as given."""
    found = made(["--idle-time", "5"], {"DOCTOR_IDLE_TIME": "9", "DOCTOR_PORT": "5050"})
    assert (found.idle_time, found.port, found.host) == (5.0, 5050, "127.0.0.1")
    assert found.given == {"idle_time", "port"}


@pytest.mark.parametrize("row", OPTIONS, ids=lambda row: row.name)
def test_every_setting_is_an_option_and_a_variable(row: Option) -> None:
    """Each setting can be set on the command line and in the environment, and refuses nonsense."""
    words = {"auto|none|N": "none", "text|json": "json", "yes|no": "yes", "word": "off"}
    words["networks"] = "192.0.2.0/24,2001:db8::/32"
    words["directory"] = str(DOCUMENT.parent)
    value = words.get(row.unit) or str(row.default or "128")
    arguments = [row.flag] if row.default is False else [row.flag, value]
    more = ["--tls-cert", "x"] if row.name == "tls_key" else []
    both = (made([*arguments, *more]), made(more, {row.variable: value}))
    assert getattr(both[0], row.name) == getattr(both[1], row.name) == row.read(value)
    with pytest.raises(BadSetting):
        row.read("")


@pytest.mark.parametrize("row", OPTIONS, ids=lambda row: row.name)
def test_every_setting_has_a_type_that_is_checked(row: Option) -> None:
    """The constructor has an argument of exactly the type of each default, and no other ones."""
    hints = get_type_hints(Settings.__init__)
    assert isinstance(row.default, hints[row.name])
    assert hints[row.name] in {str, int, float, bool, Path, Path | None, Path | str}
    assert set(hints) == {each.name for each in OPTIONS} | {"given", "return"}
    wrong: Any = {row.name: row.default, "no_setting": 1}
    with pytest.raises(TypeError, match="no_setting"):
        Settings(**wrong)


def test_a_wrong_type_is_refused_by_the_type_checker() -> None:
    """Each comment is needed, or `make check` fails: the type checker refuses these calls."""
    Settings(port="x")  # type: ignore[arg-type]
    Settings(host=5000)  # type: ignore[arg-type]
    Settings(script="a.script")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Settings(prt=5000)  # type: ignore[call-arg]
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_the_help_is_in_groups() -> None:
    """`--help` shows each option under the heading of its group, with its unit and its default."""
    parser = argparse.ArgumentParser(prog="server.py")
    options.add_options(parser)
    text = parser.format_help()
    headings = [text.index(f"\n{group}:\n") for group in Group]
    assert headings == sorted(headings)
    for row in OPTIONS:
        index = list(Group).index(row.group)
        end = headings[index + 1] if index + 1 < len(headings) else len(text)
        section = "".join(text[headings[index] : end].split())
        assert row.flag in section
        assert "".join(row.help.replace("`", "").split()) in section


def test_typing_errors_are_named() -> None:
    """A variable that begins like a setting's and is none is named."""
    assert options.unknown_variables(
        {"DOCTOR_IDEL_TIME": "1", "DOCTOR_PORT": "1", "HOME": "/"}
    ) == ["DOCTOR_IDEL_TIME"]


def test_the_document_has_the_tables() -> None:
    """docs/operating.md lists every setting with its default, unit, code and reason."""
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.split("<!-- table: settings -->\n")[1].split("<!-- end -->")[0].strip()
    assert table == options.tables()


def test_a_full_log_drops_lines_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that nobody reads stops nobody: what does not fit is dropped, and counted."""
    monkeypatch.setattr(writing, "QUEUE_LENGTH", 3)
    written: list[str] = []
    reading = threading.Event()

    class Slow:
        """A stream that blocks until somebody reads."""

        def write(self, text: str) -> None:
            """Wait for a reader."""
            reading.wait(20)
            written.append(text)

        def flush(self) -> None:
            """Nothing is held back."""

        def close(self) -> None:
            """Nothing is open."""

    writer = logs.Writer(StreamSink(Slow()))  # type: ignore[arg-type]  # as much of a stream as it needs
    writer.setFormatter(logs.TextFormat())
    for number in range(50):
        writer.handle(logging.LogRecord("doctor", 20, "", 0, f"line {number}", None, None))
    reading.set()
    writer.close()
    text = "".join(written)
    assert 3 <= text.count(" line ") < 50
    assert "log lines dropped count=" in text
