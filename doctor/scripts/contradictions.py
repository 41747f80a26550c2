"""Find what keeps a whole script from being played, though each of its forms could be read.

    (TEA (=COFFE))              a link to no rule, or to one without an answer
    no NONE, no MEMORY          rules that must be there
    a thousand patterns         more turns than a patient's state has place for

A rule in which an error was found already is not read in full: nothing is told of it that may
follow from that.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from doctor.scripts.model import MAX_CURSORS, MAX_TURNS, NONE, Assemble, Position, links
from doctor.scripts.sexpr import ERROR, ScriptFault
from doctor.scripts.similar import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doctor.scripts.model import Rule, Script


def contradictions(script: Script, errors: Iterable[ScriptFault] = ()) -> list[ScriptFault]:
    """Return the errors that concern more than one form of a script, in no order.

    `errors` are those that are known: nothing is told that may follow from them.
    """
    spoiled = spoiled_lines(script, errors)
    found: list[ScriptFault] = []

    def error(position: Position, message: str, remedy: str) -> None:
        found.append(ScriptFault(position.line, position.column, ERROR, message, remedy))

    by_keyword = {key_of(script, rule.keyword): rule for rule in script.rules}
    for rule in script.rules:
        for link in links(rule):
            goal = by_keyword.get(key_of(script, link.keyword))
            if goal is None or link.keyword == NONE:
                otherwise = f"add a rule ({link.keyword} ...), or correct the name"
                keywords = (each.keyword for each in script.rules if each.keyword != NONE)
                remedy = did_you_mean(link.keyword, keywords, otherwise)
                error(link.position, f"the link (={link.keyword}) leads to no rule", remedy)
            elif not goal.has_transformation and goal.position.line not in spoiled:
                message = f"the link (={link.keyword}) leads to a rule without an answer"
                error(link.position, message, f"give {link.keyword} a decomposition rule or a link")
    none = by_keyword.get(key_of(script, NONE))
    if none is None or none.position.line not in spoiled:
        _none_rule(script, none, error)
    if not script.is_modern:
        _state_fits(script, error)
    memory = script.memory
    if memory is None:
        if not script.is_modern:
            remedy = "add one: (MEMORY MY (0 YOUR 0 = ...) ...) (page 41 of the paper)"
            error(script.position, "the script has no MEMORY rule", remedy)
    elif not script.is_modern and memory.keyword not in by_keyword:
        message = f"the keyword of MEMORY, {memory.keyword}, has no rule of its own"
        error(memory.position, message, f"add a rule ({memory.keyword} ...) (page 41 of the paper)")
    return found


def key_of(script: Script, keyword: str) -> str:
    """Return a keyword as it is compared with others."""
    return keyword.casefold() if script.is_modern else keyword


def _none_rule(
    script: Script, none: Rule | None, error: Callable[[Position, str, str], None]
) -> None:
    if none is None:
        remedy = "add one: (NONE ((0) (PLEASE GO ON))) (page 41 of the paper)"
        capitals = {each.keyword: each for each in script.rules if each.keyword.isupper()}
        meant = capitals.get(nearest(NONE, capitals))
        if meant is not None:
            remedy = f"did you mean NONE where {meant.keyword} is? {remedy}"
        position = script.position if meant is None else meant.position
        error(position, "the script has no NONE rule", remedy)
        return
    if not any(decomposition.pattern == (0,) for decomposition in none.decompositions):
        error(none.position, "NONE does not answer every text", "give it a pattern (0)")
    for decomposition in none.decompositions:
        for each in decomposition.reassemblies:
            if not isinstance(each, Assemble) and not script.is_modern:
                remedy = "NONE must answer by itself: give it words to say"
                error(each.position, "NONE links to another keyword", remedy)


def _state_fits(script: Script, error: Callable[[Position, str, str], None]) -> None:
    """Find rules whose turns would not fit a patient's state."""
    count = 0
    for rule in script.rules:
        for decomposition in rule.decompositions:
            turns = len(decomposition.reassemblies)
            count += turns > 1
            if turns > MAX_TURNS:
                message = f"{turns} reassembly rules for one pattern, more than {MAX_TURNS}"
                error(decomposition.position, message, "remove some, or link to another rule")
            if turns > 1 and count == MAX_CURSORS + 1:
                message = f"more than {MAX_CURSORS} patterns have several reassembly rules"
                error(decomposition.position, message, "combine some patterns, or their answers")


def spoiled_lines(script: Script, errors: Iterable[ScriptFault]) -> set[int]:
    """Return the lines where the rules and forms begin in which an error was found."""
    starts = sorted(
        [
            *(rule.position.line for rule in script.rules),
            *(form.position.line for form in script.extensions),
        ]
    )
    return {starts[max(bisect_right(starts, error.line) - 1, 0)] for error in errors if starts}
