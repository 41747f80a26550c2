"""Ten people, twenty-five lines each: what the doctor says to them, and how varied it is."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING

import pytest

from doctor.english.lexicon import words
from doctor.listener import Listener, load_helplines
from doctor.scripts import DEFAULT_SCRIPT, load
from tests.support.monologues import FILES, files, patient_lines, played
from tests.support.varied_lines import varied_lines

if TYPE_CHECKING:
    from pathlib import Path

NOON = 1_790_000_000.0
_BROKEN = re.compile(
    r"\byou am\b|\bi are\b|\bam you\b|\bto i\b|\b(\w+) \1\b|\s[,.?!]|\byou was\b|\bdid be\b"
)
_SMALL = words(
    "the a an i you me my your we us our he she it they it them him her his and or but so to of in "
    "on at for with about is are was were am be been do does did have has had not no what who when "
    "where why how that this there if as from by up out all just really very can could will would "
    "should than then too more it's don't say tell"
)


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def content_words(text: str) -> set[str]:
    """Return the words of a text that say something."""
    return set(re.findall(r"[a-z']{3,}", text.lower())) - _SMALL


@cache
def long_run() -> tuple[tuple[str, str], ...]:
    """Return the varied lines, said in one conversation, each with its reply."""
    machine = listener()
    state, pairs = machine.start(), []
    for number, line in enumerate(varied_lines()):
        response = machine.respond(state, line, NOON + 60 * number)
        state = response.state
        pairs.append((line, response.reply))
    return tuple(pairs)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_conversation(path: Path) -> None:
    """The doctor says in each conversation what was read aloud and kept."""
    assert "\n".join(played(listener(), path)) + "\n" == path.read_text(encoding="utf-8")


def test_there_are_ten_of_twenty_five() -> None:
    """Ten people say twenty-five lines each, within a visit or over three."""
    counts = [len(patient_lines(path)) for path in files()]
    assert counts == [25] * 10


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_conversation_survives_packing(path: Path) -> None:
    """A state packed and unpacked after every line gives the same conversation."""
    machine = listener()
    kept, packed = machine.start(), machine.start()
    for number, line in enumerate(patient_lines(path)):
        first = machine.respond(kept, line, NOON + number)
        second = machine.respond(packed, line, NOON + number)
        assert first == second
        kept, packed = first.state, machine.unpack(machine.pack(second.state))


@pytest.mark.parametrize("name", ["people", "people-apart"])
def test_people_of_a_second_author(name: str) -> None:
    """Forty strangers get no reply with a slip, and nobody the same reply twice."""
    machine, state, replies = listener(), listener().start(), set[str]()
    path = FILES.parent / "sets" / f"{name}.txt"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        if line.startswith("["):
            state, replies = machine.start(), set()
        elif line and not line.startswith("#"):
            response = machine.respond(state, line, NOON + 60 * number)
            state = response.state
            assert not _BROKEN.search(response.reply.lower()), (line, response.reply)
            assert response.reply not in replies, line
            replies.add(response.reply)


def test_no_broken_english() -> None:
    """None of a thousand replies has a slip that a lint for grammar finds."""
    for line, reply in long_run():
        assert not _BROKEN.search(reply.lower()), (line, reply)
        assert reply[0].isupper() or reply[0] in '"0123456789', (line, reply)
        assert reply[-1] in '.?!"', (line, reply)
        assert len(reply.split()) <= 40, (line, reply)


def test_few_replies_are_generic() -> None:
    """At most a quarter of a thousand replies are words that three different lines were given."""
    lines_of: defaultdict[str, set[str]] = defaultdict(set)
    for line, reply in long_run():
        lines_of[reply].add(line)
    generic = sum(len(lines_of[reply]) >= 3 for _, reply in long_run())
    assert generic <= len(long_run()) / 4


def test_most_replies_take_something_up() -> None:
    """At least half of a thousand replies have a content word of the patient's in them."""
    taken = sum(bool(content_words(line) & content_words(reply)) for line, reply in long_run())
    assert taken >= len(long_run()) / 2


def test_no_reply_comes_twice_within_thirty() -> None:
    """No reply is given twice within thirty exchanges, nor within a run of 150 lines."""
    replies = [reply for _, reply in long_run()]
    for place, reply in enumerate(replies):
        assert reply not in replies[max(0, place - 30) : place], reply
    assert len(set(replies[:150])) == 150


def test_lines_with_nothing_in_them_do_not_bring_repetition() -> None:
    """Thirty lines of no content, one like the other, still get thirty different replies."""
    machine, replies = listener(), []
    state = machine.start()
    for number, line in enumerate(["ok", "hm", "yes", "I see", "...", "no"] * 5):
        response = machine.respond(state, line, NOON + number)
        state = response.state
        replies.append(response.reply)
    assert len(set(replies)) == len(replies)
