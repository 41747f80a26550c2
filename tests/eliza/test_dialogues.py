"""Dialogues with ELIZA that were printed from 1965 to 1978: a few lines of each.

Some were held with a script that is lost. Where it answered otherwise than the script that is
known, the data say `; printed:` under the reply.
"""

from __future__ import annotations

from functools import cache

import pytest

from doctor.eliza import Eliza
from doctor.scripts import find_script, load
from tests.support.machine_data import DATA, conversation

DIALOGUES = sorted(path.name for path in (DATA / "dialogues").glob("*.txt"))


@cache
def _machine(name: str) -> Eliza:
    return Eliza(load(find_script(name)))


def _header(name: str) -> dict[str, str]:
    """Return what the first lines of a dialogue say: its script, and what was said before it."""
    text = (DATA / "dialogues" / name).read_text(encoding="utf-8")
    heads = [line[2:].split(": ", 1) for line in text.splitlines() if line.startswith("; ")]
    return {head[0]: head[1] for head in heads if len(head) == 2}


def test_there_are_ten_dialogues() -> None:
    """Each dialogue beside the paper's has at most eight exchanges and names its source."""
    assert len(DIALOGUES) == 10
    for name in DIALOGUES:
        assert len(conversation(f"dialogues/{name}")) <= 8
        assert _header(name)["script"] in {"1965", "1966"}


@pytest.mark.parametrize("name", DIALOGUES)
def test_a_published_dialogue_word_for_word(name: str) -> None:
    """The script of its time answers a dialogue as it was printed, or as the data say."""
    header = _header(name)
    machine = _machine(header["script"])
    state = machine.start()
    for line in filter(None, header.get("before", "").split("; ")):
        state = machine.respond(state, line).state
    for line, printed in conversation(f"dialogues/{name}"):
        response = machine.respond(state, line)
        assert (line, response.reply) == (line, printed)
        state = response.state
