"""Faults of modern scripts: each is named at its line, with a remedy."""

from __future__ import annotations

import pytest

from doctor.listener import dates, reassembly
from doctor.scripts import ERROR, check, find_script
from doctor.scripts.lint_modern import DATE_ROWS, SLOTS
from doctor.scripts.similar import did_you_mean, nearest
from tests.support.machine_data import MINIMAL, faults_of
from tests.support.planted_faults import SOUND, PlantedFault, planted_faults

FAULTS = planted_faults() + planted_faults("more-faults.txt")


def test_there_are_eighty_planted_faults() -> None:
    """The script in which they are planted has none of its own, and neither has what ships."""
    assert len(FAULTS) == 80
    assert check(SOUND) == []
    assert check(find_script("doctor").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_planted_fault_is_named(fault: PlantedFault) -> None:
    """The fault's line is named, and message and remedy say what is wrong and what is right."""
    said = [
        f"{found.message} {found.remedy}".lower()
        for found in check(fault.script)
        if found.line == fault.line
    ]
    assert any(all(word.lower() in text for word in fault.words) for text in said), said


def test_a_form_is_named_once_and_not_for_each_word() -> None:
    """However many words of a rule have no meaning, one fault is told."""
    found = [f for f in check(f"{SOUND}(coffee one two three four)") if f.severity == ERROR]
    assert [f.message for f in found] == ["one has no meaning here"]


def test_circles_are_one_line() -> None:
    """Any number of circles of links is one warning, which counts them."""
    circles = "".join(f"({word} (={word}))\n" for word in "ABCD")
    assert faults_of(MINIMAL + circles) == [
        (10, 4, "warning", "links that lead in a circle: A -> A, and 3 more circles")
    ]


def test_the_checker_knows_the_slots_and_dates_of_the_machine() -> None:
    """Slots and rows of DATES are those that the modern machine has."""
    assert set(SLOTS) == set(reassembly.SLOTS)
    assert set(DATE_ROWS) == set(dates.ROWS)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("(MONTHS May)", "has 1 words"),
        ("(DAYS A B C D E F G H)", "has 8 words"),
        ("(TODAY)", "has 0 words"),
        ("TODAY", "a row of DATES is"),
    ],
)
def test_a_row_of_dates_that_is_not_used(row: str, message: str) -> None:
    """Rows of the wrong length, and what is no row, are named."""
    found = check(SOUND.replace("    (TODAY earlier today)", f"    {row}"))
    line = 18 if row[0] == "(" else 16
    assert [fault.line for fault in found if message in fault.message] == [line]


def test_a_sound_row_may_have_words_and_its_slots() -> None:
    """DATES without a row is told once, at the form; a row with its slots is not told."""
    (found,) = check(SOUND.replace("    (TODAY earlier today)\n", ""))
    assert (found.line, found.message) == (16, "DATES has no row TODAY: it is said in English")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(TAG DRINK coffee tea)", "(TAG DRINK coffee tea)\n(TAG VERB do)", "by itself"),
        ("    (WHEN you told me", "    loose (WHEN you told me", "loose is between the texts"),
        ("    (i'm im = i am)", "    i'm (im = i am)", "(i'm) in SPELLING"),
        ("now? HELPLINES)", "now? HELPINES)", "HELPINES is no slot"),
        ("(Take your time.)", "(Take your time, NAM.)", "NAM is no slot"),
        ("(always 2", "(im 2 ((0) (Really?)))\n(always 2", "im is never reached"),
    ],
)
def test_other_faults(old: str, new: str, message: str) -> None:
    """What a form does not use, and a rule that no word reaches, are named."""
    assert any(message in fault.message for fault in check(SOUND.replace(old, new, 1)))


def test_a_tag_is_the_same_in_any_case() -> None:
    """A pattern may write a tag in small letters, as the keyword of a rule does."""
    assert not [f for f in check(SOUND.replace("(0 (/DRINK) 0)", "(0 (/DRINK) 0 1)")) if f]


# --- names that are meant ------------------------------------------------------------------------


def test_the_name_that_was_meant() -> None:
    """A misprint is found whatever its case; the same name, and one unlike all, are not."""
    assert nearest("COFFE", ["coffee", "tea"]) == "coffee"
    assert nearest("coffee", ["COFFEE"]) == ""
    assert nearest("water", ["coffee", "tea"]) == ""
    assert did_you_mean("COFFE", ["coffee"], "add a rule") == "did you mean coffee? add a rule"
    assert did_you_mean("water", ["coffee"], "add a rule") == "add a rule"


def test_a_misspelt_link_of_a_script_of_1966() -> None:
    """A link to a keyword that is almost one of the script asks whether that one was meant."""
    (found,) = check(MINIMAL + "(COFFEE ((0) (HOW MUCH)))\n(TEA (=COFFE))")
    assert found.remedy.startswith("did you mean COFFEE? ")


# --- other formats -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("initial: How do you do.\nkey: xnone\n  decomp: *\n    reasmb: Go on.\n", "Hayden"),
        ("key: sorry\n  decomp: *\n", "Hayden"),
        ('<?xml version="1.0"?>\n<aiml version="1.0">', "AIML"),
        ("! version = 2.0\n+ hello\n- hi\n", "RiveScript"),
        ("topic: ~food [food]", "ChatScript"),
        ("(defvar doctor-rules nil)", "Lisp"),
        ("; comment\n(defun eliza ())", "Lisp"),
        ("import re\n", "a program"),
        ("#!/bin/sh\n", "a program"),
        ("var elizaInitials = [", "JavaScript"),
        ('{"rules": []}', "JSON"),
        ("<!DOCTYPE html>", "HTML"),
        ("%PDF-1.4", "PDF"),
        ("10 REM ELIZA", "BASIC"),
        ("# ELIZA\n", "Markdown"),
        ("---\nintents:\n", "YAML"),
    ],
)
def test_another_programs_format_is_told_in_one_line(text: str, name: str) -> None:
    """A file of another program is one fault, which says what it is."""
    (found,) = check(text)
    assert (found.line, found.severity, name in found.message) == (1, ERROR, True)


@pytest.mark.parametrize("text", ["(HELLO)", "; key: a comment\n(HELLO)", "(DEFINE IT)", "hello"])
def test_a_script_is_taken_for_nothing_else(text: str) -> None:
    """A script, also a faulty one, is read as a script."""
    assert not any("no script of this program" in fault.message for fault in check(text))
