"""Faults of scripts: each is found at its line and column, with a remedy."""

from __future__ import annotations

import pytest

from doctor.errors import ScriptError
from doctor.scripts import check, parse
from tests.support.machine_data import LAST, MEMORY, MINIMAL, MY, OPENING, faults_of

#: (what, the script, line, column, severity, a part of the message)
PLANTED = [
    ("an unclosed rule", MINIMAL.replace("(YOUR 3)))", "(YOUR 3))"), 3, 1, "error", "not closed"),
    ("a rule closed twice", MINIMAL.replace("3)))", "3))))"), 3, 25, "error", "has no '('"),
    ("an unclosed end", MINIMAL.rstrip()[:-1], 9, 1, "error", "not closed: 1 ')' missing"),
    ("no opening", "(MY ((0) (A)))\n" + MEMORY + LAST, 1, 1, "error", "opening remark"),
    ("an unknown link", MINIMAL + "(A (=NOWHERE))", 10, 4, "error", "leads to no rule"),
    ("an unknown PRE link", MINIMAL + "(A ((0) (PRE (B) (=C))))", 10, 9, "error", "no rule"),
    ("a link to NONE", MINIMAL + "(A (=NONE))", 10, 4, "error", "leads to no rule"),
    ("a link without answer", MINIMAL + "(A = B)\n(C (=A))", 11, 4, "error", "without an answer"),
    ("a component too many", MINIMAL + "(A ((0 A)\n (X 3)))", 11, 5, "error", "component 3 is out"),
    ("component zero", MINIMAL + "(A ((0 A) (X 0)))", 10, 14, "error", "component 0 is out"),
    ("one in PRE", MINIMAL + "(A ((0) (PRE (2) (=MY))))", 10, 15, "error", "component 2 is out"),
    ("one in MEMORY", MINIMAL.replace("B 1", "B 2"), 6, 12, "error", "component 2 is out"),
    ("no NONE", OPENING + MY + MEMORY, 1, 1, "error", "no NONE rule"),
    ("a choosy NONE", MINIMAL.replace("(NONE ((0)", "(NONE ((0 A)"), 9, 1, "error", "every text"),
    ("a NONE that links", MINIMAL.replace("(GO ON)", "(=MY)"), 9, 12, "error", "NONE links"),
    ("no MEMORY", OPENING + MY + LAST, 1, 1, "error", "no MEMORY rule"),
    ("two MEMORY rules", MINIMAL + MEMORY, 10, 1, "error", "second MEMORY"),
    ("three memories", MINIMAL.replace("(0 = D 1)", ""), 4, 1, "error", "has 3 transformations"),
    ("a memory without =", MINIMAL.replace("= B", "B"), 6, 5, "error", "pattern = reassembly"),
    ("MEMORY of a stranger", MINIMAL.replace("MEMORY MY", "MEMORY ME"), 4, 1, "error", "ME, has"),
    ("a second rule", MINIMAL + "\n(MY (=MY))", 11, 1, "error", "already has a rule"),
    ("an empty rule", MINIMAL + "(A)", 10, 1, "error", "the rule of A is empty"),
    ("a rule of a number", MINIMAL + "(7 ((0) (A)))", 10, 2, "error", "begins with a keyword"),
    ("a pattern too flat", MINIMAL + "(A (0 A 0 (X)))", 10, 4, "error", "begins with its pattern"),
    ("an empty pattern", MINIMAL + "(A (() (X)))", 10, 5, "error", "pattern is empty"),
    ("no reassembly", MINIMAL + "(A ((0)))", 10, 4, "error", "no reassembly rule"),
    ("a loose word", MINIMAL + "(A ((0) X (Y)))", 10, 9, "error", "between reassembly rules"),
    ("a stray word", MINIMAL + "(A B ((0) (X)))", 10, 4, "error", "B has no meaning here"),
    ("a word outside", MINIMAL + "WORD", 10, 1, "error", "outside every list"),
    ("= before nothing", MINIMAL + "(A = ((0) (X)))", 10, 4, "error", "followed by no word"),
    ("DLIST of nothing", MINIMAL + "(A DLIST ((0)))", 10, 4, "error", "no list of tags"),
    ("a link of two", MINIMAL + "(A (=MY MY))", 10, 4, "error", "names one keyword"),
    ("more after a link", MINIMAL + "(A (=MY) ((0) (X)))", 10, 10, "error", "follows the link"),
    ("a bad PRE", MINIMAL + "(A ((0) (PRE (X) MY)))", 10, 9, "error", "PRE needs"),
    ("a list inside", MINIMAL + "(A ((0) (X (Y))))", 10, 12, "error", "list inside"),
    ("a bad element", MINIMAL + "(A ((0 (1 2)) (X)))", 10, 8, "error", "no element"),
    ("an empty choice", MINIMAL + "(A ((0 (*)) (X)))", 10, 8, "error", "names no word"),
    ("a huge number", MINIMAL + "(A 99999999999 (=MY))", 10, 4, "error", "too large a number"),
    ("an empty script", " ; nothing\n", 1, 1, "error", "the script is empty"),
    ("too deep", MINIMAL + "(" * 101, 10, 101, "error", "100 deep"),
    ("a plain list", MINIMAL + "(A ((0 (X)) (Y)))", 10, 8, "warning", "matches nothing"),
    ("nothing said", MINIMAL + "(A ((0) ()))", 10, 9, "warning", "answers nothing"),
    ("all taken", MINIMAL + "(A ((0)(X))\n ((0 A 0)(Y)))", 11, 2, "warning", "(0) on line 10"),
    ("taken in part", MINIMAL + "(A ((0 A 0)(X))\n((0 A B 1)(Y)))", 11, 1, "warning", "all of it"),
    ("taken by a list", MINIMAL + "(A ((0 (*B A))(X))\n((A)(Y)))", 11, 1, "warning", "matches all"),
    ("a link too late", MINIMAL + "(A ((0) (X))\n (=MY))", 11, 2, "warning", "never followed"),
    ("a keyword not typed", MINIMAL + "(BUT ((0) (X)))", 10, 1, "warning", "BUT is never reached"),
    ("a dotted keyword", MINIMAL + "(E.G. ((0) (X)))", 10, 1, "warning", "E.G. is never reached"),
    ("a loop", MINIMAL + "(A (=B))\n(B (=A))", 11, 4, "warning", "A -> B -> A"),
    ("an own loop", MINIMAL + "(A ((0) (PRE (A) (=A))))", 10, 9, "warning", "A -> A"),
    ("an unknown tag", MINIMAL + "(A ((0 (/KIN)) (X)))", 10, 4, "warning", "has the tag KIN"),
    ("a word gone", MINIMAL + "(A = B ((0 A 0) (X)))", 10, 8, "warning", "A is substituted"),
    ("a NONE with rank", MINIMAL.replace("NONE", "NONE 3"), 9, 1, "warning", "no effect"),
    ("a mute memory", MINIMAL.replace("((0 MY 0) (YOUR 3))", "= X"), 4, 1, "warning", "stored"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "severity", "message"),
    [row[1:] for row in PLANTED],
    ids=[row[0] for row in PLANTED],
)
def test_a_planted_fault_is_found(
    text: str, line: int, column: int, severity: str, message: str
) -> None:
    """Each kind of fault is found where it is, with a remedy; an error keeps the script out."""
    found = [f for f in check(text) if message in f.message]
    assert [(f.line, f.column, f.severity) for f in found] == [(line, column, severity)]
    assert all(f.remedy for f in found)
    if severity == "error":
        with pytest.raises(ScriptError):
            parse(text)
    else:
        parse(text)


def test_a_sound_script_has_no_faults() -> None:
    """The script in which the faults are planted has none."""
    assert faults_of(MINIMAL) == []


def test_every_fault_is_found_at_once() -> None:
    """One fault hides no other: three planted together are three."""
    text = MINIMAL + "(A ((0 A) (X 9)))\n(B (=NOWHERE))\n(MY (=MY))"
    assert [(line, message) for line, _, _, message in faults_of(text)] == [
        (10, "component 9 is out of range"),
        (11, "the link (=NOWHERE) leads to no rule"),
        (12, "the keyword MY already has a rule, on line 3"),
    ]
