"""Decomposition, held against a matcher so plain that it can be checked by eye."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.eliza.decomposition import make_matcher, needed
from doctor.scripts.model import Nothing, OneOf, Tagged

if TYPE_CHECKING:
    from doctor.scripts.model import Element, Pattern

TAGGED = {"VOWEL": ("A", "E"), "EMPTY": ()}
ELEMENTS = (
    st.sampled_from([0, 0, 0, 1, 2, "A", "B", "C"])
    | st.sampled_from([OneOf(("A", "C")), Tagged(("VOWEL",)), Tagged(("EMPTY", "NONE"))])
    | st.just(Nothing(("A",)))
)
PATTERNS = st.lists(ELEMENTS, min_size=1, max_size=6).map(tuple)
WORDS = st.lists(st.sampled_from("ABCDE"), max_size=9)


def fits(element: Element, word: str) -> bool:
    """Tell whether one word matches an element that is no number."""
    match element:
        case OneOf(words=words):
            return word in words
        case Tagged(tags=tags):
            return any(word in TAGGED.get(tag, ()) for tag in tags)
        case Nothing():
            return False
        case _:
            return word == element


def plainly(pattern: Pattern, words: list[str], start: int = 0) -> tuple[int, ...] | None:
    """Return where the components end: the first way, free components as short as can be."""
    if not pattern:
        return () if start == len(words) else None
    element, *rest = pattern
    if isinstance(element, int):
        least, most = (element, element) if element else (0, len(words) - start)
        if start + least > len(words):
            return None
        ends = range(start + least, start + most + 1)
    elif start < len(words) and fits(element, words[start]):
        ends = range(start + 1, start + 2)
    else:
        return None
    for end in ends:
        after = plainly(tuple(rest), words, end)
        if after is not None:
            return (end, *after)
    return None


@given(PATTERNS, WORDS)
def test_every_pattern_matches_as_the_plain_matcher_does(
    pattern: Pattern, words: list[str]
) -> None:
    """The same texts match, with the same components, as when every way is tried in turn."""
    ends = plainly(pattern, words)
    assert make_matcher(pattern, TAGGED)(words) == (None if ends is None else (0, *ends))


@given(PATTERNS, WORDS)
def test_a_text_that_matches_has_what_is_needed(pattern: Pattern, words: list[str]) -> None:
    """No rule is left out for a word that it does not need."""
    if make_matcher(pattern, TAGGED)(words) is not None:
        assert all(each & set(words) for each in needed(pattern, TAGGED))


@pytest.mark.parametrize(
    ("pattern", "text", "components"),
    [
        ((1, 0, 2, "ITS", 0), "MARY HAD A LITTLE LAMB ITS GONE", "MARY|HAD A|LITTLE LAMB|ITS|GONE"),
        ((0, "I", 0, "YOU"), "I HATE YOU AS I LOVE YOU", "|I|HATE YOU AS I LOVE|YOU"),
        (("A", 0), "A", "A|"),
        ((0, 0), "A B", "|A B"),
        ((0, "A", 0, 0, "B", 0), "A X A B B", "|A||X A|B|B"),
    ],
)
def test_components(pattern: Pattern, text: str, components: str) -> None:
    """Components are what the words between the bounds are."""
    words = text.split()
    bounds = make_matcher(pattern, {})(words)
    assert bounds is not None
    found = [" ".join(words[a:b]) for a, b in pairwise(bounds)]
    assert found == components.split("|")


def test_a_pattern_of_many_free_components_takes_no_exponential_time() -> None:
    """A pattern that would never be decided by trying every way in turn is decided at once."""
    repeated: list[Element] = [0, "A"] * 20
    pattern: Pattern = (*repeated, 0, "B", "C", "A")
    words = ["A"] * 2000 + ["B", "A"]
    assert make_matcher(pattern, {})(words) is None
    assert make_matcher((*pattern, 0), {})([*words, "B", "C", "A"]) is not None
