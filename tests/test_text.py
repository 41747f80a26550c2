"""Text made safe to show, measured, cut and counted."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.text import (
    as_printed,
    display_width,
    escape,
    escape_html,
    escape_markdown,
    escape_name,
    escape_unprintable,
    one_line,
    pad,
    plural,
    quantity,
    replace_controls,
    to_json,
    wrap,
)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_json_gives_back_exactly_what_was_said(text: str) -> None:
    """JSON holds every text as it was, in characters that steer nothing."""
    made = to_json({"said": text})
    assert json.loads(made) == {"said": text}
    assert escape(made) == made


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_safe_text_steers_no_terminal(text: str) -> None:
    """Safe text has no control and no character that turns the direction of writing."""
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]", escape(text)
    )
    assert escape(escape(text)) == escape(text)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("two\nlines\t", "two\\x0alines\\x09"),
        ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
        ("naïve 日本", "naïve 日本"),
    ],
)
def test_what_steers_is_shown_as_an_escape(said: str, shown: str) -> None:
    """Controls become escapes; letters of any language and joined emoji stay as they are."""
    assert escape(said) == shown


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    """Each way to make text safe leaves no control character, but for TAB where that may stay."""
    control = re.compile(r"[\x00-\x1f\x7f-\x9f]")
    for made in (escape(text), escape_name(text), escape_unprintable(text)):
        assert not control.search(made)
    assert not control.search(replace_controls(text).replace("\t", ""))
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (replace_controls("a\x00b\tc"), "a\ufffdb\tc"),
        (one_line("a\nb\u202ec"), "a b\ufffdc"),
        (as_printed("A\u200bda\u00a0 \u3000L"), "Ada L"),
        (escape_name("A\u200bda\u00a0L"), "A\\u200bda\\xa0L"),
        (escape_unprintable("a\n\x1b\u202e\xa0"), "a\\n\\x1b\\u202e\\xa0"),
        (escape_html('<b "\x1b">'), "&lt;b &quot;\\x1b&quot;&gt;"),
        (escape_markdown("- a-b 1."), "\\- a-b 1."),
        (escape_markdown("12. a"), "12\\. a"),
        (escape_markdown("==="), "\\==="),
        (escape_markdown("# *a*\x1b"), "\\# \\*a\\*\\\\x1b"),
    ],
)
def test_what_each_function_changes(made: str, expected: str) -> None:
    """Each function changes the characters that the table of the module says."""
    assert made == expected


@settings(max_examples=60, deadline=None)
@given(st.text("ab 小\u0301", max_size=80), st.integers(2, 20))
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    """No line is wider than asked for, and together they hold every character but spaces."""
    lines = wrap(text, columns)
    assert all(display_width(line) <= columns for line in lines) or lines == [text]
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_no_width_means_no_wrapping() -> None:
    """Where no terminal reads, a text stays one line."""
    assert wrap("word " * 100, 0) == ["word " * 100]


@settings(max_examples=30, deadline=None)
@given(st.text("a小\u0301", max_size=10))
def test_padding_fills_to_a_width(text: str) -> None:
    """A padded text is as wide as asked for, at the left or at the right."""
    assert display_width(pad(text, 30)) == display_width(pad(text, 30, right=True)) == 30


def test_numbers_with_their_nouns() -> None:
    """One of a kind is singular; thousands are grouped; halves stay halves."""
    assert quantity(1, "exchange") == "1 exchange"
    assert quantity(12_345, "copy", "copies") == "12,345 copies"
    assert quantity(2.5, "word") == "2.5 words"
    assert quantity(8.0, "word") == "8 words"


def test_json_for_a_terminal_of_few_characters() -> None:
    """Where standard output cannot hold a letter it is written as JSON's escape."""
    assert to_json("é", ascii_only=True) == '"\\u00e9"'
    assert to_json("é\x7f\u202e") == '"é\\u007f\\u202e"'


def test_plural_of_a_noun() -> None:
    """A noun is singular for one of a kind alone, and may have an odd plural."""
    assert [plural(number, "day") for number in (0, 1, 1.5, 2)] == ["days", "day", "days", "days"]
    assert plural(2, "history", "histories") == "histories"
