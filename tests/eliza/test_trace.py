"""Traces: what the machine says about a reply, row for row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.eliza import Eliza
from doctor.scripts import charset, parse
from tests.support.generated_lines import lines
from tests.support.machine_data import conversation, script

if TYPE_CHECKING:
    from doctor.machine import Trace

DOCTOR = Eliza(script("doctor-1966.txt"))


def trace(machine: Eliza, *said: str) -> Trace:
    """Return the trace of the last line said to a new patient's machine."""
    state = machine.start()
    for line in said[:-1]:
        state = machine.respond(state, line).state
    return machine.explain(state, said[-1])


def test_the_rows_of_a_reply() -> None:
    """Rows tell the clause, the words replaced, the stack, the match, its places and its rule."""
    assert trace(DOCTOR, "Well, perhaps my mother hates me.").rows() == [
        ("line", "Well, perhaps my mother hates me."),
        ("clause", "PERHAPS YOUR MOTHER HATES YOU"),
        ("substituted", "MY", "YOUR"),
        ("substituted", "ME", "YOU"),
        ("stack", "MY", "2"),
        ("stack", "PERHAPS", "0"),
        ("keyword", "MY"),
        ("memory-stored", "BUT YOUR MOTHER HATES YOU"),
        ("decomposition", "0 YOUR 0 (/ FAMILY) 0"),
        ("component", "1", "PERHAPS", "6", "13"),
        ("component", "2", "YOUR", "14", "16"),
        ("component", "3", "", "", ""),
        ("component", "4", "MOTHER", "17", "23"),
        ("component", "5", "HATES YOU", "24", "32"),
        ("reassembly", "(TELL ME MORE ABOUT YOUR FAMILY)"),
        ("source", "line 315 of doctor-1966.txt"),
        ("reply", "TELL ME MORE ABOUT YOUR FAMILY"),
    ]


def test_links_are_told() -> None:
    """A link names the keyword that it leads to, and that keyword is used."""
    rows = trace(DOCTOR, "They are all alike").rows()
    place = rows.index(("keyword", "ALIKE"))
    assert rows[place + 1 : place + 3] == [("link", "DIT"), ("keyword", "DIT")]


def test_a_text_rewritten_has_no_places() -> None:
    """After PRE the components are not the patient's words, and have no place in the line."""
    rows = trace(DOCTOR, "I'm tired").rows()
    assert ("pre", "YOU ARE TIRED") in rows
    later = rows[rows.index(("pre", "YOU ARE TIRED")) :]
    assert {row[3:] for row in later if row[0] == "component"} == {("", "")}


def test_newkey_and_fallback_are_told() -> None:
    """NEWKEY is a row, and so is what answers when nothing is left."""
    machine = Eliza(script("trial.script"))
    rows = trace(machine, "ten").rows()
    assert ("newkey",) in rows
    assert ("fallback", "NONE") in rows
    assert ("fallback", "built-in remark 2: no rule matches") in trace(machine, "low").rows()


def test_a_recalled_memory_is_told() -> None:
    """A memory that answers is a row, with its reason."""
    talked = [line for line, _ in conversation("conversation-1966.txt")]
    rows = trace(DOCTOR, *talked).rows()
    assert rows[2] == (
        "memory-recalled",
        "DOES THAT HAVE ANYTHING TO DO WITH THE FACT THAT YOUR BOYFRIEND MADE YOU COME HERE",
    )
    assert rows[3][0] == "source"


def test_a_full_memory_is_told() -> None:
    """A text that the memory has no room for is a note."""
    rows = trace(DOCTOR, *["my " + "x" * 900] * 8).rows()
    assert ("note", "the memory is full; this text was not stored") in rows


def test_a_loop_is_told() -> None:
    """The step limit is named as what answered."""
    machine = Eliza(
        parse("(H)(A (=A))(MEMORY A (0 = B)(0 = B)(0 = B)(0 = B))(NONE ((0) (C)))"), step_limit=3
    )
    assert ("fallback", "built-in remark 2: step limit") in trace(machine, "a").rows()


@pytest.mark.parametrize("name", ["doctor-1966.txt", "trial.script"])
def test_every_place_shows_the_words(name: str) -> None:
    """Where a component has a place, that piece of the line becomes the component."""
    machine = Eliza(script(name))
    state = machine.start()
    becomes = {r.keyword: r.substitution or r.keyword for r in machine.script.rules}
    shown = 0
    for line in lines(machine.script, 31, 300):
        for row in machine.explain(state, line).rows():
            if row[0] == "component" and row[3]:
                words = charset.split(line[int(row[3]) : int(row[4])])
                assert [becomes.get(word, word) for word in words] == row[2].split()
                shown += 1
        state = machine.respond(state, line).state
    assert shown > 200


@given(st.text(max_size=80))
def test_any_trace_can_be_read(line: str) -> None:
    """Every row has its kind and its fields, none with a tab or a line end, and reads as text."""
    fields = {
        "line": 2, "clause": 2, "substituted": 3, "stack": 3, "keyword": 2, "decomposition": 2,
        "component": 5, "reassembly": 2, "link": 2, "newkey": 1, "pre": 2, "memory-stored": 2,
        "memory-recalled": 2, "fallback": 2, "note": 2, "source": 2, "reply": 2,
    }  # fmt: skip
    explained = DOCTOR.explain(DOCTOR.start(), line)
    for row in explained.rows():
        assert len(row) == fields[row[0]]
        assert not any(mark in field for field in row for mark in "\t\n\r")
    assert explained.text().count("\n") == len(explained.rows()) - 1
