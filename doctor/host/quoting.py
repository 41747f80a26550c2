"""Which words of members the host says again, and whom it asks.

A host quotes and never interprets: what it takes from a line stands between quotation marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.host.clauses import MOST, excerpt
from doctor.host.connecting import KIN, can_be_quoted, telling_words, without_greeting
from doctor.host.statements import read_statement
from doctor.host.texts import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from doctor.host.state import HostState, Member, Quotable


#: Characters of a quotation among several, or of what was said just above.
SHORT: Final = 80


def quote(text: str, wanted: AbstractSet[str] = frozenset(), most: int = MOST) -> str:
    """Return a line between quotation marks; of a long one what has the wanted words."""
    return quoted(excerpt(without_greeting(text), wanted, most))


def least_heard(state: HostState, *but: str) -> list[Member]:
    """Return who is here besides some members, who has not spoken for longest first."""
    here = [each for each in state.members if each.here and each.name not in but]
    return sorted(here, key=lambda each: (each.turn, each.came))


def lines_of(state: HostState, name: str) -> list[Quotable]:
    """Return what may be quoted of a member, the oldest first."""
    return [each for each in state.quotables if each.speaker == name]


def lines_for(state: HostState, asker: str) -> list[Quotable]:
    """Return what others said that is not said to a third member by name."""
    names = [each.name.lower() for each in state.members if each.name != asker]
    return [
        each
        for each in state.quotables
        if each.speaker != asker and not _has_one(each.text.lower(), names)
    ]


def _has_one(low: str, names: Sequence[str]) -> bool:
    return any(name in low for name in names)


def names_in(state: HostState) -> frozenset[str]:
    """Return the words of all members' names, which are no matter to speak about."""
    return frozenset(word for each in state.members for word in telling_words(each.name))


def best_lines(
    lines: Sequence[Quotable], matter: str, names: AbstractSet[str], most: int
) -> list[Quotable]:
    """Return the lines that have most words of a matter, in the order in which they were said.

    `names` are those of members, which are no matter.
    """
    wanted = telling_words(matter) - names
    rows = [(_shares(each.text, wanted, matter), each) for each in lines]
    of_kin = not KIN.isdisjoint(wanted)
    highest = max((shared for shared, _ in rows), default=0)
    fitting = [row for row in rows if row[0] and row[0] == highest]
    fitting.sort(key=lambda row: (row[0], of_kin and _grave(row[1]), row[1].turn), reverse=True)
    return sorted((each for _, each in fitting[:most]), key=lambda each: each.turn)


def _grave(line: Quotable) -> bool:
    return read_statement(line.text).kind == "DEATH"


def _shares(text: str, wanted: AbstractSet[str], matter: str) -> int:
    """Return how many words of a matter a line has; most of the small words count as one."""
    shared = len(wanted & telling_words(text))
    if shared:
        return shared
    small, said = set(matter.lower().split()), set(text.lower().rstrip(".!").split())
    return int(len(small & said) * 2 > len(small))


def taken_up(state: HostState, name: str) -> Quotable | None:
    """Return the line of a member whose words others said as well, rare ones most of all.

    What the others took up is what mattered to them: that is counted, and not interpreted.
    """
    names = names_in(state)
    spoken = [(each, telling_words(each.text, "NB") - names) for each in state.quotables]
    by: dict[str, set[str]] = {}
    often: dict[str, int] = {}
    for each, said in spoken:
        for word in said:
            by.setdefault(word, set()).add(each.speaker)
            often[word] = often.get(word, 0) + 1
    best, most = None, 0.0
    for each, said in spoken:
        if each.speaker != name or each.text.endswith("?"):
            continue
        weight = sum(len(by[word] - {name}) / often[word] for word in said)
        if weight >= most:
            best, most = each, weight
    return best


def telling_line(lines: Sequence[Quotable], wanted: AbstractSet[str]) -> Quotable | None:
    """Return a member's line that is best to be said again: of their own, and about a matter."""
    return max(
        lines,
        key=lambda each: (
            len(wanted & telling_words(each.text)),
            read_statement(each.text).kind not in {"TOLD", "PLAN"},
            can_be_quoted(each.text),
            each.turn,
        ),
        default=None,
    )
