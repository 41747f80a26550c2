"""Traces as sorted steps and as sentences, whatever the rows contain."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from client.model.trace import (
    Piece,
    locate,
    pattern_parts,
    reply_parts,
    rule_parts,
    sentences,
    steps,
)

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
    """Each kind of row becomes its part of the steps."""
    found = steps(_ROWS)
    assert found.line == "Well, my mother hates me."
    assert found.stack == [("MY", "2"), ("WELL", "0")]
    assert found.used.keyword == "MY"
    assert found.used.pieces == [Piece(1, ""), Piece(2, "YOUR", 6, 8)]
    assert found.used.reassembly == "(TELL ME MORE ABOUT YOUR 4)"
    assert found.remarks == ["Stored in memory for later: YOUR MOTHER"]


def test_sentences_keep_the_order_of_the_rows() -> None:
    """A link is in its position, and a repetition is not called a rule of a keyword."""
    told = sentences(
        (
            ("line", "Why?"),
            ("stack", "why", "1"),
            ("reassembly", "You ask why."),
            ("clause", "Why"),
            ("keyword", "why"),
            ("link", "what"),
            ("keyword", "what"),
            ("decomposition", "0"),
            ("reassembly", "ASK Who knows?"),
            ("reply", "You ask why. Who knows?"),
        )
    )
    assert told == [
        "You said: Why?",
        "Keywords found, the strongest first: why (rank 1)",
        "First it repeats, by the rule: You ask why.",
        "Clauses used: Why",
        "Keyword used: why",
        "A rule passed the line on to the keyword what.",
        "Keyword used: what",
        "Matched by the pattern: 0",
        "Then it asks, by the rule: ASK Who knows?",
        "The reply: You ask why. Who knows?",
    ]


def test_a_link_is_a_second_attempt() -> None:
    """A rule that passes the line on is followed by another keyword's attempt."""
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
    assert found.remarks == ["A rule passed the line on to the keyword WHAT."]


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


def test_two_rules_are_two_attempts() -> None:
    """A reply made by two rules shows both, each with its position in the script."""
    rows = (
        ("reassembly", "You say your 2."),
        ("source", "line 137"),
        ("keyword", "my"),
        ("decomposition", "0 my 0"),
        ("component", "1", "", "", ""),
        ("reassembly", "ASK Why?"),
        ("source", "line 1149"),
    )
    found = steps(rows)
    assert [attempt.source for attempt in found.attempts] == ["line 137", "line 1149"]
    assert found.used.reassembly == "ASK Why?"


def test_pieces_are_found_in_the_line() -> None:
    """Positions that the trace does not give are searched, in order and as whole words."""
    line = "My mother, he said, loves me."
    pieces = [Piece(1, ""), Piece(2, "My"), Piece(3, "he said"), Piece(4, "love"), Piece(5, "me")]
    assert [(p.number, line[p.start : p.end]) for p in locate(line, pieces)] == [
        (2, "My"),
        (3, "he said"),
        (5, "me"),
    ]


def test_places_of_the_trace_come_first() -> None:
    """A position that the trace gives is used if it is valid."""
    pieces = [Piece(1, "YOUR", 0, 2), Piece(2, "X", 1, 99)]
    assert locate("my dog", pieces) == [pieces[0]]


def test_a_pattern_has_a_part_for_each_component() -> None:
    """A group in parentheses is one part, with or without parentheses around the pattern."""
    parts = ["0", "my", "(/ PARENT)", "(* never always)", "2"]
    assert pattern_parts("0 my (/ PARENT) (* never always) 2") == parts
    assert pattern_parts("(0 my (/ PARENT) (* never always) 2)") == parts
    assert pattern_parts("(0 (") == ["(0 ("]


def test_the_reply_shows_what_filled_the_rule() -> None:
    """The words that filled a slot are found, also after reflection changed them."""
    pieces = [Piece(1, ""), Piece(2, "think"), Piece(3, "you hate me")]
    assert reply_parts("What makes you think I hate you?", "What makes you 2 3?", pieces) == [
        ("What makes you ", 0),
        ("think", 2),
        (" ", 0),
        ("I hate you", 3),
        ("?", 0),
    ]
    assert reply_parts("TELL ME MORE ABOUT YOUR DOG", "(TELL ME MORE ABOUT YOUR 2)", pieces) == [
        ("TELL ME MORE ABOUT YOUR ", 0),
        ("DOG", 2),
    ]


def test_a_reply_unlike_its_rule_is_left_whole() -> None:
    """Nothing is coloured if the reply does not fit the rule."""
    assert reply_parts("Something else.", "What makes you 1?", [Piece(1, "x")]) == [
        ("Something else.", 0)
    ]
    assert reply_parts("Go on.", "Go on.", []) == [("Go on.", 0)]


@settings(max_examples=60)
@given(st.text(max_size=60), st.text("12() ASK?.xy", max_size=30), st.lists(st.text(max_size=4)))
def test_parts_put_together_are_the_whole(reply: str, rule: str, texts: list[str]) -> None:
    """Cutting never loses or adds a letter, whatever is cut."""
    pieces = [Piece(number, text) for number, text in enumerate(texts, 1)]
    assert "".join(text for text, _ in reply_parts(reply, rule, pieces)) == reply
    assert "".join(text for text, _ in rule_parts(rule, [1, 2])) == rule
    assert "".join(pattern_parts(rule)).replace(" ", "") in rule.replace(" ", "")
    locate(reply, pieces)
