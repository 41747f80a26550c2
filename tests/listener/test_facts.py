"""What holds of people is known, and a short line after a question is its answer."""

from __future__ import annotations

from datetime import UTC
from functools import cache

import pytest

from doctor.listener import Listener, load_helplines
from doctor.listener.state import MAX_FACTS, State
from doctor.scripts import DEFAULT_SCRIPT, load
from doctor.scripts.model import QUESTION_KINDS

NOON = 1_790_000_000.0


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def _after(*lines: str) -> State:
    """Return the state after some lines."""
    machine = listener()
    state = machine.start()
    for line in lines:
        state = machine.respond(state, line, NOON).state
    return state


def _known(*lines: str) -> dict[str, tuple[str, str]]:
    return {fact.who: (fact.kind, fact.name) for fact in _after(*lines).facts}


#: Lines, and who is what after them.
TOLD = [
    (["my husband died in march"], "husband", "DEAD"),
    (["my mum passed away last year"], "mother", "DEAD"),
    (["my dad is dead"], "father", "DEAD"),
    (["we buried my uncle on friday"], "uncle", "DEAD"),
    (["my late wife loved roses"], "wife", "DEAD"),
    (["i lost my grandmother in spring"], "grandmother", "DEAD"),
    (["my best friend died"], "friend", "DEAD"),
    (["my dog Rex died last night"], "dog", "DEAD"),
    (["my sister is in hospital", "she died this morning"], "sister", "DEAD"),
    (["my sister Anna has cancer"], "sister", "ILL"),
    (["my father is very ill"], "father", "ILL"),
    (["my mother is in hospital"], "mother", "ILL"),
    (["my wife left me"], "wife", "GONE"),
    (["my boyfriend moved out on sunday"], "boyfriend", "GONE"),
    (["my father is not dead"], "father", ""),
    (["my dad died", "he isn't dead"], "father", ""),
    (["my mother is in hospital", "she is home"], "mother", ""),
    (["his mother died"], "mother", None),
    (["my phone died"], "phone", None),
    (["has my mother died?"], "mother", ""),
]


@pytest.mark.parametrize(("lines", "who", "kind"), TOLD)
def test_what_is_told_of_somebody_holds(lines: list[str], who: str, kind: str | None) -> None:
    """Who is dead, ill or gone is known after the line that says so, and taken back."""
    known = _known(*lines)
    assert (None if kind is None else kind) == (known[who][0] if who in known else None)


@pytest.mark.parametrize(
    ("line", "who", "name"),
    [("my sister is called anna", "sister", "Anna"), ("my brother Tom called", "brother", "Tom"),
     ("my cat is named Miso", "cat", "Miso")],
)  # fmt: skip
def test_names_are_known(line: str, who: str, name: str) -> None:
    """Whose name is what is kept."""
    assert _known(line)[who][1] == name


def test_a_name_stands_for_its_person() -> None:
    """A line with the name is about the person, and the one spoken of last is last."""
    state = _after("my sister is called Anna", "my boss shouts", "anna died on sunday")
    assert [(fact.who, fact.kind) for fact in state.facts][-1] == ("sister", "DEAD")


#: What is never asked of the dead.
_FOR_THE_LIVING = (
    "for him to come back", "get on", "like him to know", "your husband understand", "tell him?",
    "see it, do you think", "need from your husband", "between you and your husband", "How is he",
    "goes on in him",
)  # fmt: skip


@pytest.mark.parametrize(
    "line",
    ["I want him to come back", "my husband loved the sea", "he was never late", "I need him",
     "he would laugh at this", "I talk to him at night", "he always made the coffee",
     "my husband and I went there every year"],
)  # fmt: skip
def test_nothing_is_asked_of_the_dead_that_is_for_the_living(line: str) -> None:
    """After a death no reply, at any turn, asks what would bring him back or what he thinks."""
    machine = listener()
    state = _after("my husband died in march")
    for turns in range(1, 60):
        turn = state._replace(turns=turns, facts=(state.facts[0]._replace(turn=turns),))
        reply = machine.respond(turn, line, NOON).reply
        assert not any(part in reply for part in _FOR_THE_LIVING), reply


def test_a_pronoun_stands_for_the_one_spoken_of_last() -> None:
    """Once another man is spoken of, "he" is that man; after some lines it is nobody known."""
    machine = listener()
    state = _after("my dad died", "my boss is an idiot")
    assert machine.respond(state, "he yells all day", NOON).keyword != "mourned"
    state = _after("my dad died", "ok", "I work a lot", "I am hungry", "it rains", "I sleep late")
    assert machine.respond(state, "he yells all day", NOON).keyword != "mourned"


def test_people_are_bounded() -> None:
    """However many people are spoken of, ten are known, and the dead stay longest."""
    people = ["aunt", "uncle", "cousin", "boss", "sister", "brother", "wife", "niece", "nephew",
              "dog", "cat", "son", "daughter"]  # fmt: skip
    state = _after("my father died", *(f"my {who} called" for who in people))
    assert len(state.facts) == MAX_FACTS
    assert state.facts[0].kind == "DEAD"


@pytest.mark.parametrize(
    ("kind", "line", "begins"),
    [("WHEN", "two years", "Two years. "), ("WHEN", "since march", "Since march. "),
     ("WHO", "nobody", "Nobody. |Not one person"), ("WHO", "my sister", "Your sister"),
     ("WHERE", "in the kitchen", "In the kitchen. "), ("WHETHER", "sometimes", "Sometimes. "),
     ("WHETHER", "not really", "Not quite|Half"), ("HOW", "badly", "Badly. "),
     ("WHAT", "the silence", "The silence. "), ("WHAT", "nothing", "Nothing")],
)  # fmt: skip
def test_a_short_line_after_a_question_is_its_answer(kind: str, line: str, begins: str) -> None:
    """The question that is open says what a short line is about."""
    machine = listener()
    state = machine.start()._replace(question=QUESTION_KINDS.index(kind))
    for turns in range(6):
        reply = machine.respond(state._replace(turns=turns), line, NOON).reply
        assert reply.startswith(tuple(begins.split("|"))), reply


def test_a_question_is_open_until_the_next_line() -> None:
    """Who is asked since when has a question open, and none after it is answered."""
    machine = listener()
    state = machine.start()
    for turns in range(40):
        response = machine.respond(state._replace(turns=turns), "I am so tired", NOON)
        assert bool(response.state.question) == response.reply.endswith("?"), response.reply
    assert machine.hear(response.state, "Kim", "hello", NOON).question == 0


@pytest.mark.parametrize(
    "lines",
    [["my mum shouts", "no, that was my sister"], ["my mum shouts", "i meant my sister"],
     ["my mum shouts", "it was my sister, not my mum"]],
)  # fmt: skip
def test_being_put_right_is_heard(lines: list[str]) -> None:
    """Who corrects the doctor hears the right word back, and thanks or an admission."""
    machine = listener()
    state = _after(*lines[:-1])
    reply = machine.respond(state, lines[-1], NOON).reply
    assert "your sister" in reply.lower()
    assert "How is it between" not in reply


def test_a_death_that_is_taken_back_is_taken_back() -> None:
    """Nobody is asked what they remember most of somebody who is not dead."""
    machine = listener()
    for line in ("my dad is not dead", "he isn't dead", "nobody died"):
        reply = machine.respond(_after("my dad died"), line, NOON).reply
        assert "remember most" not in reply
        assert "missing" not in reply
