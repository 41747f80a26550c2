"""A modern script compiled: the frozen tables that every reply reads.

    CompiledScript   everything that a script says, and what the operator set
    Keyword          a keyword with its rank, its rules and its last link

The rules themselves are in `doctor.listener.rules`.
Every choice of a script has a number, given in the order of the script; a patient's state knows
choices by these numbers. What a script has hundreds of (the rules of its keywords, the expressions
of its patterns) is compiled when it is first needed, so that a server starts at once. Two threads
may both do so; either result will do. Apart from that nothing here changes once it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.english.tokenizer import Tokenizer
from doctor.listener.care import Care
from doctor.listener.care_score import load_score
from doctor.listener.dates import read_dates
from doctor.listener.decomposition import PatternMatcher, needed, read_elements
from doctor.listener.reassembly import Jump, Template, join_terms, to_text
from doctor.listener.rules import CompiledRule, CompiledRules
from doctor.scripts.model import Assemble, Link, NewKey, Pre, pattern_text, reassembly_text
from doctor.scripts.modern import spellings, tagged_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from doctor.english.clauses import Clause
    from doctor.listener.helplines import Helplines
    from doctor.listener.reassembly import Choice
    from doctor.listener.rules import Needs
    from doctor.scripts.model import Decomposition, Element, Item, Rule, Script

#: The weight of "i" and its like; what weighs more is a topic, what weighs less comes before both.
_ORDINARY: Final = -12
#: The highest number of a choice: a state has two bytes for each.
_MOST_CHOICES: Final = 0xFFFF


class Keyword:
    """A keyword with its rank, its rules and its last link."""

    def __init__(self, rule: Rule, tagged: Mapping[str, Sequence[str]], before: int) -> None:
        """Compile a rule; `before` is the number of the choice before its first."""
        self.word = rule.keyword
        self.weight = -2 * rule.rank  #: the lower, the earlier it is tried
        self.link = rule.link.keyword.lower() if rule.link is not None else None
        self._rule = rule
        self._tagged = tagged
        self._before = before
        self._compiled: CompiledRules | None = None

    @property
    def rules(self) -> CompiledRules:
        """What it may say and when; compiled when the keyword is met first."""
        if self._compiled is None:
            self._compiled = self._compile()
        return self._compiled

    def _compile(self) -> CompiledRules:
        compiler = _RuleCompiler(self._tagged, self._before)
        word = self.word.lower()
        return CompiledRules(
            [compiler.decomposition(each, word) for each in self._rule.decompositions]
        )


class CompiledScript:
    """All that replies are made from: a script's tables, helplines and a time zone. Frozen."""

    __slots__ = (
        "about", "also", "answered", "asked", "asking", "by_word", "care", "cared", "careful",
        "dates", "facts", "greeting", "helplines", "inviting", "keywords", "meant", "mirror",
        "none", "odd", "opening", "pressing", "recall", "remember", "repeated", "returning",
        "tokenizer", "zone",
    )  # fmt: skip

    def __init__(self, script: Script, helplines: Helplines, zone: tzinfo | None) -> None:
        """Compile `script`; dates are told in `zone`, or in this computer's where it is None."""
        self.helplines = helplines
        self.zone = zone
        self.opening = " ".join(script.opening)
        tagged = tagged_words(script)
        # The order of these lines gives every choice its number: it belongs to the format.
        compiler = _RuleCompiler(tagged)
        self.keywords = {rule.keyword.lower(): compiler.keyword(rule) for rule in script.rules}
        self.by_word = _keywords_by_word(self.keywords, tagged)
        #: The same without those of a rank of topics or of what most clauses have ("i").
        self.pressing = _pressing(self.by_word)
        self.none = self.keywords.pop("none")
        self.mirror = compiler.extension_rules(script, "MIRROR", loose=True)
        self.asked = compiler.extension_rules(script, "ASKED")
        self.remember = compiler.extension_rules(script, "REMEMBER", loose=True)
        self.recall = compiler.extension_templates(script, "RECALL")
        self.greeting = compiler.extension_templates(script, "GREETING")
        self.returning = compiler.extension_templates(script, "RETURNING")
        self.repeated = compiler.extension_rules(script, "REPEATED")
        self.odd = {
            str(form.items[0]): CompiledRules(compiler.rules(form.items[1:], form.line))
            for form in script.extension("ODD")
        }
        forms = script.extension("CARE")
        scored = any("ENGLISH" in form.items for form in script.extension("SCORE"))
        self.care = Care(forms, tagged, load_score() if scored else None)
        self.careful = tuple(
            compiler.templates(answers, form.line)
            for answers, form in zip(self.care.answers, forms, strict=True)
        )
        self.inviting = compiler.extension_templates(script, "INVITE")
        self.asking = tuple(
            compiler.templates(asks, form.line)
            for asks, form in zip(self.care.asks, forms, strict=True)
        )
        self.meant = Meant(compiler, script, tagged)
        cared = [str(form.items[0]).lower() for form in script.extension("CARED") if form.items]
        self.cared = self.keywords.get(cared[0]) if cared else None
        self.facts = compiler.extension_rules(script, "FACTS")
        self.about = self._named_rules(script, "ABOUT")
        self.answered = self._named_rules(script, "ANSWERED")
        self.also = self._named_rules(script, "ALSO")
        self.dates = read_dates(script.extension("DATES"))
        every_word = {word for words in tagged.values() for word in words}
        self.tokenizer = Tokenizer(spellings(script), [*self.by_word, *every_word])

    def _named_rules(self, script: Script, form: str) -> dict[str, Keyword]:
        """Return the rules that forms such as (ABOUT DEAD mourned) name, by their kinds."""
        named = (each.items for each in script.extension(form) if len(each.items) > 1)
        found = {str(kind): self.keywords.get(str(word).lower()) for kind, word, *_ in named}
        return {kind: keyword for kind, keyword in found.items() if keyword is not None}

    def prepare(self) -> Iterator[None]:
        """Compile what is compiled when it is first needed, a little before each `yield`."""
        yield from self.care.prepare()
        rules = (
            self.mirror,
            self.asked,
            self.remember,
            self.facts,
            self.repeated,
            *self.odd.values(),
        )
        for each in rules:
            yield from each.prepare()
        for keyword in (self.none, *self.keywords.values()):
            yield from keyword.rules.prepare()


class Meant:
    """The MEANT forms of a script: answers to the question whether danger is meant. Frozen.

    `patterns` are those of the answers YES, NO and UNSURE, `texts` what is said after NO (DENIED)
    and after UNSURE (UNCLEAR); after YES the form that was asked about answers.
    """

    __slots__ = ("patterns", "texts")

    def __init__(
        self, compiler: _RuleCompiler, script: Script, tagged: Mapping[str, Sequence[str]]
    ) -> None:
        lists: dict[str, list[Item]] = {}
        line = 0
        for form in script.extension("MEANT"):
            line = line or form.line
            for part in form.items:
                if isinstance(part, tuple) and part and isinstance(part[0], str):
                    lists.setdefault(part[0], []).extend(part[1:])
        self.patterns = {
            name: [
                PatternMatcher(read_elements(each), tagged)
                for each in lists.get(name, ())
                if isinstance(each, tuple)
            ]
            for name in ("NO", "UNSURE", "YES")
        }
        self.texts = {
            name: compiler.templates(lists.get(name, ()), line) for name in ("DENIED", "UNCLEAR")
        }

    def read(self, clauses: Sequence[Clause]) -> str:
        """Return how clauses answer the question: YES, NO, UNSURE, or empty for no answer."""
        for clause in clauses:
            for name, patterns in self.patterns.items():
                if any(pattern.match(clause.marked) is not None for pattern in patterns):
                    return name
        return ""


class _RuleCompiler:
    """Compiles rules, and gives every choice its number, in the order in which it is asked."""

    def __init__(self, tagged: Mapping[str, Sequence[str]], count: int = 0) -> None:
        self._tagged = tagged
        self._count = count

    def _number(self) -> int:
        self._count = min(self._count + 1, _MOST_CHOICES)
        return self._count

    def keyword(self, rule: Rule) -> Keyword:
        """Compile a keyword's rule, and leave out the numbers that its choices will have."""
        keyword = Keyword(rule, self._tagged, self._count)
        choices = sum(len(each.reassemblies) for each in rule.decompositions)
        self._count = min(self._count + choices, _MOST_CHOICES)
        return keyword

    def decomposition(self, decomposition: Decomposition, keyword: str) -> CompiledRule:
        """Compile a decomposition rule of a keyword."""
        matcher = PatternMatcher(decomposition.pattern, self._tagged)
        choices: list[Choice] = []
        for each in decomposition.reassemblies:
            line = each.position.line
            match each:
                case Assemble(terms=terms):
                    text = join_terms(terms)
                    choices.append(Template(self._number(), text, line, shift=matcher.shift))
                case Link(keyword=goal) | Pre(keyword=goal):
                    text = reassembly_text(each)
                    choices.append(Jump(self._number(), goal.lower(), text, line))
                case NewKey():
                    choices.append(Jump(self._number(), None, "(NEWKEY)", line))
        needs = self._needs(decomposition.pattern, keyword)
        return CompiledRule(pattern_text(decomposition.pattern), matcher, tuple(choices), needs)

    def templates(self, items: Sequence[Item], line: int) -> tuple[Template, ...]:
        """Compile the texts of an extension form, each a list of words."""
        return tuple(
            Template(self._number(), join_terms(item), line, components=False)
            for item in items
            if isinstance(item, tuple) and item
        )

    def rules(self, items: Sequence[Item], line: int, *, loose: bool = False) -> list[CompiledRule]:
        """Compile the `((pattern) (text) ...)` lists of an extension form."""
        found = []
        for item in items:
            if isinstance(item, tuple) and len(item) > 1 and isinstance(item[0], tuple):
                elements = read_elements(item[0])
                matcher = PatternMatcher(elements, self._tagged)
                choices = tuple(
                    Template(
                        self._number(), join_terms(each), line, loose=loose, shift=matcher.shift
                    )
                    for each in item[1:]
                    if isinstance(each, tuple)
                )
                found.append(
                    CompiledRule(to_text(item[0]), matcher, choices, self._needs(elements))
                )
        return found

    def extension_rules(self, script: Script, name: str, *, loose: bool = False) -> CompiledRules:
        """Compile the rules of every form of one name."""
        forms = script.extension(name)
        return CompiledRules(
            [rule for form in forms for rule in self.rules(form.items, form.line, loose=loose)]
        )

    def extension_templates(self, script: Script, name: str) -> tuple[Template, ...]:
        """Compile the texts of every form of one name."""
        forms = script.extension(name)
        return tuple(text for form in forms for text in self.templates(form.items, form.line))

    def _needs(self, elements: Sequence[Element], keyword: str = "") -> Needs:
        """Return the sets of words that a clause must have one of, but for those of the keyword."""
        every = map(frozenset, needed(elements, self._tagged))
        return tuple(dict.fromkeys(words for words in every if keyword not in words))


def _keywords_by_word(
    keywords: Mapping[str, Keyword], tagged: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Keyword, ...]]:
    """Return the keywords of each word: its own, then those of its tags."""
    found: dict[str, list[Keyword]] = {}
    for name, keyword in keywords.items():
        if name != "none" and not name.startswith("/"):
            found.setdefault(name, []).append(keyword)
    for tag, words in tagged.items():
        of_tag = keywords.get("/" + tag.lower())
        if of_tag is not None:
            for word in words:
                found.setdefault(word, []).append(of_tag)
    return {word: tuple(listed) for word, listed in found.items()}


def _pressing(by_word: Mapping[str, tuple[Keyword, ...]]) -> dict[str, tuple[Keyword, ...]]:
    """Return the keywords of each word that are above the rank of topics."""
    above = {
        word: tuple([each for each in keywords if each.weight < _ORDINARY])
        for word, keywords in by_word.items()
    }
    return {word: keywords for word, keywords in above.items() if keywords}
