"""The third set of planted faults: whole scripts by an author who had never seen the checker."""

from __future__ import annotations

from collections import Counter

import pytest

from doctor.scripts import ERROR, check
from tests.support.planted_faults import THIRD, WholeFault, whole_faults

FAULTS = whole_faults()
NO_CARE = "the script has no CARE form"


def test_there_are_forty_scripts_with_a_fault() -> None:
    """Forty faults; the figures at first sight are those that the documentation gives."""
    assert len(FAULTS) == 40
    assert Counter(fault.first_sight for fault in FAULTS) == {"yes": 26, "in part": 3, "no": 11}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.file for fault in FAULTS])
def test_the_fault_is_named_and_nothing_buries_it(fault: WholeFault) -> None:
    """One line is said about it, at a right line, with the remedy; there is no second error."""
    found = check((THIRD / fault.file).read_text(encoding="utf-8"))
    said = [each for each in found if not each.message.startswith(NO_CARE)]
    assert len(said) == 1, said
    assert said[0].line in fault.lines
    text = f"{said[0].message} {said[0].remedy}"
    assert [word for word in fault.words if word not in text] == []


@pytest.mark.parametrize("name", [f"good{number}.script" for number in range(1, 6)])
def test_a_script_without_a_fault_has_none(name: str) -> None:
    """No error; the only warnings are that there is no care, and a true one in good2."""
    found = check((THIRD / name).read_text(encoding="utf-8"))
    assert not [each for each in found if each.severity == ERROR]
    said = [(each.line, each.message) for each in found if not each.message.startswith(NO_CARE)]
    true = [(75, "/THING matches nothing: it has no list of its own")]
    assert said == (true if name == "good2.script" else [])
