"""From lists to rules: each form of a script is read on its own; every fault is told.

`doctor.script` gives the grammar. A form with a fault is left out, or kept as far as it goes, so
that one fault hides no other; what concerns several forms is found by `doctor.review`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor import charset
from doctor.rules import (
    Assemble,
    Decomposition,
    Element,
    Extension,
    Item,
    Link,
    Memory,
    MemoryRule,
    NewKey,
    Nothing,
    OneOf,
    Pattern,
    Place,
    Pre,
    Reassembly,
    Rule,
    Script,
    Tagged,
    Terms,
)
from doctor.sexpr import ERROR, WARNING, Fault, Faults, Node

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

#: A memory rule of 1966 has exactly so many transformations (page 41 of the paper).
MEMORY_TRANSFORMATIONS = 4
#: Digits of a number; more are no rank and no component.
_MAX_DIGITS = 6


def script_of(
    nodes: list[Node],
    name: str,
    *,
    modern: bool,
    extensions: Container[str],
    faults: Faults,
) -> Script:
    """Return the script that lists make; what is wrong with a form is added to `faults`.

    `extensions` are the names of the forms that a modern script may use beside rules.
    """
    return _Reader(modern=modern, extensions=extensions, faults=faults).script(nodes, name)


class _Reader:
    """Reads the lists of one script; collects every fault and goes on."""

    def __init__(self, *, modern: bool, extensions: Container[str], faults: Faults) -> None:
        self.modern = modern
        self.extensions = extensions
        self.faults = faults

    def fault(self, node: Node, message: str, remedy: str, severity: str = ERROR) -> None:
        self.faults.add(Fault(node.line, node.column, severity, message, remedy))

    # --- words ---------------------------------------------------------------------------------

    def match_word(self, node: Node) -> str:
        """Return a word as the machine meets it in a patient's line."""
        if self.modern:
            return node.text
        return charset.fold(node.text).replace(" ", "") or node.text

    def said_word(self, node: Node) -> str:
        """Return a word as the doctor says it."""
        return node.text if self.modern else charset.upper(node.text)

    def name(self, node: Node) -> str:
        """Return a word that the format may know by name: PRE, DLIST, START and the like."""
        return node.text if self.modern or node.kind != "word" else charset.upper(node.text)

    def number(self, node: Node) -> int:
        if len(node.text) > _MAX_DIGITS:
            self.fault(node, f"{node.text[:12]}... is too large a number", "use a smaller number")
            return 1
        return int(node.text)

    # --- the whole script ------------------------------------------------------------------------

    def script(self, nodes: list[Node], name: str) -> Script:
        if not nodes:
            if not self.faults:
                nowhere = Node("list", "", 1, 1)
                self.fault(nowhere, "the script is empty", "begin with an opening remark: (HELLO)")
            return Script((), (), None, (), name)
        opening = self.opening(nodes[0])
        rules: list[Rule] = []
        memories: list[MemoryRule] = []
        extensions: list[Extension] = []
        for place, node in enumerate(nodes[1:], 1):
            if not node.is_list:
                if place != 1 or self.name(node) != "START":
                    self.fault(node, f"{node.text} stands outside every list", "remove it")
            elif not node.items:
                continue  # the empty list that ended a script of 1966
            elif node.items[0].kind != "word":
                remedy = "begin a rule with a keyword: (SORRY ((0) (PLEASE GO ON)))"
                self.fault(node.items[0], "a rule begins with a keyword", remedy)
            elif self.name(node.items[0]) == "MEMORY":
                memories += self.memory_rule(node)
                if len(memories) > 1:
                    self.fault(node, "a second MEMORY rule", "keep one; a script has one memory")
            elif self.modern and node.items[0].text in self.extensions:
                items = self.items(node.items[1:])
                extensions.append(Extension(node.items[0].text, items, _place(node)))
            else:
                rules.append(self.rule(node))
        memory = memories[0] if memories else None
        rules = self.unique(rules)
        at = _place(nodes[0])
        return Script(opening, tuple(rules), memory, tuple(extensions), name, at)

    def unique(self, rules: list[Rule]) -> list[Rule]:
        """Return the rules without those whose keyword has one already."""
        first: dict[str, Rule] = {}
        for rule in rules:
            key = rule.keyword.casefold() if self.modern else rule.keyword
            earlier = first.setdefault(key, rule)
            if earlier is not rule:
                place = rule.place
                line = earlier.place.line
                message = f"the keyword {rule.keyword} has a rule already, on line {line}"
                remedy = "join the two rules, or remove one"
                self.faults.add(Fault(place.line, place.column, ERROR, message, remedy))
        return list(first.values())

    def opening(self, node: Node) -> tuple[str, ...]:
        if not node.is_list or any(item.is_list for item in node.items):
            remedy = "begin the script with what the doctor says first: (HOW DO YOU DO.)"
            self.fault(node, "the opening remark is missing", remedy)
            return ()
        if self.modern:
            return tuple(str(item) for item in self.items(node.items))
        return tuple(self.said_word(item) for item in node.items)

    def items(self, nodes: Sequence[Node]) -> tuple[Item, ...]:
        found: list[Item] = []
        for node in nodes:
            if node.kind == "list":
                found.append(self.items(node.items))
            elif node.glued and found and isinstance(found[-1], str):
                found[-1] += node.text
            else:
                found.append(node.text)
        return tuple(found)

    # --- rules -----------------------------------------------------------------------------------

    def rule(self, node: Node) -> Rule:
        head = node.items[0]
        keyword = self.match_word(head)
        substitution: str | None = None
        tags: tuple[str, ...] = ()
        rank = 0
        decompositions: list[Decomposition] = []
        link: Link | None = None
        if len(node.items) == 1:
            self.fault(node, f"the rule of {keyword} is empty", "give it a rule, or remove it")
        rest = iter(node.items[1:])
        for item in rest:
            if link is not None:
                remedy = "put the link last; nothing after it is ever reached"
                self.fault(item, f"something follows the link of {keyword}", remedy)
            if item.is_list and item.items and item.items[0].kind == "=":
                link = self.link(item)
            elif item.is_list:
                decompositions += self.decomposition(item)
            elif item.kind == "number":
                rank = self.number(item)
            elif item.kind == "=":
                word = next(rest, None)
                if word is None or word.kind != "word":
                    self.fault(item, "'=' is followed by no word", f"write ({keyword} = WORD ...)")
                else:
                    substitution = self.match_word(word)
            elif self.name(item) == "DLIST":
                tags = self.tags(item, next(rest, None))
            else:
                remedy = f"a rule is ({keyword} = WORD DLIST(/TAG) 5 ((0) (REPLY)) (=LINK))"
                self.fault(item, f"{item.text} has no meaning here", remedy)
        return Rule(keyword, substitution, tags, rank, tuple(decompositions), link, _place(node))

    def tags(self, dlist: Node, node: Node | None) -> tuple[str, ...]:
        tags: list[str] = []
        if node is not None and node.is_list and all(i.kind == "word" for i in node.items):
            tags = [self.match_word(item).lstrip("/") for item in node.items]
        if not any(tags):
            self.fault(dlist, "DLIST is followed by no list of tags", "write DLIST(/FAMILY)")
        return tuple(tag for tag in tags if tag)

    def link(self, node: Node) -> Link | None:
        if len(node.items) != 2 or node.items[1].kind != "word":
            self.fault(node, "a link names one keyword", "write (=WHAT)")
            return None
        return Link(self.match_word(node.items[1]), _place(node))

    def decomposition(self, node: Node) -> list[Decomposition]:
        if not node.items or not node.items[0].is_list:
            remedy = "write ((0 YOU 0) (REPLY)): the pattern is a list of its own"
            self.fault(node, "a decomposition rule begins with its pattern", remedy)
            return []
        pattern = self.pattern(node.items[0], node.items[0].items)
        if len(node.items) == 1:
            self.fault(node, "no reassembly rule follows the pattern", "add one: (PLEASE GO ON)")
        found = [self.reassembly(item, len(pattern)) for item in node.items[1:]]
        reassemblies = tuple(each for each in found if each is not None)
        return [Decomposition(pattern, reassemblies, _place(node))] if reassemblies else []

    def pattern(self, node: Node, items: Sequence[Node]) -> Pattern:
        if not items:
            self.fault(node, "a pattern is empty", "write (0) for any text")
        return tuple(self.element(item) for item in items)

    def element(self, node: Node) -> Element:
        if node.kind == "number":
            return self.number(node)
        if not node.is_list:
            return self.match_word(node)
        remedy = "write (* SAD UNHAPPY) for one of several words, (/FAMILY) for a tag"
        if not node.items or any(item.kind != "word" for item in node.items):
            self.fault(node, f"{node.shown()} is no element of a pattern", remedy)
            return Nothing(())
        texts = [self.match_word(word) for word in node.items]
        mark = texts[0][0]
        if mark not in "*/":
            message = f"{node.shown()} matches nothing: its first word has no * or /"
            self.fault(node, message, remedy, WARNING)
            return Nothing(tuple(texts))
        texts = [texts[0][1:], *texts[1:]]
        if mark == "/":
            texts = [text.lstrip("/") for text in texts]
        found = tuple(text for text in texts if text)
        if not found:
            self.fault(node, f"{node.shown()} names no word", "name the words it stands for")
            return Nothing(())
        return OneOf(found) if mark == "*" else Tagged(found)

    def reassembly(self, node: Node, components: int) -> Reassembly | None:
        if not node.is_list:
            remedy = "put the reassembly rule in parentheses"
            self.fault(node, f"{node.text} stands between reassembly rules", remedy)
            return None
        items = node.items
        head = items[0] if items else None
        if head is None:
            self.fault(node, "an empty reassembly rule answers nothing", "say something", WARNING)
        elif head.kind == "=":
            return self.link(node)
        elif self.name(head) == "PRE":
            return self.pre(node, components)
        elif self.name(head) == "NEWKEY" and len(items) == 1:
            return NewKey(_place(node))
        return Assemble(self.terms(items, components, said=True), _place(node))

    def pre(self, node: Node, components: int) -> Pre | None:
        items = node.items
        shape = [item.is_list for item in items[1:]] == [True, True]
        link_to = items[2].items if shape else []
        if not shape or not link_to or link_to[0].kind != "=":
            remedy = "write (PRE (I ARE 3) (=YOU))"
            self.fault(node, "PRE needs a reassembly and a link", remedy)
            return None
        link = self.link(items[2])
        terms = self.terms(items[1].items, components, said=False)
        return None if link is None else Pre(terms, link.keyword, _place(node))

    def terms(self, items: Sequence[Node], components: int, *, said: bool) -> Terms:
        found: list[str | int] = []
        for item in items:
            if item.kind == "list":
                self.fault(item, "a list inside a reassembly rule", "remove its parentheses")
            elif item.kind == "number":
                number = self.number(item)
                if not 1 <= number <= components:
                    message = f"component {number} is out of range"
                    known = f"the pattern has components 1 to {components}"
                    self.fault(item, message, known)
                found.append(number)
            else:
                found.append(self.said_word(item) if said else self.match_word(item))
        return tuple(found)

    def memory_rule(self, node: Node) -> list[MemoryRule]:
        form = "write (MEMORY MY (0 YOUR 0 = EARLIER YOU SAID YOUR 3) ...)"
        if len(node.items) < 2 or node.items[1].kind != "word":
            self.fault(node, "the MEMORY rule names no keyword", form)
            return []
        found: list[Memory] = []
        for item in node.items[2:]:
            at = [place for place, each in enumerate(item.items) if each.kind == "="]
            if not at or at[0] == 0 or at[0] == len(item.items) - 1:
                self.fault(item, "a transformation of MEMORY is 'pattern = reassembly'", form)
                continue
            pattern = self.pattern(item, item.items[: at[0]])
            terms = self.terms(item.items[at[0] + 1 :], len(pattern), said=True)
            found.append(Memory(pattern, terms, _place(item)))
        count = len(node.items) - 2
        if not count or (not self.modern and count != MEMORY_TRANSFORMATIONS):
            remedy = f"give it {MEMORY_TRANSFORMATIONS} (page 41 of the paper)"
            self.fault(node, f"the MEMORY rule has {count} transformations", remedy)
        return [MemoryRule(self.match_word(node.items[1]), tuple(found), _place(node))]


def _place(node: Node) -> Place:
    return Place(node.line, node.column)
