"""What to do about words of a script that stand where they have no meaning.

    (mother five ((0) ...))      a rank is a number
    (best friend 4 ((0) ...))    a keyword is one word
    // the family                a comment begins with a semicolon
    (0 i am * happy glad 0)      a choice of words has parentheses of its own
    (0 i [* hate love] 0)        and these are round

Each function returns the message and the remedy of a fault, or nothing.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from doctor.scripts.sexpr import List
from doctor.scripts.similar import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from doctor.scripts.sexpr import Node

_NUMBERS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)
#: What begins a comment in other languages.
_COMMENTS: Final = ("//", "/*", "#", "--", "%", "<!--")
_BRACKETS: Final = frozenset("[]{}")
_ROUND: Final = str.maketrans("", "", "[]{}()")


def component_remedy(number: int, components: int) -> str:
    """Return what to do about a component that the pattern does not have."""
    known = f"the pattern has components 1 to {components}"
    if not 1000 <= number <= 2999:
        return known
    words = "NINETEEN THIRTY-SIX" if number // 100 == 19 else "TWENTY TWENTY-SIX"
    return f"{known}; a number in an answer is a component, so write a year in words: {words}"


def comment_remedy(word: str, otherwise: str) -> str:
    """Return how a comment is written if a word begins one in another language."""
    if word.startswith(_COMMENTS):
        return f"a comment begins with a semicolon: ; {word.lstrip('/#*-%<!') or '...'}"
    return otherwise


def outside_remedy(word: str, *, is_first: bool) -> str:
    """Return what to do about a word that is in no list."""
    if is_first and nearest(word, ["START"]):
        return "did you mean START? write it alone between the opening remark and the rules"
    return comment_remedy(word, "remove it")


def stray_word(
    keyword: str, word: str, others: Sequence[Node], conventions: Collection[str]
) -> tuple[str, str]:
    """Return message and remedy for a word of a rule that has no meaning there.

    `others` is the whole rule after its keyword; `conventions` are names that the keyword may have
    been meant as.
    """
    message = f"{word} has no meaning here"
    first = list(takewhile(lambda each: not isinstance(each, List), others))
    if word[0] in "-+" and word[1:].isdecimal():
        return f"the rank {word} has a sign", "a rank is 0 or more: 5"
    if word.lower() in _NUMBERS and first[-1:] == [word]:
        number = _NUMBERS.index(word.lower())
        return (
            f"the rank {word} is no number",
            f"write the rank in digits: ({keyword} {number} ...)",
        )
    if nearest(word, ["DLIST"]) or word.upper() == "DLIST":
        return message, "did you mean DLIST? write DLIST(/TAG), in capitals"
    rule = f"a rule is ({keyword} = WORD DLIST(/TAG) 5 ((0) (REPLY)) (=LINK))"
    remedy = comment_remedy(word, did_you_mean(keyword, conventions, rule))
    words = [each for each in first if isinstance(each, str) and each[0].isalpha()]
    if remedy == rule and first[:1] == [word] and len(words) < len(others):
        phrase = " ".join((keyword, *words))
        if words:
            remedy = f"a keyword is one word: write ({words[-1]} ((0 {phrase} 0) (REPLY)))"
    return message, remedy


def mark_fault(elements: Sequence[object], *, modern: bool) -> tuple[str, str, str] | None:
    """Return the first word of a pattern with marks that have no meaning, message and remedy.

    Lists among the elements are passed over. A mark alone may be a delimiter of a script of 1966.
    """
    words = [each for each in elements if isinstance(each, str)]
    for place, word in enumerate(words):
        if not _BRACKETS.isdisjoint(word):
            listed = _joined(_bracketed(words[place:]))
            return word, f"{word} matches nothing: it has no round brackets", f"write ({listed})"
        if word[0] in "*/" and word not in _COMMENTS and (modern or len(word) > 1):
            after = takewhile(str.isalpha, words[place + 1 :]) if word in "*/" else ()
            listed = _joined([word, *after])
            return word, f"{word} matches nothing: it has no list of its own", f"write ({listed})"
    return None


def _bracketed(words: Sequence[str]) -> list[str]:
    """Return the words up to the one that closes a bracket, without their brackets."""
    found: list[str] = []
    for word in words:
        found.append(word.translate(_ROUND))
        if word[-1] in "]}":
            break
    return [word for word in found if word]


def _joined(words: Sequence[str]) -> str:
    marked = " ".join(words)
    return marked if marked[:1] in ("*", "/") else f"* {marked}"
