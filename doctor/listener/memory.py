"""What is remembered of what a patient said, and when it is taken up again.

People and matters that a patient calls theirs ("my sister is ill") are remembered with their date.
They are taken up in the greeting of somebody who comes back, and where a line offers nothing to
answer; never the same twice in a row, and nothing soon after a line that was met with care.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.listener.filling import fill, fill_fixed
from doctor.listener.reassembly import SLOTS, Template
from doctor.listener.selection import MAX_MIRROR_WORDS, is_sound, take_turns
from doctor.listener.soundness import Sentence, normalise
from doctor.listener.state import (
    ASK_REST,
    MAX_REPLIES,
    MAX_TIMES_USED,
    MAX_USES,
    check_of,
    remember,
    sign_of,
)
from doctor.machine import Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.english.clauses import Clause
    from doctor.listener.draft import Draft
    from doctor.listener.rules import CompiledRule
    from doctor.listener.state import Memory, State
    from doctor.machine import Visit

#: Answers after a line met with care in which nothing is taken up from before.
QUIET_AFTER_CARE: Final = 6
#: Bytes of a topic; a longer one is none that a reply could name.
MAX_TOPIC: Final = 40
#: A way to take a memory up is not used again while it is one of the last so many uses.
RECENT_USES: Final = 20
#: Answers between two memories, and before a new memory is taken up.
BETWEEN_MEMORIES: Final = 5

_MINE: Final = re.compile("Dmy(?![^A-Z])((?:[NB][^A-Z]+)(?:N[^A-Z]+){0,1})")
#: A memory of more words than this tells more than one of fewer.
MIN_WEIGHTY_WORDS: Final = 4
_DECISIONS: Final = ("you were going to ", "you decided ", "you wanted to tell ")
_GRAVE: Final = re.compile(
    r"\b(died|dead|dying|death|funeral|cancer|dementia|hospital|ill|sick|stroke|first time|left you"
    r"|divorced?|miscarriage|pregnant)\b"
)
_NAMELESS: Final = "\0"
#: Slots of what takes a memory up.
_RECALLING: Final = frozenset((SLOTS["WHEN"], SLOTS["MEMORY"]))


# --- the greeting --------------------------------------------------------------------------------


def greet(draft: Draft, visit: Visit) -> Response[State]:
    """Return the greeting and the next state."""
    compiled = draft.compiled
    # An exhibition names its visitors "Visitor ...": nobody is called so.
    name = visit.name.strip()
    draft.visit_name = _NAMELESS if not name or name.startswith("Visitor ") else name
    reply = _welcome_back(draft) if visit.sessions > 0 or visit.exchanges > 0 else ""
    if not reply:
        template = next(take_turns(draft, compiled.greeting), None)
        if isinstance(template, Template):
            draft.taken += template.sign
            reply = _greeting(draft, template, None)
        else:
            reply = compiled.opening
    return Response(reply, _greeted(draft, reply), "")


def _welcome_back(draft: Draft) -> str:
    """Return a greeting for a returning patient; empty if none of the script's can be filled.

    One that was given lately is refused; if all were, the one given longest ago is given again.
    """
    said = draft.state.replies
    # Of several that were never given, `min` returns the first.
    found = min(
        _greetings_back(draft),
        key=lambda greeting: said.rfind(sign_of(normalise(greeting[0]))),
        default=None,
    )
    if found is None:
        return ""
    reply, template, memory = found
    draft.taken += template.sign
    if memory is not None:
        _take_up(draft, memory)
    return reply


def _greetings_back(draft: Draft) -> Iterator[tuple[str, Template, Memory | None]]:
    """Yield the greetings for a returning patient in their turns, those with a memory first."""
    memory = None if draft.state.quiet else _memory_due(draft.state, 0)
    for recalls in (True, False) if memory else (False,):
        about = memory if recalls else None
        returning = draft.compiled.returning
        fitting = [each for each in returning if bool(each.needs & _RECALLING) == recalls]
        for template in take_turns(draft, fitting):
            reply = _greeting(draft, template, about) if isinstance(template, Template) else ""
            if reply and isinstance(template, Template):
                yield reply, template, about


def _greeting(draft: Draft, template: Template, memory: Memory | None) -> str:
    """Return a greeting; to somebody without a name it says none."""
    said = fill_fixed(draft, template, memory)
    return said.replace(f", {_NAMELESS}", "").replace(_NAMELESS, "")


def _greeted(draft: Draft, reply: str) -> State:
    """Return the state after a greeting."""
    state = draft.state
    return state._replace(
        quiet=min(state.quiet, QUIET_AFTER_CARE - 1),  # a greeting asks for something else
        asked=min(state.asked, ASK_REST - 1),
        recalled=draft.recalled,
        question=0,
        memories=draft.memories,
        uses=(state.uses + draft.taken)[-MAX_USES:],
        replies=(state.replies + sign_of(normalise(reply)))[-MAX_REPLIES:],
    )


# --- taking a memory up --------------------------------------------------------------------------


def recall(draft: Draft) -> tuple[str, str] | None:
    """Return a reply that takes a remembered matter up, and its keyword; None if none is due."""
    memory = None if draft.state.quiet else _memory_due(draft.state, BETWEEN_MEMORIES)
    if memory is None:
        return None
    decided = _is_decision(memory)
    ways = [each for each in draft.compiled.recall if decided or not each.fitting]
    ways.sort(key=lambda each: not each.fitting)  # what is said of decisions comes first there
    for template in ways if decided else take_turns(draft, ways):
        if template.sign in draft.state.uses[-RECENT_USES:]:
            continue
        reply = fill_fixed(draft, template, memory) if isinstance(template, Template) else ""
        if reply and is_sound(draft, Sentence(reply)):
            draft.taken += template.sign
            draft.question = template.question if isinstance(template, Template) else 0
            if draft.notes is not None:
                draft.note("memory-recalled", memory.text)
                draft.note("reassembly", template.text)
                draft.note("source", f"script line {template.line}")
            _take_up(draft, memory)
            return reply, "RECALL"
    return None


def recall_for_little(draft: Draft) -> tuple[str, str] | None:
    """Take a remembered matter up where the line itself offers nothing to answer."""
    if any(content(clause) > 1 or len(clause.low) > 3 for clause in draft.line.clauses):
        return None
    return recall(draft)


def content(clause: Clause) -> int:
    """Return how many words of a clause say something."""
    return sum(map(clause.marked.count, "NVBG"))


def _memory_due(state: State, rest: int) -> Memory | None:
    """Return the memory to take up next; `rest` is how many answers it must have waited."""
    due = [
        memory
        for memory in state.memories
        if check_of(memory.text) != state.recalled and state.turns - memory.turn >= rest
    ]
    if rest and any(m.used and state.turns - m.turn < rest for m in state.memories):
        return None
    if len(state.memories) > 1 and due:
        lightest = min(map(_weigh, state.memories))
        due = [memory for memory in due if _weigh(memory) > lightest] or due
    return min(due, key=lambda memory: (memory.used, -_weigh(memory), memory.at), default=None)


def _weigh(memory: Memory) -> int:
    """Return what a memory weighs: decisions most, then deaths, illness and what is new."""
    if _is_decision(memory):
        return 3
    said = memory.text.lower()
    return 2 if _GRAVE.search(said) else 1 if len(said.split()) > MIN_WEIGHTY_WORDS else 0


def _is_decision(memory: Memory) -> bool:
    return memory.text.startswith(_DECISIONS)


def _take_up(draft: Draft, memory: Memory) -> None:
    draft.recalled = check_of(memory.text)
    used = memory._replace(used=min(memory.used + 1, MAX_TIMES_USED), turn=draft.state.turns)
    draft.memories = tuple(used if each is memory else each for each in draft.memories)


# --- remembering ---------------------------------------------------------------------------------


def remember_line(draft: Draft) -> None:
    """Remember what the line says of people and matters of the patient's, and the topic."""
    for clause in draft.line.clauses:
        if "my" in clause.words:
            found = _MINE.search(clause.marked)
            if found is not None:
                topic = "your" + clause.text[found.start(1) : found.end(1)]
                size = len(topic.encode("utf-8", "replace"))
                if size <= MAX_TOPIC and topic.isprintable():
                    draft.topic = topic
        rules = draft.compiled.remember.find(clause.words)
        if rules and not draft.lossy and not clause.asks:
            least = 3 if clause.low[0] == "my" else 4  # "my dad died", but not "I left early"
            if least <= len(clause.low) <= MAX_MIRROR_WORDS:
                _remember_clause(draft, rules, clause)


def _remember_clause(draft: Draft, rules: Sequence[CompiledRule], clause: Clause) -> None:
    for rule in rules:
        match = rule.matcher.match(clause.marked)
        if match is None:
            continue
        template = rule.choices[0]
        text = fill(draft, template, match, clause) if isinstance(template, Template) else None
        if text is None or " I " in f" {text} " or not text.isprintable():
            return
        memories = remember(draft.memories, text, draft.now)
        if memories is not draft.memories and memories:
            draft.memories = (*memories[:-1], memories[-1]._replace(turn=draft.state.turns))
            draft.note("memory-stored", text)
        return
