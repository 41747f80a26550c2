"""Faults in the forms of a modern script: each is told with its line and what to write instead."""

from __future__ import annotations

import pytest

from doctor.listener import Listener, load_helplines
from doctor.loading import load_machine
from doctor.scripts import DEFAULT_SCRIPT, check, parse

CARE = "(CARE SELF (PHRASES (kill myself)) (ANSWERS (Are you safe? HELPLINES)))\n"
SOUND = "(Hello)\n(STYLE MODERN)\n" + CARE + "(NONE ((0) (Go on.)))\n"

#: (what, the script, line, a part of the message, a part of the remedy)
PLANTED = [
    ("an unknown part", SOUND.replace("PHRASES", "PHRASE"), 3, "PHRASE", "write PHRASES"),
    ("unknown answers", SOUND.replace("ANSWERS", "ANSWER"), 3, "ANSWER", "write ANSWERS"),
    ("no part at all", SOUND.replace("PHRASES", "WORDS"), 3, "unknown list: WORDS", "HARMLESS"),
    ("a loose word", SOUND.replace("SELF (", "SELF die ("), 3, "die has no meaning", "lists"),
    ("a flat phrase", SOUND.replace("(kill myself)", "kill me"), 3, "kill is between", "paren"),
    ("no phrase", SOUND.replace(" (kill myself)", ""), 3, "has no phrase", "(kill myself)"),
    ("no answer", SOUND.replace(" (Are you safe? HELPLINES)", ""), 3, "has no answer", "ANSWERS"),
    ("no answers", SOUND.replace(" (ANSWERS (Are you safe? HELPLINES))", ""), 3, "no answer", ""),
    ("an empty answer", SOUND.replace("(Are you", "() (Are you"), 3, "is empty", "remove"),
    ("answers twice", SOUND.replace("))\n(N", ") (ANSWERS (A)))\n(N"), 3, "second ANSW", "join"),
    ("no care", SOUND.replace(CARE, ""), 1, "no CARE form", "(CARE SELF"),
    ("a set for a sequence", SOUND.replace("kill myself", "want him (* to die)"), 3, "(* to die)",
     "without *"),
    ("an article in a set", SOUND.replace("kill myself", "i have (* a knife)"), 3, "mixes", "*"),
    ("no mark", SOUND.replace("kill myself", "want (to die)"), 3, "without * or /", "correct"),
    ("an unknown tag", SOUND.replace("kill myself", "kill (/ME)"), 3, "the tag ME", "(TAG ME"),
    ("a tag without list", SOUND.replace("kill", "/KILL"), 3, "write (/KILL)", "correct"),
    ("an odd spelling", SOUND.replace("kill", "dont kill"), 3, "dont has no word", "correct"),
    ("a respelt word", SOUND.replace("(NONE", "(SPELLING (kil = kill))\n(NONE").replace(
        "(kill", "(kil"), 3, "kil has no word", "correct"),
    ("nothing to find", SOUND.replace("kill myself", "0 ."), 3, "no word to be found", "correct"),
    ("a bare AFTER", SOUND.replace("(ANS", "(AFTER died) (ANS"), 3, "no list of words", "died"),
    ("an unknown style", SOUND.replace("MODERN", "MODRN"), 2, "style MODRN", "(STYLE MODERN)"),
    ("an unknown form", SOUND + "(MIROR ((0) (1.)))", 5, "MIROR is no form", "write (MIRROR"),
    ("an unknown oddity", SOUND + "(ODD EMTPY ((0) (Yes?)))", 5, "odd in the way EMTPY", "EMPTY"),
    ("ABOUT of no kind", SOUND + "(ABOUT DED a)", 5, "not know the kind DED", "write DEAD"),
    ("ABOUT of a stranger", SOUND + "(ABOUT DEAD xyz)", 5, "DEAD names xyz", "name the"),
    ("ANSWERED of nothing", SOUND + "(ANSWERED WHEN)", 5, "WHEN names nothing", "name the"),
    ("ALSO of no kind", SOUND + "(ALSO LETER a)", 5, "not know the kind LETER", "write LETTER"),
    ("ALSO of a stranger", SOUND + "(ALSO PLEA xyz)", 5, "PLEA names xyz", "name the"),
    ("CARED of a stranger", SOUND + "(CARED after)", 5, "CARED names after", "name the keyword"),
    ("a tag in a mirror", SOUND + "(MIRROR (((/KIN) 0) (1 2.)))", 5, "the tag KIN", "(TAG KIN"),
    ("an unknown type", SOUND + "(a ((0) (AND/EVNT And then?)))", 5, "the type EVNT", "EVENT"),
    ("a greeting of memories", SOUND + "(RETURNING (WHEN you said MEMORY.))", 5, "no greeting in",
     "without MEMORY"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [row[1:] for row in PLANTED],
    ids=[row[0] for row in PLANTED],
)
def test_a_planted_fault_is_found(text: str, line: int, message: str, remedy: str) -> None:
    """Each kind of fault is a warning at its line, with a remedy, and stops no script."""
    found = [fault for fault in check(text) if message in fault.message]
    assert [(fault.line, fault.severity) for fault in found] == [(line, "warning")]
    assert remedy in found[0].remedy
    parse(text)


def test_a_sound_script_and_the_one_that_ships_have_no_fault() -> None:
    """Nothing is said of forms that are as they should be."""
    assert check(SOUND) == []
    assert check(DEFAULT_SCRIPT.read_text(encoding="utf-8")) == []


def test_a_phrase_is_told_where_it_is() -> None:
    """A fault in the tenth phrase of a long form has the line and column of that phrase."""
    rows = "\n".join(["        (kill myself)"] * 9)
    text = SOUND.replace("(kill myself)", f"\n{rows}\n        (want (* to die))")
    found = check(text)
    assert [(fault.line, fault.column) for fault in found] == [(13, 9)]


def test_sets_of_one_kind_are_not_reported() -> None:
    """Verbs beside verbs, people beside pronouns, and short words alone mix nothing."""
    for phrase in ("want to (* live be)", "hurt (* him her someone)", "can't go on (* at in my)",
                   "(* kill hurt) myself", "be here (* anymore .)"):  # fmt: skip
        assert check(SOUND.replace("kill myself", phrase)) == []


@pytest.mark.parametrize(
    "care",
    ["", "(CARE SELF (PHRASE (kill myself)) (ANSWERS (Are you safe?)))",
     "(CARE SELF (PHRASES (kill myself)) (ANSWER (Are you safe?)))",
     "(CARE SELF (PHRASES (kill myself)) (ANSWERS))", "(CARE SELF (PHRASES) (ANSWERS (Safe?)))"],
)  # fmt: skip
def test_care_that_cannot_answer_is_no_care(care: str) -> None:
    """The server warns of a script whose care never answers, and its lines still get replies."""
    machine = Listener(parse(SOUND.replace(CARE, care)), load_helplines())
    assert not machine.has_care
    assert machine.respond(machine.start(), "I want to kill myself", 0.0).reply == "Go on."
    assert load_machine().has_care


def test_harmless_lists_of_words_hide_no_more_than_they_name() -> None:
    """What begins like a harmless phrase and goes on otherwise is met with care."""
    machine = load_machine()
    for line in ("I want him to die", "I killed a man last night",
                 "He beats me, I was beaten at the bus stop", "I cut my wrists on purpose",
                 "I will kill the dog and then my wife"):  # fmt: skip
        assert machine.respond(machine.start(), line, 0.0).mark == "care", line


@pytest.mark.parametrize(
    "line",
    ["I want him to come back", "I want them to be happy", "I wish her to know it",
     "she wants them to listen to me", "I want to stay alive", "I killed time at the station",
     "I want her to get well and him to call"],
)  # fmt: skip
def test_a_wish_for_somebody_is_no_threat(line: str) -> None:
    """Wishes for other people are answered as wishes."""
    machine = load_machine()
    assert machine.respond(machine.start(), line, 0.0).mark == ""
