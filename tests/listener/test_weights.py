"""What of a line is answered, what of a visit is taken up again, and what a face says."""

from __future__ import annotations

from datetime import UTC
from functools import cache

import pytest

from doctor.listener import Listener, load_helplines
from doctor.listener.state import Memory, State
from doctor.scripts import DEFAULT_SCRIPT, load

NOON = 1_790_000_000.0


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def _replies(line: str, state: State | None = None) -> list[str]:
    """Return the replies to a line at eight turns."""
    machine = listener()
    state = machine.start() if state is None else state
    return [
        machine.respond(state._replace(turns=turns), line, NOON).reply for turns in range(20, 28)
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("I know it is only words but I went to the garage and wept", "garage wept"),
        ("this is embarrassing but I am 22 and I have never kissed anyone", "kissed"),
        ("hello, hope you are well, my brother moved out", "brother"),
        (
            "he proposed, on the beach, in the rain",
            "proposed good first tell share told possible say",
        ),
        ("my boss is back, the shop is full, and I feel so lonely", "lonely"),
    ],
)
def test_the_clause_that_weighs_most_is_answered(line: str, words: str) -> None:
    """What comes after "but", feelings and people go before openings and places."""
    for reply in _replies(line):
        assert any(word in reply.lower() for word in words.split()), reply


@pytest.mark.parametrize("line", ["I have decided to ring my sister", "i will call my sister"])
def test_decisions_are_taken_up_first(line: str) -> None:
    """Of all that is remembered a decision is taken up first, in several forms."""
    machine = listener()
    state = machine.start()
    for said in ("my father has a shop", line, "my dog is ill", "it rains", "so it goes"):
        state = machine.respond(state, said, NOON).state
    found = set()
    for turns in range(40, 80):
        reply = machine.respond(state._replace(turns=turns, recalled=0), "hm", NOON).reply
        found.add(reply)
    assert any("sister. " in reply for reply in found), found
    assert not any("shop" in reply for reply in found), found


def test_the_lightest_of_several_memories_is_not_taken_up() -> None:
    """With a death among the memories, a remark is never the one that is taken up."""
    machine = listener()
    memories = (Memory(NOON, "your cat is fat"), Memory(NOON + 1, "your mother died"))
    state = machine.start()._replace(turns=60, memories=memories)
    for turns in range(60, 90):
        reply = machine.respond(state._replace(turns=turns), "hm", NOON).reply
        assert "fat" not in reply


@pytest.mark.parametrize(
    ("line", "kind"),
    [(":(", "FROWN"), (":'(", "FROWN"), ("😢", "FROWN"), (":/", "FROWN"), (":)", "SMILE"),
     (":D", "SMILE"), ("...", "SYMBOLS")],
)  # fmt: skip
def test_a_face_alone_is_met_as_a_mood(line: str, kind: str) -> None:
    """A frown and a smile have answers of their own."""
    machine = listener()
    rules = machine.compiled.odd[kind].every
    texts = {choice.text for rule in rules for choice in rule.choices}
    assert set(_replies(line)) <= texts


@pytest.mark.parametrize(
    "line", ["I feel sad :D", "he left me :(", "my exam is over ;)", "we won :P", "see you :-/"]
)
def test_a_face_is_no_word(line: str) -> None:
    """Nothing of a face is said back, and it does not change the reply."""
    plain = line.rsplit(" ", 1)[0]
    read = listener().compiled.tokenizer.read
    assert read(line).words == read(plain).words


@pytest.mark.parametrize(
    "line",
    ["I met him for the first time that day", "we spend time together", "he answered the phone",
     "I read it at home", "she said it in the car", "they want to change me"],
)  # fmt: skip
def test_a_weak_topic_counts_only_as_the_head_of_a_clause(line: str) -> None:
    """Time, phones, cars and homes are asked about where they are what is spoken of."""
    keyword = listener().respond(listener().start(), line, NOON).keyword
    assert keyword not in {"time", "phone", "read", "home", "car", "change"}


@pytest.mark.parametrize("line", ["it's benign", "he proposed", "i got the job", "i got promoted"])
def test_good_news_is_met_as_good_news(line: str) -> None:
    """Nobody is asked what is hardest about good news."""
    for reply in _replies(line):
        assert not any(word in reply for word in ("hardest", "worst", "hurt", "fear")), reply


def test_no_clause_is_said_back_with_you_tell_me() -> None:
    """A repeated clause begins with the patient's words, not with a report of them."""
    for line in ("my husband died in march", "I am so tired of it", "she hates my cooking"):
        for reply in _replies(line):
            assert not reply.startswith(("You tell me", "You say ")), reply
