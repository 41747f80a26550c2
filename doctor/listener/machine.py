"""The modern machine: it plays scripts that are written in natural English.

Theory. A reply is chosen by what weighs most, in this order:

    1. care         a line about suicide or harm has its careful answer, whatever else is in it
    2. oddness      nothing to read, an address, numbers, noise, another language, the doctor's own
                    words, the same line again
    3. keywords     every keyword of every clause goes on one stack, the highest rank on top; a
                    clause of the patient's own ("I", "my") before another of the same rank, and a
                    later clause before an earlier one, because people come to the point
    4. memory       a line that offers nothing takes up what was said before
    5. NONE         the clause that says most is mirrored, and asked about

Within a keyword the patterns are tried in the order of the script. What may be said takes turns:
first what was not said for longest, and among what was never said the line itself decides, so that
two patients do not hear the same first reply. A reply that was given in the last exchanges, or that
would not be a sound sentence with the patient's words in it, is refused, and the next is tried.

    line --tokenizer--> clauses --care--> ... --keywords--> pattern, components
         --reflection--> words turned round --reassembly--> reply;  State -> State

A `Listener` is immutable and shared by all threads; a patient's state is a value of its own.
Nothing here reads a clock, a file or a random number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.listener import state as states
from doctor.listener.answering import answer
from doctor.listener.compiler import CompiledScript
from doctor.listener.draft import Draft
from doctor.listener.hearing import hear_another, hear_patient, listen
from doctor.listener.memory import greet
from doctor.listener.state import State
from doctor.machine import Danger, Notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from doctor.listener.helplines import Helplines
    from doctor.machine import Response, Trace, Visit
    from doctor.scripts.model import Script


class Listener:
    """A modern script made ready to answer. Immutable; any thread may call any method."""

    def __init__(self, script: Script, helplines: Helplines, *, zone: tzinfo | None = None) -> None:
        """Compile `script`; dates are told in `zone`, or in this computer's where it is None."""
        self.script = script
        self.compiled = CompiledScript(script, helplines, zone)
        self.has_care = self.compiled.care.can_answer

    @property
    def keyword_count(self) -> int:
        """The number of words that the script has an answer to."""
        return len(self.compiled.by_word)

    def prepare(self) -> Iterator[None]:
        """Compile what is compiled when it is first needed, a little before each `yield`."""
        self.pack(self.start())  # the first use of a codec loads it
        yield
        yield from self.compiled.prepare()

    def start(self) -> State:
        """Return the state of a new patient."""
        return State()

    def greet(self, state: State, visit: Visit, now: float) -> Response[State]:
        """Return the greeting for a patient who comes; a returning one is remembered."""
        return greet(Draft(self.compiled, state, "", now, None), visit)

    def respond(self, state: State, line: str, now: float) -> Response[State]:
        """Return the reply to a line, and the state after it; `state` itself is not changed."""
        return answer(Draft(self.compiled, state, line, now, None))

    def explain(self, state: State, line: str, now: float) -> Trace:
        """Return how `respond` makes the reply to the same line in the same state."""
        notes = Notes(line, ())
        reply, *_ = answer(Draft(self.compiled, state, line, now, notes))
        notes.add("reply", reply)
        return notes.trace()

    def hear(self, state: State, speaker: str, line: str, now: float) -> State:
        """Return the state after a line that a person answers, or that a person said."""
        draft = Draft(self.compiled, state, line, now, None)
        return hear_another(state) if speaker else hear_patient(draft)

    def listen(self, state: State, line: str, now: float) -> tuple[Danger, State]:
        """Return what `find_danger` and `hear` return for a line of the patient's."""
        return listen(Draft(self.compiled, state, line, now, None))

    def find_danger(self, state: State, line: str) -> Danger:
        """Return the name and the tier of the CARE form that meets a line, if one does."""
        care = self.compiled.care
        read = self.compiled.tokenizer.read(line)
        found = care.find(read, state.memories, lately=state.quiet > 0, may_ask=False)
        return Danger() if found is None else care.danger_of(found)

    def pack(self, state: State) -> bytes:
        """Return the state as at most 8 KiB, the same bytes for the same state."""
        return states.pack(state)

    def unpack(self, packed: bytes) -> State:
        """Return the state that was packed; raise `ValueError` for anything else."""
        return states.unpack(packed)
