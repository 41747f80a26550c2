"""The language of the client's own texts: which one is chosen, and what its catalogue says."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from client.model import dates, language
from client.model.language import as_list, as_person, choose, from_header, plural, tr
from client.net.lines import parse_notices

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSLATED = ("de", "es", "fr")


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """Leave English in use."""
    yield
    language.use("en")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["de_AT.UTF-8"], "de"),
        (["fr"], "fr"),
        (["es-MX"], "es"),
        (["DE"], "de"),
        (["ca_ES@valencia", "es_ES"], "es"),
        (["C", "de_DE"], "en"),
        (["POSIX"], "en"),
        (["C.UTF-8"], "en"),
        (["en_GB", "de"], "en"),
        (["tlh"], "en"),
        (["", "../de"], "en"),
        ([], "en"),
    ],
)
def test_choosing(wanted: list[str], found: str) -> None:
    """The first language with a catalogue is used, and English where nothing fits."""
    assert choose(wanted) == found


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"LANGUAGE": "fr:de", "LC_ALL": "es_ES.UTF-8", "LANG": "de_DE.UTF-8"}, ["fr", "de"]),
        ({"LANGUAGE": "", "LC_ALL": "es_ES.UTF-8", "LANG": "de_DE"}, ["es_ES.UTF-8"]),
        ({"LC_MESSAGES": "fr_CA.UTF-8", "LANG": "de_DE"}, ["fr_CA.UTF-8"]),
        ({"LANG": "de_DE.UTF-8"}, ["de_DE.UTF-8"]),
        ({}, []),
    ],
)
def test_the_language_of_the_system(environment: dict[str, str], found: list[str]) -> None:
    """LANGUAGE comes first, then LC_ALL, LC_MESSAGES and LANG."""
    assert language.ask_system(environment) == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("nl, es;q=0.1", "es"),
        ("de;q=0", "en"),
        ("de;q=x", "en"),
        ("", "en"),
        (",;,;q=" * 5000, "en"),
    ],
)
def test_the_language_of_a_browser(header: str, found: str) -> None:
    """The language that a browser likes best is used; what is no header does no harm."""
    assert from_header(header) == found


def test_english_is_what_the_code_says() -> None:
    """In English a text is shown as it is in the code."""
    assert language.use("en") == "en"
    assert tr("Cancel") == "Cancel"
    assert tr("") == ""
    assert plural("{number} new", "{number} new", 1) == "{number} new"


def test_a_language_in_use() -> None:
    """A text is shown in the language in use; one that no catalogue has, in English."""
    assert language.use("de") == language.current() == "de"
    assert tr("Cancel") == "Abbrechen"
    assert tr("A text of next year") == "A text of next year"
    assert as_person("Ada") == "Ada (ein Mensch)"
    assert as_list(["Ada", "Bob", "Eve"]) == "Ada, Bob und Eve"
    assert as_list([str(number) for number in range(9)], most=3) == "0, 1 und 7 weitere Personen"


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("en", ["0 patients", "1 patient", "2 patients"]),
        ("de", ["0 Patienten", "1 Patient", "2 Patienten"]),
        ("es", ["0 pacientes", "1 paciente", "2 pacientes"]),
        ("fr", ["0 patient", "1 patient", "2 patients"]),
    ],
)
def test_plural_forms(code: str, forms: list[str]) -> None:
    """A number has the form of its language; in French nothing is singular."""
    language.use(code)
    texts = [
        plural("{number:,} patient in {place}", "{number:,} patients in {place}", number).format(
            number=number, place="x"
        )
        for number in (0, 1, 2)
    ]
    assert [" ".join(text.split()[:2]) for text in texts] == forms


@pytest.mark.parametrize("code", TRANSLATED)
def test_names_of_persons_come_first(code: str) -> None:
    """What follows a person's name can be taken off again, as a transcript does."""
    language.use(code)
    assert as_person("Ada").removesuffix(as_person("")) == "Ada"


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("de", "Freitag, 20. November 2026"),
        ("es", "viernes, 20 de noviembre de 2026"),
        ("fr", "vendredi 20 novembre 2026"),
    ],
)
def test_days_are_in_the_language(code: str, day: str) -> None:
    """A day is in the language of the texts, whatever the system has installed."""
    language.use(code)
    assert dates.in_words(datetime(2026, 11, 20, 12, tzinfo=UTC)) == day


@pytest.mark.parametrize("code", TRANSLATED)
def test_catalogues_are_read_as_babel_reads_them(code: str) -> None:
    """The catalogues say the same to this program as to a library for such files."""
    data = (language.FOLDER / f"{code}.po").read_bytes()
    expected = {}
    for message in read_po(io.BytesIO(data)):
        several = isinstance(message.id, (list, tuple))
        key = "\0".join(message.id) if several else message.id
        expected[key] = "\0".join(message.string or ()) if several else message.string
    found = language.read(code)
    expected.pop("", None)
    assert {key: value for key, value in found.items() if key} == expected
    assert language.load(code).gettext("Send") == expected["Send"]


def test_an_unfinished_translation_is_not_used() -> None:
    """A text without a translation, or with an uncertain one, stays English."""
    text = (
        'msgid "One"\nmsgstr ""\n\n#, fuzzy\nmsgid "Two"\nmsgstr "Zwei"\n\n'
        'msgid "Three \\"3\\""\nmsgstr ""\n"Drei "\n"„3“\\n"\n'
    )
    assert language.parse(text) == {'Three "3"': "Drei „3“\n"}


def test_the_page_gets_its_own_texts() -> None:
    """The page is sent what its own files have, and nothing else."""
    found = language.read_part("de", "client/web/")
    assert found["Begin"] == "Beginnen"
    assert "Typeface" not in found
    assert language.read_part("en", "client/web/") == {}


@pytest.mark.parametrize(("code", "written"), [("en", "4,095"), ("de", "4.095"), ("es", "4.095")])
def test_a_number_is_written_as_its_language_writes_it(code: str, written: str) -> None:
    """Thousands are set apart by the sign of the language."""
    language.use(code)
    try:
        assert language.as_number(4095) == written
    finally:
        language.use("en")


def test_what_a_server_says_of_its_operator_is_a_sentence_of_the_language() -> None:
    """The row's meaning is told in the user's language; unknown words begin with a capital."""
    rows = (
        ("notice", "the operator may read; you are told at once when somebody does", "watching"),
        ("notice", "something else", "watching"),
    )
    language.use("de")
    try:
        first, second = parse_notices(rows, again=False).watched
    finally:
        language.use("en")
    assert first.startswith("Der Betreiber")
    assert second == "Something else"
