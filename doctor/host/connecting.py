"""Which earlier line of somebody else is like a line, by the words that they share.

Of two lines with a telling word in common the rarer word counts more: in a group about exams
everybody says "exam", and two who say "sleep" have something to tell each other.

Pure functions of text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from doctor.english.lexicon import PLAIN, words
from doctor.english.tagger import mark_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.host.state import Quotable

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
#: Texts of which the telling words are kept: somewhat more than one room has to quote.
_KEPT: Final = 128
#: Words of open classes that say nothing of what a line is about.
_COMMON: Final = words(
    "thing things something anything everything nothing time times day days way ways year years "
    "week weeks bit lot lots kind sort people person someone somebody everyone everybody anyone "
    "one "
    "feel think know get go come make take say tell see look want like need try use let give keep "
    "mean seem happen start stop find put ask talk guess hope wish become sound help really good "
    "bad big little new old long last first next own sure maybe thank thanks sorry hello today "
    "now yesterday tomorrow month months hour hours minute moment ago able whole half part place "
    "point reason idea stuff okay yes yeah doctor room group be have do will would could should "
    "can may might must got gone going thought said told felt knew went came made took nobody "
    "else same other different many much more most few every each any some all "
    "mine yours hers ours theirs his line lines word words answer question"
)
#: Adverbs that tell as much as a noun.
_TELLING_TOO: Final = words("alone together home abroad")
_OWN: Final = words("i i'm i've i'd i'll me my mine myself we we're we've our us")
#: The fewest and the most words of a line that may be quoted, and its characters.
_LEAST, _MOST, _LONGEST = 5, 28, 150
#: Of these nearly every line of a group may tell: one of them in common is no news.
KIN: Final = words(
    "mother father mum mom mummy mommy dad daddy parent sister brother son daughter child kid wife "
    "husband partner boyfriend girlfriend friend family grandmother grandfather aunt uncle boss "
    "job work home house school"
)
#: A greeting at the head of a line, which is not said again.
_GREETING: Final = re.compile(
    r"(?:hello|hi|hey|hiya|good (?:morning|afternoon|evening))"
    r"(?: (?:all|both|there|everybody|everyone))?[,.!]+ +(?=\S)",
    re.IGNORECASE,
)
#: The most words of two lines of which a noun in common tells something.
_SHORT: Final = 14
#: How people tell what they do about something, or what somebody else should do.
_COPING: Final = re.compile(
    r"\b(?:helps?|helped|worked|works)\b"
    r"|\bi (?:(?:always|usually|just|mostly|now|then|also|often|sometimes) )*(?:do|go|get|make|"
    r"take|put|write|walk|read|drink|count|sing|pray|cook|bake|call|ring|open|leave|tell|talk|"
    r"breathe|play|listen|knit|run|sit|stay|started|learned|learnt|try|tried|keep|stopped)\b"
)
_ADVISING: Final = re.compile(
    r"\b(?:you|one) (?:should|could|can|must|need to)\b|\bwhy don't you\b|\bmaybe you\b"
    r"|(?:^|[.!,;:] |\bmaybe )(?:get|say|try|go|take|write|put|make|tell|ask|call|leave|keep|let|"
    r"start|give|eat|drink|walk|read|wake|open|count|breathe|talk|sit|stay|find|look|listen|don't|"
    r"never|ring|show)\b"
)
_BETWEEN: Final = re.compile(r"(?<=[.?!\u2026])\s+")
#: When something is tells nothing of what helps.
_DAYTIMES: Final = words("morning evening afternoon night noon midnight minute sunday monday")
#: What several say and that tells something, though it names nothing.
_TIMES: Final = re.compile(
    r"\bat (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|midnight|night)\b"
)


@lru_cache(maxsize=_KEPT)
def telling_words(line: str, kinds: str = "NVBG") -> frozenset[str]:
    """Return the words of some kinds that tell what a line is about, in their plain forms."""
    found = set()
    for each in _WORD.findall(line.lower().replace("\u2019", "'")):
        plain = PLAIN.get(each, each)
        if len(each) < 3 or plain in _COMMON or each in _COMMON or "'" in each:
            continue
        if mark_of(each) in kinds or each in _TELLING_TOO:
            found.add(_singular(plain))
    return frozenset(found)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def can_be_quoted(line: str) -> bool:
    """Return True for a statement of somebody's own, neither short nor long."""
    said = _WORD.findall(line.lower().replace("\u2019", "'"))
    return (
        _LEAST <= len(said) <= _MOST
        and len(line) <= _LONGEST
        and "?" not in line
        and "http" not in line
        and not _OWN.isdisjoint(said)
        and len(telling_words(line)) > 0
    )


def find_alike(
    line: str,
    earlier: Sequence[Quotable],
    among: Sequence[Quotable],
    names: frozenset[str] = frozenset(),
) -> Quotable | None:
    """Return which of some earlier lines is most like a line, None where none is enough.

    `among` are all that is remembered, by which it is told how rare a word is. `names` are those of
    members, who are spoken to and not about.
    """
    here = telling_words(line) - names
    if not here or not earlier:
        return None
    spoken = [telling_words(each.text) for each in among]
    best, best_weight = None, 0.0
    for each in earlier:
        shared = here & telling_words(each.text)
        if len(shared) < 2 and not _share_a_noun(line, each.text, names):
            continue
        weight = sum(1 / sum(word in said for said in spoken) for word in shared)
        if weight > best_weight:
            best, best_weight = each, weight
    return best if best_weight >= 0.5 else None


def _share_a_noun(line: str, other: str, names: frozenset[str]) -> bool:
    """Return True if two short lines have a noun in common: in long ones that is chance."""
    if max(len(line.split()), len(other.split())) > _SHORT:
        return False
    return not (telling_words(line, "N") - KIN - names).isdisjoint(telling_words(other, "N"))


def without_greeting(line: str) -> str:
    """Return a line without a greeting at its head."""
    return _GREETING.sub("", line, count=1) if _GREETING.match(line) else line


def tells_what_helps(line: str) -> bool:
    """Return True for a line about what somebody does, or what one should do."""
    low = line.lower().replace("\u2019", "'")
    return "?" not in line and (_COPING.search(low) is not None or advises(low))


def copes(line: str) -> bool:
    """Return True for a line about what somebody does themselves."""
    return "?" not in line and _COPING.search(line.lower().replace("\u2019", "'")) is not None


def advises(line: str) -> bool:
    """Return True for a line about what somebody should do."""
    return _ADVISING.search(line.lower().replace("\u2019", "'")) is not None


def find_help(
    asked: str, earlier: Sequence[Quotable], among: Sequence[Quotable], names: frozenset[str]
) -> Quotable | None:
    """Return an earlier line that may help with a question; one about what helps weighs more."""
    here = telling_words(asked) - names - _DAYTIMES
    if not here:
        return None
    spoken = [telling_words(each.text) for each in among]
    best, best_weight = None, 0.0
    for each in earlier:
        shared, helps = _find_shared(here, each.text)
        if not shared:
            continue
        weight = sum(1 / sum(word in said for said in spoken) for word in shared) + helps
        if weight >= best_weight:
            best, best_weight = each, weight
    return best


def _find_shared(here: frozenset[str], text: str) -> tuple[frozenset[str], bool]:
    """Return the words that a sentence of a text shares, and whether it tells what helps.

    One word is enough only in a sentence that does.
    """
    best: tuple[frozenset[str], bool] = (frozenset(), False)
    for sentence in _BETWEEN.split(text):
        shared, helps = here & telling_words(sentence), tells_what_helps(sentence)
        enough = len(shared) > 1 or (helps and len(shared) == 1)
        if enough and not sentence.endswith("?") and len(shared) + helps > len(best[0]) + best[1]:
            best = shared, helps
    return best


def _is_own(sentence: str) -> bool:
    return not _OWN.isdisjoint(_WORD.findall(sentence.lower().replace("\u2019", "'")))


def find_common(
    spoken: Mapping[str, Sequence[str]], names: frozenset[str]
) -> tuple[str, list[str]]:
    """Return a telling word that most members said of themselves, and who they are, if one is.

    `spoken` are the lines of each member; `names` are theirs.
    """
    used: dict[str, list[str]] = {}
    often: dict[str, int] = {}
    for name, lines in spoken.items():
        for line in lines:
            own = " ".join(each for each in _BETWEEN.split(line) if _is_own(each))
            said = telling_words(own, "NVB") - names - KIN
            said |= set(_TIMES.findall(line.lower()))
            for word in said:
                often[word] = often.get(word, 0) + 1
                if name not in used.setdefault(word, []):
                    used[word].append(name)
    shared = [word for word, by in used.items() if len(by) > 1]
    if not shared:
        return "", []
    best = max(shared, key=lambda word: (len(used[word]), word[:3] == "at ", often[word], word))
    return best, used[best]
