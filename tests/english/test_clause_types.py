"""What kind of thing a clause tells, told by its grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.english.clause_types import KINDS, OWNERS, TONES, types_of
from doctor.english.tokenizer import Tokenizer

#: Clauses that people say, by what they tell.
SAID = {
    "EVENT/MINE": [
        "I left him", "we moved to Riga", "I lost my keys", "my mother called", "I got the job",
        "my dog died", "my son passed his exam", "I cried in the bathroom", "I have told my boss",
        "we had a fight", "I fell down the stairs", "I quit my job", "my wife left me",
        "I didn't call him", "I did not get the job", "we did it again",
    ],
    "EVENT/OTHERS": [
        "they have fired me", "she won the race", "it rained all day", "he hit me",
        "the shop shut", "he told me a joke", "she has moved out", "they laughed at me",
        "somebody broke the window", "the doctor gave me tablets",
        "she didn't come", "he did not call",
    ],
    "WAS/MINE": [
        "I was alone", "I felt sad", "we were happy once", "I wasn't ready", "I knew it",
        "my room was cold", "I used to paint", "I wanted a dog", "I was fired", "I didn't know it",
        "I didn't want to go",
    ],
    "WAS/OTHERS": ["she was kind", "the house was empty", "they were strict", "he loved her",
                   "it was dark", "she had a garden"],
    "STATE/MINE": [
        "I am tired", "we have no money", "I hate my job", "I miss her", "I don't trust him",
        "I can't sleep", "my sister is ill", "I know him", "I love my cat", "we are married",
        "I feel empty", "I've been crying", "my hands are cold",
    ],
    "STATE/OTHERS": ["she is ill", "he has a temper", "the house is quiet", "they are rich"],
    "HABIT/MINE": [
        "I always wait", "I work too much", "I wake up at four", "my boss shouts",
        "I drink every night", "we eat at six", "my kids argue", "I call her on Sundays",
    ],
    "HABIT/OTHERS": [
        "she drinks", "he never calls me", "they talk about me", "she says I am lazy",
        "nobody listens", "he comes home late", "the dog barks all night",
    ],
    "PLAN/MINE": [
        "I will leave", "I want to sleep", "we might move", "I hope to see her",
        "I'm going to tell him", "I would like a dog", "we plan to marry", "I need to go",
        "I will come back tomorrow", "I'd like to know",
    ],
    "PLAN/OTHERS": ["she wants to leave", "they will shut the shop", "he is going to call"],
    "OPINION/MINE": ["I think he lies", "I should go", "I believe in nothing", "we must stop"],
    "OPINION/OTHERS": [
        "people are cruel", "life is unfair", "men are strange", "she should know",
        "it is too late", "that is not fair",
    ],
}  # fmt: skip


def _types(line: str) -> frozenset[str]:
    return types_of(Tokenizer({}).read(line).clauses[0])


@pytest.mark.parametrize(
    ("types", "line"), [(k, each) for k, lines in SAID.items() for each in lines]
)
def test_kind_and_owner(types: str, line: str) -> None:
    """Each of a hundred clauses is told for what it is, and as whose."""
    assert set(types.split("/")) <= _types(line)


def test_there_are_a_hundred_clauses() -> None:
    """The table has at least a hundred clauses, of every kind and owner."""
    assert sum(map(len, SAID.values())) >= 100
    assert {part for types in SAID for part in types.split("/")} == KINDS | OWNERS


@pytest.mark.parametrize(
    ("line", "tone"),
    [("my dog died", "BAD"), ("I am happy", "GOOD"), ("we moved to Riga", "EVEN"),
     ("I failed my exam", "BAD"), ("she got promoted", "GOOD")],
)  # fmt: skip
def test_tone(line: str, tone: str) -> None:
    """Good and bad are told by the words in a clause."""
    assert tone in _types(line)


@given(st.text(min_size=1, max_size=80))
def test_any_clause_has_one_type_of_each(line: str) -> None:
    """Whatever is typed has one kind, one owner and one tone."""
    for clause in Tokenizer({}).read(line).clauses:
        types = types_of(clause)
        assert [len(types & group) for group in (KINDS, OWNERS, TONES)] == [1, 1, 1]
