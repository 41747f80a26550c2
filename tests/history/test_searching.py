"""Searching texts as they are stored: never a no where a comparison of the texts says yes."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from doctor.history.chunks import CHUNK, Transcript
from doctor.history.searching import SLICE_COST, SearchedText, searched_text, stored_forms
from doctor.history.transcript import Exchange
from doctor.text import fold, holds

#: What makes a difference: capitals, accents, ligatures, blanks, sigmas, letters of two letters.
_ALPHABET = st.one_of(
    st.sampled_from("aAbBiIsSkK  \t\n\x1f\u00a0\u2028\u3000éÉßẞİﬁςΣ𝚺\u0301\u0345\u0307ᾳKŉ한ꭰ…"),
    st.sampled_from("\u0131\u03c3\u037a\u13a0\u2019"),
    st.characters(exclude_categories=["Cs"]),
)
_TEXTS = st.text(_ALPHABET, max_size=12)


@given(st.lists(_TEXTS, min_size=1, max_size=4), st.data())
@example(["Straße"], None)
def test_what_holds_the_text_is_never_passed_over(texts: list[str], data: st.DataObject) -> None:
    """Any part of any text is found in all of them together, whatever stands beside it."""
    joined = "\n".join(texts).encode()
    for text in texts:
        whole = fold(text)
        first = data.draw(st.integers(0, len(whole))) if data else 0
        last = data.draw(st.integers(first, len(whole))) if data else len(whole)
        wanted = searched_text(whole[first:last])
        if wanted is not None and holds(text, wanted.wanted):
            assert wanted.may_be_in(text.encode())
            assert wanted.may_be_in(joined)
            assert wanted.may_be_in(b"\xff\xcc" + text.encode() + b"\x81\xff")


def test_each_letter_is_found_by_its_plain_form() -> None:
    """Every character that has capitals, parts or accents is found in the midst of a word."""
    for code in range(0x80, 0x30000):
        char = chr(code)
        if unicodedata.decomposition(char) or char.casefold() != char or char.lower() != char:
            text = f"a{char}b"
            wanted = SearchedText(fold(text))
            assert wanted.may_be_in(text.encode()), f"U+{code:04X}"


def test_few_texts_are_decoded() -> None:
    """A text that says nothing of what is wanted is not looked at again, whatever its letters."""
    for wanted, text in [
        ("wedding", b"I have thought of the engine"),
        ("wedding", "é ü “quoted” 한국 свадьба".encode()),
        ("свадьба", b"wedding"),
        ("a b", b"ab a-b"),
        ("hochzeit", "Größe der Maschine".encode()),
    ]:
        assert not SearchedText(fold(wanted)).may_be_in(text)


@given(
    st.lists(st.sampled_from(["", "a Dréam", "x" * 3000, "é" * 1000, "dream"]), max_size=40),
    st.integers(1, 12),
    st.integers(1, 60),
)
def test_blocks_are_what_was_said(kinds: list[str], repeats: int, before: int) -> None:
    """All below a number is in the blocks, newest first; slices end, and none is too long."""
    history = Transcript()
    texts = kinds * repeats
    for number, text in enumerate(texts, 1):
        history.append(Exchange(number, 0.0, 1, text, "why?"))
    wanted = SearchedText("dream")
    numbers: list[int] = []
    found: list[Exchange] = []
    for block in history.blocks(before):
        assert len(block.numbers) <= CHUNK
        end = len(block.texts)
        while end:
            begin = block.slice_before(end)
            assert begin < end
            assert begin == end - 1 or block.cost_of(begin, end) <= SLICE_COST
            found += block.search(wanted, begin, end)
            numbers += block.numbers[begin:end][::-1]
            end = begin
    assert numbers == list(range(min(before - 1, len(texts)), 0, -1))
    expected = [one for one in history if one.number < before and holds(one.patient, "dream")]
    assert found == expected[::-1]


@given(_TEXTS, st.text(st.sampled_from("aAbiIsSkK\u017f;` x"), min_size=1, max_size=3), _TEXTS)
@example("", "k", "\N{KELVIN SIGN}")
def test_a_history_that_has_the_text_may_hold_it(before: str, wanted: str, after: str) -> None:
    """What a search without regard to capitals and composition finds is never passed over."""
    forms = stored_forms(wanted)
    assert (forms is None) == (not wanted.isascii())
    for text in (before + after, before + wanted.swapcase() + after):
        history = Transcript(birth=1)
        history.append(Exchange(1, 0.0, 1, text, "", "", ""))
        found = re.search(
            re.escape(unicodedata.normalize("NFC", wanted)),
            unicodedata.normalize("NFC", text),
            re.IGNORECASE,
        )
        if forms is not None and found:
            assert history.may_hold(forms)


def test_a_history_without_the_text_is_passed_over() -> None:
    """Nothing of a history is decoded that does not have the text."""
    history = Transcript(birth=1)
    history.append(Exchange(1, 0.0, 1, "My dog barks.", "Why?", "", ""))
    assert history.may_hold(stored_forms("DOG") or ())
    assert not history.may_hold(stored_forms("cat") or ())
