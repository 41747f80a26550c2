"""A script, read from text into rules; every fault with its line, its column and a remedy.

    script      : opening ['START'] { rule | memory | extension | '()' }
    opening     : '(' {word} ')'                            what the doctor says first (page 42)
    rule        : '(' keyword ['=' word] ['DLIST' '(' '/' tag {tag} ')'] [rank]
                      {decomposition} [link] ')'            (pages 38 to 41)
    decomposition : '(' '(' element {element} ')' reassembly {reassembly} ')'
    element     : word | number | '(' '*' word {word} ')' | '(' '/' tag {tag} ')'
    reassembly  : '(' {word | number} ')' | link | '(' 'NEWKEY' ')'
                | '(' 'PRE' '(' {word | number} ')' link ')'
    link        : '(' '=' keyword ')'
    memory      : '(' 'MEMORY' keyword { '(' element {element} '=' {word | number} ')' } ')'
    extension   : '(' NAME {item} ')'                       only in a script with (STYLE ...)

A script without `(STYLE ...)` is one of 1966: its words are read in capitals, as the machine had
no others. A script with it keeps its words as they are written and may use the extensions in the
table below; what they mean is told in docs/scripts.md.

    text --sexpr.read--> lists --_Reader--> Script (doctor.rules) --review--> warnings
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doctor import charset
from doctor.errors import ScriptError
from doctor.review import review
from doctor.rules import (
    NONE,
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
from doctor.sexpr import ERROR, MAX_BYTES, WARNING, Fault, Node, read, too_large

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DEFAULT_SCRIPT", "EXTENSIONS", "Fault", "Script", "check", "load", "parse"]

#: The script that ships.
DEFAULT_SCRIPT = Path(__file__).with_name("scripts") / "doctor.script"

#: The forms that a script with (STYLE ...) may use beside rules, each with what it is for.
EXTENSIONS = {
    "STYLE": "how the script is written; (STYLE MODERN) is natural case and punctuation",
    "GREETING": "what a new patient is greeted with",
    "RETURNING": "what a returning patient is greeted with",
    "CARE": "lines that are met with care",
    "RECALL": "what is remembered of a patient, and how it is taken up again",
    "REPEATED": "answers to a patient who repeats a line",
    "SYNONYMS": "words that count as another",
}

#: A memory rule of 1966 has exactly so many transformations (page 41 of the paper).
MEMORY_TRANSFORMATIONS = 4
#: Digits of a number; more are no rank and no component.
_MAX_DIGITS = 6


def load(path: Path | str) -> Script:
    """Return the script in a file; raise `ScriptError` where it cannot be read or used."""
    path = Path(path)
    return parse(read_file(path), path.name)


def read_file(path: Path) -> str:
    """Return the text of a script file; raise `ScriptError` if it is too large or not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
            size = path.stat().st_size
    except OSError as error:
        raise ScriptError(f"cannot read the script {path}: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise ScriptError(f"{path.name}:{too_large(max(size, len(raw)))}", 1, 1)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"{path.name}:{line}:{column}: the script is not UTF-8; save it as UTF-8"
        raise ScriptError(message, line, column) from error


def parse(text: str, name: str = "script") -> Script:
    """Return the script that `text` is; raise `ScriptError` at its first fault.

    Warnings are no hindrance; `check` finds them.
    """
    script, faults = _read_script(text, name)
    errors = sorted(fault for fault in faults if fault.severity == ERROR)
    if errors:
        first = errors[0]
        more = f", and {len(errors) - 1} more faults" if len(errors) > 1 else ""
        raise ScriptError(f"{name}:{first}{more}", first.line, first.column)
    return script


def check(text: str) -> list[Fault]:
    """Return every fault of a script, errors and warnings, in the order of its lines."""
    script, faults = _read_script(text, "script")
    return sorted({*faults, *review(script)})


def _read_script(text: str, name: str) -> tuple[Script, list[Fault]]:
    nodes, faults = read(text)
    reader = _Reader(modern=any(_is_style(node) for node in nodes), faults=faults)
    script = reader.script(nodes, name)
    return script, reader.faults


def _is_style(node: Node) -> bool:
    # A keyword rule cannot begin with two words, so no script of 1966 is taken for a modern one.
    items = node.items
    return (
        len(items) > 1
        and items[0].text == "STYLE"
        and items[1].kind == "word"
        and items[1].text != "DLIST"
    )


class _Reader:
    """Reads the lists of one script; collects every fault and goes on."""

    def __init__(self, *, modern: bool, faults: list[Fault]) -> None:
        self.modern = modern
        self.faults = faults

    def fault(self, node: Node, message: str, remedy: str, severity: str = ERROR) -> None:
        self.faults.append(Fault(node.line, node.column, severity, message, remedy))

    # --- words ---------------------------------------------------------------------------------

    def match_word(self, node: Node) -> str:
        """Return a word as the machine meets it in a patient's line."""
        if self.modern:
            return node.text
        return charset.fold(node.text).replace(" ", "") or node.text

    def said_word(self, node: Node) -> str:
        """Return a word as the doctor says it."""
        return node.text if self.modern else charset.upper(node.text)

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
                if place != 1 or node.text != "START":
                    self.fault(node, f"{node.text} stands outside every list", "remove it")
            elif not node.items:
                continue  # the empty list that ended a script of 1966
            elif node.items[0].kind != "word":
                remedy = "begin a rule with a keyword: (SORRY ((0) (PLEASE GO ON)))"
                self.fault(node.items[0], "a rule begins with a keyword", remedy)
            elif node.items[0].text == "MEMORY":
                memories += self.memory_rule(node)
                if len(memories) > 1:
                    self.fault(node, "a second MEMORY rule", "keep one; a script has one memory")
            elif self.modern and node.items[0].text in EXTENSIONS:
                items = self.items(node.items[1:])
                extensions.append(Extension(node.items[0].text, items, _place(node)))
            else:
                rules.append(self.rule(node))
        self.whole(nodes[0], rules, memories)
        unique = {rule.keyword: rule for rule in reversed(rules)}
        first = tuple(rule for rule in rules if unique[rule.keyword] is rule)
        return Script(opening, first, memories[0] if memories else None, tuple(extensions), name)

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
            if node.is_list:
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
            elif item.text == "DLIST":
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
        elif head.text == "PRE":
            return self.pre(node, components)
        elif head.text == "NEWKEY" and len(items) == 1:
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
            if item.is_list:
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

    # --- what concerns the whole script --------------------------------------------------------

    def whole(self, opening: Node, rules: list[Rule], memories: list[MemoryRule]) -> None:
        by_keyword: dict[str, Rule] = {}
        for rule in rules:
            key = rule.keyword.casefold() if self.modern else rule.keyword
            earlier = by_keyword.setdefault(key, rule)
            if earlier is not rule:
                self.at(
                    rule.place,
                    f"the keyword {rule.keyword} has a rule already, on line {earlier.place.line}",
                    "join the two rules, or remove one",
                )
        for rule in rules:
            for link in links(rule):
                self.linked(link, by_keyword)
        self.none_rule(opening, by_keyword)
        if memories:
            keyword = memories[0].keyword
            if (keyword.casefold() if self.modern else keyword) not in by_keyword:
                self.at(
                    memories[0].place,
                    f"the keyword of MEMORY, {keyword}, has no rule of its own",
                    f"add a rule ({keyword} ...) (page 41 of the paper)",
                )
        elif not self.modern:
            remedy = "add one: (MEMORY MY (0 YOUR 0 = ...) ...) (page 41 of the paper)"
            self.fault(opening, "the script has no MEMORY rule", remedy)

    def none_rule(self, opening: Node, by_keyword: dict[str, Rule]) -> None:
        none = by_keyword.get(NONE.casefold() if self.modern else NONE)
        if none is None:
            remedy = "add one: (NONE ((0) (PLEASE GO ON))) (page 41 of the paper)"
            self.fault(opening, "the script has no NONE rule", remedy)
            return
        if not any(decomposition.pattern == (0,) for decomposition in none.decompositions):
            self.at(none.place, "NONE does not answer every text", "give it a pattern (0)")
        for decomposition in none.decompositions:
            for each in decomposition.reassemblies:
                if not isinstance(each, Assemble) and not self.modern:
                    remedy = "NONE is the last resort: let it answer"
                    self.at(each.place, "NONE goes on to another keyword", remedy)

    def linked(self, link: Link | Pre, by_keyword: dict[str, Rule]) -> None:
        keyword = link.keyword
        rule = by_keyword.get(keyword.casefold() if self.modern else keyword)
        if rule is None or keyword == NONE:
            remedy = f"add a rule ({keyword} ...), or correct the name"
            self.at(link.place, f"the link (={keyword}) leads to no rule", remedy)
        elif not rule.has_transformation:
            message = f"the link (={keyword}) leads to a rule that only substitutes"
            self.at(link.place, message, f"give {keyword} a decomposition rule or a link")

    def at(self, place: Place, message: str, remedy: str) -> None:
        self.faults.append(Fault(place.line, place.column, ERROR, message, remedy))


def links(rule: Rule) -> list[Link | Pre]:
    """Return every link of a rule, those of its reassembly rules first."""
    found: list[Link | Pre] = [
        each
        for decomposition in rule.decompositions
        for each in decomposition.reassemblies
        if isinstance(each, Link | Pre)
    ]
    return [*found, rule.link] if rule.link is not None else found


def _place(node: Node) -> Place:
    return Place(node.line, node.column)
