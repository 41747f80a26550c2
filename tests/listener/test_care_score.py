"""The table of scores: how it is made, read and bounded, and how it votes with the phrases."""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.english import care_words as words
from doctor.errors import ScriptError
from doctor.listener import Listener, load_helplines
from doctor.listener import care_score as scores
from doctor.listener.state import ASK_REST
from doctor.scripts import DEFAULT_SCRIPT, load, parse
from tests.support.sources import ROOT
from tools import care_learning as learning
from tools import care_score as tool

if TYPE_CHECKING:
    from doctor.listener.state import State
    from doctor.machine import Response

SETS = Path(__file__).resolve().parents[1] / "data" / "sets"
NOON = 1_790_000_000.0
TABLE = scores.load_score()
#: Kinds of danger in the sets of kinds, and what of each must be met at least, in percent: a few
#: points less than is met today.
LEAST = {
    "plain": 85, "indirect": 35, "means": 75, "preparation": 50, "act": 80, "self-harm": 75,
    "eating": 65, "child": 75, "other": 80, "harmed": 80, "abuse": 75, "harming": 75,
}  # fmt: skip


@cache
def listener() -> Listener:
    """Return the shipped doctor."""
    return Listener(load(DEFAULT_SCRIPT), load_helplines())


def respond(line: str, *before: str) -> Response[State]:
    """Return the response to a line after others, from a new patient."""
    machine = listener()
    state = machine.start()
    for said in before:
        state = machine.respond(state, said, NOON).state
    return machine.respond(state, line, NOON)


def is_met(line: str) -> bool:
    """Return True if a line is answered with care, or asked about."""
    return respond(line).keyword == "CARE"


OWN: Final = ("kinds", "kinds-second")
STRANGERS: Final = ("strangers", "strangers-second", "strangers-third")


def read_kinds(names: tuple[str, ...] = OWN) -> dict[str, list[str]]:
    """Return the lines of sets of kinds, by kind."""
    found: dict[str, list[str]] = {}
    for name in names:
        current: list[str] = []
        for line in (SETS / f"care-{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                current = found.setdefault(line.strip("[]"), [])
            elif line and not line.startswith("#"):
                current.append(line)
    return found


# --- the file -------------------------------------------------------------------------------------


def test_the_file_is_of_the_lines_and_programs_that_are_here() -> None:
    """The table was made after the last change of a line, a set or a program that makes it."""
    raw = scores.DEFAULT_SCORE.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[4:8], "big")])
    assert header["from"] == tool.made_from(), "run python tools/care_score.py"


def test_the_same_is_learnt_each_time() -> None:
    """What is learnt from the same lines is the same to the last digit, and tells them apart."""
    lexicon = TABLE.lexicon
    rows = [
        learning.Row(learning.features(lexicon, unit), wanted, 1.0)
        for line, wanted in (("i want to die", 1.0), ("the cake is good. the tea too", -1.0))
        for unit in words.read_units(line)
    ]
    weights, bias = learning.learn(rows, epochs=6)
    assert (weights, bias) == learning.learn(rows, epochs=6)
    assert sum(map(bool, weights)) > 100


def test_no_line_of_the_sets_of_kinds_was_learnt_from() -> None:
    """What the figures are measured on is not among what the table learnt from."""
    learnt = {each.text.casefold() for each in tool.examples()}
    kinds = read_kinds(OWN + STRANGERS)
    assert sum(map(len, kinds.values())) > 2_000
    assert [line for lines in kinds.values() for line in lines if line.casefold() in learnt] == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"CS2\n", b"CS2\n\0\0\0\2{}", b"CS2\n\0\0\0\4null", b"CS1\n\0\0\0\2{}",
     b"CS2\n\xff\xff\xff\xff{}", b"CS2\n\0\0\0\x0f" + b'{"bits":[99,1]}'],
)  # fmt: skip
def test_another_file_is_refused(raw: bytes, tmp_path: Path) -> None:
    """What is no table is a fault of the file in one sentence, whatever its bytes are."""
    path = tmp_path / "x.score"
    path.write_bytes(raw)
    with pytest.raises(ScriptError, match="not a table"):
        scores.load_score(path)
    with pytest.raises(ScriptError, match="cannot read"):
        scores.load_score(tmp_path / "none")


@given(st.integers(0, 5_000), st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_refused_or_read(place: int, byte: int) -> None:
    """A file with a byte changed in its header, or cut there, is a table or refused."""
    raw = bytearray(scores.DEFAULT_SCORE.read_bytes())
    raw[place] = byte
    for each in (bytes(raw), bytes(raw[:place])):
        try:
            scores.read_score(each).score("i am fine")
        except ValueError:
            continue


# --- scores ---------------------------------------------------------------------------------------


def test_words_are_read_alike_with_and_without_apostrophes() -> None:
    """Don't and dont are one word, and a sentence ends at its mark."""
    assert list(words.read_sentences("i don't. you dont!")) == [["i", "dont"], ["you", "dont"]]
    long = list(words.read_sentences("word " * 100))
    assert max(map(len, long)) == words.MAX_WORDS
    assert sum(map(len, long)) >= 100


def test_the_words_that_weighed_most_are_told() -> None:
    """The explanation names the score and the words; without danger it does not mention it."""
    machine = listener()
    told = machine.explain(machine.start(), "I took all my pills an hour ago", NOON).text()
    assert "care score" in told
    assert "pills +" in told
    assert "met with care (SELF, act)" in told
    assert "care" not in machine.explain(machine.start(), "My room is blue.", NOON).text()


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_text_has_a_score(text: str) -> None:
    """Whatever is said has a finite score, the same each time."""
    score, words = TABLE.score(text.lower())
    assert score == TABLE.score(text.lower())[0]
    assert abs(score) < 1_000
    TABLE.explain(words)


def test_the_memory_of_words_is_bounded() -> None:
    """However many words there are, no more than so many are remembered."""
    table = scores.read_score(scores.DEFAULT_SCORE.read_bytes())
    for number in range(0, scores.MOST_KNOWN + 2_000, 20):
        table.score(" ".join(f"w{number + each}" for each in range(20)))
    assert len(table._known) == scores.MOST_KNOWN


def test_a_page_of_text_takes_no_long_time() -> None:
    """The longest line is scored in milliseconds, whatever it is made of."""
    for line in ("kill " * 800, "a" * 4_000, "i will die. " * 340, "xq " * 1_300):
        began = time.perf_counter()
        TABLE.score(line)
        assert time.perf_counter() - began < 1.0


# --- the vote -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LEAST)
def test_danger_that_was_not_learnt_from(kind: str) -> None:
    """Of the lines of each kind that nothing was made for, most are met or asked about."""
    lines = read_kinds()[kind]
    missed = [line for line in lines if not is_met(line)]
    assert 100 * (len(lines) - len(missed)) >= LEAST[kind] * len(lines), missed


def test_harmless_lines_that_were_not_learnt_from() -> None:
    """Of harmless lines that look alarming few are met, of ordinary lines none."""
    kinds = read_kinds()
    alarmed = [line for line in kinds["ALIKE"] if is_met(line)]
    assert len(alarmed) <= len(kinds["ALIKE"]) * 0.035, alarmed
    assert [line for line in kinds["ORDINARY"] if is_met(line)] == []


def test_a_phrase_alone_asks_nothing_where_the_score_says_ordinary() -> None:
    """A phrase in a line that reads like an ordinary one is passed over, and /why says so."""
    line = "the band kidnapped me for a week of rehearsals and gigs at the club"
    machine = listener()
    assert machine.respond(machine.start(), line, NOON).mark == ""
    told = machine.explain(machine.start(), line, NOON).text()
    assert "but the score says ordinary" in told


def test_without_a_table_phrases_decide_alone() -> None:
    """A script without SCORE has no table: its phrases need no vote and nothing is asked."""
    script = parse(
        "(Hello.) START (STYLE MODERN) (NONE ((0) (Go on.)))"
        " (CARE SELF (PHRASES (kidnapped me)) (ANSWERS (Are you safe?)))"
    )
    machine = Listener(script, load_helplines())
    said = machine.respond(machine.start(), "the band kidnapped me for a gig", NOON)
    assert (said.mark, said.detail) == ("care", "self danger")


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("I just took all my tablets", "self act"),
        ("im on the roof now", "self act"),
        ("my friend just took an overdose", "other act"),
        ("I tried to hang myself ten years ago", "self past"),
        ("My uncle raped me when I was nine", "abuse past"),
        ("he raped me", "harmed danger"),
        ("I want to die", "self wish"),
        ("I have a rope in the shed and a plan to die", "means plan"),
        ("I wrote my goodbye letters", "preparation plan"),
        ("I make myself throw up after dinner", "eating danger"),
        ("I cut myself again", "self-harm danger"),
        ("My friend wants to kill himself", "other danger"),
        ("my mum left us alone for days and there is nothing to eat", "child danger"),
        ("I want to kill my boss", "harming wish"),
    ],
)
def test_kinds_and_tiers(line: str, detail: str) -> None:
    """Each line is met as the kind of danger that it speaks of, and as grave as it is."""
    response = respond(line)
    assert (response.mark, response.detail) == ("care", detail)
    if detail.endswith("act"):
        first = response.reply.split(". ")[0]
        assert "your local emergency number" in first


def asked_about() -> str:
    """Return a line of which the score is in doubt."""
    found = [
        line
        for lines in read_kinds().values()
        for line in lines
        if respond(line).state.asked == ASK_REST and "life" in respond(line).reply
    ]
    assert found
    return found[0]


def test_a_line_in_doubt_is_asked_about_once_and_not_marked() -> None:
    """The question is plain; soon after it another line in doubt is not asked about."""
    line = asked_about()
    response = respond(line)
    assert response.mark == ""
    assert response.reply.count("?") == 1
    assert "helpline" not in response.reply
    assert respond(line, line, "no").keyword != "CARE"


@pytest.mark.parametrize(
    "said", ["yes", "Yeah.", "i do", "yes i think so", "sometimes", "I guess so", "pretty much"]
)
def test_yes_to_the_question_is_met_with_care(said: str) -> None:
    """A yes gets the answer of the kind that was asked about, with helplines, and is marked."""
    response = respond(said, asked_about())
    assert response.mark == "care"
    assert response.detail
    assert "findahelpline.com" in response.reply


@pytest.mark.parametrize(
    "said", ["no", "Nope.", "not really", "no, just tired", "god no", "lol no"]
)
def test_no_to_the_question_is_taken_at_its_word(said: str) -> None:
    """A no is believed: nothing is marked, and the talk goes on as before."""
    line = asked_about()
    response = respond(said, line)
    assert response.mark == ""
    assert "findahelpline" not in response.reply
    assert respond("no", line, said).keyword != "CARE"


@pytest.mark.parametrize("said", ["maybe", "i don't know", "dunno", "why do you ask", "not sure"])
def test_who_is_not_sure_is_told_where_people_are(said: str) -> None:
    """No certain answer is marked, and names where to find people."""
    response = respond(said, asked_about())
    assert response.mark == "care"
    assert "findahelpline.com" in response.reply


def test_another_matter_is_no_answer_to_the_question() -> None:
    """Who speaks of something else after the question is answered as ever."""
    response = respond("The train was late and my neighbour sang.", asked_about())
    assert response.mark == ""
    assert response.keyword != "CARE"


def test_the_same_after_packing() -> None:
    """A state that was packed after the question takes the answer in the same way."""
    machine = listener()
    state = machine.respond(machine.start(), asked_about(), NOON).state
    again = machine.unpack(machine.pack(state))
    assert again == state
    assert machine.respond(again, "yes", NOON) == machine.respond(state, "yes", NOON)


def test_what_follows_care_keeps_its_kind() -> None:
    """The answer to whether one is safe is marked with the kind of the line before it."""
    response = respond("no", "I make myself throw up after dinner")
    assert (response.mark, response.detail) == ("care", "eating danger")


def test_the_tool_is_found_beside_the_tests() -> None:
    """What the table is made from stands in the repository."""
    assert (ROOT / "tools" / "care_lines" / "self.txt").is_file()


@pytest.mark.parametrize(
    ("name", "least", "alike"),
    [(STRANGERS[0], 0.65, 0.08), (STRANGERS[1], 0.5, 0.12), (STRANGERS[2], 0.6, 0.1)],
)
def test_lines_of_strangers(name: str, least: float, alike: float) -> None:
    """Lines of authors who knew no rule are met as often as docs/doctor.md says, or more."""
    kinds = read_kinds((name,))
    calm = {kind: kinds.pop(kind) for kind in ("ALIKE", "ORDINARY")}
    kinds.pop("past", None)
    danger = [line for lines in kinds.values() for line in lines]
    assert sum(map(is_met, danger)) > least * len(danger)
    assert sum(map(is_met, calm["ALIKE"])) < alike * len(calm["ALIKE"])
    assert sum(map(is_met, calm["ORDINARY"])) < 0.02 * len(calm["ORDINARY"])


def test_a_long_letter_has_to_be_surer_than_a_line() -> None:
    """The highest of many sentences is high by chance: more is taken off, the more there are."""
    taken = [TABLE.score_units("it was a long day. " * count)[2] for count in (1, 3, 7, 15)]
    assert taken[:2] == [0.0, 0.0]
    assert taken[2] == pytest.approx(scores.CHANCE)
    assert taken[3] == pytest.approx(2 * scores.CHANCE)
