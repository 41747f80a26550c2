"""From the list of a rule to a rule: head, patterns and answers; every fault is told.

    (KEYWORD = WORD DLIST(/TAG) 5 ((PATTERN) (ANSWER) ...) ... (=LINK))

`doctor.scripts.parser` reads whole scripts with it. A rule with a fault is read as far as possible,
so that one fault hides no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.scripts import charset
from doctor.scripts.conventions import CONVENTIONS
from doctor.scripts.model import (
    Assemble,
    Decomposition,
    Element,
    Link,
    MemoryRule,
    MemoryTransformation,
    NewKey,
    Nothing,
    OneOf,
    Pattern,
    Position,
    Pre,
    Reassembly,
    Rule,
    Tagged,
    Terms,
)
from doctor.scripts.remedies import comment_remedy, component_remedy, mark_fault, stray_word
from doctor.scripts.sexpr import (
    DIGITS,
    ERROR,
    WARNING,
    Faults,
    List,
    Placed,
    ScriptFault,
    is_number,
    is_word,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.scripts.sexpr import Node

#: A memory rule of 1966 has exactly so many transformations (page 41 of the paper).
MEMORY_TRANSFORMATIONS = 4
#: Digits of a number; more are no rank and no component.
_MAX_DIGITS = 6


class RuleParser:
    """Reads the lists of rules; adds every fault to `faults` and goes on."""

    def __init__(self, *, modern: bool, faults: Faults) -> None:
        self.modern = modern
        self.faults = faults

    def report(self, node: Node, message: str, remedy: str, severity: str = ERROR) -> None:
        """Add a fault where `node` is."""
        position = position_in(node) if isinstance(node, List | Placed) else Position()
        self.faults.add(ScriptFault(position.line, position.column, severity, message, remedy))

    # --- words ---------------------------------------------------------------------------------

    def to_match_word(self, word: str) -> str:
        """Return a word as the machine meets it in a patient's line."""
        if self.modern:
            return word
        return charset.fold(word).replace(" ", "") or word

    def to_said_word(self, word: str) -> str:
        """Return a word as the doctor says it."""
        return word if self.modern else charset.upper(word)

    def words_of(self, node: List) -> list[str]:
        """Return the words of a list as `to_match_word` does; none where anything else is in it."""
        items = node.atoms()
        words = [self.to_match_word(item) for item in items if is_word(item)]
        return words if len(words) == len(items) else []

    def name_of(self, node: Node) -> str:
        """Return a word that the format may know by name: PRE, DLIST, START and the like."""
        if isinstance(node, List):
            return ""
        return node if self.modern or not is_word(node) else charset.upper(node)

    def read_number(self, node: str) -> int:
        """Return the value of an atom of digits; 1 for one that is too large."""
        if len(node) > _MAX_DIGITS:
            self.report(node, f"{node[:12]}... is too large a number", "use a smaller number")
            return 1
        return int(node)

    # --- rules -----------------------------------------------------------------------------------

    def read_rule(self, node: List, items: Sequence[Node]) -> Rule:
        """Return the rule that a list is; `items` are its atoms."""
        head, *others = items
        keyword = self.to_match_word(str(head))
        substitution: str | None = None
        tags: tuple[str, ...] = ()
        rank = 0
        decompositions: list[Decomposition] = []
        link: Link | None = None
        if not others:
            self.report(node, f"the rule of {keyword} is empty", "give it a rule, or remove it")
        strange = flat = False
        rest = iter(others)
        for item in rest:
            if link is not None:
                remedy = "put the link last; nothing after it is ever reached"
                self.report(item, f"something follows the link of {keyword}", remedy)
            if isinstance(item, List):
                if item.head.startswith("="):
                    link = self.read_link(item)
                elif item.parts and isinstance(first := item.parts[0], List):
                    decompositions += self.read_decomposition(item, first)
                elif not flat:
                    flat = True  # told once, as the lists after it are its answers
                    self.report_flat(item)
            elif is_number(item):
                rank = self.read_number(item)
                if decompositions or link is not None:
                    remedy = f"write it right after the keyword: ({keyword} {rank} ...)"
                    message = f"the rank {rank} stands behind the patterns of {keyword}"
                    self.report(item, message, remedy, WARNING)
            elif item == "=":
                word = next(rest, None)
                if word is None or not is_word(word):
                    self.report(item, "'=' is followed by no word", f"write ({keyword} = WORD ...)")
                else:
                    substitution = self.to_match_word(word)
            elif self.name_of(item) == "DLIST":
                tags = self.read_tags(item, next(rest, None))
            elif not strange:
                strange = True  # told once for a rule, however many words there are
                names = () if self.modern else CONVENTIONS
                self.report(item, *stray_word(keyword, item, others, names))
        return Rule(
            keyword, substitution, tags, rank, tuple(decompositions), link, position_in(node)
        )

    def read_tags(self, dlist: Node, node: Node | None) -> tuple[str, ...]:
        """Return the tags of the list after DLIST."""
        tags: list[str] = []
        if isinstance(node, List):
            tags = [text.lstrip("/") for text in self.words_of(node)]
        if not any(tags):
            self.report(dlist, "DLIST is followed by no list of tags", "write DLIST(/FAMILY)")
        return tuple(tag for tag in tags if tag)

    def read_link(self, node: List) -> Link | None:
        """Return a link to one keyword."""
        items = node.atoms()
        if len(items) != 2 or not is_word(items[1]):
            self.report(node, "a link names one keyword", "write (=WHAT)")
            return None
        return Link(self.to_match_word(items[1]), position_in(node))

    def report_flat(self, node: List) -> None:
        """Tell of a pattern without the parentheses that hold it and its answers."""
        shown = node if node.parts else "(0 YOU 0)"
        remedy = f"write ({shown} (REPLY)): the pattern is a list of its own"
        self.report(node, "a decomposition rule begins with its pattern", remedy)

    def read_decomposition(self, node: List, pattern_node: List) -> list[Decomposition]:
        """Return a pattern with its answers; nothing if it has none."""
        _, *others = node.atoms()
        pattern = self.read_pattern(pattern_node, pattern_node.atoms())
        if not others:
            self.report(node, "no reassembly rule follows the pattern", "add one: (PLEASE GO ON)")
        loose = [item for item in others if not isinstance(item, List)]
        if loose:  # told once, however many words there are
            remedy = comment_remedy(loose[0], "put the reassembly rule in parentheses")
            self.report(loose[0], f"{loose[0]} is between reassembly rules", remedy)
        lists = (item for item in others if isinstance(item, List))
        found = [self.read_reassembly(item, len(pattern)) for item in lists]
        reassemblies = tuple(each for each in found if each is not None)
        return [Decomposition(pattern, reassemblies, position_in(node))] if reassemblies else []

    def read_pattern(self, node: Node, items: Sequence[Node]) -> Pattern:
        """Return the elements of a pattern."""
        if not items:
            self.report(node, "a pattern is empty", "write (0) for any text")
        fault = mark_fault(items, modern=self.modern)
        if fault is not None:
            place, message, remedy = fault
            self.report(place, message, remedy, WARNING)
        return tuple(self.read_element(item) for item in items)

    def read_element(self, node: Node) -> Element:
        """Return one element of a pattern."""
        if not isinstance(node, List):
            return self.read_number(node) if is_number(node) else self.to_match_word(node)
        remedy = "write (* SAD UNHAPPY) for one of several words, (/FAMILY) for a tag"
        texts = self.words_of(node)
        if not texts:
            self.report(node, f"{node} is no element of a pattern", remedy)
            return Nothing(())
        mark = texts[0][0]
        if mark not in "*/":
            message = f"{node} matches nothing: its first word has no * or /"
            self.report(node, message, remedy, WARNING)
            return Nothing(tuple(texts))
        texts = [texts[0][1:], *texts[1:]]
        if mark == "/":
            texts = [text.lstrip("/") for text in texts]
            if self.modern:  # whose tags are the same in any case
                texts = [text.upper() for text in texts]
        found = tuple(text for text in texts if text)
        if not found:
            self.report(node, f"{node} names no word", "name the words that it matches")
            return Nothing(())
        return OneOf(found) if mark == "*" else Tagged(found)

    def read_reassembly(self, node: List, components: int) -> Reassembly | None:
        """Return one answer of a pattern; None for one that cannot be used."""
        items = node.atoms()
        head = items[0] if items else None
        if head is None:
            self.report(node, "an empty reassembly rule answers nothing", "say something", WARNING)
        elif head == "=":
            return self.read_link(node)
        elif self.name_of(head) == "PRE":
            return self.read_pre(node, items, components)
        elif self.name_of(head) == "NEWKEY" and len(items) == 1:
            return NewKey(position_in(node))
        return Assemble(self.read_terms(items, components, said=True), position_in(node))

    def read_pre(self, node: List, items: Sequence[Node], components: int) -> Pre | None:
        """Return a PRE answer; None if it has not its two parts."""
        match items:
            case [_, List() as rewritten, List() as goal] if goal.head.startswith("="):
                link = self.read_link(goal)
                terms = self.read_terms(rewritten.atoms(), components, said=False)
                return None if link is None else Pre(terms, link.keyword, position_in(node))
            case _:
                remedy = "write (PRE (I ARE 3) (=YOU))"
                self.report(node, "PRE needs a reassembly and a link", remedy)
                return None

    def read_terms(self, items: Sequence[Node], components: int, *, said: bool) -> Terms:
        """Return the words and components of an answer."""
        word = self.to_said_word if said else self.to_match_word
        found: list[str | int] = []
        for item in items:
            if isinstance(item, List):
                self.report(item, "a list inside a reassembly rule", "remove its parentheses")
            elif item[0] not in DIGITS:
                found.append(item if self.modern else word(item))
            else:
                number = self.read_number(item)
                if not 1 <= number <= components:
                    message = f"component {number} is out of range"
                    self.report(item, message, component_remedy(number, components))
                found.append(number)
        return tuple(found)

    def read_memory_rule(self, node: List, items: Sequence[Node]) -> list[MemoryRule]:
        """Return the memory rule in a list; nothing if it names no keyword."""
        form = "write (MEMORY MY (0 YOUR 0 = EARLIER YOU SAID YOUR 3) ...)"
        if len(items) < 2 or not is_word(items[1]):
            self.report(node, "the MEMORY rule names no keyword", form)
            return []
        found: list[MemoryTransformation] = []
        for item in items[2:]:
            parts = item.atoms() if isinstance(item, List) else []
            at = parts.index("=") if "=" in parts else 0
            if not isinstance(item, List) or at == 0 or at == len(parts) - 1:
                self.report(item, "a transformation of MEMORY is 'pattern = reassembly'", form)
                continue
            pattern = self.read_pattern(item, parts[:at])
            terms = self.read_terms(parts[at + 1 :], len(pattern), said=True)
            found.append(MemoryTransformation(pattern, terms, position_in(item)))
        count = len(items) - 2
        if not count or (not self.modern and count != MEMORY_TRANSFORMATIONS):
            remedy = f"give it {MEMORY_TRANSFORMATIONS} (page 41 of the paper)"
            self.report(node, f"the MEMORY rule has {count} transformations", remedy)
        return [MemoryRule(self.to_match_word(items[1]), tuple(found), position_in(node))]


def position_in(node: List | Placed) -> Position:
    """Return the position of a list or a word."""
    return Position(node.line, node.column)
