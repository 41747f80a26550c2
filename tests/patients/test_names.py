"""Names of patients, and the file names that stand for them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.errors import BadName
from doctor.patients.names import (
    MAX_BYTES,
    clean_name,
    file_name,
    key,
    owner,
    patient_name,
    stored_name,
)

NAMES = st.text(max_size=70)


def cleaned(raw: str) -> str | None:
    """Return the clean name, or None where it is refused."""
    try:
        return clean_name(raw)
    except BadName:
        return None


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Ada", "Ada.dat"),
        ("Ada Lovelace", "Ada Lovelace.dat"),
        ("Zoë", "Zoë.dat"),
        ("../etc/passwd", "%2E.%2Fetc%2Fpasswd.dat"),
        ("a\\b", "a%5Cb.dat"),
        (".hidden", "%2Ehidden.dat"),
        ("ends.", "ends%2E.dat"),
        ("..", "%2E%2E.dat"),
        ("100%", "100%25.dat"),
        ("Ada.dat", "Ada.dat.dat"),
        ("CON", "%43ON.dat"),
        ("con.txt", "%63on.txt.dat"),
        ("lpt1", "%6Cpt1.dat"),
        ("console", "console.dat"),
        ("*[x]?", "%2A%5Bx%5D%3F.dat"),
        ("李雷", "李雷.dat"),
    ],
)
def test_file_names(name: str, file: str) -> None:
    """What a file system cannot hold is percent-encoded, the rest stands as it is."""
    assert clean_name(name) == name
    assert file_name(name) == file
    assert patient_name(file) == name


@pytest.mark.parametrize(
    "raw",
    ["", "   ", "x" * 65, "a\tb", "a\x00b", "a\x1b[31m", "\ue000", "a\nb", "a\u0600b", "a\ufffc",
     "\ud800", "a\u2028b", "\N{PILE OF POO}" * 64, "%" * 64 + "x", "a\ufffd", "\u0301a"],
)  # fmt: skip
def test_refused(raw: str) -> None:
    """Names that cannot be names are refused with a sentence that says why."""
    with pytest.raises(BadName, match="name"):
        clean_name(raw)


@pytest.mark.parametrize(
    "raw",
    ["\u3164", "\u2800", "\u115f\u1160", "\uffa0", "\u200d", "\u202e\u2066", "\ufe0f",
     "\u00a0\u3000", "\U000e0041", "\U0001d159", "\u034f", "\u00ad", "\u180e\u17b5"],
)  # fmt: skip
def test_what_prints_as_nothing_is_no_name(raw: str) -> None:
    """A name of which nothing would be seen is refused as an empty one is."""
    with pytest.raises(BadName, match="at least one character"):
        clean_name(raw)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("A\u200dda", "Ada"),
        ("\ufeffAda\u200e", "Ada"),
        ("\u202eAda", "Ada"),
        ("Ada\u3164", "Ada"),
        ("Ada\u00a0\u2800 Lovelace", "Ada Lovelace"),
        ("Ada  Lovelace", "Ada Lovelace"),
        ("\u2764\ufe0f", "\u2764"),
        ("e\u034f\u0301", "\u00e9"),
    ],
)
def test_what_prints_alike_is_one_name(raw: str, name: str) -> None:
    """What shows nothing goes, and every blank is a space, so that no two names look the same."""
    assert clean_name(raw) == name


def test_unicode_knows_no_other_unseen_characters() -> None:
    """Every blank, format character, filler and variation selector of Unicode is dealt with."""
    for code in range(0x110000):
        character = chr(code)
        kind, called = unicodedata.category(character), unicodedata.name(character, "")
        unseen = kind in {"Zs", "Cf", "Cc", "Cs", "Zl", "Zp"}
        unseen |= called.startswith(("HANGUL CHOSEONG FILLER", "HANGUL JUNGSEONG FILLER"))
        unseen |= called.endswith(("HANGUL FILLER", "PATTERN BLANK"))
        unseen |= "VARIATION SELECTOR" in called
        if unseen:
            assert cleaned(f"a{character}b") in {None, "ab", "a b"}, f"U+{code:04X} {called}"


@pytest.mark.parametrize("name", ["\u3164", "Ada\ufe0f", "Ada\u00a0L", "Ada  L", "\u0301"])
def test_files_older_than_the_rules(name: str) -> None:
    """A file whose name no patient can give any more is still its patient's."""
    assert stored_name(name) == name
    assert patient_name(file_name(name)) == name
    assert owner(file_name(name) + ".torn-20260101T000000") == name
    assert cleaned(name) != name


def test_sixty_four_characters_are_enough() -> None:
    """The longest name of plain letters is taken."""
    assert clean_name(" " + "x" * 64 + " ") == "x" * 64


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada", "aDA"), ("STRASSE", "straße"), ("Zoe\u0308", "ZOË"), ("ΣΊΣΥΦΟΣ", "σίσυφος")],
)
def test_equal_but_for_case(one: str, other: str) -> None:
    """Spellings that differ in case or composition are one patient's."""
    assert key(clean_name(one)) == key(clean_name(other))


@given(NAMES)
@settings(max_examples=300, deadline=None)
def test_every_name_comes_back_from_its_file(raw: str) -> None:
    """A file name stands for exactly the name it was made of, and fits every file system."""
    name = cleaned(raw)
    if name is None:
        return
    file = file_name(name)
    assert patient_name(file) == name
    assert owner(file) == name
    assert owner(file + ".damaged-20260101T000000") == name
    assert owner(file + ".torn-20260101T000000-3") == name
    assert patient_name(file + ".new") is None
    assert not set(file) & set('/\\\0:*?[]"<>|')
    assert file[0] not in ". "
    assert len(file.encode()) <= MAX_BYTES + len(".dat")


@given(NAMES)
@settings(max_examples=200, deadline=None)
def test_cleaning_and_keys_are_stable(raw: str) -> None:
    """A clean name cleans to itself, and its key does not depend on how it was composed."""
    name = cleaned(raw)
    if name is not None:
        assert clean_name(name) == name
        assert key(unicodedata.normalize("NFD", name)) == key(name)
        assert key(key(name)) == key(name)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_only_canonical_files_are_patients(file: str) -> None:
    """Whatever a file is called, it is a patient's only if that patient's file is called so."""
    name = patient_name(file)
    if name is not None:
        assert file_name(name) == unicodedata.normalize("NFC", file)
    assert patient_name("%41da.dat") is None
    assert patient_name(".dat") is None
    assert owner("Ada.dat.damaged-*") is None
