"""Scripts: what is read, what is refused and where, and that what is printed reads back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.errors import ScriptError
from doctor.scripts import DEFAULT_SCRIPT, check, load, parse
from doctor.scripts.model import (
    NONE,
    Assemble,
    Decomposition,
    Link,
    MemoryRule,
    MemoryTransformation,
    NewKey,
    OneOf,
    Pre,
    Rule,
    Script,
    Tagged,
)
from doctor.scripts.sexpr import MAX_BYTES, MAX_DEPTH
from tests.support.machine_data import PLAYED, script

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.scripts import ScriptFault

OPENING = "(HELLO)\nSTART\n"
MY = "(MY ((0 MY 0) (YOUR 3)))\n"
MEMORY = "(MEMORY MY\n    (0 = A 1)\n    (0 = B 1)\n    (0 = C 1)\n    (0 = D 1))\n"
LAST = "(NONE ((0) (GO ON)))\n"
#: A script that has no fault, in nine lines.
MINIMAL = OPENING + MY + MEMORY + LAST


def faults_of(text: str) -> list[tuple[int, int, str, str]]:
    """Return the faults of a script without their remedies."""
    return [(f.line, f.column, f.severity, f.message) for f in check(text)]


# --- what is read --------------------------------------------------------------------------------


def test_the_published_scripts_have_no_faults() -> None:
    """The scripts of 1965 and 1966 are read whole, without a warning."""
    doctor = script("doctor-1966.txt")
    assert len(doctor.rules) == 67
    assert doctor.memory is not None
    assert doctor.memory.keyword == "MY"
    assert not doctor.is_modern
    assert doctor.tagged["BELIEF"] == ("FEEL", "THINK", "BELIEVE", "WISH")
    for name in ("doctor-1966.txt", "doctor-1965.txt"):
        assert check(script(name).to_text()) == []


def test_the_script_that_ships_has_no_faults() -> None:
    """The doctor's own script is read without a warning."""
    assert check(DEFAULT_SCRIPT.read_text(encoding="utf-8")) == []


def test_every_form_is_read() -> None:
    """Each form of the format becomes the value that it says."""
    read = parse(
        MINIMAL + "(ME = YOU DLIST(/KIN SELF) 7 ((0 YOU (*SAD GLAD)2(/ KIN)) (WHY 3) (=MY) (NEWKEY)"
        " (PRE (I 2) (=MY))) (=MY))"
    )
    assert read.by_keyword["ME"] == Rule(
        "ME",
        "YOU",
        ("KIN", "SELF"),
        7,
        (
            Decomposition(
                (0, "YOU", OneOf(("SAD", "GLAD")), 2, Tagged(("KIN",))),
                (Assemble(("WHY", 3)), Link("MY"), NewKey(), Pre(("I", 2), "MY")),
            ),
        ),
        Link("MY"),
    )


def test_words_of_1966_are_capitals() -> None:
    """A script without extensions is read in capitals, its answers keep their punctuation."""
    read = parse(MINIMAL.lower().replace("go on", "go on\u2014why? \u00abyes\u00bb"))
    assert read.opening == ("HELLO",)
    none = read.by_keyword[NONE].decompositions[0].reassemblies[0]
    assert none == Assemble(("GO", "ON\u2014WHY?", "\u00abYES\u00bb"))
    lower = "(a = b dlist(/c) ((0) (pre (my 1) (=my)) (newkey)))"
    assert parse(MINIMAL + lower) == parse(MINIMAL + lower.upper())


def test_a_modern_script_keeps_its_words_and_its_extensions() -> None:
    """A script with STYLE is in natural case; its extensions are words and lists of words."""
    read = parse(
        "(Hello, I'm listening.)\n(STYLE MODERN)\n(CARE (kms 116-123) ((a=b) c) 112.)\n"
        "(My ((0 my 0) (Your 3?)))\n(NONE ((0) (Go on.)))"
    )
    assert read.is_modern
    assert read.opening == ("Hello,", "I'm", "listening.")
    (care,) = read.extension("CARE")
    assert care.items == (("kms", "116-123"), (("a=b",), "c"), "112.")
    assert care.line == 3
    assert read.by_keyword["My"].decompositions[0].reassemblies == (Assemble(("Your", 3, "?")),)


@pytest.mark.parametrize("name", ["CARE", "ODD", "TAG"])
def test_a_form_that_names_nothing_is_a_fault(name: str) -> None:
    """An extension that should begin with a name and is empty is told with its place."""
    text = f"(Hello)\n(STYLE MODERN)\n  ({name})\n(NONE ((0) (Go on.)))"
    assert faults_of(text) == [(3, 3, "error", f"this form names no {name}")]


def test_what_is_read_of_a_sound_script_knows_no_places_of_words() -> None:
    """A script whose faults were only warnings is made of plain words, as a sound one is."""
    read = parse(MINIMAL + "(SO ((0 (I) 0) (WELL)))")
    assert {type(word) for word in (read.opening[0], read.by_keyword["SO"].keyword)} == {str}


def test_a_keyword_may_have_the_name_of_an_extension() -> None:
    """In a script of 1966, CARE is a word like any other."""
    read = parse(MINIMAL + "(CARE ((0) (YOU CARE)))(STYLE 3 ((0) (FASHION)))(RECALL = CARE)")
    assert not read.is_modern
    assert read.by_keyword["CARE"].has_transformation


def test_comments_and_white_space_say_nothing() -> None:
    """Comments, line ends of every kind and a byte order mark change nothing."""
    other = "\ufeff" + MINIMAL.replace("\n", "\r\n; (not read ))\r\n").replace(" ", "\t\u00a0")
    assert parse(other) == parse(MINIMAL) == parse(MINIMAL.replace("\n", "\r"))


def test_the_fingerprint_is_of_what_a_script_says() -> None:
    """Layout and comments leave the fingerprint as it is; a word changes it."""
    first = parse(MINIMAL)
    assert parse("; note\n" + MINIMAL.replace(" (", "\n   (")).fingerprint == first.fingerprint
    assert parse(MINIMAL.replace("GO ON", "GO OFF")).fingerprint != first.fingerprint
    assert re.fullmatch("[0-9a-f]{64}", first.fingerprint)


# --- round trip ----------------------------------------------------------------------------------

WORDS = st.sampled_from("A I YOU MY DON'T - * / .. X1 \u00c9T\u00c9 *B /C '2' PRE NEWKEYS".split())  # noqa: SIM905
KEYWORDS = st.sampled_from("A I YOU MY DON'T SORRY".split())  # noqa: SIM905
ELEMENTS = (
    WORDS
    | st.integers(0, 5)
    | st.lists(KEYWORDS, min_size=1, max_size=3).map(tuple).map(OneOf)
    | st.lists(KEYWORDS, min_size=1, max_size=3).map(tuple).map(Tagged)
)
PATTERNS = st.lists(ELEMENTS, min_size=1, max_size=5).map(tuple)


@st.composite
def decompositions(draw: st.DrawFn) -> Decomposition:
    """Make a decomposition rule whose component numbers are in range."""
    pattern = draw(PATTERNS)
    number = st.integers(1, len(pattern))
    terms = st.lists(KEYWORDS | number, min_size=1, max_size=4).map(tuple)
    link = st.just("MY")
    each = (
        st.builds(Assemble, terms)
        | st.builds(Link, link)
        | st.just(NewKey())
        | st.builds(Pre, terms, link)
    )
    return Decomposition(pattern, tuple(draw(st.lists(each, min_size=1, max_size=4))))


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Make a script that may be played."""
    last = Decomposition((0,), (Assemble(("GO", "ON")),))
    rules = [
        Rule(
            keyword,
            draw(st.none() | KEYWORDS),
            tuple(draw(st.lists(KEYWORDS, max_size=2))),
            draw(st.integers(0, 99)),
            (*draw(st.lists(decompositions(), max_size=3)), last),
            draw(st.none() | st.just(Link("MY"))),
        )
        for keyword in ["MY", *draw(st.sets(st.sampled_from(["A", "I", "DON'T"])))]
    ]
    rules.append(Rule(NONE, decompositions=(last,)))
    memories = tuple(MemoryTransformation((*draw(PATTERNS), 0), ("KEPT", 1)) for _ in range(4))
    opening = tuple(draw(st.lists(WORDS, max_size=4)))
    return Script(opening, tuple(rules), MemoryRule("MY", memories))


@given(scripts())
def test_a_printed_script_reads_back_equal(made: Script) -> None:
    """Any script that is printed and read again is the same script, to its fingerprint."""
    again = parse(made.to_text())
    assert again == made
    assert again.to_text() == made.to_text()
    assert again.fingerprint == made.fingerprint


@pytest.mark.parametrize("name", PLAYED)
def test_a_published_script_reads_back_equal(name: str) -> None:
    """A loaded script prints back to an equal script."""
    assert parse(script(name).to_text()) == script(name)


def test_the_shipped_script_reads_back_equal() -> None:
    """The doctor's own script, extensions included, prints back to an equal script."""
    shipped = load(DEFAULT_SCRIPT)
    assert parse(shipped.to_text()) == shipped


# --- faults --------------------------------------------------------------------------------------

#: (what, the script, line, column, severity, a part of the message)
PLANTED = [
    ("an unclosed rule", MINIMAL.replace("(YOUR 3)))", "(YOUR 3))"), 3, 1, "error", "not closed"),
    ("a rule closed twice", MINIMAL.replace("3)))", "3))))"), 3, 25, "error", "has no '('"),
    ("an unclosed end", MINIMAL.rstrip()[:-1], 9, 1, "error", "not closed: 1 ')' missing"),
    ("no opening", "(MY ((0) (A)))\n" + MEMORY + LAST, 1, 1, "error", "opening remark"),
    ("an unknown link", MINIMAL + "(A (=NOWHERE))", 10, 4, "error", "leads to no rule"),
    ("an unknown PRE link", MINIMAL + "(A ((0) (PRE (B) (=C))))", 10, 9, "error", "no rule"),
    ("a link to NONE", MINIMAL + "(A (=NONE))", 10, 4, "error", "leads to no rule"),
    ("a link without answer", MINIMAL + "(A = B)\n(C (=A))", 11, 4, "error", "without an answer"),
    ("a component too many", MINIMAL + "(A ((0 A)\n (X 3)))", 11, 5, "error", "component 3 is out"),
    ("component zero", MINIMAL + "(A ((0 A) (X 0)))", 10, 14, "error", "component 0 is out"),
    ("one in PRE", MINIMAL + "(A ((0) (PRE (2) (=MY))))", 10, 15, "error", "component 2 is out"),
    ("one in MEMORY", MINIMAL.replace("B 1", "B 2"), 6, 12, "error", "component 2 is out"),
    ("no NONE", OPENING + MY + MEMORY, 1, 1, "error", "no NONE rule"),
    ("a choosy NONE", MINIMAL.replace("(NONE ((0)", "(NONE ((0 A)"), 9, 1, "error", "every text"),
    ("a NONE that links", MINIMAL.replace("(GO ON)", "(=MY)"), 9, 12, "error", "NONE links"),
    ("no MEMORY", OPENING + MY + LAST, 1, 1, "error", "no MEMORY rule"),
    ("two MEMORY rules", MINIMAL + MEMORY, 10, 1, "error", "second MEMORY"),
    ("three memories", MINIMAL.replace("(0 = D 1)", ""), 4, 1, "error", "has 3 transformations"),
    ("a memory without =", MINIMAL.replace("= B", "B"), 6, 5, "error", "pattern = reassembly"),
    ("MEMORY of a stranger", MINIMAL.replace("MEMORY MY", "MEMORY ME"), 4, 1, "error", "ME, has"),
    ("a second rule", MINIMAL + "\n(MY (=MY))", 11, 1, "error", "already has a rule"),
    ("an empty rule", MINIMAL + "(A)", 10, 1, "error", "the rule of A is empty"),
    ("a rule of a number", MINIMAL + "(7 ((0) (A)))", 10, 2, "error", "begins with a keyword"),
    ("a pattern too flat", MINIMAL + "(A (0 A 0 (X)))", 10, 4, "error", "begins with its pattern"),
    ("an empty pattern", MINIMAL + "(A (() (X)))", 10, 5, "error", "pattern is empty"),
    ("no reassembly", MINIMAL + "(A ((0)))", 10, 4, "error", "no reassembly rule"),
    ("a loose word", MINIMAL + "(A ((0) X (Y)))", 10, 9, "error", "between reassembly rules"),
    ("a stray word", MINIMAL + "(A B ((0) (X)))", 10, 4, "error", "B has no meaning here"),
    ("a word outside", MINIMAL + "WORD", 10, 1, "error", "outside every list"),
    ("= before nothing", MINIMAL + "(A = ((0) (X)))", 10, 4, "error", "followed by no word"),
    ("DLIST of nothing", MINIMAL + "(A DLIST ((0)))", 10, 4, "error", "no list of tags"),
    ("a link of two", MINIMAL + "(A (=MY MY))", 10, 4, "error", "names one keyword"),
    ("more after a link", MINIMAL + "(A (=MY) ((0) (X)))", 10, 10, "error", "follows the link"),
    ("a bad PRE", MINIMAL + "(A ((0) (PRE (X) MY)))", 10, 9, "error", "PRE needs"),
    ("a list inside", MINIMAL + "(A ((0) (X (Y))))", 10, 12, "error", "list inside"),
    ("a bad element", MINIMAL + "(A ((0 (1 2)) (X)))", 10, 8, "error", "no element"),
    ("an empty choice", MINIMAL + "(A ((0 (*)) (X)))", 10, 8, "error", "names no word"),
    ("a huge number", MINIMAL + "(A 99999999999 (=MY))", 10, 4, "error", "too large a number"),
    ("an empty script", " ; nothing\n", 1, 1, "error", "the script is empty"),
    ("too deep", MINIMAL + "(" * 101, 10, 101, "error", "100 deep"),
    ("a plain list", MINIMAL + "(A ((0 (X)) (Y)))", 10, 8, "warning", "matches nothing"),
    ("nothing said", MINIMAL + "(A ((0) ()))", 10, 9, "warning", "answers nothing"),
    ("all taken", MINIMAL + "(A ((0)(X))\n ((0 A 0)(Y)))", 11, 2, "warning", "(0) on line 10"),
    ("taken in part", MINIMAL + "(A ((0 A 0)(X))\n((0 A B 1)(Y)))", 11, 1, "warning", "all of it"),
    ("taken by a list", MINIMAL + "(A ((0 (*B A))(X))\n((A)(Y)))", 11, 1, "warning", "matches all"),
    ("a link too late", MINIMAL + "(A ((0) (X))\n (=MY))", 11, 2, "warning", "never followed"),
    ("a keyword not typed", MINIMAL + "(BUT ((0) (X)))", 10, 1, "warning", "BUT is never reached"),
    ("a dotted keyword", MINIMAL + "(E.G. ((0) (X)))", 10, 1, "warning", "E.G. is never reached"),
    ("a loop", MINIMAL + "(A (=B))\n(B (=A))", 11, 4, "warning", "A -> B -> A"),
    ("an own loop", MINIMAL + "(A ((0) (PRE (A) (=A))))", 10, 9, "warning", "A -> A"),
    ("an unknown tag", MINIMAL + "(A ((0 (/KIN)) (X)))", 10, 4, "warning", "has the tag KIN"),
    ("a word gone", MINIMAL + "(A = B ((0 A 0) (X)))", 10, 8, "warning", "A is substituted"),
    ("a NONE with rank", MINIMAL.replace("NONE", "NONE 3"), 9, 1, "warning", "no effect"),
    ("a mute memory", MINIMAL.replace("((0 MY 0) (YOUR 3))", "= X"), 4, 1, "warning", "stored"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "severity", "message"),
    [row[1:] for row in PLANTED],
    ids=[row[0] for row in PLANTED],
)
def test_a_planted_fault_is_found(
    text: str, line: int, column: int, severity: str, message: str
) -> None:
    """Each kind of fault is found where it is, with a remedy; an error keeps the script out."""
    found = [f for f in check(text) if message in f.message]
    assert [(f.line, f.column, f.severity) for f in found] == [(line, column, severity)]
    assert all(f.remedy for f in found)
    if severity == "error":
        with pytest.raises(ScriptError):
            parse(text)
    else:
        parse(text)


def test_a_sound_script_has_no_faults() -> None:
    """The script in which the faults are planted has none."""
    assert faults_of(MINIMAL) == []


def test_every_fault_is_found_at_once() -> None:
    """One fault hides no other: three planted together are three."""
    text = MINIMAL + "(A ((0 A) (X 9)))\n(B (=NOWHERE))\n(MY (=MY))"
    assert [(line, message) for line, _, _, message in faults_of(text)] == [
        (10, "component 9 is out of range"),
        (11, "the link (=NOWHERE) leads to no rule"),
        (12, "the keyword MY already has a rule, on line 3"),
    ]


def test_what_is_no_script_at_all() -> None:
    """A text of nothing but faults is given up after 500, and says so at the end."""
    found = check("(HELLO)" + ")" * 10_000)
    assert len(found) == 501
    assert "too many faults" in found[-1].message


def test_the_first_error_is_told_with_its_place() -> None:
    """The one line of a ScriptError names the script, the line and column, and the count."""
    with pytest.raises(
        ScriptError, match=r"^my\.script:10:8: error: .*, and 1 more fault$"
    ) as caught:
        parse(MINIMAL + "(A ((0)(=X) (=Y)))", "my.script")
    assert (caught.value.line, caught.value.column) == (10, 8)


# --- files and bounds ----------------------------------------------------------------------------


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, one that is not UTF-8, and one that is too large are each refused."""
    path = tmp_path / "my.script"
    with pytest.raises(ScriptError, match="cannot read the script"):
        load(path)
    path.write_bytes(b"(HELLO)\n(\xc3\xa9 \xff)")
    with pytest.raises(ScriptError, match=r"my\.script:2:4: .*not UTF-8") as caught:
        load(path)
    assert (caught.value.line, caught.value.column) == (2, 4)
    path.write_bytes(b";" * (MAX_BYTES + 1))
    with pytest.raises(ScriptError, match="1,048,577 bytes"):
        load(path)


def test_the_largest_script() -> None:
    """A script of exactly the limit is read; one byte more is refused."""
    rest = MAX_BYTES - len(MINIMAL)
    assert parse(MINIMAL + ";" * rest) == parse(MINIMAL)
    with pytest.raises(ScriptError, match="bytes"):
        parse(MINIMAL + ";" * (rest + 1))


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, 500_000])
def test_nesting(depth: int) -> None:
    """Lists nested beyond the limit are one fault, however deep, closed or not."""
    for text in ("(" * depth, "(" * depth + ")" * depth):
        found = [f.message for f in check(MINIMAL + text)]
        assert any("nested" in message for message in found) == (depth > MAX_DEPTH)


@pytest.mark.parametrize(
    "text",
    [
        "(A" * 50_000,
        ")" * 50_000,
        "()" * 50_000,
        "(A (=A))" * 10_000,
        MINIMAL + "(A " + "((0 A 0) (X))" * 10_000 + ")",
        MINIMAL + "".join(f"(K{n:X} (=K{n + 1:X}))" for n in range(10_000)) + "(K2710 (=K0))",
        MINIMAL + f"(A (({'0 A ' * 50_000}) (X)))",
        MINIMAL + f"(A (({'9999 ' * 50_000}) (X)))",
        MINIMAL + f"(A ((0) ({'1 ' * 50_000})))",
        "=" * 50_000,
        "9" * 500_000,
        "\x00" * 500_000,
    ],
    ids=range(12),
)
def test_monstrous_scripts_are_read_or_refused(text: str) -> None:
    """A script built to take for ever is checked all the same, within the test's own time."""
    found = check(text)
    assert all(f.line >= 1 and f.column >= 1 and f.remedy for f in found)


@given(st.text(st.sampled_from("()=*/;0 1AB\n"), max_size=60) | st.text(max_size=60))
def test_any_text_is_checked(text: str) -> None:
    """Whatever a file holds, `check` returns faults with places and `parse` agrees with it."""
    lines = text.count("\n") + text.count("\r") + 1
    found: list[ScriptFault] = check(text)
    assert all(1 <= f.line <= lines and f.column >= 1 for f in found)
    if any(f.severity == "error" for f in found):
        with pytest.raises(ScriptError):
            parse(text)
    else:
        assert parse(parse(text).to_text()) == parse(text)
