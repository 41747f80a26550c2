"""What a script of 1966 declares of its language: clause ends, marks, remarks and NEWKEY."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.eliza import Eliza
from doctor.eliza.change import change
from doctor.scripts import Script, charset, check, find_script, load, parse
from doctor.scripts.conventions import BUILT_IN, CONVENTIONS, STANDARD, Conventions
from tests.support.machine_data import MINIMAL, PLAYED, faults_of, script

REMARKS = "(BUILT-IN (CONTINUEZ) (HMM) (POURSUIVEZ, DONC) (JE VOIS))\n"
NO_ANSWER = "(LOST ((0 NEVER 0) (NO)))\n(GIVEN ((0) (NEWKEY)))\n"


def replies(text: str, *lines: str) -> list[str]:
    """Return what a new patient is answered by a script."""
    machine = Eliza(parse(MINIMAL + text))
    state, found = machine.start(), []
    for line in lines:
        response = machine.respond(state, line)
        state = response.state
        found.append(response.reply)
    return found


@pytest.mark.parametrize("name", PLAYED)
def test_a_published_script_declares_nothing(name: str) -> None:
    """A script without these forms has what is built in, and is printed without them."""
    assert script(name).conventions == STANDARD
    assert not any(f"\n({form} " in script(name).to_text() for form in CONVENTIONS)


def test_clause_ends_are_those_of_the_script() -> None:
    """Only the declared words end a clause; a declared mark is a word of its own."""
    assert replies("", "my cat,my dog") == ["YOUR CAT"]
    assert replies("(CLAUSE-ENDS MAIS \u060c)\n", "my cat mais my dog") == ["YOUR CAT"]
    assert replies("(CLAUSE-ENDS MAIS \u060c)\n", "my cat\u060cmy dog") == ["YOUR CAT"]
    assert replies("(CLAUSE-ENDS MAIS)\n", "my cat but my dog") == ["YOUR CAT BUT MY DOG"]
    assert replies("(CLAUSE-ENDS MAIS)\n", "my cat,my dog") == ["YOUR CAT , MY DOG"]


def test_delimiters_are_words_and_end_no_clause() -> None:
    """A delimiter is split from the words beside it; typographic forms of it are, too."""
    assert replies("(DELIMITERS ' /)\n", "my l'ami/toi") == ["YOUR L ' AMI / TOI"]
    assert replies("(DELIMITERS ')\n", "my l\u2019ami") == ["YOUR L ' AMI"]


def test_built_in_remarks_are_those_of_the_script() -> None:
    """A script without an answer gives its own four remarks, in their order by LIMIT."""
    said = replies(NO_ANSWER + REMARKS, *["lost"] * 4)
    assert said == ["HMM", "POURSUIVEZ, DONC", "JE VOIS", "CONTINUEZ"]


def test_newkey_on_an_empty_stack() -> None:
    """NONE answers it, as the paper says, or a built-in remark, as in the study of 1965."""
    assert replies(NO_ANSWER, "given") == ["GO ON"]
    assert replies(f"{NO_ANSWER}(NEWKEY NONE)\n", "given") == ["GO ON"]
    assert replies(f"{NO_ANSWER}(NEWKEY BUILT-IN)\n", "given") == [BUILT_IN[1]]
    assert replies(f"{NO_ANSWER}(NEWKEY BUILT-IN)\n", "given my cat") == ["YOUR CAT"]


@pytest.mark.parametrize(
    "rule",
    [
        "(NEWKEY ((0) (YOU SAID NEWKEY)))",
        "(DELIMITERS = MARKS ((0) (WHICH MARKS)))",
        "(BUILT-IN 5 ((0) (REALLY)))",
        "(BUILT-IN (=MY))",
        "(CLAUSE-ENDS DLIST(/ENDS))",
    ],
)
def test_a_rule_with_such_a_keyword_is_a_rule(rule: str) -> None:
    """A script that has a keyword of such a name keeps its rule, and declares nothing."""
    parsed = parse(f"{MINIMAL}{rule}\n")
    assert parsed.conventions == STANDARD
    assert len(parsed.rules) == 3


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("(CLAUSE-ENDS , (MAIS))", "CLAUSE-ENDS has words and no lists"),
        ("(DELIMITERS AB)", "AB is no delimiter: it is no single mark"),
        ('(DELIMITERS ")', "DELIMITERS has a mark that no line has: it is taken for a space"),
        ("(BUILT-IN (A) (B))", "BUILT-IN has 2 remarks"),
        ("(BUILT-IN YES)", "BUILT-IN has no remarks"),
        ("(BUILT-IN A B C D)", "BUILT-IN has a remark that is no list of words"),
        ("(BUILT-IN (A) (B) (C) (D (E)))", "BUILT-IN has a remark that is no list of words"),
        ("(NEWKEY SILENCE)", "NEWKEY with an empty stack gives BUILT-IN or NONE"),
    ],
)
def test_a_wrong_form_is_named(form: str, message: str) -> None:
    """What is wrong with a form is told at its line."""
    assert [(line, said) for line, _, _, said in faults_of(f"{MINIMAL}{form}\n")] == [(10, message)]


def test_a_misspelt_form_is_asked_about() -> None:
    """A rule that was meant to be such a form is told which."""
    assert any("did you mean CLAUSE-ENDS?" in f.remedy for f in check(f"{MINIMAL}(CLAUSE-END , .)"))


def test_change_keeps_what_is_declared() -> None:
    """A script changed in the conversation still has the remarks of its language."""
    machine = Eliza(parse(MINIMAL + REMARKS))
    changed = change(machine, machine.start(), "ADD MY ((0 A 0) (B))").machine
    assert changed.script.conventions.remarks[0] == "CONTINUEZ"


def test_the_trace_splits_a_line_as_the_machine_does() -> None:
    """The components of a trace are the words between declared marks."""
    machine = Eliza(parse(f"{MINIMAL}(DELIMITERS /)\n"))
    rows = machine.explain(machine.start(), "my a/b").rows()
    last = [row for row in rows if row[0] == "component"][-1]
    assert last == ("component", "3", "A / B", "3", "6")


@given(st.text(max_size=40), st.text("/'\u060c\u3002", max_size=3, min_size=1))
def test_splitting_at_marks_is_splitting_with_offsets(line: str, marks: str) -> None:
    """Both ways to split a line give the same words, and without marks those of 1966."""
    assert [w for w, _, _ in charset.split_with_offsets(line, marks)] == charset.split_at(
        marks, line
    )
    assert charset.split_at("", line) == charset.split(line)


@given(
    st.lists(st.sampled_from([",", ".", "BUT", "MAIS", "\u060c"]), min_size=1, unique=True),
    st.lists(st.sampled_from(["'", "/", "\u3002"]), unique=True),
    st.booleans(),
)
def test_a_script_is_printed_with_what_it_declares(
    ends: list[str], marks: list[str], newkey: bool
) -> None:
    """A script that is printed and read again declares the same."""
    declared = Conventions(tuple(ends), tuple(marks), ("A", "B B", "C, C", "D"), newkey)
    bare = parse(MINIMAL)
    full = Script(bare.opening, bare.rules, bare.memory, conventions=declared)
    assert parse(full.to_text()) == full != bare


def test_the_french_script_speaks_french() -> None:
    """The script `french` ends a clause at MAIS and has no English remark."""
    french = load(find_script("french"))
    machine = Eliza(french)
    reply = machine.respond(machine.start(), "Je suis triste, mais ma m\u00e8re rit.").reply
    assert reply == "EST-CE PARCE QUE VOUS \u00caTES TRISTE QUE VOUS \u00caTES VENU ME VOIR"
    assert not set(french.conventions.remarks) & set(BUILT_IN)
    assert not set(french.conventions.clause_ends) & {"BUT"}
    assert check(find_script("french").read_text(encoding="utf-8")) == []
