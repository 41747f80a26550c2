"""Whether a line is said to somebody: "Doctor, ..." or "... Doctor?".

A name counts where people put a name when they speak to each other: as the first word of a
sentence or after a greeting, as its last word, or between commas. It does not count where a
sentence only speaks of a doctor ("my doctor said", "the doctor is in", "Doctor Smith told me"), nor
within a quotation.

Pure functions of text; time linear in the length of the line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.english.lexicon import words
from doctor.english.tagger import MARKS
from doctor.host.line_words import LATELY, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TOKEN: Final = re.compile(r"[\w'\u2019]+(?:-[\w'\u2019]+)*|[^\w\s]")
_QUOTED: Final = re.compile(r'"[^"]*"|\u201c[^\u201d]*\u201d|\u00ab[^\u00bb]*\u00bb')
_ENDS: Final = frozenset(".?!\u2026")
_PAUSES: Final = frozenset(",;:-\u2013\u2014") | _ENDS
#: What may stand before a name at the head of a sentence.
_OPENERS: Final = words(
    "hello hi hey hiya hallo ok okay so well yes no yeah nope please thanks thank you but and oh "
    "ah "
    "dear good morning evening afternoon night sorry right now then sure bye goodbye hmm um"
)
#: After one of these a doctor is spoken of: "my doctor", "to the doctor", "a doctor".
_DETERMINERS: Final = words(
    "a an the my your his her our their its this that these those some any no every each another "
    "which whose one two several many old new good bad real family local"
)
_PREPOSITIONS: Final = words("to of by with from for at like as than about and or nor into without")
_SEEING: Final = words(
    "see saw seen seeing call called ask asked tell told visit visited find found need needed "
    "become became be been being is was are were am trust trusted hate hated play played "
    "change changed meet met want wanted i'm he's she's phone phoned ring rang get got said says"
)
#: After a name at the head: what somebody did, and is told.
_TOLD: Final = words(
    "said says told tells thinks thought gave gives wants wanted asked asks knows knew took takes "
    "prescribed put puts recommended recommends called calls wrote sent made makes came comes went "
    "goes left looked looks seemed seems never always just and or of visits appointments "
    "appointment office offices"
)
_ACTING: Final = words("i you we they he she it there this that")
_ASKING: Final = words("is was are were has had have does did will would can could should do")


#: A line with one of these speaks to somebody.
YOU: Final = words("you your yours yourself u ur you're you've you'd you'll")
_SENTENCE: Final = re.compile(r"[^.?!\u2026]+[.?!\u2026]*\s*")


class _Token(NamedTuple):
    word: str
    low: str
    start: int
    end: int


def speaks_of_you(line: str) -> bool:
    """Return True for a line with "you" in it."""
    return not YOU.isdisjoint(words_of(line))


def part_for_host(line: str, names: Sequence[str], others: Sequence[str]) -> str:
    """Return the sentences of a line that are said to the host, or to nobody in particular.

    `names` are the host's, `others` those of other members. "Lale, ..." begins what is said to
    Lale, "Doctor, ..." ends it; and who is "you" before the host is called is somebody else.
    """
    kept: list[str] = []
    is_called = to_other = False
    for sentence in _SENTENCE.findall(line):
        if find_address(sentence, names) is not None:
            is_called, to_other = True, False
        elif find_address(sentence, others) is not None:
            to_other = True
        if not to_other and (is_called or not speaks_of_you(sentence)):
            kept.append(sentence)
    return "".join(kept).strip()


def sentences_before(line: str, names: Sequence[str]) -> int:
    """Return how many sentences of a line come before the one that is said to somebody."""
    every = [each for each in _SENTENCE.findall(line) if any(map(str.isalnum, each))]
    said = (at for at, each in enumerate(every) if find_address(each, names) is not None)
    return next(said, 0)


def find_address(line: str, names: Iterable[str]) -> str | None:
    """Return a line without the name that it is said to, or None where it is said to nobody.

    `names` are whom it may be said to; one may have several words.
    """
    low = line.lower()
    wanted = [found for found in map(_split, names) if found and found[0] in low]
    if not wanted:
        return None
    for sentence in _read(line):
        for at, token in enumerate(sentence):
            for name in wanted:
                if token.low != name[0]:
                    continue
                end = at + len(name)
                said = tuple(each.low for each in sentence[at:end])
                if said == name and _is_said_to(sentence, at, end):
                    return _without(line, sentence, at, end)
    return None


@lru_cache(maxsize=LATELY)
def _read(line: str) -> tuple[Sequence[_Token], ...]:
    """Return the tokens of each sentence of a line; what is quoted is no word."""
    text = _QUOTED.sub(lambda found: "_" * len(found[0]), line)  # it keeps its place
    tokens = [_Token(m[0], m[0].lower(), *m.span()) for m in _TOKEN.finditer(text)]
    return tuple(_sentences(tokens))


@lru_cache(maxsize=4096)
def _split(name: str) -> tuple[str, ...]:
    """Return the words of a name; those of everybody in a room are looked for in every line."""
    return tuple(found.lower() for found in _TOKEN.findall(name))


def _sentences(tokens: Sequence[_Token]) -> Iterable[Sequence[_Token]]:
    """Yield the tokens of each sentence, with the marks that end it."""
    begin = 0
    for at, token in enumerate(tokens):
        following = tokens[at + 1].word if at + 1 < len(tokens) else ""
        if token.word in _ENDS and following not in _ENDS:
            yield tokens[begin : at + 1]
            begin = at + 1
    if begin < len(tokens):
        yield tokens[begin:]


def _is_said_to(sentence: Sequence[_Token], at: int, end: int) -> bool:
    """Return True if the name at these tokens of a sentence is whom it is said to."""
    before, after = sentence[:at], sentence[end:]
    if before and before[-1].word == "@":
        return True
    spoken = [each for each in before if each.word not in _PAUSES]
    rest = [each for each in after if each.word not in _PAUSES and each.word.isalnum()]
    if all(each.low in _OPENERS for each in spoken) and _heads(sentence, before, after):
        return True
    if before[-1:] and before[-1].word in _PAUSES:
        return not after or after[0].word in _PAUSES
    return not rest and bool(spoken) and _ends(sentence, at)


def _heads(sentence: Sequence[_Token], before: Sequence[_Token], after: Sequence[_Token]) -> bool:
    """Return True if what follows a name at the head of a sentence is said to it."""
    if before and before[-1].low in _DETERMINERS | {"and", "but", "so"} and not after:
        return before[-1].low in {"and", "but", "so"}
    if not after or after[0].word in _PAUSES or not after[0].word[0].isalnum():
        return True
    follows = after[0]
    if before and before[-1].low == "no" and follows.low not in _ACTING | _ASKING:
        return False  # "No doctor needed."
    if follows.low == "who":  # "Doctor Who is on tonight."
        return sentence[-1].word == "?"
    if follows.low in _TOLD:
        return False
    if follows.low in _ASKING:
        asked = after[1].low if len(after) > 1 else ""
        return sentence[-1].word == "?" or asked in _ACTING
    # "Doctor Smith told me": a name after the name.
    capital = follows.word[0].isupper() and not follows.word.startswith("I")
    return not (capital and follows.low not in MARKS and not sentence[0].word.isupper())


def _ends(sentence: Sequence[_Token], at: int) -> bool:
    """Return True if a name without a comma at the end of a sentence is whom it is said to."""
    previous = sentence[at - 1].low
    if previous in _DETERMINERS | _PREPOSITIONS | _SEEING:
        return False
    # "a very good doctor": an article a little before, and nothing but nouns and adverbs between.
    for each in reversed(sentence[max(at - 3, 0) : at]):
        if each.low in _DETERMINERS:
            return False
        if MARKS.get(each.low, "N") not in "NR":
            return True
    return MARKS.get(previous, "N") != "N" or sentence[-1].word == "?"


def _without(line: str, sentence: Sequence[_Token], at: int, end: int) -> str:
    """Return the line without a name and the comma that belongs to it."""
    first, last = sentence[at], sentence[end - 1]
    start, stop = first.start, last.end
    if at and sentence[at - 1].word in "@,;:-\u2013\u2014":
        start = sentence[at - 1].start
    elif end < len(sentence) and sentence[end].word in ",;:-\u2013\u2014":
        stop = sentence[end].end
    kept = f"{line[:start].rstrip()} {line[stop:].lstrip()}".strip()
    kept = re.sub(r"\s+([.?!,])", r"\1", kept).strip()
    kept = kept.lstrip(",;:-\u2013\u2014.\u2026 ") if any(map(str.isalnum, kept)) else ""
    return kept[:1].upper() + kept[1:] if start == 0 or not line[:start].strip() else kept
