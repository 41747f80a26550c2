"""A script as values: what a script says, and how it is written down again.

    Script    the opening remark, the rules, the memory rule, the extensions
    Rule      a keyword: its substitution, tags, rank, decomposition rules and last link
    Decomposition   a pattern and the reassembly rules that take turns
    Reassembly      Assemble (words and component numbers) | Link | NewKey | Pre

Everything here is made of tuples, so one script is shared by every patient and thread. The
position of each in its file is a field that takes no part in equality: a script that is printed and
read again is equal to the first.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import NamedTuple, TypeAlias

from doctor.scripts.conventions import STANDARD, Conventions

#: A patient's state has one byte for each decomposition rule with several reassembly rules, of
#: which a script of 1966 may have so many; the DOCTOR of 1966 has 60.
MAX_CURSORS = 2048
#: Reassembly rules of one decomposition rule, so that a byte can count them.
MAX_TURNS = 256

#: The keyword of the rule that answers when no other does (page 41 of the paper).
NONE = "NONE"

#: Tags that every modern script has: kinds of words, which the modern machine knows by itself.
KINDS_OF_WORD = frozenset(("THING", "VERB", "DOING", "SUBJECT", "NOUN", "OWN", "ADVERBS"))


#: The kinds of lines that the forms (ODD KIND ...) of a modern script answer.
ODD_KINDS = frozenset(
    (
        "EMPTY",
        "SYMBOLS",
        "FROWN",
        "SMILE",
        "NUMBERS",
        "ADDRESS",
        "NOISE",
        "LANGUAGE",
        "ECHO",
        "LONG",
    )
)
#: What may hold of somebody, as (ABOUT KIND keyword) names it; the first is nothing. The order of
#: these and of the next belongs to the format of a listener's state.
FACT_KINDS = ("", "DEAD", "ILL", "GONE")
#: What a question may ask for, as (ANSWERED KIND keyword) names it; the first is no question.
QUESTION_KINDS = ("", "WHEN", "WHO", "WHERE", "WHETHER", "WHAT", "HOW")
#: What (ALSO KIND keyword) names a rule for: a clause that asks, the clauses of a line that asks
#: about nothing besides ("What should I do?"), each clause of a long line, and all of it.
ALSO_KINDS = ("QUESTION", "PLEA", "LETTER", "WHOLE")
#: The lists that a CARE form has after its name.
CARE_PARTS = frozenset(
    ("TIER", "WITHIN", "PHRASES", "TOGETHER", "AFTER", "HARMLESS", "ANSWERS", "ASKS")
)
#: How grave what a CARE form answers is, the gravest first: an act under way, a plan, somebody in
#: danger, a wish to die or to do harm, something long past.
TIERS = ("act", "plan", "danger", "wish", "past")
#: The lists of a MEANT form: patterns of answers, and what is said after them.
MEANT_PARTS = frozenset(("YES", "NO", "UNSURE", "DENIED", "UNCLEAR"))


class Position(NamedTuple):
    """The line and column of something in a script, from 1; 0 is unknown.

    All positions are equal, so rules that say the same at different positions are equal.
    """

    line: int = 0
    column: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Position)

    def __hash__(self) -> int:
        return 0


_NOWHERE = Position()


class OneOf(NamedTuple):
    """An element of a pattern that one of these words matches: `(* SAD UNHAPPY)`.

    Its mark keeps it apart from the other elements: tuples are equal that hold the same.
    """

    words: tuple[str, ...]
    mark: str = "*"


class Tagged(NamedTuple):
    """An element of a pattern that a keyword with one of these tags matches: `(/FAMILY)`."""

    tags: tuple[str, ...]
    mark: str = "/"


class Nothing(NamedTuple):
    """A list in a pattern without `*` or `/`, such as `(I)`; published scripts have it.

    No word matches it, and a script that has it is warned about.
    """

    words: tuple[str, ...]
    mark: str = ""


#: A word matches itself; 0 matches any number of words, and another number just so many.
Element: TypeAlias = str | int | OneOf | Tagged | Nothing
Pattern: TypeAlias = tuple[Element, ...]
#: Words, and numbers of components counted from 1.
Terms: TypeAlias = tuple[str | int, ...]


class Assemble(NamedTuple):
    """A reassembly rule that answers with these words and components."""

    terms: Terms
    position: Position = _NOWHERE


class Link(NamedTuple):
    """A reassembly rule, or a rule's last resort, that goes on with another keyword: `(=WHAT)`."""

    keyword: str
    position: Position = _NOWHERE


class NewKey(NamedTuple):
    """A reassembly rule that gives up this keyword for the next one on the stack: `(NEWKEY)`."""

    position: Position = _NOWHERE


class Pre(NamedTuple):
    """A reassembly rule that rewrites the text and goes on: `(PRE (I ARE 3) (=YOU))`."""

    terms: Terms
    keyword: str
    position: Position = _NOWHERE


Reassembly: TypeAlias = Assemble | Link | NewKey | Pre


class Decomposition(NamedTuple):
    """A pattern, and the reassembly rules that its matches use in turn (never none)."""

    pattern: Pattern
    reassemblies: tuple[Reassembly, ...]
    position: Position = _NOWHERE


class Rule(NamedTuple):
    """What a script says about one keyword."""

    keyword: str
    substitution: str | None = None
    tags: tuple[str, ...] = ()
    rank: int = 0
    decompositions: tuple[Decomposition, ...] = ()
    link: Link | None = None
    position: Position = _NOWHERE

    @property
    def has_transformation(self) -> bool:
        """True if this keyword goes on the key stack; otherwise it only substitutes or tags."""
        return bool(self.decompositions) or self.link is not None


def links(rule: Rule) -> list[Link | Pre]:
    """Return every link of a rule, those of its reassembly rules first."""
    found: list[Link | Pre] = [
        each
        for decomposition in rule.decompositions
        for each in decomposition.reassemblies
        if isinstance(each, Link | Pre)
    ]
    return [*found, rule.link] if rule.link is not None else found


class MemoryTransformation(NamedTuple):
    """One transformation of the memory rule: a pattern, and what is said of a text it matches."""

    pattern: Pattern
    terms: Terms
    position: Position = _NOWHERE


class MemoryRule(NamedTuple):
    """The memory rule: its keyword and its transformations (four, in a script of 1966)."""

    keyword: str
    transformations: tuple[MemoryTransformation, ...]
    position: Position = _NOWHERE


#: What an extension contains: words and lists of the same.
Item: TypeAlias = "str | tuple[Item, ...]"


class PlacedItems(tuple[Item, ...]):  # noqa: SLOT001 - a tuple cannot have slots
    """A list in an extension that knows its position; equal to any tuple of the same items."""

    position: Position


def position_of(where: object) -> Position:
    """Return the position of a form, a list or a word that knows it; 0 for any other."""
    position: Position | None = getattr(where, "position", None)
    if position is not None:
        return position
    return Position(getattr(where, "line", 0), getattr(where, "column", 0))


class Extension(NamedTuple):
    """A form that the format of 1966 does not have; the modern machine gives it meaning."""

    name: str
    items: tuple[Item, ...]
    position: Position = _NOWHERE

    @property
    def line(self) -> int:
        """The line in the script's file, from 1."""
        return self.position.line


class Script:
    """A whole script. Not changed once it is made; any number of threads may read it at once."""

    def __init__(
        self,
        opening: tuple[str, ...],
        rules: tuple[Rule, ...],
        memory: MemoryRule | None,
        extensions: tuple[Extension, ...] = (),
        *,
        conventions: Conventions = STANDARD,
        name: str = "",
        position: Position = _NOWHERE,
    ) -> None:
        self.opening = opening
        self.rules = rules
        self.memory = memory
        self.extensions = extensions
        self.conventions = conventions
        self.name = name
        self.position = position

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Script) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    @property
    def _said(self) -> tuple[object, ...]:
        return (self.opening, self.rules, self.memory, self.extensions, self.conventions)

    @property
    def is_modern(self) -> bool:
        """True for a script with extensions; its words are in natural case."""
        return bool(self.extensions)

    @cached_property
    def by_keyword(self) -> dict[str, Rule]:
        """Every rule by its keyword, NONE's under `NONE`; not to be changed."""
        return {rule.keyword: rule for rule in self.rules}

    @cached_property
    def tagged(self) -> dict[str, tuple[str, ...]]:
        """The keywords that have each tag (page 41 of the paper); not to be changed."""
        words: dict[str, list[str]] = {}
        for rule in self.rules:
            for tag in rule.tags:
                words.setdefault(tag, []).append(rule.keyword)
        return {tag: tuple(keywords) for tag, keywords in words.items()}

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the script as `to_text` prints it, in hexadecimal."""
        return hashlib.sha256(self.to_text().encode("utf-8", "replace")).hexdigest()

    def extension(self, name: str) -> tuple[Extension, ...]:
        """Return every extension form of that name, in order."""
        return tuple(form for form in self.extensions if form.name == name)

    def to_text(self) -> str:
        """Return this script as text that reads back as an equal script."""
        parts = [f"({_words(self.opening)})", "START"]
        parts += self.conventions.to_text()
        parts += [f"({_items((form.name, *form.items))})" for form in self.extensions]
        parts += [rule_text(rule) for rule in self.rules]
        if self.memory is not None:
            parts.append(_memory_text(self.memory))
        parts.append("()")
        return "\n\n".join(parts) + "\n"


def pattern_text(pattern: Pattern) -> str:
    """Return a pattern as a script has it, without its parentheses."""
    return " ".join(_element(element) for element in pattern)


def reassembly_text(reassembly: Reassembly) -> str:
    """Return a reassembly rule as a script has it, parentheses included."""
    match reassembly:
        case Assemble(terms=terms):
            return f"({_words(terms)})"
        case Link(keyword=keyword):
            return f"(={keyword})"
        case Pre(terms=terms, keyword=keyword):
            return f"(PRE ({_words(terms)}) (={keyword}))"
        case _:
            return "(NEWKEY)"


def _words(terms: Terms) -> str:
    return " ".join(str(term) for term in terms)


def _element(element: Element) -> str:
    match element:
        case OneOf(words=words):
            return f"(* {_words(words)})"
        case Tagged(tags=tags):
            return f"(/ {_words(tags)})"
        case Nothing(words=words):
            return f"({_words(words)})"
        case _:
            return str(element)


def _items(items: tuple[Item, ...]) -> str:
    return " ".join(item if isinstance(item, str) else f"({_items(item)})" for item in items)


def rule_text(rule: Rule) -> str:
    """Return a rule as a script has it."""
    head = rule.keyword
    if rule.substitution is not None:
        head += f" = {rule.substitution}"
    if rule.tags:
        head += f" DLIST(/ {_words(rule.tags)})"
    if rule.rank:
        head += f" {rule.rank}"
    lines = [f"({head}"]
    for decomposition in rule.decompositions:
        lines.append(f"    (({pattern_text(decomposition.pattern)})")
        lines += [f"        {reassembly_text(each)}" for each in decomposition.reassemblies]
        lines[-1] += ")"
    if rule.link is not None:
        lines.append(f"    {reassembly_text(rule.link)}")
    return "\n".join(lines) + ")"


def _memory_text(memory: MemoryRule) -> str:
    lines = [f"(MEMORY {memory.keyword}"]
    lines += [
        f"    ({pattern_text(m.pattern)} = {_words(m.terms)})" for m in memory.transformations
    ]
    return "\n".join(lines) + ")"
