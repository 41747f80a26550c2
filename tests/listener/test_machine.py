"""The modern doctor: what it answers, what it keeps, and that nothing but its input decides."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.eliza import Eliza
from doctor.listener import Listener, decomposition, load_helplines
from doctor.listener.state import MAX_MEMORIES, Memory, State
from doctor.loading import machine_for
from doctor.machine import Visit
from doctor.scripts import DEFAULT_SCRIPT, check, load, parse
from doctor.scripts.model import KINDS_OF_WORD, Assemble

ROOT = Path(__file__).resolve().parents[2]
NOON = 1_790_000_000.0  # Monday, 21 September 2026, 13:13 UTC
DAY = 86_400.0


@cache
def listener() -> Listener:
    """Return the shipped doctor, telling dates in UTC."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines(), zone=UTC)


def talk(*lines: str, state: State | None = None, now: float = NOON) -> tuple[list[str], State]:
    """Return the replies to lines said a minute apart, and the state after them."""
    machine = listener()
    state = machine.start() if state is None else state
    replies = []
    for number, line in enumerate(lines):
        response = machine.respond(state, line, now + 60 * number)
        state = response.state
        replies.append(response.reply)
    return replies, state


def test_the_shipped_script_has_no_fault() -> None:
    """The script that ships is read without an error."""
    faults = [str(fault) for fault in check(DEFAULT_SCRIPT.read_text(encoding="utf-8"))]
    assert not [fault for fault in faults if ": error:" in fault]


def test_the_script_is_rich() -> None:
    """There are at least 150 keywords, and four things to say for each decomposition."""
    script = load(DEFAULT_SCRIPT)
    assert len(script.rules) >= 150
    assert listener().keyword_count >= 150
    for rule in script.rules:
        for way in rule.decompositions:
            says = [each for each in way.reassemblies if isinstance(each, Assemble)]
            assert len(says) >= 4 or not says, rule.keyword


def test_machine_for_chooses_by_script() -> None:
    """A script with extensions is played by the listener, another by the machine of 1966."""
    old = parse("(HELLO) START (NONE ((0) (GO ON))) (MY ((0) (YOUR WHAT)))"
                "(MEMORY MY (0 MY 0 = A) (0 MY 0 = B) (0 MY 0 = C) (0 MY 0 = D))")  # fmt: skip
    assert isinstance(machine_for(old), Eliza)
    assert isinstance(machine_for(load(DEFAULT_SCRIPT)), Listener)


@pytest.mark.parametrize("word", ["\u00b2", "\u0663", "9" * 20, "9" * 5000])
@pytest.mark.parametrize(
    "form", ["(MIRROR ((a {}) (You.)))", "(CARE x (PHRASES (a {})) (ANSWERS (I.)))"]
)
def test_what_looks_like_a_number_is_a_word(form: str, word: str) -> None:
    """A pattern of an extension takes any digits; what is no number of it is a word."""
    text = f"(Hi)\n(STYLE MODERN)\n{form.format(word)}\n(NONE ((0) (Go on.)))"
    played = Listener(parse(text), load_helplines())
    assert played.respond(played.start(), "a b", NOON).reply == "Go on."


def test_a_new_patient_and_a_returning_one() -> None:
    """A new patient is told that this is a program; a returning one is reminded, with a date."""
    machine = listener()
    first = machine.greet(machine.start(), Visit("Ada", 0, None, 0), NOON)
    assert "program" in first.reply
    assert "Ada" in first.reply
    _, state = talk("My sister is ill.", "I don't know.")
    back = machine.greet(state, Visit("Ada", 1, NOON, 2), NOON + 5 * DAY)
    assert "on Monday" in back.reply or "On Monday" in back.reply
    assert "your sister is ill" in back.reply
    again = machine.greet(back.state, Visit("Ada", 2, NOON, 2), NOON + 5 * DAY)
    assert "your sister is ill" not in again.reply


def test_a_memory_is_taken_up_when_a_line_offers_nothing() -> None:
    """What was said of a person comes back later, once, when a line has nothing to hold on to."""
    lines = ["My sister is ill.", "The rain fell.", "The shop shut.", "A tram came.",
             "The door creaked.", "A bird sang.", "Hm.", "Hm hm."]  # fmt: skip
    replies, _ = talk(*lines)
    recalled = [reply for reply in replies[1:] if "your sister is ill" in reply]
    assert len(recalled) == 1


@pytest.mark.parametrize(
    "packed",
    [b"", b"L1", b"E1" + bytes(20), bytes(50), b"L1" + b"\xff" * 200, b"L1" + bytes(11) + b"\xff"],
)
def test_unpack_refuses_what_was_not_packed(packed: bytes) -> None:
    """Bytes that no listener packed raise `ValueError` and nothing else."""
    with pytest.raises(ValueError, match="state"):
        listener().unpack(packed)


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_unpack_takes_any_bytes(packed: bytes) -> None:
    """Any bytes are either a state, which packs to the same bytes, or a `ValueError`."""
    machine = listener()
    try:
        state = machine.unpack(packed)
    except ValueError:
        return
    assert machine.pack(state) == packed


def test_a_state_stays_small() -> None:
    """However much is remembered, a packed state has at most 8 KiB."""
    memories = tuple(Memory(NOON, "\U0001f600" * 75, 3, 9) for _ in range(MAX_MEMORIES))
    rows = "\uffff" * 72, "\ud83d\ude00" * 75, "\x01" * 6
    state = State(2**31, 6, 2, 7, *rows, "é" * 60, memories)
    packed = listener().pack(state)
    assert len(packed) <= 8192
    assert listener().unpack(packed) == state


@given(st.text(alphabet="my \U00010428é", max_size=120))
def test_a_state_can_be_packed_whatever_was_called_mine(line: str) -> None:
    """What a patient calls theirs, in whatever letters, leaves a state that can be read back."""
    machine = listener()
    state = machine.respond(machine.start(), f"my {line} hurts", NOON).state
    assert machine.unpack(machine.pack(state)) == state


@given(st.text(max_size=120))
@settings(max_examples=150)
def test_any_line_gets_a_sentence(line: str) -> None:
    """Any text gets a reply of one to a few sentences, with a capital and a closing mark."""
    reply = talk(line)[0][0]
    assert reply
    assert reply[-1] in '.?!"…'
    assert len(reply) < 600
    assert "\n" not in reply


def test_every_kind_of_word_has_an_expression() -> None:
    """The tags that scripts may use without words are those that the machine can match."""
    assert decomposition.KIND_EXPRESSIONS.keys() == KINDS_OF_WORD


def test_explain_tells_what_respond_does() -> None:
    """The trace ends with the reply that `respond` gives, and says where its rule stands."""
    machine = listener()
    state = machine.start()
    for line in ("My mother hates me.", "hm", "kms", "I feel like you hate me", "12", "why?"):
        rows = machine.explain(state, line, NOON).rows()
        response = machine.respond(state, line, NOON)
        assert rows[0] == ("line", line)
        assert rows[-1] == ("reply", response.reply)
        assert any(row[0] == "source" for row in rows), line
        assert all("\t" not in field for row in rows for field in row)
        state = response.state


def test_replies_do_not_depend_on_the_process() -> None:
    """Another process with another hash seed gives the same replies and the same bytes."""
    program = (
        "from doctor.loading import load_machine\n"
        "m = load_machine(); s = m.start()\n"
        "for line in ['My sister is ill', 'I feel so sad today', 'kms', 'hm', 'we fight']:\n"
        "    r = m.respond(s, line, 1.0); s = m.unpack(m.pack(r.state)); print(r.reply)\n"
        "print(m.pack(s).hex())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("line", "keyword"),
    [
        ("", "EMPTY"),
        ("?!", "SYMBOLS"),
        ("\U0001f600\U0001f600", "SMILE"),
        ("12 34 56", "NUMBERS"),
        ("http://example.org/a?b=c", "ADDRESS"),
        ("asdf lkjh qwer", "NOISE"),
        ("Ich bin heute sehr traurig", "LANGUAGE"),
        ("мне очень грустно", "LANGUAGE"),
        ("word " * 800, "LONG"),
    ],
)
def test_odd_lines_are_answered_as_what_they_are(line: str, keyword: str) -> None:
    """A line that is no sentence gets an answer of its kind, and none echoes it."""
    machine = listener()
    response = machine.respond(machine.start(), line, NOON)
    assert response.keyword == keyword
    assert len(response.reply) < 200


def test_repetition_and_echo_are_noticed() -> None:
    """A line said again, and the doctor's own words handed back, are met as such."""
    machine = listener()
    first = machine.respond(machine.start(), "My brother never calls me.", NOON)
    again = machine.respond(first.state, "my brother never calls me", NOON)
    assert again.keyword == "REPEATED"
    echo = machine.respond(again.state, first.reply, NOON)
    assert echo.keyword == "ECHO"


def test_the_clause_that_weighs_most_is_answered() -> None:
    """Of several sentences the one of most weight is answered, wherever it stands."""
    for line in ("It rained. My mother hates me. We had soup.", "My mother hates me. It rained."):
        assert "mother" in talk(line)[0][0]


def test_a_captured_piece_ends_with_its_clause() -> None:
    """What is taken from the patient stops at the clause's end and never hangs in the air."""
    reply = talk("I want a dog, but I live in a tiny flat and the landlord hates dogs.")[0][0]
    assert "but" not in reply.split()
    assert len(reply.split()) <= 32


def test_components_have_places_in_the_line() -> None:
    """The pieces of a trace say where they stand in the patient's own line."""
    line = "well,  im so tired of my job!"
    rows = listener().explain(listener().start(), line, NOON).rows()
    pieces = [row for row in rows if row[0] == "component" and row[3]]
    assert any(line[int(row[3]) : int(row[4])] == "my job" for row in pieces)
    assert any(line[int(row[3]) : int(row[4])] == "im" for row in pieces)


def test_one_listener_serves_many_threads() -> None:
    """Eight threads share one listener, and each patient is answered as if alone."""
    # A fresh one, so that threads race to compile it.
    machine = Listener(load(DEFAULT_SCRIPT), load_helplines())
    lines = ["My sister is ill.", "I feel sad today", "why?", "hm", "I can't sleep", "kms"]

    def conversation(_: int) -> list[str]:
        state, replies = machine.start(), []
        for line in lines * 3:
            response = machine.respond(state, line, NOON)
            state = response.state
            replies.append(response.reply)
        return replies

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(conversation, range(40)))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("name", ["", "Visitor Gentle Silver Heron"])
def test_who_has_no_name_is_greeted_without_one(name: str) -> None:
    """Nobody is called "there", and a name given at the door of an exhibition is not said."""
    machine = listener()
    for turns in range(12):
        state = machine.start()._replace(turns=turns)
        for sessions in (0, 1):
            reply = machine.greet(state, Visit(name, sessions, None, sessions), NOON).reply
            assert "there," not in reply
            assert ", there" not in reply
            assert "Visitor" not in reply
            assert ", ." not in reply
            assert reply.isprintable()


@pytest.mark.parametrize("line", ["What is 2+2?", "<script>alert(1)", "my score was 5*5", "a+b=c"])
def test_what_is_quoted_lacks_no_mark(line: str) -> None:
    """Words that lose a mark of the patient's on the way are not said back."""
    machine = listener()
    for turns in range(20):
        reply = machine.respond(machine.start()._replace(turns=turns), line, NOON).reply
        assert not any(lost in reply for lost in ("22", "scriptalert", "55", "abc")), reply


def test_a_greeting_begins_each_sentence_with_a_capital() -> None:
    """Whenever a patient comes back, by whatever name, no sentence begins in lower case."""
    machine = listener()
    _, state = talk("My sister is ill.")
    for name in ("X", "ann", "J.", "Prof. Ünal", "WHEN", ""):
        for days in (0, 1, 5, 9, 40, 500):
            for turns in range(10):
                visit = Visit(name, 1, NOON, 2)
                reply = machine.greet(state._replace(turns=turns), visit, NOON + days * DAY).reply
                assert not re.search(r"[.?!] [a-z]", reply.replace("Prof. ", "")), reply


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("i lost weight", "What was weight"),
        ("i hurt my knee", '"'),
        ("You said you were a doctor", "It was meant as a question"),
        ("i want my mom", "If you had your mom"),
        ("My wife passed away in February.", "know of that"),
        ("his wife kept thanking me", "Your words are kept"),
        ("nobody ever says thank you", "kindly said"),
        ("maybe i should just not go", "Go well"),
        ("people look at me like I am dirty", "to be dirty"),
        ("what do you reckon i should do about it all", "didn't do about"),
        ("i deleted the app like six times", "/forget"),
        ("he recorded a song", "saved"),
        ("I never said anything", "Whatever comes"),
        ("the ending was sad", "/quit"),
        ("i didnt cry this much when my grandad died", "as you say it"),
    ],
)
def test_a_line_is_not_taken_for_another(line: str, broken: str) -> None:
    """Lines that were once answered beside the point are not, whoever says them."""
    machine = listener()
    for turns in range(12):
        reply = machine.respond(machine.start()._replace(turns=turns), line, NOON).reply
        assert broken not in reply, reply


def test_who_am_i_is_asked_whole() -> None:
    """A question that ends with "I" keeps it when it is said back."""
    for line in ("how am i", "why am i", "what am i"):
        replies, _ = talk(line)
        assert ' am?"' not in replies[0]
