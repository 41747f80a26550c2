"""Faults of the HOST form: each is found at its line, with a remedy."""

from __future__ import annotations

import re

import pytest

from doctor.host.texts import Texts
from doctor.scripts import DEFAULT_SCRIPT, load, loader
from doctor.scripts.host_form import PARTS, SLOTS

SCRIPT = """(Hello.)
START
(STYLE MODERN)
(CARE SELF (PHRASES (kill myself)) (ANSWERS (Are you safe? HELPLINES)))
(HOST
{host})
(NONE ((0) (Go on.)))
"""

#: A part of HOST, and what is said of it.
FAULTS = {
    "(WELCOM (Welcome, NAME.))": "HOST has an unknown part: WELCOM (write WELCOME)",
    "((Welcome.))": "HOST has an unknown part: (...) (write a part that docs/host.md lists)",
    "WELCOME": "WELCOME has no meaning in HOST (put it into a part)",
    "(WELCOME Hello (Hi.))": "Hello is between the texts of HOST WELCOME, and is not said "
    "(put each text in parentheses)",
    "(WHO)": "HOST WHO has no text (give it one: (WHO (I am the doctor, a program that hosts this "
    "room.)))",
    "(WELCOME (Hi, OTHER.))": "OTHER is not known in HOST WELCOME, so this text is never said "
    "(use NAME)",
    "(HUSH (Good, NAME.))": "NAME is not known in HOST HUSH, so this text is never said "
    "(say it without)",
    "(CARE (Call them. HELPLINES))": "HELPLINES is no slot of HOST, and is said as it is "
    "(say it without)",
    "(NAMES)": "NAMES lists no words (write (NAMES doctor doc))",
    "(WHO (A program.)) (WHO (Me.))": "HOST has WHO twice (join the two)",
}


@pytest.mark.parametrize("part", FAULTS)
def test_a_fault_of_host_is_found(part: str) -> None:
    """A script with the fault can be used, and `check` says what is wrong and what to write."""
    faults = loader.check(SCRIPT.format(host=part))
    assert [str(fault).partition("warning: ")[2] for fault in faults] == [FAULTS[part]]
    assert faults[0].line in {5, 6}


def test_a_script_without_faults() -> None:
    """Names and parts of one's own stand for the defaults; the rest stays."""
    host = "(NAMES eliza) (WELCOME (Come in, NAME.) (Sit down, NAME.))"
    text = SCRIPT.format(host=host)
    assert loader.check(text) == []
    texts = Texts(loader.parse(text))
    assert texts.names == ("eliza",)
    assert texts.of("WELCOME") == ("Come in, NAME.", "Sit down, NAME.")
    assert texts.of("WHO") == PARTS["WHO"].defaults


def test_every_default_can_be_said() -> None:
    """No default needs what is not known when it is said; nor does a text of the shipped script."""
    shipped = Texts(load(DEFAULT_SCRIPT))
    for name, part in PARTS.items():
        for text in (*part.defaults, *shipped.of(name)):
            used = set(re.findall(rf"\b({'|'.join(SLOTS)})\b", text))
            assert used <= set(part.slots), text
