"""The operator's file of helplines: what is read, what is refused, and where it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.errors import ScriptError
from doctor.listener import DEFAULT_HELPLINES, Helpline, Helplines, Listener, load_helplines
from doctor.scripts import DEFAULT_SCRIPT, load

if TYPE_CHECKING:
    from pathlib import Path

NOON = 1_790_000_000.0


def test_the_operator_names_helplines(tmp_path: Path) -> None:
    """The operator's helplines are in the answer, each with its country."""
    path = tmp_path / "lines.toml"
    path.write_text(
        'directory = "example.org"\nemergency = "112"\n'
        '[[helpline]]\ncountry = "Utopia"\nname = "Listeners"\ncontact = "0 123"\n',
        encoding="utf-8",
    )
    helplines = load_helplines(path)
    assert helplines == Helplines("example.org", "112", (Helpline("Utopia", "Listeners", "0 123"),))
    machine = Listener(load(DEFAULT_SCRIPT), helplines)
    reply = machine.respond(machine.start(), "I want to die", NOON).reply
    assert "Listeners (Utopia): 0 123" in reply
    assert "call 112" in reply


@pytest.mark.parametrize(
    "text",
    [
        "",
        "directory = 1\nemergency = 'x'",
        "directory = 'a'",
        "directory = 'a'\nemergency = ''",
        "not toml at all",
        "directory = 'a'\nemergency = 'b'\nhelpline = 3",
        "directory = 'a'\nemergency = 'b'\n[[helpline]]\ncountry = 'c'",
        "directory = '''a\nb'''\nemergency = 'b'",
        "a = " + "[" * 30_000,
        "a = " + "9" * 5_000,
    ],
    ids=range(10),
)
def test_a_faulty_helplines_file_is_refused(tmp_path: Path, text: str) -> None:
    """A helplines file that cannot be used is refused with its name in the message."""
    path = tmp_path / "lines.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError, match=r"lines\.toml"):
        load_helplines(path)


def test_a_missing_or_huge_helplines_file_is_refused(tmp_path: Path) -> None:
    """A helplines file that is missing or far too large is refused."""
    with pytest.raises(ScriptError, match="cannot read"):
        load_helplines(tmp_path / "none.toml")
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (1 << 19))
    with pytest.raises(ScriptError, match="bytes"):
        load_helplines(big)


_FRAGMENT = st.one_of(
    st.sampled_from(
        ['directory = "d"\n', 'emergency = "112"\n', "[[helpline]]\n", 'name = "n"\n', "x = ",
         "\n", "[" * 900, "{a=" * 300, "9" * 1900, "0x" + "f" * 1900, "1e9999", "a." * 500,
         '"', "\\ud800", "9999-99-99", "[\n" * 2000, "[a]\n"]
    ),
    st.text(max_size=5),
)  # fmt: skip


@given(st.lists(_FRAGMENT, max_size=12).map("".join))
def test_any_file_is_helplines_or_refused_in_one_line(tmp_path_factory: Any, text: str) -> None:
    """Whatever stands in the file, it is used or refused with its name and a reason."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    told = ""
    try:
        found = load_helplines(path)
        told = f"any.toml: {found.directory} {found.emergency}"
    except ScriptError as error:
        told = str(error)
    assert "any.toml" in told


def test_a_long_line_is_refused(tmp_path: Path) -> None:
    """A line that would cost a reader of TOML seconds is refused before it is read as TOML."""
    path = tmp_path / "long.toml"
    path.write_text("[" + "a." * 100_000 + "a]\n", encoding="utf-8")
    with pytest.raises(ScriptError, match=r"long.toml: a line is over 2,000 bytes"):
        load_helplines(path)


def test_the_helplines_that_ship_can_be_read() -> None:
    """The shipped file names the international directory and the local emergency number."""
    helplines = load_helplines(DEFAULT_HELPLINES)
    assert "findahelpline.com" in helplines.directory
    assert helplines.emergency == "your local emergency number"
