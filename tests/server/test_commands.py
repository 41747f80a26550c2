"""Commands of a session: finding, taking one exchange back, helplines, the mark of care."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.history import searching
from doctor.protocol import codes
from doctor.server import finding
from doctor.text import find_folded, fold, holds
from tests.server.test_handler import talk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.test_handler import Talk


def _numbers(ada: Talk, command: str) -> tuple[list[str], str]:
    """Return the numbers that a command finds, in order, and how far was searched."""
    reply = ada.ask(command)
    assert reply.code == codes.FOUND
    numbers = [row[0] for row in reply.rows if row[0] != "searched" and row[4] == "patient"]
    return numbers, reply.field("searched") or ""


@pytest.mark.parametrize(
    "command", ["/find naive", "/FIND NAÏVE", "/find naïve sister", "/find nai\u0308ve"]
)
def test_finding_folds_case_and_accents(tmp_path: Path, command: str) -> None:
    """Capitals, accents and blanks make no difference, on either side."""
    with talk(tmp_path) as ada:
        ada.enter()
        for line in ("My Naïve  sister", "nothing", "a nai\u0308ve\u2029sister", "NAIVE SISTER"):
            ada.ask(line)
        assert _numbers(ada, command) == (["4", "3", "1"], "1")


def test_finding_looks_at_both_speakers(tmp_path: Path) -> None:
    """What the doctor said is found too, and what is nowhere is not."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.ask("one")
        assert _numbers(ada, "/find 1: ONE") == (["1"], "1")
        assert _numbers(ada, "/find two") == ([], "1")
        assert ada.ask("/find").code == codes.BAD_ARGUMENT
        assert ada.ask("/find \u0301").code == codes.BAD_ARGUMENT
        assert ada.ask("/find-before one").code == codes.BAD_ARGUMENT


def test_a_search_costs_a_bounded_part_of_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command reads a part and tells how far; the client goes on, and finds each hit once."""
    monkeypatch.setattr(finding, "MOST_COST", 8)
    monkeypatch.setattr(searching, "SLICE_COST", 4)
    monkeypatch.setattr(finding, "MOST_FOUND", 3)
    with talk(tmp_path) as ada:
        ada.enter()
        for number in range(1, 31):
            ada.ask("a dream" if number < 8 or number == 20 else "a day")
        found, searched = _numbers(ada, "/find dream")
        assert found == []
        assert 20 < int(searched) < 30
        while searched != "1":
            more, searched = _numbers(ada, f"/find-before {searched} dream")
            found += more
    assert found == ["20", "7", "6", "5", "4", "3", "2", "1"]


def test_one_exchange_is_taken_back(tmp_path: Path) -> None:
    """`/forget N` asks for N once more; the exchange is gone, and its number says so."""
    with talk(tmp_path) as ada:
        ada.enter()
        for word in ("one", "my secret", "three"):
            ada.ask(word)
        asked = ada.ask("/forget 2")
        assert (asked.code, asked.field("number")) == (codes.CONFIRM, "2")
        assert ada.ask("no").code == codes.UNCHANGED
        assert len(ada.ask("/history").rows) == 6
        ada.ask("/forget 2")
        done = ada.ask("2")
        assert (done.code, done.field("number")) == (codes.TAKEN_BACK, "2")
        rows = ada.ask("/history").rows
        assert [(row[0], row[3], row[4]) for row in rows] == [
            ("1", "", "patient"),
            ("1", "", "doctor"),
            ("2", "taken-back", "event"),
            ("3", "", "patient"),
            ("3", "", "doctor"),
        ]
        assert ada.ask("/find secret").rows == (("searched", "1"),)
        assert ada.ask("/forget 2").code == codes.UNCHANGED
        assert ada.ask("/forget 9").code == codes.BAD_ARGUMENT
        assert ada.ask("four").text == "3: four"
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or b"secret" not in file.read_bytes(), file


def test_a_careful_reply_has_a_mark(tmp_path: Path) -> None:
    """A row before the text tells it, also when the line is sent again; others have none."""
    with talk(tmp_path) as ada:
        ada.enter()
        assert ada.ask("/as 1 care").rows == (codes.CARE_ROW,)
        assert ada.ask("/as 1 care").rows == (codes.CARE_ROW,)
        assert ada.ask("hello").rows == ()


def test_helplines_are_shown(tmp_path: Path) -> None:
    """`/helplines` shows those of the operator's file, before a name too."""
    file = tmp_path / "lines.toml"
    file.write_text(
        'directory = "example.org"\nemergency = "112"\n'
        '[[helpline]]\ncountry = "Utopia"\nname = "Listeners"\ncontact = "0 123"\n',
        encoding="utf-8",
    )
    with talk(tmp_path / "patients", helplines=file) as ada:
        assert ada.transport.reply().code == codes.READY
        reply = ada.ask("/helplines")
    assert reply.code == codes.HELPLINES
    assert reply.rows == (
        ("emergency", "112"),
        ("directory", "example.org"),
        ("helpline", "Utopia", "Listeners", "0 123"),
    )
    assert "0 123" in reply.text


def test_the_question_for_the_old_passphrase_can_be_cancelled(tmp_path: Path) -> None:
    """An empty line changes nothing and the session goes on; it is not a wrong passphrase."""
    with talk(tmp_path) as ada:
        ada.enter()
        ada.ask("/passphrase")
        ada.ask("a long engine")
        assert ada.ask("a long engine").code == codes.PASSPHRASE_CHANGED
        for _ in range(5):
            assert ada.ask("/passphrase").code == codes.PASSPHRASE
            assert ada.ask("").code == codes.UNCHANGED
        assert ada.ask("hello").code == codes.SAYS


@given(st.text(max_size=30), st.text(max_size=4))
def test_places_of_what_is_found(text: str, wanted: str) -> None:
    """A text has places exactly where the folded one has the wanted words; each reads as these."""
    wanted = fold(wanted)
    places = find_folded(text, wanted)
    assert bool(places) == bool(wanted and wanted in fold(text))
    assert holds(text, wanted) == (wanted in fold(text))
    end = 0
    for start, stop in places:
        assert end <= start < stop <= len(text)
        end = stop
