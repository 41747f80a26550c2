"""Decomposition: does a pattern match a list of words, and where do its components lie?

A pattern is elements of fixed length (a word, one of several words, a number of any words) with
free components (0) between them. The free components cut it into segments of fixed length:

    (0 YOU 0 (* SAD SICK) 0)      free  [YOU]  free  [SAD or SICK]  free
    (YOU 1 0)                     [YOU, one word]  free

As SLIP's YMATCH did (recovered description, comments on the match function; page 38 of the paper),
the segments are placed from left to right: the first at the very beginning where no free component
comes before it, the last at the very end where none follows it, and each other one as far left as
it goes after the one before. A segment further left never spoils a place for a later one, so there
is nothing to take back: no backtracking, and the time for one pattern grows with the number of
words times the length of the pattern, never faster.

A match is a tuple of bounds: component `i`, from 1, is `words[bounds[i - 1]:bounds[i]]`, and there
is one bound more than elements. Each pattern is prepared once as a function from words to bounds;
the shapes that scripts mostly have get functions of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from doctor.rules import Nothing, OneOf, Tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from doctor.rules import Pattern

Bounds: TypeAlias = "tuple[int, ...]"
Matcher: TypeAlias = "Callable[[list[str]], Bounds | None]"


@dataclass(frozen=True, slots=True)
class _Segment:
    """Elements of fixed length side by side."""

    #: Where within the segment a word is compared, and the words that match there.
    tests: tuple[tuple[int, frozenset[str]], ...]
    #: Where each element ends, within the segment.
    ends: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many words the segment takes."""
        return self.ends[-1]


def matcher(pattern: Pattern, tagged: Mapping[str, Sequence[str]]) -> Matcher:
    """Return the function that matches `pattern`; `tagged` gives the words that have each tag.

    The function is pure and may be called from any thread. It compares words exactly: bring
    patterns and words to the same case first.
    """
    if pattern == (0,):
        return _match_any
    segments, gaps = _cut(pattern, tagged)
    if len(segments) == 1 and gaps == [1, 1]:
        return _one_segment(segments[0])
    return _any_shape(segments, gaps)


def _match_any(words: list[str]) -> Bounds:
    return (0, len(words))


def _matching_words(element: object, tagged: Mapping[str, Sequence[str]]) -> frozenset[str]:
    match element:
        case OneOf(words=words):
            return frozenset(words)
        case Tagged(tags=tags):
            return frozenset(word for tag in tags for word in tagged.get(tag, ()))
        case Nothing():
            return frozenset()
        case _:
            return frozenset((str(element),))


def _cut(pattern: Pattern, tagged: Mapping[str, Sequence[str]]) -> tuple[list[_Segment], list[int]]:
    """Return the segments, and how many free components stand before, between and after them."""
    segments: list[_Segment] = []
    gaps = [0]
    tests: list[tuple[int, frozenset[str]]] = []
    ends: list[int] = []
    for element in (*pattern, 0):
        if element == 0:
            if ends:
                segments.append(_Segment(tuple(tests), tuple(ends)))
                tests, ends = [], []
                gaps.append(0)
            gaps[-1] += 1
            continue
        here = ends[-1] if ends else 0
        if isinstance(element, int):
            ends.append(here + element)
        else:
            tests.append((here, _matching_words(element, tagged)))
            ends.append(here + 1)
    gaps[-1] -= 1  # the free component that this function put at the end
    return segments, gaps


def _one_segment(segment: _Segment) -> Matcher:
    """Return the matcher of `(0 ... 0)` with one segment between."""
    find = _finder(segment)
    ends = segment.ends
    if ends == (1,):

        def match_one(words: list[str]) -> Bounds | None:
            here = find(words, 0)
            return None if here < 0 else (0, here, here + 1, len(words))

        return match_one
    if ends == (1, 2):

        def match_two(words: list[str]) -> Bounds | None:
            here = find(words, 0)
            return None if here < 0 else (0, here, here + 1, here + 2, len(words))

        return match_two

    def match_run(words: list[str]) -> Bounds | None:
        here = find(words, 0)
        if here < 0:
            return None
        return (0, here, *[here + end for end in ends], len(words))

    return match_run


def _any_shape(segments: list[_Segment], gaps: list[int]) -> Matcher:
    """Return the matcher of a pattern of any shape."""
    plans = [
        (gap, _finder(segment), _fits(segment), segment.size, segment.ends)
        for gap, segment in zip(gaps, segments, strict=False)
    ]
    least = sum(segment.size for segment in segments)
    free_after = gaps[-1]
    last = len(plans) - 1

    def match(words: list[str]) -> Bounds | None:
        count = len(words)
        if count < least:
            return None
        bounds = [0]
        here = 0
        for place, (gap, find, fits, size, ends) in enumerate(plans):
            if place == last and not free_after:
                start = count - size
                if start < here or (not gap and start > here) or not fits(words, start):
                    return None
            elif gap:
                start = find(words, here)
                if start < 0:
                    return None
            else:
                start = here
                if not fits(words, start):
                    return None
            if gap:
                # Of free components side by side, the last takes the words and the others none:
                # each is made as short as what follows it allows.
                bounds += [here] * (gap - 1)
                bounds.append(start)
            bounds += [start + end for end in ends]
            here = start + size
        if free_after:
            bounds += [here] * (free_after - 1)
            bounds.append(count)
        return tuple(bounds)

    return match


def _fits(segment: _Segment) -> Callable[[list[str], int], bool]:
    """Return a function that says whether the segment matches at a place; the words suffice."""
    tests = segment.tests

    def fits(words: list[str], start: int) -> bool:
        return all(words[start + offset] in allowed for offset, allowed in tests)

    return fits


def _finder(segment: _Segment) -> Callable[[list[str], int], int]:
    """Return a function from words and a place to the next place that matches, or -1."""
    tests, size = segment.tests, segment.size
    if not tests:
        return lambda words, here: here if here + size <= len(words) else -1
    offset, allowed = min(tests, key=lambda test: len(test[1]))
    others = tuple(test for test in tests if test[0] != offset)
    if len(allowed) == 1:
        return _find_word(next(iter(allowed)), offset, others, size)

    def find_set(words: list[str], here: int) -> int:
        if allowed.isdisjoint(words):
            return -1
        for start in range(here, len(words) - size + 1):
            if words[start + offset] in allowed and all(
                words[start + away] in also for away, also in others
            ):
                return start
        return -1

    return find_set


def _find_word(
    word: str, offset: int, others: tuple[tuple[int, frozenset[str]], ...], size: int
) -> Callable[[list[str], int], int]:
    """Return the finder of a segment that has `word` at `offset`."""

    def find_word(words: list[str], here: int) -> int:
        if word not in words:
            return -1
        last = len(words) - size
        at = here + offset
        try:
            while True:
                at = words.index(word, at)
                start = at - offset
                if start > last:
                    return -1
                for away, allowed in others:
                    if words[start + away] not in allowed:
                        break
                else:
                    return start
                at += 1
        except ValueError:
            return -1

    return find_word
