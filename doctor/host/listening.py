"""How the host listens to one person: nobody else is here, or all others are silent.

It answers as the doctor does alone: by what was said, turned round and nothing added, or by a plain
invitation to go on. What is turned round is made by the room's machine from that line alone, and
counts only where all its words are in the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.host.clauses import sentences
from doctor.host.danger import was_danger_lately
from doctor.host.draft import names_of
from doctor.host.statements import read_statement
from doctor.host.waiting import is_question

if TYPE_CHECKING:
    from doctor.host.draft import HostDraft
    from doctor.host.state import Member

_WORD: Final = re.compile(r"[\w'\u2019]+")
#: What a line turned round has that the line has not.
_TURNED: Final = words(
    "you your yours yourself you're you've you'd you'll are were have do don't so i me my is am"
)
_BEGINS: Final = re.compile(r"(?:So )?[Yy]our? ")
#: Somebody asks whether anybody is there.
_CALLS: Final = re.compile(
    r"\b(?:any|some)(?:body|one) (?:else )?(?:here|there|awake|around|in)\b", re.IGNORECASE
)
#: Words of a reflection, at least.
_LEAST: Final = 4


def listen_to(draft: HostDraft, member: Member, line: str) -> str:
    """Answer the line of somebody to whom nobody else listens."""
    here = draft.state.others(member.name)
    if len(draft.state.members) == 1 and not draft.was_said("ALONE-TOLD"):
        return draft.text("ALONE-TOLD", NAME=member.name)
    if _CALLS.search(line) is not None:
        names = names_of(here)
        return draft.text("HERE" if here else "ALONE", NAME=member.name, OTHERS=names)
    if is_question(line):
        return draft.text("LISTEN-ASKED", NAME=member.name)
    told = read_statement(line)
    if told.kind in {"DEATH", "ILLNESS", "GOOD"}:
        part = "GLAD" if told.kind == "GOOD" else told.kind
        return draft.text(part, NAME=member.name, KIN=told.kin)
    return reflect(draft, line) or draft.text("LISTEN", NAME=member.name)


def reflect(draft: HostDraft, line: str) -> str:
    """Return a line turned round by the machine; empty where it adds anything, or is no more."""
    if was_danger_lately(draft.state):
        return ""
    machine = draft.machine
    reply = machine.respond(machine.start(), line, draft.now)
    if reply.mark:
        return ""
    told = next(iter(sentences(reply.reply)), "")
    said = {each.lower().replace("\u2019", "'") for each in _WORD.findall(line)}
    turned = [each.lower().replace("\u2019", "'") for each in _WORD.findall(told)]
    if not _BEGINS.match(told) or "?" in told or len(turned) < _LEAST:
        return ""
    if any(word not in said and word not in _TURNED for word in turned):
        return ""
    draft.say_freely(told)
    return told
