"""Decomposition: match a pattern with a list of words, and find where its components lie.

A pattern is elements of fixed length (a word, one of several words, a number of any words) with
free components (0) between them. The free components cut it into segments of fixed length:

    (0 YOU 0 (* SAD SICK) 0)      free  [YOU]  free  [SAD or SICK]  free
    (YOU 1 0)                     [YOU, one word]  free

As SLIP's YMATCH did (recovered description, comments on the match function; page 38 of the paper),
the segments are placed from left to right: the first at the very beginning where no free component
comes before it, the last at the very end where none follows it, and each other one as far left as
it fits after the one before. A segment further left never takes room from a later one, so there is
no backtracking, and the time for one pattern grows with the number of words times the length of
the pattern, never faster.

A match is a tuple of bounds: component `i`, from 1, is `words[bounds[i - 1]:bounds[i]]`, and there
is one bound more than elements. Each pattern is prepared once as a function from words to bounds;
the most common shapes have functions of their own, which ask the list itself for the next position
of a word; the exception that it raises ends a search without success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from doctor.scripts.model import Nothing, OneOf, Tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from doctor.scripts.model import Pattern

Bounds: TypeAlias = "tuple[int, ...]"
Matcher: TypeAlias = "Callable[[list[str]], Bounds | None]"
_Finder: TypeAlias = "Callable[[list[str], int], int]"


class _Segment(NamedTuple):
    """Elements of fixed length side by side."""

    #: Where within the segment a word is compared, and the words that match there.
    tests: tuple[tuple[int, frozenset[str]], ...]
    #: Where each element ends, within the segment.
    ends: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many words the segment takes."""
        return self.ends[-1]

    @property
    def only_word(self) -> str | None:
        """The word that a segment of one word is, where no other will do."""
        if self.size != 1 or not self.tests or len(self.tests[0][1]) != 1:
            return None
        return next(iter(self.tests[0][1]))


def make_matcher(pattern: Pattern, tagged: Mapping[str, Sequence[str]]) -> Matcher:
    """Return the function that matches `pattern`; `tagged` gives the words of each tag.

    The function is pure and may be called from any thread. It compares words exactly: bring
    patterns and words to the same case first.
    """
    if pattern == (0,):
        return _match_any
    segments, gaps = _cut(pattern, tagged)
    if gaps == [1, 1]:
        return _one_segment(segments[0])
    if gaps == [1, 1, 1] and segments[1].size == 1:
        return _two_segments(*segments)
    return _any_shape(segments, gaps)


def needed(pattern: Pattern, tagged: Mapping[str, Sequence[str]]) -> list[frozenset[str]]:
    """Return sets of words: a text that `pattern` matches has a word of each."""
    return [words for segment in _cut(pattern, tagged)[0] for _, words in segment.tests]


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
    """Return the segments, and how many free components are before, between and after them."""
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
    find, ends = _finder(segment), segment.ends
    if ends == (1,):
        return _one_word(segment, find)
    if ends == (1, 2):

        def match_two(words: list[str]) -> Bounds | None:
            try:
                at = find(words, 0)
            except ValueError:
                return None
            return (0, at, at + 1, at + 2, len(words))

        return match_two

    def match_run(words: list[str]) -> Bounds | None:
        try:
            at = find(words, 0)
        except ValueError:
            return None
        return (0, at, *[at + end for end in ends], len(words))

    return match_run


def _one_word(segment: _Segment, find: _Finder) -> Matcher:
    """Return the matcher of `(0 WORD 0)`, the most common one, and of one word of several."""
    word = segment.only_word
    if word is not None:

        def match_word(words: list[str]) -> Bounds | None:
            try:
                at = words.index(word)
            except ValueError:
                return None
            return (0, at, at + 1, len(words))

        return match_word

    def match_one(words: list[str]) -> Bounds | None:
        try:
            at = find(words, 0)
        except ValueError:
            return None
        return (0, at, at + 1, len(words))

    return match_one


def _two_segments(first: _Segment, second: _Segment) -> Matcher:
    """Return the matcher of `(0 A 0 B 0)` and `(0 A B 0 C 0)`, where one word is last."""
    find_first, find_second = _finder(first), _finder(second)
    word, ends, size = first.only_word, first.ends, first.size
    if word is not None:

        def match_apart(words: list[str]) -> Bounds | None:
            try:
                at = words.index(word)
                then = find_second(words, at + 1)
            except ValueError:
                return None
            return (0, at, at + 1, then, then + 1, len(words))

        return match_apart

    def match_runs_apart(words: list[str]) -> Bounds | None:
        try:
            at = find_first(words, 0)
            then = find_second(words, at + size)
        except ValueError:
            return None
        return (0, at, *[at + end for end in ends], then, then + 1, len(words))

    return match_runs_apart


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
        for number, (gap, find, fits, size, ends) in enumerate(plans):
            if number == last and not free_after:
                start = count - size
                if start < here or (not gap and start > here) or not fits(words, start):
                    return None
            elif gap:
                try:
                    start = find(words, here)
                except ValueError:
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
    """Return a function that says whether the segment matches at a position.

    The position is one from which there are enough words.
    """
    tests = segment.tests

    def fits(words: list[str], start: int) -> bool:
        return all(words[start + offset] in allowed for offset, allowed in tests)

    return fits


def _finder(segment: _Segment) -> _Finder:
    """Return a function that finds the next position at which the segment matches.

    The function raises `ValueError` where there is none.
    """
    tests, size = segment.tests, segment.size
    if not tests:
        return _find_any(size)
    offset, allowed = min(tests, key=lambda test: len(test[1]))
    others = tuple(test for test in tests if test[0] != offset)
    if len(allowed) == 1:
        (word,) = allowed
        if size == 1:
            return lambda words, here: words.index(word, here)
        if size == 2:
            return _find_pair(word, offset, others[0][1] if others else None)
        return _find_word(word, offset, others, size)

    if size == 1:
        return _find_one_of(allowed)

    def find_set(words: list[str], here: int) -> int:
        if not allowed.isdisjoint(words):
            for start in range(here, len(words) - size + 1):
                if words[start + offset] in allowed and all(
                    words[start + away] in also for away, also in others
                ):
                    return start
        raise ValueError

    return find_set


def _find_one_of(allowed: frozenset[str]) -> _Finder:
    """Return the finder of a segment of one word of several."""

    def find_one_of(words: list[str], here: int) -> int:
        if not allowed.isdisjoint(words):
            for at in range(here, len(words)):
                if words[at] in allowed:
                    return at
        raise ValueError

    return find_one_of


def _find_any(size: int) -> _Finder:
    """Return the finder of a segment that any `size` words make."""

    def find_any(words: list[str], here: int) -> int:
        if here + size > len(words):
            raise ValueError
        return here

    return find_any


def _find_pair(word: str, offset: int, other: frozenset[str] | None) -> _Finder:
    """Return the finder of two words, of which one is `word`; `other` is None for any word."""
    away = 1 if offset == 0 else -1

    def find_pair(words: list[str], here: int) -> int:
        at = words.index(word, here + offset)
        end = len(words) - 1
        while True:
            if offset == 0 and at >= end:
                raise ValueError
            if other is None or words[at + away] in other:
                return at - offset
            at = words.index(word, at + 1)

    return find_pair


def _find_word(
    word: str, offset: int, others: tuple[tuple[int, frozenset[str]], ...], size: int
) -> _Finder:
    """Return the finder of a segment that has `word` at `offset`, and other words to compare."""
    after = size - offset

    def find_word(words: list[str], here: int) -> int:
        at = here + offset
        end = len(words) - after
        while True:
            at = words.index(word, at)
            if at > end:
                raise ValueError
            start = at - offset
            for away, allowed in others:
                if words[start + away] not in allowed:
                    break
            else:
                return start
            at += 1

    return find_word
