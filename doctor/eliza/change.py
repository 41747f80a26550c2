"""The CHANGE mode of 1965: edit the script in the middle of a conversation.

The ELIZA of March 1965 had it; the paper does not describe it. "The source" is the recovered
listing of that program, whose function CHANGE is followed here by its line numbers.

    +                        (in the conversation) answered by PLEASE INSTRUCT ME
    TYPE KEYWORD             print the rule of a keyword                       001750
    SUBST KEYWORD OLD NEW    replace the list OLD of a rule by NEW             001940
    APPEND KEYWORD OLD NEW   add NEW after the last list of the rule of OLD    001960
    ADD KEYWORD RULE         add a decomposition rule before the last one      001990 to 002050
    RANK KEYWORD N           set the rank of a keyword                         002070 to 002150
    DISPLA                   print every rule and the memory                   001490 to 001640
    START                    go back to the conversation                       001470
    * (KEYWORD ...)          (in the conversation) add the rule of a new keyword    001770

An instruction may be put in parentheses. OLD is found by its first words, as line 001900 compares
them. Errors are answered CHANGE NOT RECOGNIZED and LIST NOT FOUND, as then. What is new is a second
line under the first of these that says what is wrong with a list, and that a change which would
leave no usable script is refused.

A script never changes: each change makes a new script and a new machine, and takes the patient's
state over to it. Nothing here reads or writes a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from doctor.eliza.machine import Eliza
from doctor.errors import ScriptError
from doctor.scripts import Script, charset, parse
from doctor.scripts.model import (
    NONE,
    Decomposition,
    Link,
    Position,
    Rule,
    pattern_text,
    reassembly_text,
)

if TYPE_CHECKING:
    from doctor.eliza.machine import State

INSTRUCT: Final = "PLEASE INSTRUCT ME"
NOT_RECOGNIZED: Final = "CHANGE NOT RECOGNIZED"
NOT_FOUND: Final = "LIST NOT FOUND"
#: What begins a line of the conversation that is for CHANGE, and one that is a new rule.
CHANGE, INSERT = "+", "*"

_INSTRUCTIONS: Final = frozenset(("TYPE", "SUBST", "APPEND", "ADD", "START", "RANK", "DISPLA"))
#: The keyword of a rule that is only there while a list is read; no line can have it.
_PIECE: Final = "-PIECE-"
#: Buckets of the table of keywords, and the bucket of NONE (line 000340).
_BUCKETS, _NONE_BUCKET = 32, 32
#: Digits of a rank; a script has no more either.
_RANK_DIGITS: Final = 6
_NOWHERE = Position()

#: Which reassembly rule was used last, from 1, by keyword and number of the decomposition rule.
_Turns: TypeAlias = "dict[tuple[str, int], int]"


class Changed(NamedTuple):
    """What an instruction did: the lines to print, the machine and state after it."""

    lines: tuple[str, ...]
    machine: Eliza
    state: State
    #: True for START: the conversation goes on.
    ends: bool = False


class _Refused(Exception):
    """An instruction cannot be carried out; its lines say why."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def change(machine: Eliza, state: State, instruction: str) -> Changed:
    """Carry out one instruction of the CHANGE mode."""
    try:
        name, theme, lists = _read(instruction)
        if name == "START":
            return Changed((), machine, state, ends=True)
        if name == "DISPLA":
            return Changed((*_display(machine, state), INSTRUCT), machine, state)
        rule = _find_rule(machine.script, theme)
        if name == "TYPE":
            lines = _printed(rule, _turns(machine.script, state))
            return Changed((*lines, INSTRUCT), machine, state)
        return _replaced(machine, state, rule, _edited(machine.script, rule, name, lists))
    except _Refused as refused:
        return Changed((*refused.lines, INSTRUCT), machine, state)


def insert(machine: Eliza, state: State, line: str) -> Changed:
    """Add the rule of a new keyword, which a line of the conversation gives after `*`."""
    text = line.strip().removeprefix(INSERT).strip()
    if not text.startswith("("):
        text = f"({text})"
    try:
        rule = _read_new_rule(machine.script, text)
        rules = [*machine.script.rules, rule]
        return _with_rules(machine, state, rules, _turns(machine.script, state), ())
    except _Refused as refused:
        return Changed(refused.lines, machine, state)


# --- reading an instruction ----------------------------------------------------------------------


def _read(instruction: str) -> tuple[str, str, list[str]]:
    """Return an instruction's name, keyword and lists; the number of RANK counts as a list."""
    parts = _top_level(instruction)
    if len(parts) == 1 and parts[0].startswith("("):
        parts = _top_level(parts[0][1:-1])
    words = [charset.fold(part) for part in parts[:2]]
    if not words or words[0] not in _INSTRUCTIONS:
        raise _Refused(NOT_RECOGNIZED)
    return words[0], words[1] if len(words) > 1 else "", parts[2:]


def _find_rule(script: Script, keyword: str) -> Rule:
    rule = script.by_keyword.get(keyword)
    if rule is None or keyword == NONE:  # NONE is in no bucket of its own (line 000340)
        raise _Refused(NOT_FOUND)
    return rule


def _top_level(text: str) -> list[str]:
    """Return the words and the lists of a text, each list as its text."""
    parts: list[str] = []
    depth = start = 0
    for here, letter in enumerate(text):
        if letter == "(":
            if not depth:
                parts += text[start:here].split()
                start = here
            depth += 1
        elif letter == ")":
            depth -= 1
            if not depth:
                parts.append(text[start : here + 1])
                start = here + 1
            if depth < 0:
                break
    if depth:
        raise _Refused(NOT_RECOGNIZED, "(its parentheses do not match)")
    return [*parts, *text[start:].split()]


# --- printing (functions TPRINT and TXTPRT of the source) ----------------------------------------


def _printed(rule: Rule, turns: _Turns) -> list[str]:
    """Return a rule as TYPE prints it.

    The number under a pattern says which of its reassembly rules was used last; the source keeps it
    in the list itself (lines 001560, 001660 and 001690), and so it was printed with it.
    """
    head = rule.keyword
    if rule.substitution is not None:
        head += f" = {rule.substitution}"
    if rule.tags:
        head += f" DLIST(/{' '.join(rule.tags)})"
    if rule.rank:
        head += f" {rule.rank}"
    lines = [head]
    for number, decomposition in enumerate(rule.decompositions):
        lines += ["", pattern_text(decomposition.pattern)]
        if used := turns.get((rule.keyword, number)):
            lines.append(f"{used:3}")
        for each in decomposition.reassemblies:
            lines.append(
                f"= {each.keyword}" if isinstance(each, Link) else reassembly_text(each)[1:-1]
            )
    if rule.link is not None:
        lines += ["", f"= {rule.link.keyword}"]
    return lines


def _display(machine: Eliza, state: State) -> list[str]:
    """Return every rule as DISPLA prints them: bucket by bucket of the table of keywords."""
    script, turns = machine.script, _turns(machine.script, state)
    buckets: list[list[Rule]] = [[] for _ in range(_BUCKETS + 1)]
    for rule in script.rules:
        buckets[_NONE_BUCKET if rule.keyword == NONE else bucket(rule.keyword)].append(rule)
    lines: list[str] = []
    for number, rules in enumerate(buckets):
        for rule in rules:
            lines += ["*", *_printed(rule, turns), f"{number:3}", ""]
    lines += ["", "MEMORY LIST FOLLOWS", ""]
    if script.memory is not None:
        for each in script.memory.transformations:
            said = " ".join(map(str, each.terms))
            lines.append(f"{pattern_text(each.pattern)} = {said}")
    return lines


def bucket(keyword: str) -> int:
    """Return in which of 32 buckets a keyword was: HASH of its first six characters."""
    return charset.mid_square(charset.hollerith(keyword[:6]), 5)


# --- editing -------------------------------------------------------------------------------------


def _edited(script: Script, rule: Rule, name: str, lists: list[str]) -> Rule:
    """Return the rule as an instruction changes it."""
    if name == "RANK":
        if len(lists) != 1 or not (lists[0].isdecimal() and len(lists[0]) <= _RANK_DIGITS):
            raise _Refused(NOT_RECOGNIZED, "(write RANK KEYWORD 5)")
        if not rule.has_transformation:
            raise _Refused(NOT_FOUND)  # line 002080: the rank goes before the first list
        return rule._replace(rank=int(lists[0]))
    if name == "ADD":
        if len(lists) != 1 or not lists[0].startswith("("):
            raise _Refused(NOT_RECOGNIZED, "(write ADD KEYWORD ((0 WORD 0) (REPLY)))")
        new = _read_rules(script, lists[0])
        # The new rule goes before the last list: a pattern (0), or the link.
        at = max(len(rule.decompositions) - (rule.link is None), 0)
        every = (*rule.decompositions[:at], *new, *rule.decompositions[at:])
        return rule._replace(decompositions=every)
    if len(lists) != 2 or not all(each.startswith("(") for each in lists):
        raise _Refused(NOT_RECOGNIZED, f"(write {name} KEYWORD (OLD LIST) (NEW LIST))")
    old, new_list = charset.split(lists[0][1:-1]), lists[1]
    for index, decomposition in enumerate(rule.decompositions):
        texts = [
            f"({pattern_text(decomposition.pattern)})",
            *map(reassembly_text, decomposition.reassemblies),
        ]
        for at, text in enumerate(texts):
            if charset.split(text[1:-1])[: len(old)] == old:
                changed = [*texts, new_list]
                if name == "SUBST":
                    changed = [*texts[:at], new_list, *texts[at + 1 :]]
                new = _read_rules(script, f"({' '.join(changed)})")
                every = (*rule.decompositions[:index], *new, *rule.decompositions[index + 1 :])
                return rule._replace(decompositions=every)
    raise _Refused(NOT_FOUND)


def _read_rules(script: Script, body: str) -> tuple[Decomposition, ...]:
    """Return the decomposition rules that `body` is, in the script as it is."""
    parsed = _parse(f"{script.to_text()}\n({_PIECE} {body})\n", script.name)
    found = _unplaced_rule(parsed.by_keyword[_PIECE]).decompositions
    if not found:
        raise _Refused(NOT_RECOGNIZED, "(a decomposition rule is ((0 WORD 0) (REPLY)))")
    return found


def _read_new_rule(script: Script, text: str) -> Rule:
    parsed = _top_level(text[1:-1])
    keyword = charset.fold(parsed[0]) if parsed else ""
    if keyword in script.by_keyword:
        raise _Refused(NOT_RECOGNIZED, f"({keyword} has a rule; change it with + and ADD)")
    rule = _parse(f"{script.to_text()}\n{text}\n", script.name).by_keyword.get(keyword)
    if rule is None:
        raise _Refused(NOT_RECOGNIZED, "(write * (KEYWORD ((0) (REPLY))))")
    return _unplaced_rule(rule)


def _parse(text: str, name: str) -> Script:
    try:
        return parse(text, name)
    except ScriptError as error:
        # The position is one in a text that nobody has seen.
        _, _, message = str(error).removeprefix(f"{name}:").partition(": ")
        raise _Refused(NOT_RECOGNIZED, f"({message.removeprefix('error: ')})") from error


def _unplaced_rule(rule: Rule) -> Rule:
    """Return a rule without its positions, which are those of no file."""
    decompositions = tuple(
        each._replace(
            reassemblies=tuple(r._replace(position=_NOWHERE) for r in each.reassemblies),
            position=_NOWHERE,
        )
        for each in rule.decompositions
    )
    link = rule.link and rule.link._replace(position=_NOWHERE)
    return rule._replace(decompositions=decompositions, link=link, position=_NOWHERE)


# --- the machine and the state after a change ----------------------------------------------------


def _replaced(machine: Eliza, state: State, before: Rule, after: Rule) -> Changed:
    """Return the machine with a rule in the place of another."""
    turns = _turns(machine.script, state)
    old = [turns.pop((before.keyword, n), 0) for n in range(len(before.decompositions))]
    same = len(before.decompositions) == len(after.decompositions)
    for number, each in enumerate(after.decompositions):
        was = [n for n, earlier in enumerate(before.decompositions) if earlier is each]
        if was or same:
            turns[after.keyword, number] = old[was[0] if was else number]
    rules = [after if rule is before else rule for rule in machine.script.rules]
    return _with_rules(machine, state, rules, turns, (INSTRUCT,))


def _with_rules(
    machine: Eliza, state: State, rules: list[Rule], turns: _Turns, lines: tuple[str, ...]
) -> Changed:
    old = machine.script
    script = Script(
        old.opening,
        tuple(rules),
        old.memory,
        old.extensions,
        conventions=old.conventions,
        name=old.name,
        position=old.position,
    )
    _parse(script.to_text(), old.name)  # refuses what would be no usable script
    limit, _, memories = state
    changed = Eliza(script, step_limit=machine.step_limit)
    return Changed(lines, changed, (limit, _pack_turns(script, turns), memories))


def _counted(script: Script) -> list[tuple[str, int, int]]:
    """Return keyword, number and turns of the rules that a state counts, in its order."""
    return [
        (rule.keyword, number, len(each.reassemblies))
        for rule in script.rules
        for number, each in enumerate(rule.decompositions)
        if len(each.reassemblies) > 1
    ]


def _turns(script: Script, state: State) -> _Turns:
    packed = state[1]
    return {
        (keyword, number): packed >> 8 * place & 0xFF
        for place, (keyword, number, _) in enumerate(_counted(script))
    }


def _pack_turns(script: Script, turns: _Turns) -> int:
    packed = 0
    for place, (keyword, number, size) in enumerate(_counted(script)):
        packed |= min(turns.get((keyword, number), 0), size - 1) << 8 * place
    return packed
