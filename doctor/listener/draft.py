"""One reply in the making: the values that its steps read, and their decisions so far.

    answering   the order in which answers are tried
    memory      what is remembered of the patient, and when it is taken up again
    selection   which of the texts that a rule may say is said
    filling     that text, with the patient's words put in

Each step is a module of functions on a `Draft`, and calls only those below it. A draft belongs to
one call and one thread. The steps change it, and never the compiled script or the patient's state,
from which it was made; `next_state` makes the next state of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.clause_types import types_of
from doctor.listener.soundness import normalise
from doctor.listener.state import (
    MAX_LINES,
    MAX_MIRRORED,
    MAX_REPLIES,
    MAX_TURNS,
    MAX_USES,
    State,
    check_of,
    sign_of,
)

if TYPE_CHECKING:
    from doctor.english.clauses import Clause
    from doctor.listener.compiler import CompiledScript
    from doctor.listener.reassembly import Template
    from doctor.listener.soundness import Sentence
    from doctor.listener.state import Fact, Memory
    from doctor.machine import Notes

_NO_TYPES: Final[frozenset[str]] = frozenset()
_new: Final = tuple.__new__  # a named tuple's own is a detour through Python


class Draft:
    """One reply in the making. Used once, by one thread."""

    __slots__ = (
        "at_length", "compiled", "facts", "held", "line", "lossy", "memories", "mirror",
        "mirror_clause", "mirror_sign", "mirrored", "news", "notes", "now", "question", "raw",
        "recalled", "seed", "sign", "signed", "state", "taken", "topic", "tries", "typed",
        "types", "unfit", "visit_name",
    )  # fmt: skip

    def __init__(
        self,
        compiled: CompiledScript,
        state: State,
        raw: str,
        now: float,
        notes: Notes | None,
    ) -> None:
        self.compiled, self.state, self.now = compiled, state, now
        self.raw = raw  #: the patient's line
        self.notes = notes  #: where to explain the reply, if anybody asked
        self.line = compiled.tokenizer.read(raw)
        self.lossy = self.line.lossy  #: characters were lost in reading the line
        self.visit_name = ""  #: what a greeting calls the patient

        self.seed = check_of(self.line.text) + state.turns  #: where taking turns begins
        self.at_length = False  #: the line is long, and its clauses are weighed
        self.tries = 0  #: choices that were tried
        self.taken = ""  #: the signs of what was chosen
        self.signed = self.sign = ""  #: the reply that was found sound last, and its sign
        self.mirror_clause: Clause | None = None
        self.mirror: Sentence | None = None  #: that clause, said back
        self.mirror_sign = ""
        self.typed: Clause | None = None
        self.types = _NO_TYPES  #: those of that clause
        self.unfit: Clause | None = None  #: a clause that a question did not fit
        self.mirrored = False  #: the reply begins with the mirror

        self.memories: tuple[Memory, ...] = state.memories  #: after this line
        self.recalled = state.recalled  #: the check of the matter taken up last
        self.topic = state.topic  #: what the patient last called theirs
        self.facts: tuple[Fact, ...] = state.facts  #: the people spoken of, after this line
        self.held: list[tuple[Clause, Fact]] = []  #: clauses about whom something is known
        self.news: tuple[Clause, ...] = ()  #: clauses that told something about somebody
        self.question = 0  #: what the reply asks for, a number in `QUESTION_KINDS`

    def types_of(self, clause: Clause) -> frozenset[str]:
        """Return the types of a clause, found once for the one that was asked about last."""
        if self.typed is not clause:
            self.typed, self.types = clause, types_of(clause)
        return self.types

    def last_use(self, template: Template) -> int:
        """Return the place of a plain text among the last replies, -1 if it is none of them."""
        return self.state.replies.rfind(template.sentence.sign)

    def note(self, kind: str, *fields: str) -> None:
        """Add a row to the explanation, if anybody asked for one."""
        if self.notes is not None:
            self.notes.add(kind, *fields)


def next_state(draft: Draft, reply: str, sign: str, quiet: int) -> State:
    """Return the state after a reply to the line that `sign` represents."""
    state = draft.state
    asked = state.asked
    return _new(
        State,
        (
            state.turns + (state.turns < MAX_TURNS),
            quiet,
            state.mirrored + (state.mirrored < MAX_MIRRORED) if draft.mirrored else 0,
            draft.recalled,
            (state.uses + draft.taken)[-MAX_USES:],
            state.replies[1 - MAX_REPLIES :]
            + (draft.sign if reply is draft.signed else sign_of(normalise(reply))),
            state.lines[1 - MAX_LINES :] + sign,
            draft.topic,
            draft.memories,
            asked and asked - 1,
            state.concern if quiet else 0,
            draft.question,
            draft.facts,
        ),
    )
