"""From lists to rules: each form of a script is read on its own; every fault is told.

`doctor.scripts.loader` gives the grammar. A form with a fault is left out, or read as far as
possible, so that one fault hides no other; `doctor.scripts.lint` finds what concerns several forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.scripts import charset
from doctor.scripts.conventions import CONVENTIONS, STANDARD, is_convention, read_convention
from doctor.scripts.model import (
    Assemble,
    Decomposition,
    Element,
    Extension,
    Item,
    Link,
    MemoryRule,
    MemoryTransformation,
    NewKey,
    Nothing,
    OneOf,
    Pattern,
    PlacedItems,
    Position,
    Pre,
    Reassembly,
    Rule,
    Script,
    Tagged,
    Terms,
)
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
from doctor.scripts.similar import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from doctor.scripts.sexpr import Node

#: A memory rule of 1966 has exactly so many transformations (page 41 of the paper).
MEMORY_TRANSFORMATIONS = 4
#: Extensions whose first word is the name of what they tell of.
_NAMED = frozenset(("CARE", "ODD", "TAG"))
#: Digits of a number; more are no rank and no component.
_MAX_DIGITS = 6


def parse_script(
    whole: List,
    name: str,
    *,
    modern: bool,
    extensions: Container[str],
    faults: Faults,
    positions: bool = False,
) -> Script:
    """Return the script that a text makes; what is wrong with a form is added to `faults`.

    `extensions` are the names of the forms that a modern script may use besides rules. With
    `positions` the lists in these forms are `PlacedItems`.
    """
    parser = _Parser(modern=modern, extensions=extensions, faults=faults, positions=positions)
    return parser.read_script(whole, name)


class _Parser:
    """Reads the lists of one script; collects every fault and goes on."""

    def __init__(
        self, *, modern: bool, extensions: Container[str], faults: Faults, positions: bool
    ) -> None:
        self.modern = modern
        self.extensions = extensions
        self.faults = faults
        self.positions = positions

    def report(self, node: Node, message: str, remedy: str, severity: str = ERROR) -> None:
        position = _position(node) if isinstance(node, List | Placed) else Position()
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
        if len(node) > _MAX_DIGITS:
            self.report(node, f"{node[:12]}... is too large a number", "use a smaller number")
            return 1
        return int(node)

    # --- the whole script ------------------------------------------------------------------------

    def read_script(self, whole: List, name: str) -> Script:
        nodes = whole.atoms()
        if not nodes:
            if not self.faults:
                remedy = "begin with an opening remark: (HELLO)"
                self.faults.add(ScriptFault(1, 1, ERROR, "the script is empty", remedy))
            return Script((), (), None, name=name)
        opening = self.read_opening(nodes[0])
        rules: list[Rule] = []
        memories: list[MemoryRule] = []
        extensions: list[Extension] = []
        conventions = STANDARD
        for index, node in enumerate(nodes[1:], 1):
            if not isinstance(node, List):
                if index != 1 or self.name_of(node) != "START":
                    self.report(node, f"{node} is outside every list", "remove it")
            elif self.modern and node.head in self.extensions:
                extensions += self.read_extension(node)
            elif not (items := node.atoms()):
                continue  # the empty list that ended a script of 1966
            elif not is_word(head := items[0]):
                remedy = "begin a rule with a keyword: (SORRY ((0) (PLEASE GO ON)))"
                self.report(head, "a rule begins with a keyword", remedy)
            elif not self.modern and is_convention(self.name_of(head), items):
                conventions = read_convention(conventions, self.name_of(head), items, self.report)
            elif self.name_of(head) == "MEMORY":
                memories += self.read_memory_rule(node, items)
                if len(memories) > 1:
                    self.report(node, "a second MEMORY rule", "keep one; a script has one memory")
            else:
                rules.append(self.read_rule(node, items))
        memory = memories[0] if memories else None
        rules = self.drop_duplicates(rules)
        first = nodes[0]
        at = _position(first) if isinstance(first, List | Placed) else Position()
        return Script(
            opening,
            tuple(rules),
            memory,
            tuple(extensions),
            conventions=conventions,
            name=name,
            position=at,
        )

    def drop_duplicates(self, rules: list[Rule]) -> list[Rule]:
        """Return the rules without those whose keyword has one already."""
        first: dict[str, Rule] = {}
        for rule in rules:
            key = rule.keyword.casefold() if self.modern else rule.keyword
            earlier = first.setdefault(key, rule)
            if earlier is not rule:
                position = rule.position
                line = earlier.position.line
                message = f"the keyword {rule.keyword} already has a rule, on line {line}"
                remedy = "join the two rules, or remove one"
                self.faults.add(ScriptFault(position.line, position.column, ERROR, message, remedy))
        return list(first.values())

    def read_opening(self, node: Node) -> tuple[str, ...]:
        if not isinstance(node, List) or any(isinstance(p, List) for p in node.parts):
            remedy = "begin the script with what the doctor says first: (HOW DO YOU DO.)"
            self.report(node, "the opening remark is missing", remedy)
            return ()
        items = node.words() if self.modern else node.atoms()
        return tuple(self.to_said_word(str(item)) for item in items)

    def read_extension(self, node: List) -> list[Extension]:
        name, *items = self.read_items(node)
        if not items and name in _NAMED:
            self.report(
                node, f"this form names no {name}", f"write ({name} NAME ...), or remove it"
            )
            return []
        return [Extension(str(name), tuple(items), _position(node))]

    def read_items(self, node: List) -> tuple[Item, ...]:
        items = [self.read_items(w) if isinstance(w, List) else w for w in node.words()]
        if not self.positions:
            return tuple(items)
        placed = PlacedItems(items)
        placed.position = _position(node)
        return placed

    # --- rules -----------------------------------------------------------------------------------

    def read_rule(self, node: List, items: Sequence[Node]) -> Rule:
        head, *others = items
        keyword = self.to_match_word(str(head))
        substitution: str | None = None
        tags: tuple[str, ...] = ()
        rank = 0
        decompositions: list[Decomposition] = []
        link: Link | None = None
        if not others:
            self.report(node, f"the rule of {keyword} is empty", "give it a rule, or remove it")
        strange = False
        rest = iter(others)
        for item in rest:
            if link is not None:
                remedy = "put the link last; nothing after it is ever reached"
                self.report(item, f"something follows the link of {keyword}", remedy)
            if isinstance(item, List):
                if item.head.startswith("="):
                    link = self.read_link(item)
                else:
                    decompositions += self.read_decomposition(item)
            elif is_number(item):
                rank = self.read_number(item)
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
                remedy = f"a rule is ({keyword} = WORD DLIST(/TAG) 5 ((0) (REPLY)) (=LINK))"
                message = f"{item} has no meaning here"
                if item[0] in "-+" and item[1:].isdecimal():
                    message, remedy = f"the rank {item} has a sign", "a rank is 0 or more: 5"
                elif not self.modern:
                    remedy = did_you_mean(keyword, CONVENTIONS, remedy)
                self.report(item, message, remedy)
        return Rule(keyword, substitution, tags, rank, tuple(decompositions), link, _position(node))

    def read_tags(self, dlist: Node, node: Node | None) -> tuple[str, ...]:
        tags: list[str] = []
        if isinstance(node, List):
            tags = [text.lstrip("/") for text in self.words_of(node)]
        if not any(tags):
            self.report(dlist, "DLIST is followed by no list of tags", "write DLIST(/FAMILY)")
        return tuple(tag for tag in tags if tag)

    def read_link(self, node: List) -> Link | None:
        items = node.atoms()
        if len(items) != 2 or not is_word(items[1]):
            self.report(node, "a link names one keyword", "write (=WHAT)")
            return None
        return Link(self.to_match_word(items[1]), _position(node))

    def read_decomposition(self, node: List) -> list[Decomposition]:
        pattern_node, *others = node.atoms() or [""]
        if not isinstance(pattern_node, List):
            remedy = "write ((0 YOU 0) (REPLY)): the pattern is a list of its own"
            self.report(node, "a decomposition rule begins with its pattern", remedy)
            return []
        pattern = self.read_pattern(pattern_node, pattern_node.atoms())
        if not others:
            self.report(node, "no reassembly rule follows the pattern", "add one: (PLEASE GO ON)")
        found = [self.read_reassembly(item, len(pattern)) for item in others]
        reassemblies = tuple(each for each in found if each is not None)
        return [Decomposition(pattern, reassemblies, _position(node))] if reassemblies else []

    def read_pattern(self, node: Node, items: Sequence[Node]) -> Pattern:
        if not items:
            self.report(node, "a pattern is empty", "write (0) for any text")
        return tuple(self.read_element(item) for item in items)

    def read_element(self, node: Node) -> Element:
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
        found = tuple(text for text in texts if text)
        if not found:
            self.report(node, f"{node} names no word", "name the words that it matches")
            return Nothing(())
        return OneOf(found) if mark == "*" else Tagged(found)

    def read_reassembly(self, node: Node, components: int) -> Reassembly | None:
        if not isinstance(node, List):
            remedy = "put the reassembly rule in parentheses"
            self.report(node, f"{node} is between reassembly rules", remedy)
            return None
        items = node.atoms()
        head = items[0] if items else None
        if head is None:
            self.report(node, "an empty reassembly rule answers nothing", "say something", WARNING)
        elif head == "=":
            return self.read_link(node)
        elif self.name_of(head) == "PRE":
            return self.read_pre(node, items, components)
        elif self.name_of(head) == "NEWKEY" and len(items) == 1:
            return NewKey(_position(node))
        return Assemble(self.read_terms(items, components, said=True), _position(node))

    def read_pre(self, node: List, items: Sequence[Node], components: int) -> Pre | None:
        match items:
            case [_, List() as rewritten, List() as goal] if goal.head.startswith("="):
                link = self.read_link(goal)
                terms = self.read_terms(rewritten.atoms(), components, said=False)
                return None if link is None else Pre(terms, link.keyword, _position(node))
            case _:
                remedy = "write (PRE (I ARE 3) (=YOU))"
                self.report(node, "PRE needs a reassembly and a link", remedy)
                return None

    def read_terms(self, items: Sequence[Node], components: int, *, said: bool) -> Terms:
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
                    self.report(item, message, _component_remedy(number, components))
                found.append(number)
        return tuple(found)

    def read_memory_rule(self, node: List, items: Sequence[Node]) -> list[MemoryRule]:
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
            found.append(MemoryTransformation(pattern, terms, _position(item)))
        count = len(items) - 2
        if not count or (not self.modern and count != MEMORY_TRANSFORMATIONS):
            remedy = f"give it {MEMORY_TRANSFORMATIONS} (page 41 of the paper)"
            self.report(node, f"the MEMORY rule has {count} transformations", remedy)
        return [MemoryRule(self.to_match_word(items[1]), tuple(found), _position(node))]


def _position(node: List | Placed) -> Position:
    return Position(node.line, node.column)


def _component_remedy(number: int, components: int) -> str:
    known = f"the pattern has components 1 to {components}"
    if not 1000 <= number <= 2999:
        return known
    words = "NINETEEN THIRTY-SIX" if number // 100 == 19 else "TWENTY TWENTY-SIX"
    return f"{known}; a number in an answer is a component, so write a year in words: {words}"
