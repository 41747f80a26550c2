"""Scripts: what is read of their text, and which texts are refused."""

from __future__ import annotations

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
    NewKey,
    OneOf,
    Pre,
    Rule,
    Tagged,
)
from doctor.scripts.sexpr import MAX_BYTES, MAX_DEPTH
from tests.support.machine_data import MINIMAL, faults_of, script

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.scripts import ScriptFault


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
