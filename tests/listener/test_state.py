"""What a conversation may leave in a listener's state: any of it packs and unpacks to itself."""

from __future__ import annotations

from datetime import UTC
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.listener import Listener, load_helplines
from doctor.listener.state import (
    ASK_REST,
    MAX_CONCERN,
    MAX_FACTS,
    MAX_LINES,
    MAX_MEMORIES,
    MAX_MEMORY_BYTES,
    MAX_MIRRORED,
    MAX_REPLIES,
    MAX_TIMES_USED,
    MAX_TOPIC_BYTES,
    MAX_TURNS,
    MAX_USES,
    MAX_WHO_BYTES,
    Fact,
    Memory,
    State,
    pack,
    unpack,
)
from doctor.machine import Visit
from doctor.scripts import DEFAULT_SCRIPT, load
from doctor.scripts.model import FACT_KINDS, QUESTION_KINDS

NOON = 1_790_000_000.0
#: Lines of the kinds that change different fields of a state; {} is another word each time.
KINDS = ["WHY DOES {} HATE ME", "my {} left me", "I am {}", "I want to die", "{}", "hm",
         "you are {}", "do you remember what i said about {}?", "my sister {} died",
         "he came back", "é😀 {} \ud83d", ""]  # fmt: skip


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def _word(number: int) -> str:
    letters = "bdfgklmnprst"
    return "".join(
        letters[number // 12**place % 12] + "aeiou"[number // (place + 1) % 5] for place in range(3)
    )


def _survives(state: State) -> None:
    packed = pack(state)
    assert unpack(packed) == state
    assert len(packed) <= 8192


def _texts(most: int) -> st.SearchStrategy[str]:
    texts = st.text("aé日😀 '", max_size=most)
    return texts.filter(lambda text: len(text.encode()) <= most and text.isprintable())


_MEMORIES = st.lists(
    st.builds(
        Memory,
        st.floats(allow_nan=False, allow_infinity=False),
        _texts(MAX_MEMORY_BYTES),
        st.integers(0, MAX_TIMES_USED) | st.just(MAX_TIMES_USED),
        st.integers(0, MAX_TURNS) | st.just(MAX_TURNS),
    ),
    max_size=MAX_MEMORIES,
).map(tuple)
_FACTS = st.lists(
    st.builds(
        Fact,
        st.sampled_from(["mother", "he", "dog", "anna"]) | _texts(MAX_WHO_BYTES),
        st.sampled_from(FACT_KINDS),
        _texts(MAX_WHO_BYTES),
        st.integers(0, MAX_TURNS) | st.just(MAX_TURNS),
    ),
    max_size=MAX_FACTS,
).map(tuple)
_ROWS = st.characters(max_codepoint=0xFFFF, exclude_categories=())
STATES = st.builds(
    State,
    st.integers(0, MAX_TURNS) | st.just(MAX_TURNS),
    st.integers(0, 255),
    st.integers(0, MAX_MIRRORED) | st.just(MAX_MIRRORED),
    st.integers(0, 0xFFFF),
    st.text(_ROWS, max_size=MAX_USES),
    st.text(_ROWS, max_size=MAX_REPLIES),
    st.text(_ROWS, max_size=MAX_LINES),
    _texts(MAX_TOPIC_BYTES),
    _MEMORIES,
    st.integers(0, ASK_REST) | st.just(ASK_REST),
    st.integers(0, MAX_CONCERN),
    st.integers(0, len(QUESTION_KINDS) - 1),
    _FACTS,
)


@given(STATES, st.lists(st.sampled_from(KINDS), min_size=1, max_size=8), st.integers(0, 1727))
@settings(max_examples=150, deadline=None)
def test_whatever_is_said_in_any_state_leaves_a_state_that_can_be_saved(
    state: State, kinds: list[str], number: int
) -> None:
    """In any state whose fields are as full as they may be, lines and visits leave another."""
    machine = listener()
    _survives(state)
    for kind in kinds:
        state = machine.respond(state, kind.format(_word(number)), NOON).state
        _survives(state)
    _survives(machine.greet(state, Visit("Ada", 3, NOON, 9), NOON + 9e5).state)


@pytest.mark.parametrize("kind", KINDS)
def test_no_run_of_one_kind_is_too_long(kind: str) -> None:
    """Three hundred lines of one kind, each with a new word, leave states that can be saved."""
    machine = listener()
    state = machine.start()
    for number in range(300):
        state = machine.respond(state, kind.format(_word(number * 5)), NOON + number).state
        _survives(state)


def test_counters_stop_at_what_their_fields_hold() -> None:
    """A counter that is full stays full, and the next reply is given all the same."""
    full = State(turns=MAX_TURNS, mirrored=MAX_MIRRORED)
    after = listener().respond(full, "why does Mary hate me", NOON).state
    assert (after.turns, after.mirrored) == (MAX_TURNS, MAX_MIRRORED)


def test_a_state_of_version_1_0_0_is_taken_up() -> None:
    """A state that begins with L1 lacks four fields, and is otherwise what it was."""
    memories = (Memory(NOON, "your sister is ill", 1, 4),)
    state = State(7, 3, 1, 9, "ab", "cd", "e", "your sister", memories)
    packed = pack(state)
    assert packed[:2] == b"L2"
    old = b"L1" + packed[2:10] + packed[12:-2]
    assert unpack(old) == state
    assert listener().respond(unpack(old), "hello", NOON).reply
    with pytest.raises(ValueError, match="listener's state"):
        unpack(b"L3" + packed[2:])
    with pytest.raises(ValueError, match="listener's state"):
        unpack(packed[:10] + bytes((ASK_REST + 1,)) + packed[11:])


@pytest.mark.parametrize("concern", [0, 1, 14, 99, MAX_CONCERN])
@pytest.mark.parametrize("said", ["yes", "no", "maybe", "the train was late"])
def test_a_concern_that_no_form_has_changes_nothing(concern: int, said: str) -> None:
    """Whatever number a saved state has for what was asked about, the next line is answered."""
    state = State(turns=3, quiet=1, asked=ASK_REST, concern=concern)
    response = listener().respond(state, said, NOON)
    assert response.reply
    _survives(response.state)


@given(STATES, st.integers(0, 9999), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_are_refused_or_read_as_another_state(
    state: State, place: int, byte: int
) -> None:
    """Any byte changed, or the end cut off, gives `ValueError` or a state that can be saved."""
    packed = bytearray(pack(state))
    packed[place % len(packed)] = byte
    for damaged in (bytes(packed), pack(state)[: place % len(packed)]):
        try:
            found = unpack(damaged)
        except ValueError:
            continue
        _survives(found)
