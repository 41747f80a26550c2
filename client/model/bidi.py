"""Text that is written from right to left, as glyphs from left to right; pure.

Tk 8.6 draws the characters of a line in the order in which they are stored. Hebrew, Arabic and
what is written like them reads from right to left, so such a text is wrapped here, and each line of
it is put into the order in which it is drawn (Unicode's bidirectional algorithm, by python-bidi).
Arabic letters get the forms that join them (by arabic-reshaper).

A wrapped text stays one line of Tk's: the blanks inside a line of it do not break, so Tk wraps it
at the blanks between those lines and nowhere else.

    logical   a b C D E      capitals stand for Hebrew letters
    visual    a b E D C

Without the two libraries (the extra `rtl`) texts stay as they are.
"""

from __future__ import annotations

import importlib
import re
import sys
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: Classes of characters that are written from right to left.
_RIGHT: Final = frozenset({"R", "AL"})
_STRONG: Final = frozenset({"L", *_RIGHT})
#: The blocks of Unicode that such characters are in.
_BLOCKS: Final = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_RIGHT_TO_LEFT: Final = re.compile(f"[{_BLOCKS}]")
#: Words of them side by side.
_WORDS: Final = re.compile(f"[{_BLOCKS}]+(?: +[{_BLOCKS}]+)*")
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
#: Lam and the alef after it are one glyph, alone and at the end of a word.
_LAM: Final = {"\ufedf": 0, "\ufee0": 1}
_ALEFS: Final = {"\ufe82": "\ufef5", "\ufe84": "\ufef7", "\ufe88": "\ufef9", "\ufe8e": "\ufefb"}


#: A character as python-bidi has it: `ch`, `type`, `level`, `orig`; here also `place` and `marks`.
_Letter: TypeAlias = dict[str, Any]


class Glyph(NamedTuple):
    """What is drawn at one place, and which character of the text it is; -1: none."""

    drawn: str
    place: int


def has_right_to_left(text: str) -> bool:
    """Return True if anything in a text is written from right to left."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def begins_right_to_left(text: str) -> bool:
    """Return True if a paragraph runs from right to left: its first letter does."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind for kind in kinds if kind in _STRONG), "L") in _RIGHT


def is_available() -> bool:
    """Return True if texts can be reordered."""
    return _libraries() is not None


def arrange(
    text: str, width: int, measure: Callable[[str], int], *, right_to_left: bool
) -> list[Glyph]:
    """Return a paragraph as it is drawn, wrapped to a width in pixels.

    `measure` returns the width of a text. What cannot be drawn has no glyph.
    """
    libraries = _libraries()
    if libraries is None:
        return [Glyph(char, place) for place, char in enumerate(text)]
    algorithm, reshaper = libraries
    storage = algorithm.get_empty_storage()
    storage.update(base_level=int(right_to_left), base_dir="LR"[right_to_left])
    algorithm.get_embedding_levels(text, storage)
    for place, char in enumerate(storage["chars"]):
        char["place"] = place
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    letters = _with_marks(storage["chars"], _shape(text, reshaper))
    glyphs: list[Glyph] = []
    for line in _wrap(letters, width, measure):
        if glyphs:
            before = line[0]["place"] - 1
            glyphs.append(Glyph(" ", before if text[before] == " " else -1))
        storage["chars"] = line
        algorithm.reorder_resolved_levels(storage, debug=False)
        algorithm.apply_mirroring(storage, debug=False)
        for letter in storage["chars"]:
            glyphs += _glyphs_of(letter)
    return glyphs


def _glyphs_of(letter: _Letter) -> list[Glyph]:
    """Return a letter with its marks.

    Fonts draw marks over what follows, where that is written from right to left: it is drawn last.
    """
    drawn = _NO_BREAK if letter["ch"] == " " else letter["ch"] + letter["marks"]
    glyphs = [Glyph(each, letter["place"] + at) for at, each in enumerate(drawn)]
    return glyphs[::-1] if letter["level"] % 2 else glyphs


def as_drawn(text: str) -> str:
    """Return a text of the window itself, which is not wrapped, in the order of drawing."""
    if not (has_right_to_left(text) and is_available()):
        return text
    return "".join(glyph.drawn for glyph in arrange_words(text))


def arrange_words(text: str) -> list[Glyph]:
    """Return a text of the window itself as it is drawn.

    It runs from left to right, as the window does: a Hebrew name in it moves nothing beside it.
    """
    glyphs: list[Glyph] = []
    at = 0
    for found in _WORDS.finditer(text):
        glyphs += [Glyph(char, at + more) for more, char in enumerate(text[at : found.start()])]
        for drawn, place in arrange(found[0], sys.maxsize, len, right_to_left=True):
            glyphs.append(Glyph(drawn.replace(_NO_BREAK, " "), found.start() + place))
        at = found.end()
    return glyphs + [Glyph(char, at + more) for more, char in enumerate(text[at:])]


def visual_ranges(glyphs: Sequence[int], start: int, end: int) -> list[tuple[int, int]]:
    """Return where the characters from `start` to before `end` of a text are drawn.

    `glyphs` has for each drawn character its place in the text.
    """
    found: list[tuple[int, int]] = []
    for at, place in enumerate(glyphs):
        if start <= place < end:
            if found and found[-1][1] == at:
                found[-1] = (found[-1][0], at + 1)
            else:
                found.append((at, at + 1))
    return found


def logical_text(text: str, glyphs: Sequence[int], start: int, end: int) -> str:
    """Return what was selected of a drawn text, in the order in which it is read."""
    shown, wanted = set(glyphs), set[int]()
    for place in glyphs[start:end]:
        while 0 <= place < len(text) and place not in wanted:
            wanted.add(place)
            if place + 1 not in shown:  # drawn together with this one, or not at all
                place += 1  # noqa: PLW2901 - the next one
    return "".join(text[place] for place in sorted(wanted))


@lru_cache(maxsize=1)
def _libraries() -> tuple[Any, Any] | None:
    try:
        algorithm = importlib.import_module("bidi.algorithm")
        reshaping = importlib.import_module("arabic_reshaper")
    except ImportError:
        return None
    options = {"support_ligatures": False, "delete_harakat": False, "delete_tatweel": False}
    return algorithm, reshaping.ArabicReshaper(configuration=options)


def _shape(text: str, reshaper: Any) -> list[str]:
    """Return for each character what is drawn: Arabic letters as they join; "" for no glyph."""
    shaped = reshaper.reshape(text)
    drawn = list(shaped if len(shaped) == len(text) else text)
    bases = [at for at, char in enumerate(drawn) if not unicodedata.combining(char)]
    for lam, alef in pairwise(bases):
        form, joined = _LAM.get(drawn[lam]), _ALEFS.get(drawn[alef])
        if form is not None and joined is not None:
            drawn[lam], drawn[alef] = chr(ord(joined) + form), ""
    return drawn


def _with_marks(chars: list[_Letter], drawn: list[str]) -> list[_Letter]:
    """Return the letters with what is drawn of them; marks stay behind their letter."""
    letters: list[_Letter] = []
    for char in chars:
        place = char["place"]
        last = letters[-1] if letters and letters[-1]["ch"] != " " else None
        is_next = last is not None and last["place"] + 1 + len(last["marks"]) == place
        if last is not None and is_next and char["orig"] == "NSM":
            last["marks"] += drawn[place]
        elif drawn[place]:
            letters.append(char | {"ch": drawn[place], "marks": ""})
    return letters


def _wrap(
    letters: list[_Letter], width: int, measure: Callable[[str], int]
) -> Iterator[list[_Letter]]:
    """Yield the lines of a paragraph, without the blanks at which it is wrapped."""
    line: list[_Letter] = []
    used, blank = 0, measure(" ")
    for blanks, word in _words(letters):
        needed = measure("".join(letter["ch"] for letter in word))
        if line and used + blank * len(blanks) + needed > width:
            yield line
            line, used = [], 0
        else:
            line += blanks
            used += blank * len(blanks)
        while used + needed > width and len(word) > 1 and not line:  # longer than a line
            most = _fitting(word, width, measure)
            yield word[:most]
            word = word[most:]  # noqa: PLW2901 - the rest of it
            needed = measure("".join(letter["ch"] for letter in word))
        line += word
        used += needed
    if line:
        yield line


def _words(letters: list[_Letter]) -> Iterator[tuple[list[_Letter], list[_Letter]]]:
    """Yield each word with the blanks before it."""
    blanks: list[_Letter] = []
    word: list[_Letter] = []
    for letter in letters:
        if letter["ch"] != " ":
            word.append(letter)
        elif word:
            yield blanks, word
            blanks, word = [letter], []
        else:
            blanks.append(letter)
    if word:
        yield blanks, word


def _fitting(word: list[_Letter], width: int, measure: Callable[[str], int]) -> int:
    """Return how many letters of a word fit into a width; one at least."""
    used = 0
    for at, letter in enumerate(word):
        used += measure(letter["ch"])
        if used > width and at:
            return at
    return len(word)
