"""What a modern script says, made ready to be said.

A reassembly rule becomes a `Template`: its text cut at the places where something is put in. What
can be put in, besides the components of a pattern:

    3          component 3, with the words turned round; "3" is the same in the patient's words
    TOPIC      what the patient last called theirs ("your sister")
    MEMORY     a remembered matter, WHEN when it was told, NAME the patient's name
    HELPLINES  where to find people

A rule whose text begins with ASK is a question that may follow a mirror of what was said: one
reply then is "You can't sleep. What keeps you awake?", both halves from the script. With AND in the
place of ASK it is not asked without the mirror.

All of this is immutable once made, and shared by all threads.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.listener.decomposition import Matcher, needed, read_elements
from doctor.listener.soundness import Sentence
from doctor.scripts.model import Assemble, Link, NewKey, Pre, pattern_text, reassembly_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from doctor.scripts.model import Decomposition, Element, Item, Rule

#: Numbers of what is not a component, in the parts of a `Template`.
SLOTS: Final[dict[str, int]] = {
    "NAME": 100_001,
    "MEMORY": 100_002,
    "WHEN": 100_003,
    "TOPIC": 100_004,
    "HELPLINES": 100_005,
}
#: A component is its number; several in a row are `first * RUN + last`.
RUN: Final = 256
#: Numbers from here on are slots.
MAX_COMPONENTS: Final = 100_000
#: Heads of a question: after a mirror where one can be made, or only after one.
ASK, AND = "ASK ", "AND "

_PLACES: Final = re.compile(r"(\d+|\b(?:NAME|MEMORY|WHEN|TOPIC|HELPLINES)\b)")
_SLOT_PLACES: Final = re.compile(r"(\b(?:NAME|MEMORY|WHEN|TOPIC|HELPLINES)\b)")

# A hole before one of these ends a phrase.
_STOPS: Final = frozenset('.,?!:"')

#: A text, or a number: a component, minus a component for the patient's own words, or a slot.
Part: TypeAlias = str | int

Needs: TypeAlias = tuple[frozenset[str], ...]
#: So many combinations of words are kept for one keyword's ways; others are looked at each time.
_MOST_FOUND: Final = 256


class Slot:
    """A place for some components of a pattern, in the groups `first` to `last` of its matches.

    `own` wants the patient's own words, not the words turned round; where a phrase `ends` with
    the hole, words that wait for more are taken off its end.
    """

    __slots__ = ("ends", "first", "last", "own")

    def __init__(self, number: int, after: Part, shift: int) -> None:
        self.own = number < 0
        first, last = divmod(number, RUN) if number > RUN else (abs(number), abs(number))
        self.first, self.last = first - shift, last - shift
        self.ends = isinstance(after, str) and after[0] in _STOPS


class Template:
    """One thing to say. Its `sign` stands for it in a patient's state."""

    __slots__ = (
        "_sentence", "asks", "head", "loose", "only_after", "parts", "place", "plain", "sign",
        "text",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        text: str,
        place: int,
        *,
        components: bool = True,
        loose: bool = False,
        shift: int = 0,
    ) -> None:
        """Make `text` ready; a `loose` one may be said with a component that matched nothing.

        `shift` is that of the pattern's matcher.
        """
        self.loose = loose
        self.sign = chr(number)
        self.asks = text.startswith((ASK, AND))
        self.only_after = text.startswith(AND)
        self.head = text[: len(ASK)] if self.asks else ""
        self.text = text.removeprefix(self.head)
        self.place = place
        parts = _parts(self.text, _PLACES if components else _SLOT_PLACES)
        #: Texts, holes, and the numbers of slots.
        self.parts = tuple(
            Slot(part, after, shift) if isinstance(part, int) and part < MAX_COMPONENTS else part
            for part, after in zip(parts, (*parts[1:], "."), strict=False)
        )
        #: Nothing is put into it.
        self.plain = parts == (self.text,)
        self._sentence: Sentence | None = None

    @property
    def needs(self) -> frozenset[int]:
        """The slots that it has."""
        return frozenset(part for part in self.parts if isinstance(part, int))

    @property
    def sentence(self) -> Sentence:
        """The text as a sentence, where it is plain; made once, by any thread."""
        if self._sentence is None:
            self._sentence = Sentence(self.text)
        return self._sentence


class Jump:
    """On to another keyword's rule, or (with none) to the next keyword on the stack."""

    __slots__ = ("keyword", "place", "sign", "text")

    def __init__(self, number: int, keyword: str | None, text: str, place: int) -> None:
        self.sign = chr(number)
        self.keyword = keyword
        self.text = text
        self.place = place


Choice: TypeAlias = Template | Jump


class CompiledRule:
    """A pattern, and what may be said where it matches.

    A clause that matches has a word of each of the sets in `needs`.
    """

    __slots__ = ("choices", "matcher", "needs", "text")

    def __init__(
        self, text: str, matcher: Matcher, choices: tuple[Choice, ...], needs: Needs = ()
    ) -> None:
        self.text = text
        self.matcher = matcher
        self.choices = choices
        self.needs = needs


class CompiledRules:
    """Ways in the order of the script, of which a clause meets only those that may match.

    Which these are hangs on the words that the ways need, of which a clause has few: what was
    found for them is kept. Any thread may ask.
    """

    __slots__ = ("_found", "_needed", "every")

    def __init__(self, every: Sequence[CompiledRule]) -> None:
        self.every = tuple(every)
        self._needed = frozenset[str]().union(*(words for way in every for words in way.needs))
        self._found: dict[frozenset[str], tuple[CompiledRule, ...]] = {}

    def for_words(self, words: AbstractSet[str]) -> tuple[CompiledRule, ...]:
        """Return the ways that may match a clause of these words, in the order of the script."""
        here = self._needed & words
        found = self._found.get(here)
        if found is None:
            found = tuple(way for way in self.every if not any(map(here.isdisjoint, way.needs)))
            if len(self._found) < _MOST_FOUND:
                self._found[here] = found
        return found


class Keyword:
    """A keyword with its rank, its ways and its last link."""

    def __init__(self, rule: Rule, tagged: Mapping[str, Sequence[str]], before: int) -> None:
        """Make a rule ready; `before` is the number of the choice before its first."""
        self.word = rule.keyword
        self.rank = rule.rank
        self.weight = -2 * rule.rank  #: what has less of it comes first
        self.link = rule.link.keyword.lower() if rule.link is not None else None
        self._rule = rule
        self._tagged = tagged
        self._before = before

    @cached_property
    def ways(self) -> CompiledRules:
        """What it may say and when; made when the keyword is met first, as a script has hundreds.

        Two threads may both make it; either will do.
        """
        numbers = Numbering(self._tagged, self._before)
        word = self.word.lower()
        return CompiledRules([numbers.way(each, word) for each in self._rule.decompositions])


class Numbering:
    """Gives every choice of a script its number, in the order of the script."""

    def __init__(self, tagged: Mapping[str, Sequence[str]], count: int = 0) -> None:
        self.tagged = tagged
        self.count = count

    def next(self) -> int:
        """Return the next number; a state has two bytes for each."""
        self.count = min(self.count + 1, 0xFFFF)
        return self.count

    def keyword(self, rule: Rule) -> Keyword:
        """Return a rule made ready, and leave out the numbers that its choices will have."""
        keyword = Keyword(rule, self.tagged, self.count)
        choices = sum(len(each.reassemblies) for each in rule.decompositions)
        self.count = min(self.count + choices, 0xFFFF)
        return keyword

    def way(self, decomposition: Decomposition, keyword: str = "") -> CompiledRule:
        """Return a decomposition rule made ready."""
        matcher = Matcher(decomposition.pattern, self.tagged)
        choices: list[Choice] = []
        for each in decomposition.reassemblies:
            place = each.place.line
            match each:
                case Assemble(terms=terms):
                    text = spaced(terms)
                    choices.append(Template(self.next(), text, place, shift=matcher.shift))
                case Link(keyword=keyword) | Pre(keyword=keyword):
                    choices.append(Jump(self.next(), keyword.lower(), reassembly_text(each), place))
                case NewKey():
                    choices.append(Jump(self.next(), None, "(NEWKEY)", place))
        needs = self._needs(decomposition.pattern, keyword)
        return CompiledRule(pattern_text(decomposition.pattern), matcher, tuple(choices), needs)

    def says(self, items: Sequence[Item], place: int) -> tuple[Template, ...]:
        """Return the texts of an extension form, each a list of words."""
        return tuple(
            Template(self.next(), spaced(item), place, components=False)
            for item in items
            if isinstance(item, tuple) and item
        )

    def ways(self, items: Sequence[Item], place: int, *, loose: bool = False) -> CompiledRules:
        """Return the `((pattern) (text) ...)` lists of an extension form."""
        found = []
        for item in items:
            if isinstance(item, tuple) and len(item) > 1 and isinstance(item[0], tuple):
                elements = read_elements(item[0])
                matcher = Matcher(elements, self.tagged)
                choices = tuple(
                    Template(self.next(), spaced(each), place, loose=loose, shift=matcher.shift)
                    for each in item[1:]
                    if isinstance(each, tuple)
                )
                needs = self._needs(elements)
                found.append(CompiledRule(shown(item[0]), matcher, choices, needs))
        return CompiledRules(found)

    def _needs(self, elements: Sequence[Element], keyword: str = "") -> Needs:
        """Return the sets of words that a clause must have one of, but for those of the keyword."""
        every = map(frozenset, needed(elements, self.tagged))
        return tuple(dict.fromkeys(words for words in every if keyword not in words))


def spaced(terms: Sequence[object]) -> str:
    """Return the words of a reassembly rule as running text, its marks close to their words."""
    out = ""
    quoted = False
    for term in terms:
        token = str(term) if not isinstance(term, tuple) else shown(term)
        closes = token[0] in ".,?!:'" or (quoted and token[0] == '"')
        after_quote = out.endswith('"') and quoted
        out += token if closes or after_quote or not out else " " + token
        if token.count('"') % 2:
            quoted = not quoted
    return out


def shown(items: Sequence[Item]) -> str:
    """Return items of an extension as a script has them."""
    return " ".join(item if isinstance(item, str) else f"({shown(item)})" for item in items)


def _parts(text: str, places: re.Pattern[str]) -> tuple[Part, ...]:
    parts: list[Part] = []
    pieces = places.split(text)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            if piece:
                parts.append(piece)
        elif piece in SLOTS:
            parts.append(SLOTS[piece])
        else:
            quoted = pieces[index - 1].endswith('"') and pieces[index + 1].startswith(('"', '?"'))
            parts.append(-int(piece) if quoted else int(piece))
    return tuple(_joined(parts))


def _joined(parts: list[Part]) -> list[Part]:
    """Return the parts with components that follow each other made one: "3 4 5" is one piece."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, int) and len(joined) > 1 and joined[-1] == " ":
            before = joined[-2]
            if isinstance(before, int) and 0 < before < MAX_COMPONENTS and before % RUN == part - 1:
                first = before // RUN or before
                joined[-2:] = [first * RUN + part]
                continue
        joined.append(part)
    return joined
