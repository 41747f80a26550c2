"""Traces sorted into steps and told in sentences, whatever the rows hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from client.tracing import Piece, sentences, steps

_ROWS = (
    ("line", "Well, my mother hates me."),
    ("clause", "YOUR MOTHER HATES YOU"),
    ("substituted", "MY", "YOUR"),
    ("stack", "MY", "2"),
    ("stack", "WELL", "0"),
    ("keyword", "MY"),
    ("memory-stored", "YOUR MOTHER"),
    ("decomposition", "0 YOUR 0 (/ FAMILY) 0"),
    ("component", "1", "", "", ""),
    ("component", "2", "YOUR", "6", "8"),
    ("reassembly", "(TELL ME MORE ABOUT YOUR 4)"),
    ("source", "line 65"),
    ("reply", "TELL ME MORE ABOUT YOUR FAMILY"),
)


def test_rows_become_steps() -> None:
    """Each kind of row goes to its place."""
    found = steps(_ROWS)
    assert found.line == "Well, my mother hates me."
    assert found.stack == [("MY", "2"), ("WELL", "0")]
    assert found.used.keyword == "MY"
    assert found.used.pieces == [Piece(1, ""), Piece(2, "YOUR", 6, 8)]
    assert found.used.reassembly == "(TELL ME MORE ABOUT YOUR 4)"
    assert found.remarks == ["Kept in memory for later: YOUR MOTHER"]


def test_a_link_is_a_second_attempt() -> None:
    """A rule that hands over is followed by another keyword's attempt."""
    rows = (
        ("keyword", "HOW"),
        ("decomposition", "0"),
        ("link", "WHAT"),
        ("keyword", "WHAT"),
        ("decomposition", "0"),
        ("reassembly", "(WHY DO YOU ASK)"),
    )
    found = steps(rows)
    assert [attempt.keyword for attempt in found.attempts] == ["HOW", "WHAT"]
    assert found.remarks == ["This rule hands over to the keyword WHAT."]


def test_sentences_need_no_colours() -> None:
    """The sentences name every piece with its number."""
    told = sentences(_ROWS)
    assert "Keyword used: MY" in told
    assert "  piece 1: (nothing)" in told
    assert told[-1] == "The reply: TELL ME MORE ABOUT YOUR FAMILY"


_KINDS = st.sampled_from([row[0] for row in _ROWS] + ["unknown", "link", ""])


@settings(max_examples=60)
@given(st.lists(st.tuples(_KINDS, st.text(max_size=5), st.text(max_size=3))))
def test_any_rows_are_survived(rows: list[tuple[str, ...]]) -> None:
    """Rows of a newer or a broken server never raise."""
    sentences([*rows, (), ("component",), ("component", "x"), ("stack",)])
