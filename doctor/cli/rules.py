"""The rules of a script, listed and looked up: `check --keys` and `check --rule WORD`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.cli.output import align
from doctor.scripts.model import links, rule_text
from doctor.scripts.modern import spellings, tagged_words
from doctor.scripts.similar import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.scripts import Script
    from doctor.scripts.model import Rule


def list_keywords(script: Script) -> list[str]:
    """Return a table of the keywords, those of the highest rank first."""
    rows = [("keyword", "rank", "patterns", "answers", "line", "")]
    for rule in sorted(script.rules, key=lambda rule: (-rule.rank, rule.keyword)):
        answers = sum(len(each.reassemblies) for each in rule.decompositions)
        rows.append(
            (
                rule.keyword,
                str(rule.rank),
                str(len(rule.decompositions)),
                str(answers),
                str(rule.position.line),
                _note(rule),
            )
        )
    return align(rows, right=(1, 2, 3, 4))


def _note(rule: Rule) -> str:
    notes = []
    if rule.substitution is not None:
        notes.append(f"= {rule.substitution}")
    if rule.tags:
        notes.append(f"DLIST(/{' '.join(rule.tags)})")
    if rule.link is not None:
        notes.append(f"(={rule.link.keyword})")
    return " ".join(notes)


def show_rules(script: Script, word: str) -> Iterator[str]:
    """Yield what a script says about a word; nothing if it says nothing."""
    key = word.casefold()
    if script.is_modern and key in spellings(script):
        yield f"{word} is replaced by {' '.join(spellings(script)[key])} (SPELLING)"
    tags = [tag for tag, words in _tags(script).items() if key in map(str.casefold, words)]
    if tags:
        yield f"{word} has the tags {', '.join(tags)}"
    wanted = {key, *(f"/{tag.casefold()}" for tag in tags)}
    for rule in script.rules:
        if rule.keyword.casefold() not in wanted:
            continue
        yield f"line {rule.position.line}:"
        yield rule_text(rule)
        for other in script.rules:
            for link in links(other):
                if link.keyword.casefold() == rule.keyword.casefold():
                    yield f"linked from {other.keyword}, line {link.position.line}"


def nearest_keyword(script: Script, word: str) -> str:
    """Return the keyword most like a word; empty if none is alike."""
    return nearest(word, (rule.keyword for rule in script.rules))


def _tags(script: Script) -> dict[str, tuple[str, ...]]:
    return tagged_words(script) if script.is_modern else script.tagged
