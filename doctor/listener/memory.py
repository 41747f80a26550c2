"""What is kept of what a patient said, and when it is taken up again.

People and matters that a patient calls theirs ("my sister is ill") are remembered with their date.
They are taken up in the greeting of somebody who comes back, and where a line offers nothing to
hold on to; never the same twice in a row, and nothing soon after a line that was met with care.

A `Recalling` belongs to one reply and one thread, as the `Choosing` that it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.listener import state as mind
from doctor.listener.reassembly import SLOTS, Template
from doctor.listener.selection import MAX_MIRROR_WORDS, Choosing
from doctor.listener.soundness import Sentence, bare
from doctor.machine import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doctor.english.clauses import Clause, Line
    from doctor.listener.reassembly import Choice
    from doctor.listener.state import State
    from doctor.machine import Visit

#: Answers after a line met with care in which nothing is taken up from before.
QUIET_AFTER_CARE: Final = 6
#: Bytes of a topic; a longer one is none that a reply could name.
MAX_TOPIC: Final = 40
#: Answers between two memories, and before a new memory is taken up.
BETWEEN_MEMORIES: Final = 5

_MINE: Final = re.compile("Dmy(?![^A-Z])((?:[NB][^A-Z]+)(?:N[^A-Z]+){0,1})")
_NAMELESS: Final = "\0"


class Recalling(Choosing):
    """What was said before, and what of this line is to be remembered. Used by one thread."""

    __slots__ = ("line", "memories", "recalled", "topic")

    line: Line  #: as it was read
    memories: tuple[mind.Memory, ...]  #: after this line
    recalled: int  #: the check of the matter taken up last
    topic: str  #: what the patient last called theirs

    def greet(self, visit: Visit) -> Response[State]:
        """Return the greeting and the next state."""
        machine, state = self.machine, self.state
        # Nobody is called Visitor: a name given at the door of an exhibition is not said.
        name = visit.name.strip()
        self.visit_name = _NAMELESS if not name or name.startswith("Visitor ") else name
        says: Iterable[Choice] = machine.greeting
        if visit.sessions > 0 or visit.exchanges > 0:
            memory = None if state.quiet else self._memory_due(0)
            wanted = {SLOTS["WHEN"], SLOTS["MEMORY"]} if memory else set()
            fitting = [
                say
                for say in machine.returning
                if (say.needs & {SLOTS["MEMORY"], SLOTS["WHEN"]}) == wanted
            ]
            for say in self._in_turn(fitting or machine.returning):
                reply = _unnamed(self._said(say, memory)) if isinstance(say, Template) else ""
                if reply and mind.sign_of(bare(reply)) not in state.replies:
                    self.taken += say.sign
                    if memory:
                        self._took_up(memory)
                    return Response(reply, self._greeted(reply), "")
        for say in self._in_turn(tuple(says)):
            if isinstance(say, Template):
                self.taken += say.sign
                reply = _unnamed(self._said(say))
                return Response(reply, self._greeted(reply), "")
        reply = " ".join(machine.script.opening)
        return Response(reply, self._greeted(reply), "")

    def _greeted(self, reply: str) -> State:
        state = self.state
        return state._replace(
            quiet=min(state.quiet, QUIET_AFTER_CARE - 1),  # a greeting asks for something else
            recalled=self.recalled,
            memories=self.memories,
            uses=(state.uses + self.taken)[-mind.MAX_USES :],
            replies=(state.replies + mind.sign_of(bare(reply)))[-mind.MAX_REPLIES :],
        )

    def _memory(self) -> tuple[str, str] | None:
        """Take up a remembered matter where the line offers nothing to hold on to."""
        if any(content(clause) > 1 or len(clause.low) > 3 for clause in self.line.clauses):
            return None
        return self._recall()

    def _recall(self) -> tuple[str, str] | None:
        memory = None if self.state.quiet else self._memory_due(BETWEEN_MEMORIES)
        if memory is None:
            return None
        for say in self._in_turn(self.machine.recall):
            reply = self._said(say, memory) if isinstance(say, Template) else ""
            if reply and self._is_sound(Sentence(reply)):
                self.taken += say.sign
                self._note("memory-recalled", memory.text)
                self._note("reassembly", say.text)
                self._note("source", f"script line {say.place}")
                self._took_up(memory)
                return reply, "RECALL"
        return None

    def _memory_due(self, rest: int) -> mind.Memory | None:
        state = self.state
        due = [
            memory
            for memory in state.memories
            if mind.check_of(memory.text) != state.recalled and state.turns - memory.turn >= rest
        ]
        if rest and any(m.used and state.turns - m.turn < rest for m in state.memories):
            return None
        return min(due, key=lambda memory: (memory.used, memory.at)) if due else None

    def _took_up(self, memory: mind.Memory) -> None:
        self.recalled = mind.check_of(memory.text)
        used = memory._replace(used=min(memory.used + 1, 0xFFFF), turn=self.state.turns)
        self.memories = tuple(used if each is memory else each for each in self.memories)

    def _keep(self) -> None:
        """Remember what the line says of people and matters of the patient's, and the topic."""
        for clause in self.line.clauses:
            if "my" in clause.words:
                found = _MINE.search(clause.marked)
                if found is not None:
                    topic = "your" + clause.text[found.start(1) : found.end(1)]
                    size = len(topic.encode("utf-8", "replace"))
                    if size <= MAX_TOPIC and topic.isprintable():
                        self.topic = topic
            least = 3 if clause.low[0] == "my" else 4  # "my dad died", but not "I left early"
            if not self.lossy and not clause.asks and least <= len(clause.low) <= MAX_MIRROR_WORDS:
                self._remember(clause)

    def _remember(self, clause: Clause) -> None:
        for way in self.machine.remember.for_words(clause.words):
            match = way.matcher.match(clause.marked)
            if match is None:
                continue
            say = way.choices[0]
            text = self._filled(say, match, clause) if isinstance(say, Template) else None
            if text is None or " I " in f" {text} " or not text.isprintable():
                return
            memories = mind.remember(self.memories, text, self.now)
            if memories is not self.memories and memories:
                self.memories = (*memories[:-1], memories[-1]._replace(turn=self.state.turns))
                self._note("memory-stored", text)
            return


def _unnamed(greeting: str) -> str:
    """Return a greeting as it is said to somebody without a name."""
    return greeting.replace(f", {_NAMELESS}", "").replace(_NAMELESS, "")


def content(clause: Clause) -> int:
    """Return how many words of a clause say something."""
    return sum(map(clause.marked.count, "NVBG"))
