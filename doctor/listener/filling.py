"""What a rule says, with its places filled from one line of a patient's.

A place takes a component of the pattern, with the words turned round, or something that is known
of the patient: a matter of theirs, when it was told, their name. What would not stand there is not
put there, and the rule is not used: a fragment that waits for more, a piece of which characters
were lost in reading, nothing at all. A long component is cut where the sentence allows it.

A `Wording` belongs to one reply and one thread. It reads the machine and the patient's state, and
changes neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.listener.dates import in_words
from doctor.listener.decomposition import edges
from doctor.listener.reassembly import SLOTS, Slot
from doctor.listener.soundness import DANGLING, LEFT_HANGING, MAX_PIECE_WORDS, Sentence, natural_end

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from doctor.english.clauses import Clause
    from doctor.listener.machine import Listener
    from doctor.listener.reassembly import Template
    from doctor.listener.state import Memory, State
    from doctor.machine import Notes


class Wording:
    """The words for one reply: what `answer.Answering` chooses from. Used by one thread."""

    __slots__ = ("lossy", "machine", "notes", "now", "raw", "state", "visit_name")

    machine: Listener
    state: State
    raw: str  #: the patient's line
    now: float
    notes: Notes | None  #: who wants to know how, if anybody
    lossy: bool  #: characters were lost in reading the line
    visit_name: str  #: what a greeting calls the patient

    def _note(self, kind: str, *fields: str) -> None:
        if self.notes is not None:
            self.notes.add(kind, *fields)

    def _filled(self, say: Template, match: re.Match[str], clause: Clause | None) -> str | None:
        """Return what a rule says with its places filled; None where something does not fit."""
        parts: list[str] = []
        gaps = pieces = 0
        for part in say.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            piece = self._piece(part, match, clause) if isinstance(part, Slot) else self._slot(part)
            if not piece:
                if not say.loose:
                    self._note("rejected", say.text, "nothing to put there")
                    return None
                gaps += 1
            pieces += 1
            parts.append(piece)
        text = "".join(parts)
        if gaps:
            return None if gaps == pieces else " ".join(text.split()).replace(" .", ".")
        return text

    def _said(self, say: Template, memory: Memory | None = None) -> str:
        """Return a text without components; empty where a slot has nothing."""
        parts: list[str] = []
        for part in say.parts:
            piece = part if isinstance(part, str) else self._slot(part, memory)
            if not piece:
                return ""
            if parts and parts[-1].endswith((". ", "? ")):
                piece = piece[0].upper() + piece[1:]
            parts.append(piece)
        return Sentence("".join(parts)).text

    def _slot(self, slot: int | Slot, memory: Memory | None = None) -> str:
        if slot == SLOTS["TOPIC"]:
            return self.state.topic
        if slot == SLOTS["NAME"]:
            return self.visit_name
        if slot == SLOTS["HELPLINES"]:
            return self.machine.helplines.sentence()
        if memory is None:
            return ""
        if slot == SLOTS["MEMORY"]:
            return memory.text
        return in_words(memory.at, self.now, self.machine.zone, self.machine.dates)

    def _piece(self, hole: Slot, match: re.Match[str], clause: Clause | None) -> str:
        """Return what goes into a hole; empty where nothing may."""
        if clause is None:
            return ""
        start, end = edges(match, hole.first, hole.last)
        if start == end:
            return ""
        first = clause.text.count(" ", 0, start) if start else 0
        last = first + clause.text.count(" ", start, end)
        low = clause.low
        if hole.ends:
            # "Who am I?" is whole: there the "I" stands behind its verb.
            while (
                last > first
                and low[last - 1] in DANGLING
                and not (clause.asks and low[last - 1] == "i")
            ):
                last -= 1
        if last - first > MAX_PIECE_WORDS:
            last = natural_end(low, first, last)
        if last <= first or (hole.ends and last - first < 3 and low[last - 1] in LEFT_HANGING):
            return ""
        if self.lossy and self._loses(low[first:last], own=hole.own):
            return ""
        if hole.own:
            return " ".join(["I" if word == "i" else word for word in clause.said[first:last]])
        words = clause.turned[first:last]
        head = words[0]
        if first == 0 and head[0].isupper() and head != "I" and head[:2] != "I'":
            # A capital at the head of a sentence goes, unless the word may be a name.
            reader = self.machine.reader
            compound = last - first > 1 and clause.marks(1) == "N" and words[1].islower()
            if compound or low[0] in reader.known or low[0] in reader.spelling:
                return " ".join([head[0].lower() + head[1:], *words[1:]])
        return " ".join(words)

    def _loses(self, low: Sequence[str], *, own: bool) -> bool:
        """Tell whether characters of the patient's would be missing from a piece of this line."""
        known, raw = self.machine.reader.known, self.raw.lower()
        return own or any(
            word not in raw and (word not in known or word[0].isdigit()) for word in low
        )
