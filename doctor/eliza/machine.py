"""The machine of 1966: a script, a state and a line make a reply and the next state.

Sources: "the paper" is J. Weizenbaum, "ELIZA - A Computer Program For the Study of Natural
Language Communication Between Man And Machine", CACM 9, 1 (January 1966), pages 36 to 45; "the
source" is the recovered MAD-SLIP listing of ELIZA, by its line numbers, as described with
anthay/ELIZA ("the recovered description", parts 1 to 3 and the comments of its program).

    line --charset.split--> words
         --scan----------> the first clause with a keyword, words substituted, the key stack
         --transform-----> decomposition, components, reassembly; links, NEWKEY, PRE
         --or------------> a memory, NONE, or one of four built-in remarks

What never changes is compiled once (`Eliza`, shared by all patients and threads); what belongs to
one patient is a small value (`State`), a new one for each reply. Nothing here reads a clock, a file
or a random number.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from doctor.eliza.compiler import NEWKEY, PRE, SAY, TEXT, compile_script
from doctor.machine import LIMIT, Danger, Notes, Response
from doctor.scripts import charset
from doctor.scripts.conventions import BUILT_IN
from doctor.scripts.model import NewKey, pattern_text, reassembly_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.eliza.compiler import Choice, Plan, PlanTable
    from doctor.eliza.decomposition import Bounds
    from doctor.machine import Trace, Visit
    from doctor.scripts.model import Script

#: Links and PREs that one reply may take, by default. Scripts can compute (ELIZA is Turing
#: complete), and so they can loop for ever; the palindromes published for it take about a hundred.
STEP_LIMIT = 1000
#: Characters of a text that PRE may build, or of a reply; over it the reply is a fallback.
TEXT_LIMIT = 1 << 16
#: Bytes of UTF-8 that a patient's memories may take; a further memory is not stored.
MEMORY_BYTES = 6000

_RECALL_AT = 4
#: Makes a named tuple from its fields at half the cost of calling its class.
_new = tuple.__new__
_PACKED = struct.Struct(">2sBHH")
_MAGIC = b"E1"


#: What one patient's conversation has changed; immutable, and never over 8 KiB when packed:
#: LIMIT, the counting mechanism (1 to 4); the turns of the reassembly rules, one byte of the number
#: for each decomposition rule that has several; the texts stored in memory as lines, the oldest
#: first. A plain tuple, because one is made for each reply.
State: TypeAlias = tuple[int, int, str]


class Eliza:
    """A script made ready to answer. Immutable; any thread may call any method at any time."""

    def __init__(self, script: Script, *, step_limit: int = STEP_LIMIT) -> None:
        self.script = script
        self.has_care = False  # a script of 1966 has no form for it
        self.step_limit = step_limit
        self._table: PlanTable = compile_script(script)
        self._scan = self._table.scan
        self._opening = " ".join(script.opening)
        self._remarks = script.conventions.remarks
        self._newkey_remark = script.conventions.newkey_remark
        self._split = script.conventions.splitter()
        self._marks = script.conventions.marks

    def prepare(self) -> Iterator[None]:
        """Do nothing: all of it is ready."""
        return iter(())

    def start(self) -> State:
        """Return the state of a new patient."""
        # LIMIT is 1 before the first line (line 000120 of the source).
        return (1, 0, "")

    def greet(self, state: State, visit: Visit, now: float) -> Response[State]:
        """Return the opening remark (page 42 of the paper, a), the same for every visit."""
        del visit, now
        return Response(self._opening, state, "")

    def respond(self, state: State, line: str, now: float = 0.0) -> Response[State]:
        """Return the reply to a line, and the state after it; `state` itself stays as it is."""
        del now
        return self._answer(state, self._split(line), None)

    def explain(self, state: State, line: str, now: float = 0.0) -> Trace:
        """Return how `respond` makes the reply to the same line in the same state."""
        del now
        found = charset.split_with_offsets(line, self._marks)
        notes = Notes(line, [(start, end) for _, start, end in found])
        response = self._answer(state, [word for word, _, _ in found], notes)
        notes.add("reply", response.reply)
        return notes.trace()

    def hear(self, state: State, speaker: str, line: str, now: float = 0.0) -> State:
        """Return the state as it is: a script of 1966 has no form for what others say."""
        del speaker, line, now
        return state

    def listen(self, state: State, line: str, now: float = 0.0) -> tuple[Danger, State]:
        """Return no danger, and the state as it is."""
        del line, now
        return Danger(), state

    def find_danger(self, state: State, line: str) -> Danger:
        """Return none: a script of 1966 has no form for danger."""
        del state, line
        return Danger()

    # --- the state as bytes ------------------------------------------------------------------

    def pack(self, state: State) -> bytes:
        """Return the state as at most 8 KiB, the same bytes for the same state."""
        limit, turns, text = state
        count = len(self._table.cursors_below)
        memories = text.encode()
        head = _PACKED.pack(_MAGIC, limit, count, len(memories))
        return head + turns.to_bytes(count, "little") + memories

    def unpack(self, packed: bytes) -> State:
        """Return the state that `pack` made; raise `ValueError` for any other bytes."""
        try:
            magic, limit, cursor_count, memory_size = _PACKED.unpack_from(packed)
        except struct.error as error:
            raise ValueError("a packed state is too short") from error
        sizes = self._table.cursors_below
        cursors = packed[_PACKED.size : _PACKED.size + cursor_count]
        memories = packed[_PACKED.size + cursor_count :]
        if (
            magic != _MAGIC
            or not 1 <= limit <= len(BUILT_IN)
            or cursor_count != len(sizes)
            or len(cursors) != cursor_count
            or len(memories) != memory_size
            or memory_size > MEMORY_BYTES
            or any(cursor >= size for cursor, size in zip(cursors, sizes, strict=True))
        ):
            raise ValueError("a packed state is not of this script")
        text = memories.decode()  # UnicodeDecodeError is a ValueError
        if text and not all(line.strip() for line in text.split("\n")):
            raise ValueError("a packed state has an empty memory")
        return (limit, int.from_bytes(cursors, "little"), text)

    # --- a reply -----------------------------------------------------------------------------

    def _answer(self, state: State, words: list[str], notes: Notes | None) -> Response[State]:
        """Return the reply to the words of a line."""
        limit, turns, memories = state
        # "A certain counting mechanism" (page 41 of the paper) is LIMIT, which goes from 1 to 4
        # and back with each line (lines 000510 and 000520 of the source).
        limit = limit % 4 + 1
        scan = self._scan
        stack: list[Plan] = []
        top_rank = first = 0
        for here, word in enumerate(words):
            if word not in scan:
                continue
            plan = scan[word]
            if plan.ends_clause:
                # The first clause with a keyword is kept; the clauses before it and all that
                # follows are dropped (page 37 of the paper, c; lines 000660 to 000740).
                if stack:
                    words = words[first:here]
                    break
                first = here + 1
                if notes is not None:
                    notes.drop_clause()
                continue
            if plan.transforms:
                # A keyword of higher rank than any before goes on top of the stack, each other
                # one to its bottom (page 39 of the paper, d).
                if plan.rank > top_rank:
                    stack.insert(0, plan)
                    top_rank = plan.rank
                else:
                    stack.append(plan)
            if plan.substitution is not None:
                # Words are substituted while they are scanned (page 39 of the paper, a).
                words[here] = plan.substitution
                if notes is not None:
                    notes.add("substituted", word, plan.substitution)
        else:
            if first:
                words = words[first:]
        if notes is not None:
            notes.keep_clause(words, first, [(plan.keyword, plan.rank) for plan in stack])
        if stack:
            return self._transform(state, limit, stack, words, notes)
        if limit == _RECALL_AT and memories:
            # A text without keywords takes the oldest memory, if there is one and LIMIT is 4
            # (page 41 of the paper; lines 001120 to 001160 of the source).
            memory, memories = self._recall(memories)
            if memory:
                if notes is not None:
                    notes.add("memory-recalled", memory)
                    notes.add("source", "page 41 of the paper: no keyword, and LIMIT is 4")
                return Response(memory, (limit, turns, memories), "MEMORY")
        return self._answer_none((limit, turns, memories), words, notes)

    def _transform(
        self, state: State, limit: int, stack: list[Plan], words: list[str], notes: Notes | None
    ) -> Response[State]:
        """Return the reply that the keywords of the stack make of the words, with LIMIT as now."""
        _, turns, memories = state
        steps = 0
        seen: dict[Plan, tuple[Choice, Bounds]] = {}
        for top in stack:
            plan = top
            while True:
                if notes is not None:
                    notes.add("keyword", plan.keyword)
                if plan.remembers:
                    memories = self._store_memory(memories, words, notes)
                match = seen[plan] if seen and plan in seen else plan.decompose(words)
                if match is None:
                    if plan.link is None:
                        # A keyword without a rule for this text: the script's fault, and a remark
                        # built into the program (lines 001490 and 002200 to 002270).
                        return self._give_remark((limit, turns, memories), "no rule matches", notes)
                    plan = plan.link
                else:
                    choice, bounds = match
                    turn = 0
                    if choice.last:
                        # Reassembly rules take turns, and begin again after the last (page 41 of
                        # the paper; lines 001510 to 001720).
                        turn = turns >> choice.shift & 255
                        turns += choice.step if turn < choice.last else choice.back
                    if notes is not None:
                        self._note_choice(notes, choice, turn, words, bounds)
                    kind, data, goal = choice.options[turn]
                    if kind <= SAY:
                        reply = data if kind == TEXT else data(words, bounds, TEXT_LIMIT)
                        after = (limit, turns, memories)
                        if reply is not None:
                            return _new(Response, (reply, after, plan.keyword, "", ""))
                        return self._give_remark(after, "too long", notes)
                    if kind == NEWKEY:
                        # The next keyword of the stack is tried with the same text (page 41), so
                        # what matched for a keyword that is on it twice is known already.
                        seen[plan] = match
                        break
                    if kind == PRE:
                        # The text is rewritten before the link is followed (page 40).
                        text: list[str] | None = data(words, bounds, TEXT_LIMIT)
                        if text is None:
                            return self._give_remark((limit, turns, memories), "too long", notes)
                        words, seen = text, {}
                        if notes is not None:
                            notes.rewrite(words)
                    plan = goal
                # A link: the text is treated as if the other keyword had been found (page 40).
                if (steps := steps + 1) > self.step_limit:
                    return self._give_remark((limit, turns, memories), "step limit", notes)
                if notes is not None:
                    notes.add("link", plan.keyword)
        return self._give_up((limit, turns, memories), words, notes)

    def _give_up(self, state: State, words: list[str], notes: Notes | None) -> Response[State]:
        """Return the reply to NEWKEY with nothing left on the stack."""
        # It is that to a text without a keyword, but for the memory (page 41 of the paper), unless
        # the script declares a built-in remark (`doctor.scripts.conventions`).
        if self._newkey_remark:
            return self._give_remark(state, "NEWKEY, no keyword left", notes)
        return self._answer_none(state, words, notes)

    def _store_memory(self, memories: str, words: list[str], notes: Notes | None) -> str:
        """Return the memories with one more text, if the memory rule matches it, the newest last.

        The paper transforms a text when it is stored (page 41). Here the text is stored as it is,
        and transformed when it is recalled: the result is the same, and most are never recalled.
        """
        sign = self._table.memory_sign
        if sign not in words and (sign is not None or self._make_memory(words) is None):
            return memories
        text = " ".join(words)
        if not text.strip() or not _can_be_saved(text):
            return memories
        longer = f"{memories}\n{text}" if memories else text
        if len(longer) > MEMORY_BYTES or len(longer.encode()) > MEMORY_BYTES:
            if notes is not None:
                notes.add("note", "the memory is full; this text was not stored")
            return memories
        if notes is not None:
            notes.add("memory-stored", self._make_memory(words) or "")
        return longer

    def _make_memory(self, words: list[str]) -> str | None:
        """Return what the memory rule makes of a text, None where it makes nothing."""
        # Which of the four transformations is decided by a hash of the last word, not at random
        # as the paper has it (page 41; line 001230; recovered description, parts 2 and 3).
        rules = self._table.memories
        match, assemble = rules[charset.memory_choice(words[-1] if words else "") % len(rules)]
        bounds = match(words)
        return None if bounds is None else assemble(words, bounds, TEXT_LIMIT)

    def _recall(self, memories: str) -> tuple[str, str]:
        """Return the oldest memory, and the memories without it."""
        memory = None
        while memories and not memory:
            text, _, memories = memories.partition("\n")
            memory = self._make_memory(text.split(" "))
        return memory or "", memories

    def _answer_none(self, state: State, words: list[str], notes: Notes | None) -> Response[State]:
        """Return the next remark of NONE (page 41 of the paper, d; line 001190)."""
        match = self._table.none.decompose(words)
        if match is None:
            return self._give_remark(state, "NONE does not match", notes)
        choice, bounds = match
        limit, turns, memories = state
        turn = 0
        if choice.last:
            turn = turns >> choice.shift & 255
            turns += choice.step if turn < choice.last else choice.back
        if notes is not None:
            notes.add("fallback", "NONE")
            self._note_choice(notes, choice, turn, words, bounds)
        kind, data, _ = choice.options[turn]
        after = (limit, turns, memories)
        reply = data(words, bounds, TEXT_LIMIT) if kind == SAY else data
        if kind > SAY or reply is None:
            return self._give_remark(after, "NONE has no answer", notes)
        return Response(reply, after, "NONE")

    def _give_remark(self, after: State, why: str, notes: Notes | None) -> Response[State]:
        """Return one of the four built-in remarks, which the counting mechanism chooses."""
        if notes is not None:
            notes.add("fallback", f"built-in remark {after[0]}: {why}")
            notes.add("source", "lines 002200 to 002270 of the recovered source")
        keyword = LIMIT if why in {"step limit", "too long"} else "NONE"
        return Response(self._remarks[after[0] - 1], after, keyword)

    def _note_choice(
        self, notes: Notes, choice: Choice, turn: int, words: list[str], bounds: Bounds
    ) -> None:
        rule = choice.decomposition
        notes.add("decomposition", pattern_text(rule.pattern))
        notes.add_components(words, bounds)
        notes.add("reassembly", reassembly_text(rule.reassemblies[turn]))
        position = rule.reassemblies[turn].position
        if position.line:
            notes.add("source", f"line {position.line} of {self.script.name}")
        if isinstance(rule.reassemblies[turn], NewKey):
            notes.add("newkey")


def _can_be_saved(text: str) -> bool:
    """Return False for a text that has no UTF-8: it holds half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
