"""A hundred clauses by sixty follow-ups: none is asked about what it does not fit."""

from __future__ import annotations

from functools import cache

import pytest

from doctor.english.clause_types import types_of
from doctor.english.tokenizer import Tokenizer
from doctor.listener.compiler import CompiledScript
from doctor.listener.helplines import load_helplines
from doctor.listener.reassembly import Template
from doctor.scripts import DEFAULT_SCRIPT, load
from tests.english.test_clause_types import SAID

_LETTERS = {"E": "EVENT", "W": "WAS", "S": "STATE", "H": "HABIT", "P": "PLAN", "O": "OPINION"}
#: Follow-ups, by the kinds of clauses that a reader would let them follow at most.
FOLLOW_UPS = {
    "E": ["And then?", "What led up to it?", "How did that feel?", "What surprised you about it?"],
    "EW": [
        "What was that like?", "What came after?", "What did it break?",
        "What went through you then?",
        "What did you think in that moment?", "What went through your mind?", "Who was there?",
        "What was the first thing you thought?", "Who was with you?", "Who did you tell?",
        "Where did you want to be?", "What would you have said?",
        "What would you have liked to happen?",
    ],
    "EWS": [
        "How did it happen?", "How did it end?", "How did you notice?", "What has changed since?",
        "How did you come to know about it?", "What has stayed with you from that?",
    ],
    "EWSO": ["What did you expect?"],
    "EWSH": [
        "What happened there?", "What would you have wished for?", "What was the best of it?",
        "What made it possible?",
    ],
    "EP": ["What comes next?"],
    "ESP": ["What happens next?"],
    "H": ["Does it happen often?"],
    "P": ["When would that be?", "What has kept you from it so far?"],
    "S": ["How long has it been on your mind?"],
    "O": ["How long have you seen it that way?", "What has shown you that?"],
    "WSH": ["How was it in the beginning?"],
    "SHO": [
        "How long has that been going on?", "How long does it stay?", "Since when?",
        "When is it strongest?", "When does it ease?", "Was it ever otherwise?",
        "Can you think of one time when it was not so?", "When did it begin?",
    ],
    "SH": [
        "What eases it, even a little?", "What sets it off?", "What keeps it going?",
        "What comes just before?", "What do you do afterwards?", "What wakes you?",
        "What goes on in you then?", "What helps for a moment?", "Who usually begins?",
    ],
    "SPO": [
        "What makes you say so?", "Who else thinks so?", "What if it is not so?",
        "What speaks for it?",
    ],
    "SHPO": ["What stands in the way?", "What would it take?"],
}  # fmt: skip


@cache
def _questions() -> dict[str, list[Template]]:
    """Return the questions of every rule of the shipped script, by their texts."""
    compiled = CompiledScript(load(DEFAULT_SCRIPT), load_helplines(), None)
    found: dict[str, list[Template]] = {}
    for keyword in (compiled.none, *compiled.keywords.values()):
        for rule in keyword.rules.every:
            for choice in rule.choices:
                if isinstance(choice, Template) and choice.asks:
                    found.setdefault(choice.text, []).append(choice)
    return found


def test_the_table_has_sixty_follow_ups() -> None:
    """There are sixty different ones, and every kind of clause may be followed by several."""
    listed = [each for questions in FOLLOW_UPS.values() for each in questions]
    assert len(listed) == len(set(listed)) == 60
    for letter in _LETTERS:
        fitting = sum(len(each) for letters, each in FOLLOW_UPS.items() if letter in letters)
        assert fitting >= 5


@pytest.mark.parametrize(("said", "clauses"), SAID.items())
def test_no_follow_up_is_asked_of_what_it_does_not_fit(said: str, clauses: list[str]) -> None:
    """Wherever the script has one of them, it names no kind that the table does not allow."""
    kind = said.partition("/")[0]
    for clause in clauses:
        types = types_of(Tokenizer({}).read(clause).clauses[0])
        for letters, questions in FOLLOW_UPS.items():
            allowed = kind in {_LETTERS[letter] for letter in letters}
            for question in questions:
                for template in _questions()[question]:
                    fits = not template.fitting or types in template.fitting
                    assert allowed or not fits, (clause, question, template.line)


def test_every_follow_up_of_the_script_says_what_it_fits() -> None:
    """No question that follows a repeated clause is without types in its head."""
    for text, templates in _questions().items():
        for template in templates:
            assert "/" in template.head, text
