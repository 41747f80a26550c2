"""Texts that are written from right to left, as they are drawn."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.model import bidi

SHALOM, OLAM = "\u05e9\u05dc\u05d5\u05dd", "\u05e2\u05d5\u05dc\u05dd"
#: What makes a difference: letters of both directions, marks, digits, brackets, blanks, ligatures.
_CHARS = st.sampled_from(
    f"ab 12(),.?{SHALOM}{OLAM}\u05b8\u05c1\u0301\u200f\u200d\u0644\u0627\u0628\u0651\u064e\u06af"
)
#: Blanks at which a text is wrapped, and what has no glyph.
_NOT_SHOWN = re.compile("[ \u200d\u200f]")
_TEXTS = st.text(_CHARS, max_size=60)


def drawn(text: str, width: int = 1000) -> str:
    """Return a text as it is drawn where each character is one pixel wide."""
    is_right = bidi.begins_right_to_left(text)
    glyphs = bidi.arrange(text, width, len, right_to_left=is_right)
    return "".join(glyph.drawn for glyph in glyphs).replace("\N{NO-BREAK SPACE}", "_")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain_text"),
        (SHALOM, SHALOM[::-1]),
        (f"{SHALOM} {OLAM}", f"{OLAM[::-1]}_{SHALOM[::-1]}"),
        (f"say {SHALOM} {OLAM}!", f"say_{OLAM[::-1]}_{SHALOM[::-1]}!"),
        (f"{SHALOM} (ab 12)", f"(ab_12)_{SHALOM[::-1]}"),
        (f"{SHALOM}?", f"?{SHALOM[::-1]}"),
        ("\u0644\u0627", "\ufefb"),
        ("\u0628\u0628", "\ufe90\ufe91"),
        ("\u05e9\u05b8\u05dd", "\u05dd\u05b8\u05e9"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_the_order_in_which_a_text_is_drawn(text: str, expected: str) -> None:
    """Words from right to left, numbers and other words not; brackets mirrored, letters joined."""
    assert drawn(text) == expected


def test_a_long_paragraph_is_wrapped_before_it_is_turned() -> None:
    """The first words are in the first line, at the right; a blank that may break is between."""
    words = [SHALOM, OLAM, "\u05d0\u05d1", "\u05d2\u05d3"]
    assert drawn(" ".join(words), 10) == (
        f"{OLAM[::-1]}_{SHALOM[::-1]} {words[3][::-1]}_{words[2][::-1]}"
    )


@given(_TEXTS, st.integers(3, 30))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, width: int) -> None:
    """What is copied is the text as it was written, whatever was drawn; lines fit."""
    is_right = bidi.begins_right_to_left(text)
    glyphs = bidi.arrange(text, width, len, right_to_left=is_right)
    places = [glyph.place for glyph in glyphs]
    copied = bidi.logical_text(text, places, 0, len(places))
    assert _NOT_SHOWN.sub("", copied) == _NOT_SHOWN.sub("", text)
    for line in "".join(glyph.drawn for glyph in glyphs).split(" "):
        letters = [char for char in line if char not in "\u05b8\u05c1\u0301\u0651\u064e"]
        assert len(letters) <= width


@given(_TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_marks_are_where_the_words_are_drawn(text: str, start: int, end: int) -> None:
    """Each character of a part is in one of its places, and nothing else is."""
    glyphs = bidi.arrange(text, 20, len, right_to_left=bidi.begins_right_to_left(text))
    places = [glyph.place for glyph in glyphs]
    ranges = bidi.visual_ranges(places, start, end)
    found = sorted(place for first, last in ranges for place in places[first:last])
    assert found == sorted(place for place in places if start <= place < end)
    assert all(first < last for first, last in ranges)


def test_a_name_in_a_list_is_drawn_in_one_line() -> None:
    """However long it is, and its blanks are blanks."""
    assert bidi.as_drawn(f"{SHALOM} {OLAM} (2 new)") == f"{OLAM[::-1]} {SHALOM[::-1]} (2 new)"
    assert bidi.as_drawn("Ada Lovelace") == "Ada Lovelace"


def test_without_the_libraries_texts_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window shows them then as Tk draws them."""
    monkeypatch.setattr(bidi, "_libraries", lambda: None)
    assert not bidi.is_available()
    assert drawn(f"{SHALOM} ab") == f"{SHALOM} ab"
