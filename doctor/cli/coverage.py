"""Count which rules of a script are used: `check --coverage` and `check --patients`.

Each line is said to the machine, which explains itself; what its traces name was used. Only the
rules of keywords are counted, not the texts of other forms.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor import paths
from doctor.errors import ScriptError
from doctor.machine import LIMIT, Visit
from doctor.scripts.model import Assemble, pattern_text, reassembly_text
from doctor.text import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from doctor.doctor import AnyMachine
    from doctor.history.transcript import Exchange
    from doctor.scripts import Script

_LINE = re.compile(r"\bline (\d+)\b")
_MAX_BYTES = 1 << 26
#: Seconds from one line of a file to the next: a file has no times.
_PACE = 60.0

#: A pattern by its keyword and its text, and an answer by its pattern's text, line and letters.
_Pattern = tuple[str, str]
_Answer = tuple[str, int, str]


class Coverage:
    """Counts what a machine uses; used by one thread."""

    def __init__(self, machine: AnyMachine) -> None:
        self._machine: Any = machine
        self.conversations = self.lines = self.quoting = self.repeated = self.stopped = 0
        #: How often no keyword answered, by what did instead.
        self.others: Counter[str] = Counter()
        self.patterns: Counter[_Pattern] = Counter()
        self.answers: Counter[_Answer] = Counter()

    def count_lines(self, lines: Iterable[str]) -> None:
        """Count the lines of one patient."""
        state = self._machine.start()
        earlier: set[str] = set()
        self.conversations += 1
        for number, line in enumerate(lines):
            state = self._count(state, line, number * _PACE, earlier)

    def count_history(self, name: str, exchanges: Iterable[Exchange]) -> None:
        """Count the lines of a saved history, greeted where a session began."""
        state = self._machine.start()
        earlier: set[str] = set()
        self.conversations += 1
        session, last_seen, count = 0, None, 0
        for exchange in exchanges:
            if exchange.session != session:
                session = exchange.session
                visit = Visit(name, session - 1, last_seen, count)
                state = self._machine.greet(state, visit, exchange.at).state
            state = self._count(state, exchange.patient, exchange.at, earlier)
            last_seen, count = exchange.at, count + 1

    def _count(self, state: Any, line: str, now: float, earlier: set[str]) -> Any:
        """Count one line; return the state after it."""
        keyword = pattern = said = ""
        for kind, *fields in self._machine.explain(state, line, now).rows():
            if kind == "keyword":
                keyword = fields[0]
            elif kind == "fallback":
                keyword = fields[0] if fields[0] == "NONE" else ""
                self.others[fields[0].partition(":")[0]] += 1
            elif kind == "memory-recalled":
                self.others["memory"] += 1
            elif kind == "decomposition":
                pattern = fields[0]
                self.patterns[keyword.lower(), pattern] += 1
            elif kind == "reassembly":
                said = fields[0]
            elif kind == "source" and (found := _LINE.search(fields[0])):
                self.answers[pattern, int(found[1]), _letters(said)] += 1
        response = self._machine.respond(state, line, now)
        self.lines += 1
        self.quoting += any(letter.isdigit() for letter in said)
        self.repeated += response.reply in earlier
        self.stopped += response.keyword == LIMIT
        earlier.add(response.reply)
        return response.state


class RuleUse(NamedTuple):
    """A pattern or an answer of a script, and how often it was used."""

    keyword: str
    line: int
    text: str
    used: int


def patterns_of(script: Script, coverage: Coverage) -> list[RuleUse]:
    """Return every pattern of a script with its use."""
    return [
        RuleUse(rule.keyword, each.position.line, f"({text})", coverage.patterns[key])
        for rule in script.rules
        for each in rule.decompositions
        for text in [_joined(pattern_text(each.pattern))]
        for key in [(rule.keyword.lower(), pattern_text(each.pattern))]
    ]


def answers_of(script: Script, coverage: Coverage) -> list[RuleUse]:
    """Return every answer of a script with its use; links are none."""
    return [
        RuleUse(rule.keyword, line, text, coverage.answers[pattern, line, _letters(text)])
        for rule in script.rules
        for decomposition in rule.decompositions
        for pattern in [pattern_text(decomposition.pattern)]
        for each in decomposition.reassemblies
        if isinstance(each, Assemble)
        for line, text in [(each.position.line, reassembly_text(each))]
    ]


def report(name: str, script: Script, coverage: Coverage) -> Iterator[str]:
    """Yield the lines that tell what was used and what never was."""
    patterns, answers = patterns_of(script, coverage), answers_of(script, coverage)
    keywords = {use.keyword for use in patterns}
    used = {use.keyword for use in patterns if use.used}
    lines = coverage.lines
    yield f"{name}: {quantity(lines, 'line')} of {quantity(coverage.conversations, 'conversation')}"
    yield f"  keywords used:  {_share(len(used), len(keywords))}"
    yield f"  patterns used:  {_share(sum(use.used > 0 for use in patterns), len(patterns))}"
    yield f"  answers used:   {_share(sum(use.used > 0 for use in answers), len(answers))}"
    yield f"  replies that quote the patient:       {_share(coverage.quoting, lines)}"
    yield f"  replies given before to this patient: {_share(coverage.repeated, lines)}"
    for what, count in coverage.others.most_common():
        yield f"  no keyword answered, but {what}: {_share(count, lines)}"
    if coverage.stopped:
        yield f"  scripts stopped at a limit: {_share(coverage.stopped, lines)}"
    often = sorted((use for use in answers if use.used), key=lambda use: -use.used)[:10]
    if often:
        yield "most often:"
        yield from (f"  {use.used:>6}  line {use.line}: {use.text}" for use in often)
    unused = [use for use in patterns if not use.used]
    if unused:
        yield "patterns never used:"
        yield from (f"  line {use.line}: {use.keyword} {use.text}" for use in unused)


def read_lines(path: Path) -> list[list[str]]:
    """Return what patients say in a file, a list for each conversation.

    Of a dialogue these are the patient's lines, of another file all; an empty line begins anew.
    Raises `ScriptError` for a file that cannot be read.
    """
    try:
        with paths.reading(path) as file:
            text = file.read(_MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        raise ScriptError(f"cannot read {path}: {error.strerror}") from error
    rows = [row.strip() for row in text.splitlines()]
    if any(row.startswith("> ") for row in rows):
        return [[row[1:].strip() for row in rows if row.startswith(">")]]
    found: list[list[str]] = [[]]
    for row in rows:
        if row:
            found[-1].append(row)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def _share(count: int, of: int) -> str:
    return f"{count:,} of {of:,} ({100 * count / of:.0f} %)" if of else "none"


def _letters(text: str) -> str:
    """Return an answer without its marks and its head, so that its forms are equal."""
    text = text.strip("( ")
    for head in ("ASK ", "AND "):
        text = text.removeprefix(head)
    return "".join(filter(str.isalnum, text))


def _joined(pattern: str) -> str:
    return pattern.replace("(/ ", "(/")
