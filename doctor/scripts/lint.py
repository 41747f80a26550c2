"""Check the rules of a script: what is never used, and links that lead round.

Nothing here keeps a script from being played (`doctor.scripts.contradictions` finds what does).
Each warning is one that is true; where a question would need more than a moment (thousands of
patterns for one keyword), the comparison stops and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from doctor.scripts.contradictions import key_of, spoiled_lines
from doctor.scripts.model import (
    KINDS_OF_WORD,
    NONE,
    OneOf,
    Position,
    Pre,
    Tagged,
    links,
    pattern_text,
)
from doctor.scripts.sexpr import WARNING, ScriptFault
from doctor.scripts.similar import did_you_mean
from doctor.text import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doctor.scripts.model import Decomposition, Element, Pattern, Script

#: Ranks of published scripts go up to 50; a number over this one is none.
MAX_RANK = 1000
#: What one place of a pattern matches: these words, any one word, or any number of words.
_Symbol: TypeAlias = "frozenset[str] | str"
_ANY, _STAR = "any", "star"
#: Steps that comparing patterns may take for one script; the DOCTOR of 1966 takes about 2,000.
_PATIENCE = 500_000
#: A component of a longer fixed length is not compared.
_LONGEST = 50


def review(script: Script, errors: Iterable[ScriptFault] = ()) -> list[ScriptFault]:
    """Return the warnings about a script, in no order; none that only follows from an error."""
    reviewer = _Reviewer(script, errors)
    reviewer.find_loops()
    reviewer.find_unknown_tags()
    reviewer.check_special_rules()
    if not script.is_modern:
        # A modern pattern may match and yet have nothing sound to say; then the next one is tried.
        reviewer.find_shadowed()
        reviewer.find_unreached()
        reviewer.find_impossible()
    return reviewer.warnings


class _Reviewer:
    def __init__(self, script: Script, errors: Iterable[ScriptFault]) -> None:
        self.script = script
        self.warnings: list[ScriptFault] = []
        #: Where the rules begin in which an error was found: they are not read in full.
        self.spoiled = spoiled_lines(script, errors)
        self.patience = _PATIENCE
        self.by_keyword = {self.key(rule.keyword): rule for rule in script.rules}
        self.tagged = {
            self.key(tag): frozenset(map(self.key, words)) for tag, words in script.tagged.items()
        }
        if script.is_modern:
            self.tagged |= {self.key(tag): frozenset() for tag in KINDS_OF_WORD}
            for form in script.extension("TAG"):
                words = frozenset(self.key(str(word)) for word in form.items[1:])
                self.tagged[self.key(str(form.items[0]).lstrip("/"))] = words

    def key(self, word: str) -> str:
        return key_of(self.script, word)

    def warn(self, position: Position, message: str, remedy: str) -> None:
        self.warnings.append(ScriptFault(position.line, position.column, WARNING, message, remedy))

    # --- rules that an earlier one leaves nothing to ---------------------------------------------

    def find_shadowed(self) -> None:
        for rule in self.script.rules:
            earlier: list[tuple[Decomposition, list[_Symbol]]] = []
            for decomposition in rule.decompositions:
                symbols = self.to_symbols(decomposition.pattern)
                if symbols is None:
                    continue
                for first, wider in earlier:
                    if self.covers(wider, symbols):
                        line = first.position.line
                        self.warn(
                            decomposition.position,
                            f"({pattern_text(decomposition.pattern)}) never matches: "
                            f"({pattern_text(first.pattern)}) on line {line} matches all of it",
                            "put the narrower pattern first",
                        )
                        break
                earlier.append((decomposition, symbols))
                if self.patience <= 0:
                    message = f"{rule.keyword} has too many patterns to compare all of them"
                    self.warn(rule.position, message, "divide the rule, perhaps by links")
                    return
            if rule.link is not None and any(symbols == [_STAR] for _, symbols in earlier):
                message = (
                    f"the link (={rule.link.keyword}) is never followed: (0) matches everything"
                )
                self.warn(rule.link.position, message, "remove the link, or the pattern (0)")

    def to_symbols(self, pattern: Pattern) -> list[_Symbol] | None:
        """Return the pattern as symbols; None where comparing it would say nothing."""
        found: list[_Symbol] = []
        for element in pattern:
            if element == 0:
                if found[-1:] != [_STAR]:
                    found.append(_STAR)
            elif isinstance(element, int):
                if element > _LONGEST:
                    return None
                found += [_ANY] * element
            else:
                words = self.words_of(element)
                if not words:
                    return None
                found.append(words)
        return found

    def words_of(self, element: Element) -> frozenset[str]:
        match element:
            case str():
                return frozenset((self.key(element),))
            case OneOf(words=words):
                return frozenset(map(self.key, words))
            case Tagged(tags=tags):
                none: frozenset[str] = frozenset()
                return none.union(*(self.tagged.get(self.key(tag), none) for tag in tags))
            case _:
                return frozenset()

    def covers(self, wide: list[_Symbol], narrow: list[_Symbol]) -> bool:
        """Return True if all that `narrow` matches is certainly matched by `wide`.

        `row[i]` tells whether what is left of `wide` from `i` covers what is left of `narrow`.
        """
        self.patience -= 1
        if self.patience <= 0:
            return False
        after = [False] * len(wide) + [True]
        for i in range(len(wide) - 1, -1, -1):
            after[i] = wide[i] == _STAR and after[i + 1]
        for symbol in reversed(narrow):
            self.patience -= len(wide)
            row = [False] * (len(wide) + 1)
            for i in range(len(wide) - 1, -1, -1):
                here = wide[i]
                if here == _STAR:
                    row[i] = row[i + 1] or after[i]
                elif symbol == _STAR:
                    row[i] = False
                elif here == _ANY:
                    row[i] = after[i + 1]
                elif symbol != _ANY:
                    row[i] = frozenset(symbol) <= frozenset(here) and after[i + 1]
            after = row
        return after[0]

    # --- loops -----------------------------------------------------------------------------------

    def find_loops(self) -> None:
        """Warn once of links that lead back to a keyword on the path to them."""
        done: set[str] = set()
        circles: list[tuple[Position, str]] = []
        for start in self.by_keyword:
            if start in done:
                continue
            # Follow the links, depth first, without recursion: a chain may be long.
            path = [start]
            on_path = {start}
            ahead = [iter(links(self.by_keyword[start]))]
            while path:
                link = next(ahead[-1], None)
                if link is None:
                    ahead.pop()
                    last = path.pop()
                    on_path.discard(last)
                    done.add(last)
                    continue
                goal = self.key(link.keyword)
                if goal in on_path:
                    circle = " -> ".join([*path[path.index(goal) :], goal][:6])
                    circles.append((link.position, circle))
                elif goal not in done and goal in self.by_keyword:
                    path.append(goal)
                    on_path.add(goal)
                    ahead.append(iter(links(self.by_keyword[goal])))
        if circles:
            position, circle = min(circles, key=lambda each: tuple(each[0]))
            more = f", and {quantity(len(circles) - 1, 'more circle')}" if circles[1:] else ""
            message = f"links that lead in a circle: {circle}{more}"
            remedy = "legal, and ended by the step limit; make sure that it ends earlier"
            self.warn(position, message, remedy)

    # --- tags and the rules with a name of their own ---------------------------------------------

    def find_unknown_tags(self) -> None:
        for position, pattern in self.collect_patterns():
            for element in pattern:
                if isinstance(element, Tagged):
                    for tag in element.tags:
                        if self.key(tag) in self.tagged:
                            continue
                        otherwise = f"give a keyword DLIST(/{tag}), or correct the tag"
                        if self.script.is_modern:
                            otherwise = f"write (TAG {tag} word ...), or correct the tag"
                        remedy = did_you_mean(tag, self.tag_names(), otherwise)
                        self.warn(position, f"no word has the tag {tag}", remedy)

    def tag_names(self) -> list[str]:
        names = [*self.script.tagged]
        if self.script.is_modern:
            names += KINDS_OF_WORD
            names += [str(form.items[0]).lstrip("/") for form in self.script.extension("TAG")]
        return names

    def collect_patterns(self) -> list[tuple[Position, Pattern]]:
        found = [
            (decomposition.position, decomposition.pattern)
            for rule in self.script.rules
            for decomposition in rule.decompositions
        ]
        if self.script.memory is not None:
            found += [(each.position, each.pattern) for each in self.script.memory.transformations]
        return found

    def check_special_rules(self) -> None:
        for rule in self.script.rules:
            is_used = rule.has_transformation or rule.tags or rule.substitution is not None
            if not is_used and rule.position.line not in self.spoiled:
                message = f"the rule of {rule.keyword} has no answer, no tag and no substitution"
                self.warn(rule.position, message, "give it ((0) (REPLY)), or remove it")
            if rule.rank > MAX_RANK:
                message = f"the rank {rule.rank} of {rule.keyword} is out of range"
                self.warn(rule.position, message, f"ranks are 0 to {MAX_RANK:,}")
        none = self.by_keyword.get(self.key(NONE))
        if none is not None and (none.substitution or none.tags or none.rank):
            message = (
                "NONE is not a word of a patient's: its rank, tags and substitution have no effect"
            )
            self.warn(none.position, message, "remove them")
        memory = self.script.memory
        keyword = None if memory is None else self.by_keyword.get(self.key(memory.keyword))
        if memory is not None and keyword is not None and not keyword.has_transformation:
            message = f"nothing is ever stored in memory: {keyword.keyword} only substitutes"
            self.warn(memory.position, message, "choose a keyword with decomposition rules")

    # --- words that cannot come ------------------------------------------------------------------

    def can_be_typed(self, keyword: str) -> bool:
        """Return True if a patient's line can have this word."""
        conventions = self.script.conventions
        return keyword not in conventions.clause_ends and conventions.splitter()(keyword) == [
            keyword
        ]

    def find_unreached(self) -> None:
        reached = {rule.keyword for rule in self.script.rules if self.can_be_typed(rule.keyword)}
        reached.add(NONE)
        ahead = list(reached)
        while ahead:
            rule = self.by_keyword.get(ahead.pop())
            for link in links(rule) if rule is not None else []:
                if link.keyword not in reached:
                    reached.add(link.keyword)
                    ahead.append(link.keyword)
        for rule in self.script.rules:
            if rule.keyword not in reached:
                ends = rule.keyword in self.script.conventions.clause_ends
                why = "it ends a clause" if ends else "no line is split into such a word"
                self.warn(
                    rule.position,
                    f"the keyword {rule.keyword} is never reached: {why}, and no link leads to it",
                    "choose another keyword, or link to it",
                )

    def find_impossible(self) -> None:
        """Warn of patterns that wait for a word which is always substituted before."""
        script = self.script
        replaced = {rule.keyword for rule in script.rules if rule.substitution is not None}
        comes = {rule.substitution for rule in script.rules if rule.substitution is not None}
        for rule in script.rules:
            for decomposition in rule.decompositions:
                for each in decomposition.reassemblies:
                    if isinstance(each, Pre):
                        comes.update(term for term in each.terms if isinstance(term, str))
        gone = replaced - comes
        for position, pattern in self.collect_patterns():
            for element in pattern:
                words = self.words_of(element)
                if words and words <= gone:
                    word = min(words)
                    becomes = self.by_keyword[word].substitution
                    self.warn(
                        position,
                        f"({pattern_text(pattern)}) never matches: {word} is substituted earlier",
                        f"write {becomes} where the patient says {word}",
                    )
                    break
