"""What a rule says, with its slots filled from one line of a patient's.

A slot takes a component of the pattern, with the words turned round, or something that is known
of the patient: a matter of theirs, when it was told, their name. Where a piece would not be good
English there, the rule is not used: a fragment that waits for more, a piece of which characters
were lost in reading, nothing at all. A long component is cut where the sentence allows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.listener.dates import in_words
from doctor.listener.decomposition import edges
from doctor.listener.reassembly import SLOTS, Slot
from doctor.listener.soundness import DANGLING, LEFT_HANGING, MAX_PIECE_WORDS, Sentence, natural_end

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from doctor.english.clauses import Clause
    from doctor.listener.draft import Draft
    from doctor.listener.reassembly import Template
    from doctor.listener.state import Memory


_SUBJECTS: Final = {"him": "he", "her": "she", "them": "they", "us": "we", "me": "I"}
#: Slots that are filled from what was remembered.
_TOLD: Final = frozenset((SLOTS["MEMORY"], SLOTS["WHEN"]))
#: Nouns that name no matter: "do you remember the thing I said".
_UNSPECIFIC: Final = words("thing things something anything everything last time what")


def fill(
    draft: Draft, template: Template, match: re.Match[str], clause: Clause | None
) -> str | None:
    """Return a template with its slots filled; None where something does not fit."""
    parts: list[str] = []
    gaps = pieces = 0
    for part in template.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        if isinstance(part, Slot):
            piece = _piece(draft, part, match, clause)
        else:
            piece = _known_value(draft, part, asked_for(draft) if part in _TOLD else None)
        if not piece:
            if not template.loose:
                draft.note("rejected", template.text, "nothing to put there")
                return None
            gaps += 1
        pieces += 1
        parts.append(piece)
    text = "".join(parts)
    if gaps:
        return None if gaps == pieces else " ".join(text.split()).replace(" .", ".")
    return text


def asked_for(draft: Draft) -> Memory | None:
    """Return the remembered matter that a line asks about: one of its words, or else the last.

    Nothing soon after a line met with care, and no other matter than the one that is named.
    """
    if draft.state.quiet or not draft.memories:
        return None
    telling = {token[1:] for token in draft.line.flat if token[0] == "N"} - _UNSPECIFIC
    about = [each for each in draft.memories if not telling.isdisjoint(each.text.lower().split())]
    named = "my" in draft.line.vocabulary or "about" in draft.line.vocabulary
    if not about and named and telling:
        return None
    return max(about or draft.memories, key=lambda each: (each.turn, each.at))


def fill_fixed(draft: Draft, template: Template, memory: Memory | None = None) -> str:
    """Return a template without components, filled; empty where a slot has nothing."""
    parts: list[str] = []
    for part in template.parts:
        piece = part if isinstance(part, str) else _known_value(draft, part, memory)
        if not piece:
            return ""
        if parts and parts[-1].endswith((". ", "? ")):
            piece = piece[0].upper() + piece[1:]
        parts.append(piece)
    return Sentence("".join(parts)).text


def _known_value(draft: Draft, slot: int | Slot, memory: Memory | None = None) -> str:
    """Return what is known for a slot that is no component; empty where nothing is."""
    if slot == SLOTS["TOPIC"]:
        return draft.state.topic
    if slot == SLOTS["NAME"]:
        return draft.visit_name
    if slot == SLOTS["CALLED"]:
        return _name_asked_for(draft)
    if slot == SLOTS["HELPLINES"]:
        return draft.compiled.helplines.sentence()
    if slot == SLOTS["EMERGENCY"]:
        return draft.compiled.helplines.emergency
    if memory is None:
        return ""
    if slot == SLOTS["MEMORY"]:
        return memory.text
    return in_words(memory.at, draft.now, draft.compiled.zone, draft.compiled.dates)


def _name_asked_for(draft: Draft) -> str:
    """Return the name of somebody whom the line speaks of; empty where none was told."""
    spoken_of = {word.removesuffix("'s") for word in draft.line.vocabulary}
    return next((fact.name for fact in draft.facts if fact.name and fact.who in spoken_of), "")


def _piece(draft: Draft, slot: Slot, match: re.Match[str], clause: Clause | None) -> str:
    """Return the words of the clause that go into a slot; empty where none may."""
    if clause is None:
        return ""
    start, end = edges(match, slot.first, slot.last)
    if start == end:
        return ""
    first = clause.text.count(" ", 0, start) if start else 0
    last = first + clause.text.count(" ", start, end)
    low = clause.low
    if slot.ends:
        # "Who am I?" is whole: there the "I" follows its verb.
        while (
            last > first
            and low[last - 1] in DANGLING
            and not (clause.asks and low[last - 1] == "i")
        ):
            last -= 1
    if (
        not slot.own
        and last - first > 2
        and low[first] == "that"
        and clause.marks(first + 1) == "S"
    ):
        first += 1  # "I think that he lies": the slot has its own "that", or needs none
    if last - first > MAX_PIECE_WORDS:
        last = natural_end(low, first, last)
        while slot.ends and last > first and low[last - 1] in DANGLING:
            last -= 1
    if last <= first or (slot.ends and last - first < 3 and low[last - 1] in LEFT_HANGING):
        return ""
    if draft.lossy and _loses_characters(draft, low[first:last], own=slot.own):
        return ""
    if slot.subject and last - first == 1 and clause.turned[first] in _SUBJECTS:
        return _SUBJECTS[clause.turned[first]]
    if slot.own:
        return " ".join(["I" if word == "i" else word for word in clause.said[first:last]])
    turned = clause.turned[first:last]
    head = turned[0]
    if first == 0 and head[0].isupper() and head != "I" and head[:2] != "I'":
        # A capital at the head of a sentence goes, unless the word may be a name.
        tokenizer = draft.compiled.tokenizer
        compound = last - first > 1 and clause.marks(1) == "N" and turned[1].islower()
        if compound or low[0] in tokenizer.known or low[0] in tokenizer.spelling:
            return " ".join([head[0].lower() + head[1:], *turned[1:]])
    return " ".join(turned)


def _loses_characters(draft: Draft, low: Sequence[str], *, own: bool) -> bool:
    """Return True if characters of the patient's would be missing from a piece of this line."""
    known, raw = draft.compiled.tokenizer.known, draft.raw.lower()
    return own or any(word not in raw and (word not in known or word[0].isdigit()) for word in low)
