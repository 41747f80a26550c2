"""From lists to a script: each form is read on its own; every fault is told.

`doctor.scripts.loader` gives the grammar. A form with a fault is left out, or read as far as
possible, so that one fault hides no other; `doctor.scripts.contradictions` finds what concerns
several forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.scripts.conventions import STANDARD, is_convention, read_convention
from doctor.scripts.model import Extension, Item, MemoryRule, PlacedItems, Position, Rule, Script
from doctor.scripts.remedies import outside_remedy
from doctor.scripts.rule_parser import RuleParser, position_in
from doctor.scripts.sexpr import ERROR, Faults, List, Placed, ScriptFault, is_word
from doctor.scripts.similar import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from doctor.scripts.sexpr import Node

#: Extensions whose first word is the name of what they tell of.
_NAMED = frozenset(("CARE", "ODD", "TAG"))


def parse_script(
    whole: List,
    name: str,
    *,
    modern: bool,
    extensions: Collection[str],
    faults: Faults,
    positions: bool = False,
) -> Script:
    """Return the script that a text makes; what is wrong with a form is added to `faults`.

    `extensions` are the names of the forms that a modern script may use besides rules. With
    `positions` the lists in these forms are `PlacedItems`.
    """
    parser = _Parser(modern=modern, extensions=extensions, faults=faults, positions=positions)
    return parser.read_script(whole, name)


class _Parser(RuleParser):
    """Reads the lists of one script; collects every fault and goes on."""

    def __init__(
        self, *, modern: bool, extensions: Collection[str], faults: Faults, positions: bool
    ) -> None:
        super().__init__(modern=modern, faults=faults)
        self.extensions = extensions
        self.positions = positions

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
        told: set[int] = set()
        for index, node in enumerate(nodes[1:], 1):
            if not isinstance(node, List):
                if index == 1 and self.name_of(node) == "START":
                    continue
                line = node.line if isinstance(node, Placed) else -index
                if line not in told:  # once for a line, however many words there are
                    remedy = outside_remedy(node, is_first=index == 1)
                    self.report(node, f"{node} is outside every list", remedy)
                told.add(line)
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
            elif form := self.form_meant(str(head)):
                self.read_misspelt(node, items, form, rules, extensions)
            else:
                rules.append(self.read_rule(node, items))
        memory = memories[0] if memories else None
        rules = self.drop_duplicates(rules)
        first = nodes[0]
        at = position_in(first) if isinstance(first, List | Placed) else Position()
        return Script(
            opening,
            tuple(rules),
            memory,
            tuple(extensions),
            conventions=conventions,
            name=name,
            position=at,
        )

    def form_meant(self, head: str) -> str:
        """Return the form that a keyword in a modern script may have been meant as, or nothing."""
        if not self.modern:
            return ""
        if head.upper() in self.extensions:
            return head.upper()
        return nearest(head, self.extensions) if head.isupper() else ""

    def read_misspelt(
        self,
        node: List,
        items: Sequence[Node],
        form: str,
        rules: list[Rule],
        extensions: list[Extension],
    ) -> None:
        """Read a list whose name is almost that of a form: as a rule if it is one, else as that.

        The one fault says which form is meant, so that no others bury it.
        """
        before = len(self.faults)
        rule = self.read_rule(node, items)
        if not any(fault.severity == ERROR for fault in self.faults[before:]):
            rules.append(rule)
            return
        del self.faults[before:]
        what = "is no form" if items[0] != form.lower() else "is written in capitals"
        self.report(node, f"{items[0]} {what}", f"did you mean {form}? write ({form} ...)")
        extensions += [each._replace(name=form) for each in self.read_extension(node)]

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
        return [Extension(str(name), tuple(items), position_in(node))]

    def read_items(self, node: List) -> tuple[Item, ...]:
        items = [self.read_items(w) if isinstance(w, List) else w for w in node.words()]
        if not self.positions:
            return tuple(items)
        placed = PlacedItems(items)
        placed.position = position_in(node)
        return placed
