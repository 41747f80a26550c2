"""What a listener knows after lines that it does not answer.

A person may answer in the doctor's place, and in a room the others answer each other. The patient's
own lines are remembered as if the doctor had answered them; a person's words are no facts about the
patient. Either way the doctor's question is not open any more: what is said next answers the
person, and repeats nothing that was said to the doctor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.listener.facts import note_facts
from doctor.listener.memory import QUIET_AFTER_CARE, remember_line
from doctor.listener.state import ASK_REST
from doctor.machine import Danger

if TYPE_CHECKING:
    from doctor.listener.draft import Draft
    from doctor.listener.state import State


def hear_patient(draft: Draft) -> State:
    """Return the state after a line of the patient's that somebody else answers."""
    return listen(draft)[1]


def listen(draft: Draft) -> tuple[Danger, State]:
    """Return which danger the line speaks of, and the state after it."""
    state, care = hear_another(draft.state), draft.compiled.care
    found = care.find(draft.line, state.memories, lately=state.quiet > 0, may_ask=False)
    if found is not None:
        # As after an answer with care: nothing of the line is remembered, nothing is recalled soon.
        return care.danger_of(found), state._replace(quiet=QUIET_AFTER_CARE - 1, topic="")
    note_facts(draft)
    remember_line(draft)
    return Danger(), state._replace(
        quiet=max(state.quiet - 1, 0),
        topic=draft.topic,
        memories=draft.memories,
        facts=draft.facts,
    )


def hear_another(state: State) -> State:
    """Return the state after what another person said: the doctor's question is dropped."""
    return state._replace(
        quiet=min(state.quiet, QUIET_AFTER_CARE - 1),
        asked=min(state.asked, ASK_REST - 1),
        mirrored=0,
        lines="",
        question=0,
    )
