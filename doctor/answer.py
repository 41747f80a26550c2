"""One reply in the making: what `doctor.listener` says about choosing, done for one line.

An `Answering` belongs to one call and one thread. It reads the machine and the patient's state,
changes neither, and returns the reply with the new state. When it is given `Notes` it tells them
what it does while it does it, so an explanation cannot differ from the reply it explains.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor import mind
from doctor.clauses import places
from doctor.oddness import oddness
from doctor.patterns import edges
from doctor.sound import DANGLING, MAX_REPLY_WORDS, OUTER, Sentence, bare
from doctor.spoken import SLOTS, Go, Say
from doctor.wording import Wording
from doctor.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from doctor.clauses import Clause, Line
    from doctor.eliza import Visit
    from doctor.listener import Listener
    from doctor.mind import State
    from doctor.spoken import Choice, Keyword, Way, Ways
    from doctor.trace import Notes

#: Words of a clause that is mirrored whole.
MAX_MIRROR_WORDS: Final = 14
#: Links followed for one reply; a script that links in a circle answers with NONE.
MAX_LINKS: Final = 20
#: Choices tried for one reply, which bounds its time whatever the line.
MAX_TRIES: Final = 300
#: Answers after a line met with care in which nothing is taken up from before.
QUIET_AFTER_CARE: Final = 6
#: Bytes of a topic; a longer one is none that a reply could name.
MAX_TOPIC: Final = 40
#: Answers between two memories, and before a new memory is taken up.
BETWEEN_MEMORIES: Final = 5

# A quotation of several words, with more around it.
_QUOTED: Final = re.compile(
    r"(?<=\w)[\s,:]+(?:\"[^\"\s]*\s[^\"]*\"|\u201c[^\u201c\u201d\s]*\s[^\u201c\u201d]*\u201d)"
)
_MINE: Final = re.compile("Dmy(?![^A-Z])((?:[NB][^A-Z]+)(?:N[^A-Z]+){0,1})")
_new: Final = tuple.__new__  # a named tuple's own is a detour through Python, twice in each reply
_NAMELESS: Final = "\0"
_OWN: Final = words("i my")
_UNFINISHED: Final = words(
    "am is are was were do did does have has had will would can could should want need don't "
    "didn't can't isn't to be get"
)


class Response(NamedTuple):
    """A reply, the state after it, the keyword that answered, and the mark of the line."""

    reply: str
    state: State
    keyword: str
    mark: str = ""


class Answering(Wording):
    """One reply in the making. Used once, by one thread."""

    __slots__ = (
        "line", "memories", "mirror", "mirror_clause", "mirror_sign", "mirrored", "recalled",
        "seed", "sign", "signed", "taken", "topic", "tries",
    )  # fmt: skip

    def __init__(
        self, machine: Listener, state: State, line: str, now: float, notes: Notes | None
    ) -> None:
        self.machine, self.state, self.raw, self.now, self.notes = machine, state, line, now, notes
        self.visit_name = ""
        self.line: Line = machine.reader.read(line)
        self.lossy = self.line.lossy
        self.seed = mind.check_of(self.line.text) + state.turns
        self.signed = self.sign = ""  # a reply and what stands for it
        self.mirror_clause: Clause | None = None
        self.mirror: Sentence | None = None  # of that clause
        self.mirror_sign = ""
        self.mirrored = False  # the reply begins with it
        self.taken = ""  # the signs of what was chosen
        self.tries = 0
        self.memories = state.memories
        self.recalled = state.recalled
        self.topic = state.topic

    # --- the order of things -------------------------------------------------------------------

    def answer(self) -> Response:
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

    def _careful(self, form: int, phrase: str, sign: str) -> Response:
        self._note("note", f"met with care ({self.machine.care.names[form]}): {phrase}")
        return self._with_care(self.machine.careful[form], sign, marked=True)

    def _after_care(self, sign: str) -> Response | None:
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

    def _linked(self, choices: Sequence[Choice]) -> list[Say]:
        """Return the texts among choices, or those of the rule that the first one names."""
        first = choices[0] if choices else None
        if isinstance(first, Go):
            rule = self.machine.rules.get(first.keyword or "")
            choices = rule.ways.every[0].choices if rule and rule.ways.every else ()
        return [say for say in choices if isinstance(say, Say)]

    def _with_care(self, choices: Sequence[Choice], sign: str, *, marked: bool) -> Response:
        """Say what is due among fixed answers; nothing of the line is kept, no memory, no topic."""
        fresh = [say for say in self._in_turn(choices) if isinstance(say, Say)]
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
                state.replies[1 - mind.MAX_REPLIES :] + self._sign_of(reply),
                state.lines[1 - mind.MAX_LINES :] + sign,
                self.topic,
                self.memories,
            ),
        )

    def _sign_of(self, reply: str) -> str:
        """Return the sign of a reply, which is known where its soundness was looked at last."""
        return self.sign if reply is self.signed else mind.sign_of(bare(reply))

    def greet(self, visit: Visit) -> Response:
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
                reply = _unnamed(self._said(say, memory)) if isinstance(say, Say) else ""
                if reply and mind.sign_of(bare(reply)) not in state.replies:
                    self.taken += say.sign
                    if memory:
                        self._took_up(memory)
                    return Response(reply, self._greeted(reply), "")
        for say in self._in_turn(tuple(says)):
            if isinstance(say, Say):
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

    # --- odd lines -------------------------------------------------------------------------------

    def _odd(self, kind: str) -> tuple[str, str] | None:
        """Return what is said to a line that is odd in this way, and its name."""
        line, state = self.line, self.state
        if kind == "REPEATED":
            ways: Ways | None = self.machine.repeated
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
                if isinstance(choice, Say):
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

    def _memory(self) -> tuple[str, str] | None:
        """Take up a remembered matter where the line offers nothing to hold on to."""
        if any(_content(clause) > 1 or len(clause.low) > 3 for clause in self.line.clauses):
            return None
        return self._recall()

    def _recall(self) -> tuple[str, str] | None:
        memory = None if self.state.quiet else self._memory_due(BETWEEN_MEMORIES)
        if memory is None:
            return None
        for say in self._in_turn(self.machine.recall):
            reply = self._said(say, memory) if isinstance(say, Say) else ""
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

    def _none(self) -> tuple[str, str]:
        none = self.machine.none
        self._note("fallback", "NONE")
        for clause in sorted(self.line.clauses, key=_content, reverse=True):
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
            if isinstance(choice, Say) and choice.plain
        ]
        if not plain:
            return "Go on."
        replies = self.state.replies
        oldest = min(plain, key=lambda say: replies.rfind(mind.sign_of(bare(say.text))))
        self.taken += oldest.sign
        return oldest.sentence.text

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
            text = self._filled(say, match, clause) if isinstance(say, Say) else None
            if text is None or " I " in f" {text} " or not text.isprintable():
                return
            memories = mind.remember(self.memories, text, self.now)
            if memories is not self.memories and memories:
                self.memories = (*memories[:-1], memories[-1]._replace(turn=self.state.turns))
                self._note("memory-stored", text)
            return

    # --- making a reply ----------------------------------------------------------------

    def _in_turn(self, choices: Sequence[Choice]) -> Iterator[Choice]:
        """Return choices in the order in which their turn has come.

        First what was not said lately, beginning where the line decides; then the rest, what was
        said longest ago first.
        """
        if not choices:
            return
        uses = self.state.uses
        begin = self.seed % len(choices)
        if choices[begin].sign not in uses:
            yield choices[begin]  # as a rule there is no need for another
            begin += 1
            choices = (*choices[begin:], *choices[: begin - 1])
        else:
            choices = (*choices[begin:], *choices[:begin])
        stale = []
        for choice in choices:
            if choice.sign in uses:
                stale.append(choice)
            else:
                yield choice
        if stale:
            stale.sort(key=lambda choice: uses.rindex(choice.sign))
            yield from stale

    def _made(self, say: Say, match: re.Match[str], clause: Clause) -> str | None:
        """Return a sound reply of this rule with this match, or None."""
        self.tries += 1
        if self.tries > MAX_TRIES:
            return None
        mirror = None
        if say.asks:
            mirror = self.mirror if self.mirror_clause is clause else self._mirror(clause)
            if mirror is None and say.only_after:
                return None
        if say.plain:
            said = say.sentence
        else:
            text = self._filled(say, match, clause)
            if text is None:
                return None
            said = Sentence(text)
        if not self._is_sound(said, mirror):
            return None
        self.taken += say.sign
        if mirror is not None:
            self.taken += self.mirror_sign
            self.mirrored = True
        return self.signed

    def _mirror(self, clause: Clause) -> Sentence | None:
        """Return what says a clause back, None if nothing does; made once for each clause."""
        self.mirror_clause = clause
        self.mirror = None
        # "I did" and "my mother has" are no sentences to say back.
        last = clause.low[-1]
        if (
            not self.lossy
            and len(clause.low) <= MAX_MIRROR_WORDS
            and (clause.asks or not (last in _UNFINISHED or last in DANGLING))
        ):
            taken = self.taken
            ways = self.machine.asked if clause.asks else self.machine.mirror
            self.mirror = self._first_of(ways, clause, check=False)
            self.mirror_sign, self.taken = self.taken[len(taken) :], taken
        return self.mirror

    def _first_of(
        self, ways: Ways, clause: Clause | None, *, check: bool = True
    ) -> Sentence | None:
        """Return the first text of the ways that match a clause; a sound one if `check`."""
        marked = "" if clause is None else clause.marked
        for way in ways.every if clause is None else ways.for_words(clause.words):
            match = way.matcher.match(marked)
            if match is None:
                continue
            for choice in self._in_turn(way.choices):
                if not isinstance(choice, Say):
                    continue
                text = self._filled(choice, match, clause)
                if text is None:
                    continue
                found = Sentence(text)
                if not check or self._is_sound(found):
                    self.taken += choice.sign
                    if self.notes is not None:
                        self._note("reassembly", choice.text)
                        self._note("source", f"script line {choice.place}")
                    return found
        return None

    def _is_sound(self, said: Sentence, mirror: Sentence | None = None) -> bool:
        """Tell whether a reply is new, no longer than it may be, and not broken.

        It is then the one that is `signed`: what is said, after the mirror where there is one.
        """
        if mirror is None:
            reply, sign, why, size = said.text, said.sign, said.fault, said.size
        else:
            reply, sign = f"{mirror.text} {said.text}", said.sign_after(mirror)
            why, size = mirror.fault or said.fault, mirror.size + said.size
        if size > MAX_REPLY_WORDS:
            why = "too long"
        elif not why and sign in self.state.replies:
            why = "given not long ago"
        if why:
            self._note("rejected", reply, why)
            return False
        self.signed, self.sign = reply, sign
        return True

    # --- telling how -------------------------------------------------------------------

    def _tell(self, way: Way, match: re.Match[str], clause: Clause, say: Say) -> None:
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


def _unnamed(greeting: str) -> str:
    """Return a greeting as it is said to somebody without a name."""
    return greeting.replace(f", {_NAMELESS}", "").replace(_NAMELESS, "")


def _content(clause: Clause) -> int:
    """Return how many words of a clause say something."""
    return sum(map(clause.marked.count, "NVBG"))
