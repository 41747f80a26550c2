"""One reply in the making: what `doctor.listener.machine` says about choosing, done for one line.

An `Answering` belongs to one call and one thread. It reads the machine and the patient's state,
changes neither, and returns the reply with the new state. When it is given `Notes` it tells them
what it does while it does it, so an explanation cannot differ from the reply it explains.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import words
from doctor.english.tokenizer import places
from doctor.listener import state as mind
from doctor.listener.decomposition import edges
from doctor.listener.memory import QUIET_AFTER_CARE, Recalling, content
from doctor.listener.odd_lines import oddness
from doctor.listener.reassembly import SLOTS, Jump, Template
from doctor.listener.soundness import OUTER, bare
from doctor.machine import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.english.clauses import Clause
    from doctor.listener.machine import Listener
    from doctor.listener.reassembly import Choice, CompiledRule, CompiledRules, Keyword
    from doctor.listener.state import State
    from doctor.machine import Notes

#: Links followed for one reply; a script that links in a circle answers with NONE.
MAX_LINKS: Final = 20

# A quotation of several words, with more around it.
_QUOTED: Final = re.compile(
    r"(?<=\w)[\s,:]+(?:\"[^\"\s]*\s[^\"]*\"|\u201c[^\u201c\u201d\s]*\s[^\u201c\u201d]*\u201d)"
)
_new: Final = tuple.__new__  # a named tuple's own is a detour through Python, twice in each reply
_OWN: Final = words("i my")


class Answering(Recalling):
    """One reply in the making. Used once, by one thread."""

    __slots__ = ()

    def __init__(
        self, machine: Listener, state: State, line: str, now: float, notes: Notes | None
    ) -> None:
        self.machine, self.state, self.raw, self.now, self.notes = machine, state, line, now, notes
        self.line = machine.reader.read(line)
        self.lossy = self.line.lossy
        self.seed = mind.check_of(self.line.text) + state.turns
        self.tries, self.mirrored = 0, False
        self.signed = self.sign = self.mirror_sign = self.taken = self.visit_name = ""
        self.mirror_clause = self.mirror = None
        self.memories, self.recalled, self.topic = state.memories, state.recalled, state.topic

    # --- the order of things -------------------------------------------------------------------

    def answer(self) -> Response[State]:
        """Return the reply, the next state, the keyword and the mark."""
        line = self.line
        sign = mind.sign_of(line.low.strip(OUTER))
        careful = self.machine.care.find(line, self.memories, lately=self.state.quiet > 0)
        if careful is not None:
            return self._careful(*careful, sign)
        if self.state.quiet == QUIET_AFTER_CARE:
            cared = self._after_care(sign)
            if cared is not None:
                return cared
        if '"' in self.raw or "\u201c" in self.raw:
            # What somebody else said is nothing that the patient says: it stands as "that".
            self.line = self.machine.reader.read(_QUOTED.sub(" that ", self.raw))
        kind = oddness(self.line, self.state, sign, self.machine.reader.known)
        found = (kind and self._odd(kind)) or self._keywords() or self._memory() or self._none()
        reply, keyword = found
        quiet = self.state.quiet and self.state.quiet - 1
        self._keep()
        return _new(Response, (reply, self._next(reply, sign, quiet), keyword, ""))

    def _careful(self, form: int, phrase: str, sign: str) -> Response[State]:
        self._note("note", f"met with care ({self.machine.care.names[form]}): {phrase}")
        return self._with_care(self.machine.careful[form], sign, marked=True)

    def _after_care(self, sign: str) -> Response[State] | None:
        """Answer what is said right after a line met with care; None where CARED has no answer.

        "No", then, is an answer to whether the patient is safe. An answer that names HELPLINES
        marks the line as the one before it was marked.
        """
        rule = self.machine.cared
        if rule is None:
            return None
        for clause in self.line.clauses:
            for way in rule.ways.for_words(clause.words):
                if way.matcher.match(clause.marked) is not None:
                    self._note("note", "said right after a line that was met with care")
                    self._note("decomposition", way.text)
                    choices = self._linked(way.choices)
                    marked = any(SLOTS["HELPLINES"] in say.needs for say in choices)
                    return self._with_care(choices, sign, marked=marked)
        return None

    def _linked(self, choices: Sequence[Choice]) -> list[Template]:
        """Return the texts among choices, or those of the rule that the first one names."""
        first = choices[0] if choices else None
        if isinstance(first, Jump):
            rule = self.machine.rules.get(first.keyword or "")
            choices = rule.ways.every[0].choices if rule and rule.ways.every else ()
        return [say for say in choices if isinstance(say, Template)]

    def _with_care(self, choices: Sequence[Choice], sign: str, *, marked: bool) -> Response[State]:
        """Say what is due among fixed answers; nothing of the line is kept, no memory, no topic."""
        fresh = [say for say in self._in_turn(choices) if isinstance(say, Template)]
        reply = self._said(fresh[0]) if fresh else ""
        if fresh:
            self._note("reassembly", fresh[0].text)
            self._note("source", f"script line {fresh[0].place}")
            self.taken += fresh[0].sign
        self.topic = ""
        quiet = QUIET_AFTER_CARE if marked else QUIET_AFTER_CARE - 1
        return Response(reply, self._next(reply, sign, quiet), "CARE", "care" if marked else "")

    def _next(self, reply: str, sign: str, quiet: int) -> State:
        state = self.state
        return _new(
            mind.State,
            (
                state.turns + 1,
                quiet,
                state.mirrored + 1 if self.mirrored else 0,
                self.recalled,
                (state.uses + self.taken)[-mind.MAX_USES :],
                state.replies[1 - mind.MAX_REPLIES :]
                + (self.sign if reply is self.signed else mind.sign_of(bare(reply))),
                state.lines[1 - mind.MAX_LINES :] + sign,
                self.topic,
                self.memories,
            ),
        )

    # --- odd lines -------------------------------------------------------------------------------

    def _odd(self, kind: str) -> tuple[str, str] | None:
        """Return what is said to a line that is odd in this way, and its name."""
        line, state = self.line, self.state
        if kind == "REPEATED":
            ways: CompiledRules | None = self.machine.repeated
        else:
            ways = self.machine.odd.get(kind)
        if ways is None:
            return None
        whole = line.clauses[-1] if line.clauses else None
        self._note("fallback", kind)
        found = self._first_of(ways, whole)
        if found is None and state.replies:
            self._note("note", f"every answer to {kind} was given lately")
        return (found.text, kind) if found else None

    # --- keywords --------------------------------------------------------------------------------

    def _keywords(self) -> tuple[str, str] | None:
        rules_of = self.machine.by_word.get
        stack: list[tuple[int, int, int, Keyword, Clause]] = []
        for number, clause in enumerate(self.line.clauses):
            own = not _OWN.isdisjoint(clause.words)
            rules = chain.from_iterable(filter(None, map(rules_of, clause.low)))
            for rule in dict.fromkeys(rules):
                # What sorts first is the top; the third number keeps ties apart.
                stack.append((rule.weight - own, -number, len(stack), rule, clause))
        if not stack:
            return None
        stack.sort()
        if self.notes is not None:
            for weight, _, _, rule, _ in stack:
                self._note("stack", rule.word, str(-weight // 2))
        for _, _, _, rule, clause in stack:
            reply = self._try_rule(rule, clause, 0)
            if reply:
                return reply, rule.word
        return None

    def _try_rule(self, rule: Keyword, clause: Clause, links: int) -> str | None:
        """Return what a rule says about a clause, or None where it has nothing sound to say."""
        marked = clause.marked
        for way in rule.ways.for_words(clause.words):
            match = way.matcher.match(marked)
            if match is None:
                continue
            for choice in self._in_turn(way.choices):
                if isinstance(choice, Template):
                    if choice.only_after and self.mirror is None and self.mirror_clause is clause:
                        continue  # nothing says this clause back
                    reply = self._made(choice, match, clause)
                    if reply:
                        if self.notes is not None:
                            self._note("clause", clause.text.strip())
                            self._note("keyword", rule.word)
                            self._note("decomposition", way.text)
                            self._tell(way, match, clause, choice)
                        return reply
                elif choice.keyword is None:
                    self._note("newkey")
                    return None
                else:
                    return self._link(choice.keyword, clause, links)
        return self._link(rule.link, clause, links) if rule.link is not None else None

    def _link(self, keyword: str, clause: Clause, links: int) -> str | None:
        rule = self.machine.rules.get(keyword)
        if rule is None or links >= MAX_LINKS:
            return None
        self._note("link", rule.word)
        return self._try_rule(rule, clause, links + 1)

    # --- memory and NONE ---------------------------------------------------------------

    def _none(self) -> tuple[str, str]:
        none = self.machine.none
        self._note("fallback", "NONE")
        for clause in sorted(self.line.clauses, key=content, reverse=True):
            reply = self._try_rule(none, clause, 0)
            if reply:
                return reply, "NONE"
        recalled = self._recall()
        if recalled is not None:
            return recalled
        return self._oldest(), "NONE"

    def _oldest(self) -> str:
        """Return the plain text of NONE that was given longest ago, whatever was said."""
        plain = [
            choice
            for way in self.machine.none.ways.every
            for choice in way.choices
            if isinstance(choice, Template) and choice.plain
        ]
        if not plain:
            return "Go on."
        replies = self.state.replies
        oldest = min(plain, key=lambda say: replies.rfind(mind.sign_of(bare(say.text))))
        self.taken += oldest.sign
        return oldest.sentence.text

    # --- making a reply ----------------------------------------------------------------

    # --- telling how -------------------------------------------------------------------

    def _tell(self, way: CompiledRule, match: re.Match[str], clause: Clause, say: Template) -> None:
        """Note what matched, and what was made of it."""
        every = places(self.raw, self.line.clauses, self.machine.reader.spelling)
        spots = every[self.line.clauses.index(clause)]
        for number in range(1, way.matcher.size + 1):
            group = number - way.matcher.shift
            start, end = edges(match, group, group)
            first, last = (clause.text.count(" ", 0, edge) for edge in (start, end))
            known = [spot for spot in spots[first:last] if spot is not None]
            where = (str(known[0][0]), str(known[-1][1])) if known else ("", "")
            self._note("component", str(number), clause.text[start:end].strip(), *where)
        self._note("reassembly", say.head + say.text)
        for said, turned in zip(clause.said, clause.turned, strict=True):
            if said != turned:
                self._note("reflected", said, turned)
        self._note("source", f"script line {say.place}")
