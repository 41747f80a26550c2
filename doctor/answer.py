"""One reply in the making: what `doctor.listener` says about choosing, done for one line.

An `Answering` belongs to one call and one thread. It reads the machine and the patient's state,
changes neither, and returns the reply with the new state. When it is given `Notes` it tells them
what it does while it does it, so an explanation cannot differ from the reply it explains.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor import mind
from doctor.dates import in_words
from doctor.spoken import RUN, SLOTS, Say
from doctor.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from doctor.clauses import Clause, Line
    from doctor.eliza import Visit
    from doctor.listener import Listener
    from doctor.mind import State
    from doctor.spoken import Choice, Keyword, Way, Ways
    from doctor.trace import Notes

#: Words of a reply; only what a CARE form or a greeting says may be longer.
MAX_REPLY_WORDS: Final = 32
#: Words of one component in a reply; a longer one is cut where the sentence allows it.
MAX_PIECE_WORDS: Final = 12
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
#: A line of more words than this is a text, and is asked what matters in it.
LONG_LINE_WORDS: Final = 160

_DANGLING: Final = words(
    "and or but so the a an my your his her their our because if when that which who than as i "
    "very really just then like too also i'm it's you're not of every some any no"
)
_BREAKS_BEFORE: Final = words(
    "because when while if since so that who which where after before until with for at and or "
    "in on from to by about"
)
_LOOSE: Final = (" you am ", " i are ", " am you ", " to i ", " with i ", " you was ", " i is ")
_OUTER: Final = " .,!?:\"'()-*_"
_MINE: Final = re.compile("Dmy(?![^A-Z])((?:[NB][^A-Z]+)(?:N[^A-Z]+){0,1})")
_FOREIGN: Final = words(
    "que je ich nicht und est pas muy mi yo tengo estoy una los las por para con suis mon ma "
    "les des une avec mais bin ist das der die ein eine mein meine mir habe sono mio mia non "
    "che perche molto eu minha meu nao não estou ik het een mijn niet soy esta como el la le de "
    "et es ne sehr jag och inte är jestem nie się moja mój ben bir ama sie pour tout mi'ha sin "
    "porque pero quiero ja tu wir auf zu"
)
_STOPS: Final = frozenset('.,?!:"')
_UNFINISHED: Final = words(
    "am is are was were do did does have has had will would can could should want need don't "
    "didn't can't isn't to be get"
)
_VOWEL: Final = re.compile("[aeiouyäöüéèàáíóúåæø]")
_ENGLISH_LETTER: Final = re.compile("[a-z]")


class Answering:
    """One reply in the making. Used once, by one thread."""

    __slots__ = ("check", "line", "machine", "memories", "mirrored", "notes", "now", "recalled",
                 "seed", "state", "taken", "topic", "tries", "used", "visit_name")  # fmt: skip

    def __init__(
        self, machine: Listener, state: State, line: str, now: float, notes: Notes | None
    ) -> None:
        self.machine = machine
        self.state = state
        self.now = now
        self.notes = notes
        self.line: Line = machine.reader.read(line)
        self.used = frozenset(state.uses)
        self.seed = mind.check_of(self.line.text) + state.turns
        self.check = 0
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
        check = mind.check_of(_bare(line.text))
        careful = self.machine.care.find(line)
        if careful is not None:
            return self._careful(*careful, check)
        found = self._odd(check) or self._keywords() or self._memory() or self._none()
        reply, keyword = found
        quiet = max(self.state.quiet - 1, 0)
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
            (*state.replies, mind.check_of(_bare(reply)))[-mind.MAX_REPLIES :],
            (*state.lines, check)[-mind.MAX_LINES :],
            self.topic,
            self.memories,
        )

    def greet(self, visit: Visit) -> tuple[str, State, str, str]:
        """Return the greeting, the next state, and two empty fields."""
        machine, state = self.machine, self.state
        self.visit_name = visit.name.strip() or "there"
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
                reply = self._said(say, memory) if isinstance(say, Say) else ""
                if reply and mind.check_of(_bare(reply)) not in state.replies:
                    self.taken.append(say.number)
                    if memory:
                        self._took_up(memory)
                    return reply, self._greeted(reply), "", ""
        for say in self._in_turn(tuple(says)):
            if isinstance(say, Say):
                self.taken.append(say.number)
                reply = self._said(say)
                return reply, self._greeted(reply), "", ""
        reply = " ".join(machine.script.opening)
        return reply, self._greeted(reply), "", ""

    def _greeted(self, reply: str) -> State:
        state = self.state
        return state._replace(
            recalled=self.recalled,
            memories=self.memories,
            uses=(*state.uses, *self.taken)[-mind.MAX_USES :],
            replies=(*state.replies, mind.check_of(_bare(reply)))[-mind.MAX_REPLIES :],
        )

    # --- odd lines -------------------------------------------------------------------------------

    def _odd(self, check: int) -> tuple[str, str] | None:
        line, state = self.line, self.state
        kind = self._oddness(check)
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

    def _oddness(self, check: int) -> str:
        line, state = self.line, self.state
        words = line.words
        if not words:
            if line.address:
                return "ADDRESS"
            return "SYMBOLS" if line.text else "EMPTY"
        if check in state.replies and len(words) > 2:
            return "ECHO"
        if check in state.lines:
            lately = state.lines[-2:]
            if len(words) > 2 or lately == (check, check):
                return "REPEATED"
        if line.address and len(words) < 4:
            return "ADDRESS"
        if len(words) > LONG_LINE_WORDS:
            return "LONG"
        known = self.machine.reader.known
        strange = [word for word in words if word not in known]
        if len(strange) * 2 > len(words) or len(words) > 2:
            if all(word[0].isdigit() for word in words):
                return "NUMBERS"
            return self._strangeness(strange, words)
        return ""

    def _strangeness(self, strange: list[str], words: list[str]) -> str:
        """Tell noise and other languages from English with unknown words."""
        foreign = sum(word in _FOREIGN for word in words)
        english = len(words) - len(strange)
        if foreign >= 2 and foreign * 2 >= len(words) - foreign and foreign > english // 2:
            return "LANGUAGE"
        if len(strange) * 2 > len(words):
            letters = [word for word in strange if word.isalpha()]
            if letters and not any(_ENGLISH_LETTER.search(word) for word in letters):
                return "LANGUAGE"
            noise = sum(_is_noise(word) for word in letters)
            if noise and noise * 2 >= len(words):
                return "NOISE"
        return ""

    # --- keywords --------------------------------------------------------------------------------

    def _keywords(self) -> tuple[str, str] | None:
        by_word = self.machine.by_word
        stack: list[tuple[int, int, int, Keyword, Clause]] = []
        for number, clause in enumerate(self.line.clauses):
            low = clause.low
            for place, word in enumerate(low):
                rules = by_word.get(word)
                if rules is not None:
                    own = 1 if "i" in low or "my" in low else 0
                    for rule in rules:
                        weight = -2 * rule.rank - own
                        stack.append((weight, -number, place, rule, clause))
        if not stack:
            return None
        stack.sort(key=_weight)
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
        for way in rule.ways.for_words(clause.low):
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
        if any(_content(clause) > 1 for clause in self.line.clauses):
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
        replies = self.state.replies
        for say in self._in_turn(plain):
            if isinstance(say, Say) and mind.check_of(_bare(say.text)) not in replies:
                self.taken.append(say.number)
                return _sentence(say.text)
        return _sentence(plain[0].text) if plain else "Go on."

    def _keep(self) -> None:
        """Remember what the line says of people and matters of the patient's, and the topic."""
        for clause in self.line.clauses:
            if "my" in clause.low:
                found = _MINE.search(clause.marked)
                if found is not None:
                    topic = "your" + clause.text[found.start(1) : found.end(1)]
                    if len(topic) <= 40 and topic.isprintable():
                        self.topic = topic
            if not clause.asks and 3 < len(clause.low) <= MAX_MIRROR_WORDS:
                self._remember(clause)

    def _remember(self, clause: Clause) -> None:
        for way in self.machine.remember.for_words(clause.low):
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

    def _in_turn(self, choices: Sequence[Choice]) -> Sequence[Choice]:
        """Return choices in the order in which their turn has come."""
        used = self.used
        if used.isdisjoint([choice.number for choice in choices]):
            size = len(choices)
            begin = self.seed % size
            return (*choices[begin:], *choices[:begin]) if begin else choices
        fresh = [choice for choice in choices if choice.number not in used]
        if len(fresh) < len(choices):
            uses = self.state.uses[::-1]  # the newest first
            stale = [choice for choice in choices if choice.number in used]
            stale.sort(key=lambda choice: -uses.index(choice.number))
            fresh += stale
        return fresh

    def _made(self, say: Say, match: re.Match[str], clause: Clause) -> str | None:
        """Return a sound reply of this rule with this match, or None."""
        self.tries += 1
        if self.tries > MAX_TRIES:
            return None
        text = self._filled(say, match, clause)
        if text is None:
            return None
        self.mirrored = False
        reply = _sentence(text)
        if say.asks:
            mirror = self._mirror(clause)
            if mirror is not None:
                self.mirrored = True
                reply = f"{mirror} {reply}"
            elif say.only_after:
                return None
        if not self._is_sound(reply):
            return None
        self.taken.append(say.number)
        return reply

    def _mirror(self, clause: Clause) -> str | None:
        if len(clause.low) > MAX_MIRROR_WORDS:
            return None
        machine = self.machine
        if clause.asks:
            return self._first_of(machine.asked, clause)
        # "I did" and "my mother has" are no sentences to say back.
        if clause.low[-1] in _UNFINISHED or clause.low[-1] in _DANGLING:
            return None
        return self._first_of(machine.mirror, clause)

    def _first_of(self, ways: Ways, clause: Clause | None) -> str | None:
        """Return the first sound text of the first ways that match a clause."""
        marked = "" if clause is None else clause.marked
        for way in ways.every if clause is None else ways.for_words(clause.low):
            match = way.matcher.match(marked)
            if match is None:
                continue
            for choice in self._in_turn(way.choices):
                if not isinstance(choice, Say):
                    continue
                text = self._filled(choice, match, clause)
                if text is None:
                    continue
                text = _sentence(text)
                if self._is_sound(text):
                    self.taken.append(choice.number)
                    self._note("reassembly", choice.text)
                    self._note("source", f"script line {choice.place}")
                    return text
        return None

    def _filled(self, say: Say, match: re.Match[str], clause: Clause | None) -> str | None:
        """Return what a rule says with its places filled; None where something does not fit."""
        parts = []
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
        parts = []
        for part in say.parts:
            piece = part if isinstance(part, str) else self._slot(part, memory)
            if not piece:
                return ""
            parts.append(piece)
        return _sentence("".join(parts))

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
            while last > first and low[last - 1] in _DANGLING:
                last -= 1
        if last - first > MAX_PIECE_WORDS:
            last = _natural_end(low, first, last)
        if last <= first:
            return ""
        if number < 0:
            return " ".join(clause.said[first:last]).replace('"', "")
        words = clause.turned[first:last]
        head = words[0]
        if first == 0 and head[0].isupper() and head != "I" and head[:2] != "I'":
            # A capital at the head of a sentence goes, unless the word may be a name.
            reader = self.machine.reader
            if low[0] in reader.known or low[0] in reader.spelling:
                return " ".join([head[0].lower() + head[1:], *words[1:]])
        return " ".join(words)

    def _is_sound(self, reply: str) -> bool:
        """Tell whether a reply is new, no longer than it may be, and not broken."""
        why = _fault(reply)
        if not why:
            self.check = mind.check_of(_bare(reply))
            if self.check in self.state.replies:
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
        for number in range(1, way.matcher.size + 1):
            start, end = match.span(number)
            text = clause.text[start:end].strip()
            notes.add("component", str(number), text, *_place(self.line.text, clause, start, end))
        notes.add("reassembly", say.head + say.text)
        for said, turned in zip(clause.said, clause.turned, strict=True):
            if said != turned:
                notes.add("reflected", said, turned)
        notes.add("source", f"script line {say.place}")


def _place(line: str, clause: Clause, start: int, end: int) -> tuple[str, str]:
    del line, clause, start, end
    return "", ""


def _weight(entry: tuple[int, int, int, Keyword, Clause]) -> tuple[int, int, int]:
    return entry[:3]


def _bare(text: str) -> str:
    """Return a text without case and outer marks, for telling whether it was said."""
    return text.lower().strip(_OUTER)


def _sentence(text: str) -> str:
    """Return a text with a capital at its head and a mark at its end."""
    text = text.strip()
    if text[-1:] not in {".", "?", "!", '"', "…"}:
        text += "."
    return text[:1].upper() + text[1:]


def _fault(reply: str) -> str:
    """Return why a reply is no sound sentence; empty where it is one."""
    words = reply.lower().split()
    if len(words) > MAX_REPLY_WORDS:
        return "too long"
    before = ""
    for word in words:
        if word == before and word not in {"had", "that", "really", "very"}:
            return "a word twice"
        before = word
    low = f" {' '.join(words)} "
    for loose in _LOOSE:
        if loose in low:
            return "broken English"
    return ""


def _natural_end(low: Sequence[str], first: int, last: int) -> int:
    """Return where a long component is cut: before a conjunction or a preposition."""
    if last - first <= MAX_PIECE_WORDS:
        return last
    for at in range(first + MAX_PIECE_WORDS, first + 2, -1):
        if low[at] in _BREAKS_BEFORE:
            return at
    return first


def _content(clause: Clause) -> int:
    """Return how many words of a clause say something."""
    return sum(word[0] in "NVBG" for word in re.findall("[A-Z][^A-Z]*", clause.marked))


def _is_noise(word: str) -> bool:
    """Tell whether a word is what a hand on the keys makes, or a cat."""
    if len(word) < 4:
        return False
    if _VOWEL.search(word) is None or len(word) > 25:
        return True
    runs = re.findall("[bcdfghjklmnpqrstvwxz]{5,}", word)
    return (bool(runs) and len(runs[0]) > 4) or len(set(word)) < 3
