"""A host's state as a value and as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.host import Host, HostState
from doctor.host.state import (
    MAX_BYTES,
    MAX_MEMBERS,
    MAX_QUOTABLES,
    Member,
    Quotable,
    WaitingLine,
    _most_bytes,
    clip,
    fit,
    pack,
    unpack,
)
from tests.support.fake_machine import FakeMachine

TIMES = st.floats(0, 4e9, allow_nan=False)
COUNTS = st.integers(0, 0xFFFF_FFFF)


def texts(most: int, least: int = 0) -> st.SearchStrategy[str]:
    """Return texts as a state has them."""
    every = st.text(min_size=least, max_size=80)
    return every.map(lambda text: clip(text, most)).filter(lambda text: len(text) >= least)


MEMBERS = st.builds(
    Member,
    texts(200, 1),
    st.booleans(),
    TIMES,
    TIMES,
    TIMES,
    COUNTS,
    COUNTS,
    st.booleans(),
    TIMES,
    st.booleans(),
    st.integers(0, 3),
    texts(240),
    st.binary(max_size=300),
)
STATES = st.builds(
    HostState,
    COUNTS,
    COUNTS,
    COUNTS,
    COUNTS,
    COUNTS,
    COUNTS,
    COUNTS,
    COUNTS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 0xFFFF),
    texts(200),
    texts(240),
    texts(200),
    texts(200),
    texts(200),
    texts(240),
    st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=()), max_size=200),
    st.none() | st.builds(WaitingLine, texts(200, 1), texts(2000, 1), TIMES, st.integers(1, 3)),
    st.lists(MEMBERS, max_size=8, unique_by=lambda each: each.name).map(tuple),
    st.lists(
        st.builds(Quotable, texts(200, 1), texts(200, 1), COUNTS, st.booleans()), max_size=8
    ).map(tuple),
)


@given(STATES)
def test_a_state_comes_back_from_its_bytes(state: HostState) -> None:
    """What `pack` returns `unpack` takes, and gives the same value."""
    assert unpack(pack(state)) == state


@given(STATES)
def test_a_size_is_never_taken_for_less_than_it_is(state: HostState) -> None:
    """What `fit` reckons without packing is at least what `pack` makes."""
    assert _most_bytes(state) >= len(pack(state))


@given(STATES, st.data())
def test_other_bytes_are_refused_or_are_a_state(state: HostState, data: st.DataObject) -> None:
    """Bytes that are cut, longer or changed are a ValueError, or a state that packs the same."""
    packed = bytearray(pack(state))
    where = data.draw(st.integers(0, len(packed) - 1))
    packed[where] ^= data.draw(st.integers(1, 255))
    for each in (bytes(packed), bytes(packed[:where]), bytes(packed) + b"\0"):
        try:
            found = unpack(each)
        except ValueError:
            continue
        assert pack(found) == each


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    """Bytes that no host made are a ValueError and nothing else."""
    for each in (data, b"H2" + data):
        with pytest.raises(ValueError, match=r"state|decode|magic"):
            unpack(each)


def test_a_machine_state_is_checked_too() -> None:
    """A host's state with another machine's state in it is refused."""
    host = Host(FakeMachine())
    good = HostState(members=(Member("Ada", state=host.machine.pack(3)),))
    assert host.unpack(host.pack(good)) == good
    with pytest.raises(ValueError, match="not a count"):
        host.unpack(host.pack(HostState(members=(Member("Ada", state=b"abc"),))))


def test_a_state_is_never_too_large() -> None:
    """With most members, names and lines of the greatest length, least needed things are left."""
    members = tuple(
        Member(f"{number:03}" + "é" * 90, turn=number, last="x" * 200, state=b"s" * 3000)
        for number in range(MAX_MEMBERS + 40)
    )
    quotables = tuple(Quotable("Ada", "y" * 200, number) for number in range(MAX_QUOTABLES + 40))
    state = HostState(members=members, quotables=quotables, crowd=3)
    keep = members[5].name
    fitting = fit(state, keep)
    assert len(pack(fitting)) <= MAX_BYTES
    assert unpack(pack(fitting)) == fitting
    assert fitting.find(keep) == members[5]
    assert len(fitting.members) + fitting.crowd == len(members) + 3
    assert fit(fitting, keep) == fitting


def test_what_was_taken_up_is_dropped_first() -> None:
    """Of too many lines the oldest that was taken up goes, or else the oldest."""
    lines = tuple(Quotable("Ada", f"line {turn}", turn) for turn in range(1, MAX_QUOTABLES + 2))
    state = HostState(members=(Member("Ada"),), quotables=lines)
    assert fit(state, "Ada").quotables == lines[1:]
    used = [each._replace(used=each.turn in {7, 9}) for each in lines]
    kept = fit(state._replace(quotables=tuple(used)), "Ada").quotables
    assert [each.turn for each in kept] == [each.turn for each in lines if each.turn != 7]


@given(STATES, st.data())
def test_a_member_is_put_in_its_place(state: HostState, data: st.DataObject) -> None:
    """A member who is known stays in its place among the others; a new one is the last."""
    names = [each.name for each in state.members]
    name = data.draw(st.sampled_from([*names, "Somebody new"]))
    after = state.put(Member(name, lines=7), turn=9)
    assert [each.name for each in after.members] == [*names, *([name] if name not in names else [])]
    assert after.find(name) == Member(name, lines=7)
    others = [each for each in state.members if each.name != name]
    assert [each for each in after.members if each.name != name] == others
    assert after.turn == 9
