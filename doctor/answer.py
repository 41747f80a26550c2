"""One reply in the making: what `doctor.listener` says about choosing, done for one line.

An `Answering` belongs to one call and one thread. It reads the machine and the patient's state,
changes neither, and returns the reply with the new state. When it is given `Notes` it tells them
what it does while it does it, so an explanation cannot differ from the reply it explains.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor import mind
from doctor.clauses import places
from doctor.dates import in_words
from doctor.oddness import oddness
from doctor.sound import DANGLING, LEFT_HANGING, MAX_PIECE_WORDS, bare, fault, natural_end, sentence
from doctor.spoken import RUN, SLOTS, Say
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
#: Answers between two memories, and before a new memory is taken up.
BETWEEN_MEMORIES: Final = 5

# A quotation of several words, with more around it.
_QUOTED: Final = re.compile(
    r"(?<=\w)[\s,:]+(?:\"[^\"\s]*\s[^\"]*\"|\u201c[^\u201c\u201d\s]*\s[^\u201c\u201d]*\u201d)"
)
_MINE: Final = re.compile("Dmy(?![^A-Z])((?:[NB][^A-Z]+)(?:N[^A-Z]+){0,1})")
# Marks within words that a clause does without: what is quoted must not lack them.
_LOST: Final = re.compile(r"[<>+=*^|{}\[\]\\~#@_]")
_STOPS: Final = frozenset('.,?!:"')
_NAMELESS: Final = "\0"
_UNFINISHED: Final = words(
    "am is are was were do did does have has had will would can could should want need don't "
    "didn't can't isn't to be get"
)


class Answering:
    """One reply in the making. Used once, by one thread."""

    __slots__ = (
        "check", "checked", "line", "lossy", "machine", "memories", "mirror_clause",
        "mirror_number", "mirror_text", "mirrored", "notes", "now", "raw", "recalled", "seed",
        "state", "taken", "topic", "tries", "used", "visit_name",
    )  # fmt: skip

    def __init__(
        self, machine: Listener, state: State, line: str, now: float, notes: Notes | None
    ) -> None:
        self.machine = machine
        self.state = state
        self.now = now
        self.notes = notes
        self.raw = line
        self.lossy = _LOST.search(line) is not None
        self.line: Line = machine.reader.read(line)
        self.used = frozenset(state.uses)
        self.seed = mind.check_of(self.line.text) + state.turns
        self.checked = ""
        self.check = 0
        self.mirror_clause: Clause | None = None
        self.mirror_text = ""
        self.mirror_number = 0
        self.taken: list[int] = []
        self.tries = 0
        self.mirrored = False
        self.memories = state.memories
        self.recalled = state.recalled
        self.topic = state.topic
        self.visit_name = ""

    # --- the order of things -------------------------------------------------------------------

    def answer(self) -> tuple[str, State, str, str]:
        """Return the reply, the next state, the keyword and the mark."""
        line = self.line
        check = mind.check_of(bare(line.text))
        careful = self.machine.care.find(line, self.memories)
        if careful is not None:
            return self._careful(*careful, check)
        if '"' in self.raw or "\u201c" in self.raw:
            # What somebody else said is nothing that the patient says: it stands as "that".
            self.line = self.machine.reader.read(_QUOTED.sub(" that ", self.raw))
        found = self._odd(check) or self._keywords() or self._memory() or self._none()
        reply, keyword = found
        quiet = self.state.quiet and self.state.quiet - 1
        self._keep()
        return reply, self._next(reply, check, quiet), keyword, ""

    def _careful(self, form: int, phrase: str, check: int) -> tuple[str, State, str, str]:
        says = self.machine.careful[form]
        fresh = [say for say in self._in_turn(says) if isinstance(say, Say)]
        reply = self._said(fresh[0]) if fresh else ""
        self._note("note", f"met with care ({self.machine.care.names[form]}): {phrase}")
        if fresh:
            self._note("reassembly", fresh[0].text)
            self._note("source", f"script line {fresh[0].place}")
            self.taken.append(fresh[0].number)
        # Nothing of this line is kept: no memory, no topic.
        self.topic = ""
        state = self._next(reply, check, QUIET_AFTER_CARE)
        return reply, state, "CARE", "care"

    def _next(self, reply: str, check: int, quiet: int) -> State:
        state = self.state
        return mind.State(
            state.turns + 1,
            quiet,
            state.mirrored + 1 if self.mirrored else 0,
            self.recalled,
            (*state.uses, *self.taken)[-mind.MAX_USES :],
            (*state.replies[1 - mind.MAX_REPLIES :], self._check_of(reply)),
            (*state.lines[1 - mind.MAX_LINES :], check),
            self.topic,
            self.memories,
        )

    def _check_of(self, reply: str) -> int:
        """Return the check of a reply, which is known where its soundness was looked at last."""
        if reply is not self.checked:
            self.checked = reply
            self.check = mind.check_of(bare(reply))
        return self.check

    def greet(self, visit: Visit) -> tuple[str, State, str, str]:
        """Return the greeting, the next state, and two empty fields."""
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
                if reply and mind.check_of(bare(reply)) not in state.replies:
                    self.taken.append(say.number)
                    if memory:
                        self._took_up(memory)
                    return reply, self._greeted(reply), "", ""
        for say in self._in_turn(tuple(says)):
            if isinstance(say, Say):
                self.taken.append(say.number)
                reply = _unnamed(self._said(say))
                return reply, self._greeted(reply), "", ""
        reply = " ".join(machine.script.opening)
        return reply, self._greeted(reply), "", ""

    def _greeted(self, reply: str) -> State:
        state = self.state
        return state._replace(
            recalled=self.recalled,
            memories=self.memories,
            uses=(*state.uses, *self.taken)[-mind.MAX_USES :],
            replies=(*state.replies, mind.check_of(bare(reply)))[-mind.MAX_REPLIES :],
        )

    # --- odd lines -------------------------------------------------------------------------------

    def _odd(self, check: int) -> tuple[str, str] | None:
        line, state = self.line, self.state
        kind = oddness(line, state, check, self.machine.reader.known)
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
        return (found, kind) if found else None

    # --- keywords --------------------------------------------------------------------------------

    def _keywords(self) -> tuple[str, str] | None:
        by_word = self.machine.by_word
        stack: list[tuple[int, int, int, int, Keyword, Clause]] = []
        for number, clause in enumerate(self.line.clauses):
            words = clause.words
            own = 1 if "i" in words or "my" in words else 0
            seen: list[Keyword] = []
            for place, rules in enumerate(map(by_word.get, clause.low)):
                if rules is None:
                    continue
                for rule in rules:
                    if rule in seen:
                        continue
                    seen.append(rule)
                    # What sorts first is the top; the last number keeps ties apart.
                    weight = -2 * rule.rank - own
                    stack.append((weight, -number, place, len(stack), rule, clause))
        if not stack:
            return None
        if len(stack) > 1:
            stack.sort()
        if self.notes is not None:
            for weight, _, _, _, rule, _ in stack:
                self._note("stack", rule.word, str(-weight // 2))
        for _, _, _, _, rule, clause in stack:
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
                    reply = self._made(choice, match, clause)
                    if reply:
                        self._tell(rule.word, way, match, clause, choice)
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
            if reply and self._is_sound(reply):
                self.taken.append(say.number)
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
            if isinstance(choice, Say) and all(isinstance(part, str) for part in choice.parts)
        ]
        if not plain:
            return "Go on."
        replies = self.state.replies[::-1]  # the newest first
        size = len(replies)

        def age(say: Say) -> int:
            check = mind.check_of(bare(say.text))
            return replies.index(check) if check in replies else size

        oldest = max(plain, key=age)
        self.taken.append(oldest.number)
        return sentence(oldest.text)

    def _keep(self) -> None:
        """Remember what the line says of people and matters of the patient's, and the topic."""
        for clause in self.line.clauses:
            if "my" in clause.words:
                found = _MINE.search(clause.marked)
                if found is not None:
                    topic = "your" + clause.text[found.start(1) : found.end(1)]
                    if len(topic) <= 40 and topic.isprintable():
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
        used = self.used
        size = len(choices)
        begin = self.seed % size if size else 0
        stale = []
        for index in range(begin, begin + size):
            choice = choices[index if index < size else index - size]
            if choice.number in used:
                stale.append(choice)
            else:
                yield choice
        if stale:
            uses = self.state.uses[::-1]  # the newest first
            stale.sort(key=lambda choice: -uses.index(choice.number))
            yield from stale

    def _made(self, say: Say, match: re.Match[str], clause: Clause) -> str | None:
        """Return a sound reply of this rule with this match, or None."""
        self.tries += 1
        if self.tries > MAX_TRIES:
            return None
        mirror = ""
        if say.asks:
            mirror = self.mirror_text if self.mirror_clause is clause else self._mirror(clause)
            if say.only_after and not mirror:
                return None
        text = say.plain or self._filled(say, match, clause)
        if text is None:
            return None
        reply = f"{mirror} {sentence(text)}" if mirror else sentence(text)
        if not self._is_sound(reply):
            return None
        self.taken.append(say.number)
        self.mirrored = bool(mirror)
        if mirror:
            self.taken.append(self.mirror_number)
        return reply

    def _mirror(self, clause: Clause) -> str:
        """Return what says a clause back, empty if nothing does; made once for each clause."""
        self.mirror_clause = clause
        self.mirror_text = ""
        # "I did" and "my mother has" are no sentences to say back.
        last = clause.low[-1]
        if (
            not self.lossy
            and len(clause.low) <= MAX_MIRROR_WORDS
            and not (not clause.asks and (last in _UNFINISHED or last in DANGLING))
        ):
            machine = self.machine
            ways = machine.asked if clause.asks else machine.mirror
            found = self._first_of(ways, clause, check=False)
            if found is not None:
                self.mirror_text = found
                self.mirror_number = self.taken.pop()
        return self.mirror_text

    def _first_of(self, ways: Ways, clause: Clause | None, *, check: bool = True) -> str | None:
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
                text = sentence(text)
                if not check or self._is_sound(text):
                    self.taken.append(choice.number)
                    self._note("reassembly", choice.text)
                    self._note("source", f"script line {choice.place}")
                    return text
        return None

    def _filled(self, say: Say, match: re.Match[str], clause: Clause | None) -> str | None:
        """Return what a rule says with its places filled; None where something does not fit."""
        parts: list[str] = []
        last = len(say.parts) - 1
        for place, part in enumerate(say.parts):
            if isinstance(part, str):
                parts.append(part)
                continue
            if part > 100_000:
                piece = self._slot(part)
            else:
                after = say.parts[place + 1] if place < last else "."
                ends = isinstance(after, str) and after[0] in _STOPS
                piece = self._piece(part, match, clause, ends=ends)
            if not piece and not say.loose:
                self._note("rejected", say.text, "nothing to put there")
                return None
            parts.append(piece)
        text = "".join(parts)
        return " ".join(text.split()).replace(" .", ".") if say.loose else text

    def _said(self, say: Say, memory: mind.Memory | None = None) -> str:
        """Return a text without components; empty where a slot has nothing."""
        parts: list[str] = []
        for part in say.parts:
            piece = part if isinstance(part, str) else self._slot(part, memory)
            if not piece:
                return ""
            if parts and parts[-1].endswith((". ", "? ")):
                piece = piece[0].upper() + piece[1:]
            parts.append(piece)
        return sentence("".join(parts))

    def _slot(self, slot: int, memory: mind.Memory | None = None) -> str:
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

    def _piece(
        self, number: int, match: re.Match[str], clause: Clause | None, *, ends: bool
    ) -> str:
        """Return component `number` as it may stand in a reply; empty where it may not.

        Where a phrase `ends` with it, words that wait for more are taken off its end.
        """
        if clause is None:
            return ""
        if abs(number) < RUN:
            start, end = match.span(abs(number))
        else:
            start, end = match.start(number // RUN), match.end(number % RUN)
        first = clause.text.count(" ", 0, start)
        last = clause.text.count(" ", 0, end)
        low = clause.low
        if ends:
            # "Who am I?" is whole: there the "I" stands behind its verb.
            while (
                last > first
                and low[last - 1] in DANGLING
                and not (clause.asks and low[last - 1] == "i")
            ):
                last -= 1
        if last - first > MAX_PIECE_WORDS:
            last = natural_end(low, first, last)
        if last <= first or (ends and last - first < 3 and low[last - 1] in LEFT_HANGING):
            return ""
        if self.lossy and self._loses(number, low[first:last]):
            return ""
        if number < 0:
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

    def _loses(self, number: int, low: Sequence[str]) -> bool:
        """Tell whether characters of the patient's would be missing from a piece of this line."""
        known, raw = self.machine.reader.known, self.raw.lower()
        return number < 0 or any(
            word not in raw and (word not in known or word[0].isdigit()) for word in low
        )

    def _is_sound(self, reply: str) -> bool:
        """Tell whether a reply is new, no longer than it may be, and not broken."""
        why = fault(reply)
        if not why and self._check_of(reply) in self.state.replies:
            why = "given not long ago"
        if why:
            self._note("rejected", reply, why)
        return not why

    # --- telling how -------------------------------------------------------------------

    def _note(self, kind: str, *fields: str) -> None:
        if self.notes is not None:
            self.notes.add(kind, *fields)

    def _tell(self, keyword: str, way: Way, match: re.Match[str], clause: Clause, say: Say) -> None:
        notes = self.notes
        if notes is None:
            return
        notes.add("clause", clause.text.strip())
        notes.add("keyword", keyword)
        notes.add("decomposition", way.text)
        every = places(self.raw, self.line.clauses, self.machine.reader.spelling)
        spots = every[self.line.clauses.index(clause)]
        for number in range(1, way.matcher.size + 1):
            start, end = match.span(number)
            first, last = (clause.text.count(" ", 0, edge) for edge in (start, end))
            known = [spot for spot in spots[first:last] if spot is not None]
            where = (str(known[0][0]), str(known[-1][1])) if known else ("", "")
            notes.add("component", str(number), clause.text[start:end].strip(), *where)
        notes.add("reassembly", say.head + say.text)
        for said, turned in zip(clause.said, clause.turned, strict=True):
            if said != turned:
                notes.add("reflected", said, turned)
        notes.add("source", f"script line {say.place}")


def _unnamed(greeting: str) -> str:
    """Return a greeting as it is said to somebody without a name."""
    return greeting.replace(f", {_NAMELESS}", "").replace(_NAMELESS, "")


def _content(clause: Clause) -> int:
    """Return how many words of a clause say something."""
    return sum(word[0] in "NVBG" for word in re.findall("[A-Z][^A-Z]*", clause.marked))
