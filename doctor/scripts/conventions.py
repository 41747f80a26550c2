"""What is built in for English in the machine of 1966, as a script may declare it.

    (CLAUSE-ENDS , . MAIS)              words and marks that end a clause   , . BUT
    (DELIMITERS ')                      marks that are words of their own   , and . always are
    (BUILT-IN (...) (...) (...) (...))  the four built-in remarks           PLEASE CONTINUE ...
    (NEWKEY BUILT-IN)                   NEWKEY with no keyword left gives   the next answer of NONE
                                        a built-in remark

Without a form the machine does what it did, so a published script is not changed by them. The paper
answers NEWKEY on an empty stack by NONE (page 41); the conversations of the pilot study of 1965 by
Quarton, McGuire and Lorch show a built-in remark instead (comment in anthay/ELIZA).

A form is told from the rule of a keyword that has the same name: what follows the name in a rule is
`=`, a rank, DLIST, a link or a list that begins with a list.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from doctor.scripts import charset
from doctor.scripts.sexpr import List, is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doctor.scripts.sexpr import Node

    Report = Callable[[Node, str, str], None]

#: The remarks built into the program for a script without an answer, by LIMIT from 1: lines
#: 002200 to 002270 of the source (recovered description, part 2, section 3).
BUILT_IN = ("PLEASE CONTINUE", "HMMM", "GO ON , PLEASE", "I SEE")

#: The names of the forms, each with how it is written.
CONVENTIONS = {
    "CLAUSE-ENDS": "(CLAUSE-ENDS , . MAIS)",
    "DELIMITERS": "(DELIMITERS ')",
    "BUILT-IN": "(BUILT-IN (CONTINUEZ) (HMM) (POURSUIVEZ) (JE VOIS))",
    "NEWKEY": "(NEWKEY BUILT-IN)",
}


class Conventions(NamedTuple):
    """What a script of 1966 declares of its language; by default what is built in."""

    clause_ends: tuple[str, ...] = charset.CLAUSE_ENDS
    delimiters: tuple[str, ...] = ()
    remarks: tuple[str, ...] = BUILT_IN
    #: True if NEWKEY with an empty stack gives a built-in remark.
    newkey_remark: bool = False

    @property
    def marks(self) -> str:
        """The characters, besides the comma and the full stop, that are words of their own."""
        found = [*self.delimiters, *(end for end in self.clause_ends if _is_mark(end))]
        return "".join(dict.fromkeys(mark for mark in found if mark not in ".,"))

    def splitter(self) -> Callable[[str], list[str]]:
        """Return the function that makes words of a line."""
        return partial(charset.split_at, self.marks) if self.marks else charset.split

    def to_text(self) -> list[str]:
        """Return the forms that a script needs to declare this; none for what is built in."""
        standard = Conventions()
        found: list[str] = []
        if self.clause_ends != standard.clause_ends:
            found.append(f"(CLAUSE-ENDS {' '.join(self.clause_ends)})")
        if self.delimiters:
            found.append(f"(DELIMITERS {' '.join(self.delimiters)})")
        if self.remarks != standard.remarks:
            found.append(f"(BUILT-IN {' '.join(f'({each})' for each in self.remarks)})")
        if self.newkey_remark:
            found.append("(NEWKEY BUILT-IN)")
        return found


#: What every script has that declares nothing.
STANDARD = Conventions()


def is_convention(name: str, items: Sequence[Node]) -> bool:
    """Return True if a list of a script of that name is such a form, and no rule of a keyword."""
    if name not in CONVENTIONS:
        return False
    if len(items) < 2:
        return False
    second = items[1]
    if isinstance(second, List):
        return not second.head.startswith("=") and not (
            second.parts and isinstance(second.parts[0], List)
        )
    return second != "=" and not is_number(second) and charset.upper(second) != "DLIST"


def read_convention(
    conventions: Conventions, name: str, items: Sequence[Node], report: Report
) -> Conventions:
    """Return the conventions with what one form declares; what is wrong with it is reported."""
    form, values = items[0], items[1:]
    remedy = f"write {CONVENTIONS[name]}"
    if name == "BUILT-IN":
        return _read_remarks(conventions, form, values, report)
    if any(isinstance(value, List) for value in values):
        report(form, f"{name} has words and no lists", remedy)
        return conventions
    words = tuple(charset.fold(str(value)).strip() for value in values)
    if name == "NEWKEY":
        if words not in {("BUILT-IN",), ("NONE",)}:
            report(form, "NEWKEY with an empty stack gives BUILT-IN or NONE", remedy)
        return conventions._replace(newkey_remark=words == ("BUILT-IN",))
    if not all(words):
        report(form, f"{name} has a mark that no line has: it is taken for a space", remedy)
        words = tuple(filter(None, words))
    words = tuple(dict.fromkeys(words))
    if name == "CLAUSE-ENDS":
        return conventions._replace(clause_ends=words)
    for word in words:
        if not _is_mark(word):
            report(form, f"{word} is no delimiter: it is no single mark", remedy)
    return conventions._replace(delimiters=tuple(filter(_is_mark, words)))


def _read_remarks(
    conventions: Conventions, form: Node, values: Sequence[Node], report: Report
) -> Conventions:
    remarks = [
        " ".join(charset.upper(str(word)) for word in value.words())
        for value in values
        if isinstance(value, List) and not any(isinstance(part, List) for part in value.parts)
    ]
    if len(remarks) != len(values) or len(remarks) != len(BUILT_IN) or not all(remarks):
        message = f"BUILT-IN has {len(values)} remarks" if remarks else "BUILT-IN has no remarks"
        if len(values) == len(BUILT_IN):
            message = "BUILT-IN has a remark that is no list of words"
        report(form, message, f"write {CONVENTIONS['BUILT-IN']}: {len(BUILT_IN)} lists of words")
        return conventions
    return conventions._replace(remarks=tuple(remarks))


def _is_mark(word: str) -> bool:
    return len(word) == 1 and not word.isalnum() and word.isprintable()
