"""A script of 1966 compiled to the form that answers fastest; never changed after loading.

    word    -> Plan      one dictionary for keywords, words to substitute and ends of clauses
    Plan    -> Choices   the decomposition rules of a keyword, each with a prepared matcher
    Choice  -> options   its reassembly rules: fixed text, or a function that assembles

The time for a reply does not grow with the size of the script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from doctor.eliza.decomposition import make_matcher, needed
from doctor.errors import ScriptError
from doctor.scripts import charset
from doctor.scripts.model import (
    MAX_CURSORS,
    MAX_TURNS,
    NONE,
    Assemble,
    Link,
    NewKey,
    OneOf,
    Pre,
    Tagged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doctor.eliza.decomposition import Bounds, Matcher
    from doctor.scripts.model import Decomposition, Element, Pattern, Reassembly, Script, Terms

    Assembler: TypeAlias = "Callable[[list[str], Bounds, int], str | None]"

#: Up to so many decomposition rules are simply tried one after another.
_FEW = 2

#: What an option does: say a fixed text, say what a function assembles, or continue.
TEXT, SAY, LINK, NEWKEY, PRE = range(5)


class Choice:
    """A decomposition rule and its reassembly rules. Not changed after the script is compiled.

    Which reassembly rule comes next is a byte of a patient's number of turns:

        turn = turns >> shift & 255
        turns += step if turn < last else back
    """

    __slots__ = ("back", "decomposition", "last", "match", "options", "shift", "step")

    def __init__(self, decomposition: Decomposition, match: Matcher, cursor: int) -> None:
        self.decomposition = decomposition
        self.match = match
        self.last = len(decomposition.reassemblies) - 1
        self.shift = 8 * cursor
        self.step = 1 << self.shift
        self.back = -self.last << self.shift
        #: (kind, text or function, the plan to continue with) for each reassembly rule.
        self.options: tuple[tuple[int, Any, Any], ...] = ()


class Plan:
    """What is done about one word. Not changed after the script is compiled."""

    __slots__ = (
        "_bits",
        "_others",
        "choices",
        "ends_clause",
        "keyword",
        "link",
        "rank",
        "remembers",
        "substitution",
        "transforms",
    )

    def __init__(self, keyword: str) -> None:
        self.keyword = keyword
        self.rank = 0
        self.substitution: str | None = None
        self.transforms = False
        self.ends_clause = False
        self.remembers = False
        self.choices: tuple[Choice, ...] = ()
        self.link: Plan | None = None
        self._bits: dict[str, int] = {}
        self._others = 0

    def choose_from(
        self, choices: Sequence[Choice], needs: Sequence[Sequence[frozenset[str]]]
    ) -> None:
        """Set the decomposition rules; `needs` are, for each, sets that a text has a word of.

        Each rule is a bit, the first the lowest. A rule that needs a word besides the keyword's own
        is tried only for a text that has it, so that rules for other texts cost no time.
        """
        self.choices = tuple(choices)
        own = self.substitution or self.keyword
        if len(choices) <= _FEW:
            return
        for number, sets in enumerate(needs):
            telling = [words for words in sets if own not in words]
            if not telling:
                self._others |= 1 << number
                continue
            for word in min(telling, key=len):
                self._bits[word] = self._bits.get(word, 0) | 1 << number

    def decompose(self, words: list[str]) -> tuple[Choice, Bounds] | None:
        """Return the first decomposition rule that matches, and how.

        The rules are tried in turn (page 39 of the paper, e and f).
        """
        bits = self._bits
        if not bits:
            for choice in self.choices:
                bounds = choice.match(words)
                if bounds is not None:
                    return choice, bounds
            return None
        worth = self._others
        for word in words:
            if word in bits:
                worth |= bits[word]
        while worth:
            first = worth & -worth
            choice = self.choices[first.bit_length() - 1]
            bounds = choice.match(words)
            if bounds is not None:
                return choice, bounds
            worth ^= first
        return None


class PlanTable:
    """A compiled script: what is done about each word, and the rules without a word."""

    __slots__ = ("cursors_below", "memories", "memory_sign", "none", "scan")

    def __init__(self) -> None:
        self.scan: dict[str, Plan] = {}
        self.none = Plan(NONE)
        self.memories: list[tuple[Matcher, Assembler]] = []
        #: The word that a text must have for each memory to match it, if that is all they ask
        #: for; otherwise None.
        self.memory_sign: str | None = None
        #: For each byte of a patient's number of turns, the number that it is always below.
        self.cursors_below: tuple[int, ...] = ()


def compile_script(script: Script) -> PlanTable:
    """Return the compiled script; raise `ScriptError` if a patient's state could not hold it."""
    table = PlanTable()
    tagged: dict[str, list[str]] = {}
    for rule in script.rules:
        for tag in rule.tags:
            tagged.setdefault(charset.fold(tag), []).append(charset.fold(rule.keyword))
    plans = {charset.fold(rule.keyword): Plan(rule.keyword) for rule in script.rules}
    below: list[int] = []
    for rule in script.rules:
        plan = plans[charset.fold(rule.keyword)]
        plan.rank = rule.rank
        plan.transforms = rule.has_transformation
        if rule.substitution is not None:
            plan.substitution = charset.fold(rule.substitution)
        plan.choose_from(
            [_compile_choice(each, tagged, plans, below) for each in rule.decompositions],
            [needed(_folded(each.pattern), tagged) for each in rule.decompositions],
        )
        if rule.link is not None:
            plan.link = plans[charset.fold(rule.link.keyword)]
    if len(below) > MAX_CURSORS:
        message = f"{script.name}: {len(below)} decomposition rules have several reassembly rules"
        raise ScriptError(f"{message}, more than {MAX_CURSORS}; join some of them")
    table.cursors_below = tuple(below)
    table.none = plans.pop(NONE, table.none)
    table.scan = plans
    for word in script.conventions.clause_ends:
        end = Plan(word)
        end.ends_clause = True
        table.scan[word] = end
    if script.memory is not None:
        plan = plans[charset.fold(script.memory.keyword)]
        plan.remembers = True
        table.memories = [
            (make_matcher(_folded(each.pattern), tagged), _make_assembler(each.terms))
            for each in script.memory.transformations
        ]
        table.memory_sign = _common_word(
            [_folded(m.pattern) for m in script.memory.transformations]
        )
    return table


def _common_word(patterns: list[Pattern]) -> str | None:
    """Return WORD where every pattern is `(0 WORD 0)` with the same word."""
    first = patterns[0]
    if len(set(patterns)) == 1 and len(first) == 3 and first[0] == first[2] == 0:
        return first[1] if isinstance(first[1], str) else None
    return None


def _folded(pattern: Pattern) -> Pattern:
    return tuple(_folded_element(element) for element in pattern)


def _folded_element(element: Element) -> Element:
    match element:
        case str():
            return charset.fold(element)
        case OneOf(words=words):
            return OneOf(tuple(charset.fold(word) for word in words))
        case Tagged(tags=tags):
            return Tagged(tuple(charset.fold(tag) for tag in tags))
        case _:
            return element


def _compile_choice(
    decomposition: Decomposition,
    tagged: dict[str, list[str]],
    plans: dict[str, Plan],
    below: list[int],
) -> Choice:
    turns = len(decomposition.reassemblies)
    if turns > MAX_TURNS:
        line = decomposition.position.line
        message = f"the decomposition rule on line {line} has {turns} reassembly rules"
        raise ScriptError(f"{message}, more than {MAX_TURNS}; remove some", line, 1)
    choice = Choice(decomposition, make_matcher(_folded(decomposition.pattern), tagged), len(below))
    if turns > 1:
        below.append(turns)
    choice.options = tuple(_compile_option(each, plans) for each in decomposition.reassemblies)
    return choice


def _compile_option(reassembly: Reassembly, plans: dict[str, Plan]) -> tuple[int, Any, Any]:
    match reassembly:
        case Assemble(terms=terms):
            if any(isinstance(term, int) for term in terms):
                return (SAY, _make_assembler(terms), None)
            return (TEXT, " ".join(map(str, terms)), None)
        case Link(keyword=keyword):
            return (LINK, None, plans[charset.fold(keyword)])
        case Pre(terms=terms, keyword=keyword):
            return (PRE, _make_rewriter(terms), plans[charset.fold(keyword)])
        case NewKey():
            return (NEWKEY, None, None)


def _pieces(terms: Terms) -> list[str | int]:
    """Return the terms, with words that follow one another joined."""
    pieces: list[str | int] = []
    for term in terms:
        if isinstance(term, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] = f"{pieces[-1]} {term}"
        else:
            pieces.append(term)
    return pieces


def _make_assembler(terms: Terms) -> Assembler:
    """Return the function that assembles a text from the words of a match, or None if too long."""
    pieces = _pieces(terms)
    if not any(isinstance(piece, int) for piece in pieces):
        text = " ".join(map(str, pieces))
        return lambda words, bounds, limit: text  # noqa: ARG005 - as every Assembler
    if len(pieces) == 2 and isinstance(pieces[0], str) and isinstance(pieces[1], int):
        before, last = pieces[0], pieces[1]

        def assemble_end(words: list[str], bounds: Bounds, limit: int) -> str | None:
            del limit
            start, end = bounds[last - 1], bounds[last]
            return f"{before} {' '.join(words[start:end])}" if start < end else before

        return assemble_end

    def assemble(words: list[str], bounds: Bounds, limit: int) -> str | None:
        found: list[str] = []
        size = 0
        for piece in pieces:
            if isinstance(piece, int):
                start, end = bounds[piece - 1], bounds[piece]
                if start == end:
                    continue
                text = " ".join(words[start:end])
            else:
                text = piece
            size += len(text) + 1
            if size > limit:
                return None
            found.append(text)
        return " ".join(found)

    return assemble


def _make_rewriter(terms: Terms) -> Callable[[list[str], Bounds, int], list[str] | None]:
    """Return the function that makes the words of PRE, or None where they become too long."""

    def rewrite(words: list[str], bounds: Bounds, limit: int) -> list[str] | None:
        found: list[str] = []
        size = 0
        for term in terms:
            if isinstance(term, str):
                found.append(term)
                size += len(term) + 1
                continue
            part = words[bounds[term - 1] : bounds[term]]
            size += sum(map(len, part)) + len(part)
            if size > limit:
                return None
            found += part
        return found

    return rewrite
