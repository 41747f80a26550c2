"""What a modern script says: each reassembly rule as a template with slots.

A `Template` is the rule's text cut at its slots. What can fill a slot, besides the components of
a pattern:

    3          component 3, with the words turned round; "3" is the same in the patient's words
    TOPIC      what the patient last called theirs ("your sister")
    MEMORY     a remembered matter, WHEN when it was told, NAME the patient's name
    HELPLINES  where to find people; EMERGENCY the emergency number alone

A rule whose text begins with ASK is a question that may follow a mirror of what was said: one
reply then is "You can't sleep. What keeps you awake?", both halves from the script. With AND
instead of ASK it is not asked without the mirror. ASK/EVENT or AND/EVENT/MINE names the types of
clauses that the question fits (`doctor.english.clause_types`); after others it is not asked.
FOR/EVENT/GOOD does the same for what is said without a mirror.

All of this is immutable once made and shared by all threads.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.english.clause_types import KINDS, OWNERS, TONES
from doctor.english.lexicon import words
from doctor.listener.soundness import Sentence
from doctor.scripts.model import QUESTION_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.scripts.model import Item

#: Numbers of the slots that are no components, in the parts of a `Template`.
SLOTS: Final[dict[str, int]] = {
    "NAME": 100_001,
    "MEMORY": 100_002,
    "WHEN": 100_003,
    "TOPIC": 100_004,
    "HELPLINES": 100_005,
    "EMERGENCY": 100_006,
    "CALLED": 100_007,
}
#: A component is its number; several in a row are `first * RUN + last`.
RUN: Final = 256
#: Numbers above this one are those of `SLOTS`.
MAX_COMPONENTS: Final = 100_000
# The head of a question: after a mirror where one can be made, or (AND) only after one; FOR is
# the head of what is said without a mirror, and to some types of clauses only.
_HEAD: Final = re.compile(r"(?:(ASK|AND)((?:/[A-Z]+)*)|(FOR)((?:/[A-Z]+)+)) ")

# The words that the last question of a text begins with, and what they ask for.
_LAST_QUESTION: Final = re.compile(
    r"(?:^|[.:?,] )(?:And |Or |But )?(How long|Since when|How far back|\w+)[^.:?]*\?$"
)
_QUESTIONS: Final = {
    **dict.fromkeys(("when", "how long", "since when", "how far back"), "WHEN"),
    **dict.fromkeys(("who", "whom", "whose"), "WHO"),
    "where": "WHERE",
    "how": "HOW",
    **dict.fromkeys(
        words("is are was were do does did has have had can could would will shall should"),
        "WHETHER",
    ),
}

_ANY_SLOT: Final = re.compile(r"(\d+|\b(?:NAME|MEMORY|WHEN|TOPIC|HELPLINES|EMERGENCY|CALLED)\b)")
_NAMED_SLOTS: Final = re.compile(r"(\b(?:NAME|MEMORY|WHEN|TOPIC|HELPLINES|EMERGENCY|CALLED)\b)")

# A slot before one of these ends a phrase.
_STOPS: Final = frozenset('.,?!:"')
# What comes right after one of these, and before a verb, is a subject.
_BEFORE_SUBJECTS: Final = (
    " did ", " does ", " do ", " has ", " have ", " had ", " will ", " would ", " could ", " can ",
    " should ", " when ", " if ",
)  # fmt: skip

#: A text, or a number: a component, minus a component for the patient's own words, or a slot.
Part: TypeAlias = str | int


class Slot:
    """A slot for some components of a pattern, in the groups `first` to `last` of its matches.

    `own` wants the patient's own words, not the words turned round; where a phrase `ends` with
    the slot, words that wait for more are taken off its end; a `subject` has a verb after it, so
    that "him" becomes "he" there.
    """

    __slots__ = ("ends", "first", "last", "own", "subject")

    def __init__(self, number: int, before: Part, after: Part, shift: int) -> None:
        self.own = number < 0
        first, last = divmod(number, RUN) if number > RUN else (abs(number), abs(number))
        self.first, self.last = first - shift, last - shift
        self.ends = isinstance(after, str) and after[0] in _STOPS
        self.subject = (
            isinstance(before, str)
            and isinstance(after, str)
            and before.endswith(_BEFORE_SUBJECTS)
            and after[0] == " "
        )


class Template:
    """One thing to say. Its `sign` represents it in a patient's state."""

    __slots__ = (
        "_sentence", "asks", "fitting", "head", "is_bare", "is_question", "line", "loose",
        "only_after", "parts", "plain", "question", "sign", "text",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        text: str,
        line: int,
        *,
        components: bool = True,
        loose: bool = False,
        shift: int = 0,
    ) -> None:
        """Cut `text`, from that line of the script, at its slots.

        A `loose` one may be said with a component that matched nothing; `shift` is that of the
        pattern's matcher.
        """
        self.loose = loose
        self.sign = chr(number)
        head = _HEAD.match(text)
        self.asks = head is not None and head[3] is None
        self.only_after = head is not None and head[1] == "AND"
        self.head = head[0] if head is not None else ""
        #: The types of clauses that it may follow, where it does not fit all.
        self.fitting = _fitting((head[2] or head[4] or "") if head is not None else "")
        self.text = text.removeprefix(self.head)
        self.line = line
        #: It is one question and says nothing besides.
        self.is_question = self.text.endswith("?") and ". " not in self.text
        self.question = _asked_in(self.text)  #: a number in `QUESTION_KINDS`
        parts = _parts(self.text, _ANY_SLOT if components else _NAMED_SLOTS)
        #: Texts, slots for components, and the numbers of other slots.
        self.parts = tuple(
            Slot(part, before, after, shift)
            if isinstance(part, int) and part < MAX_COMPONENTS
            else part
            for before, part, after in zip(("", *parts), parts, (*parts[1:], "."), strict=False)
        )
        #: It has no slots.
        self.plain = parts == (self.text,)
        #: It is one question with no word of the patient's, also not before it.
        self.is_bare = self.plain and self.is_question and not self.only_after
        self._sentence: Sentence | None = None

    @property
    def needs(self) -> frozenset[int]:
        """The numbers of its slots that are no components."""
        return frozenset(part for part in self.parts if isinstance(part, int))

    @property
    def sentence(self) -> Sentence:
        """The text as a sentence, where it is plain; made once, by any thread."""
        if self._sentence is None:
            self._sentence = Sentence(self.text)
        return self._sentence


class Jump:
    """A link to another keyword's rule, or (without one) to the next keyword on the stack."""

    __slots__ = ("keyword", "line", "sign", "text")

    def __init__(self, number: int, keyword: str | None, text: str, line: int) -> None:
        self.sign = chr(number)
        self.keyword = keyword
        self.text = text
        self.line = line


Choice: TypeAlias = Template | Jump


def join_terms(terms: Sequence[object]) -> str:
    """Return the words of a reassembly rule as running text, its marks close to their words."""
    out = ""
    quoted = False
    for term in terms:
        token = str(term) if not isinstance(term, tuple) else to_text(term)
        closes = token[0] in ".,?!:'" or (quoted and token[0] == '"')
        after_quote = out.endswith('"') and quoted
        out += token if closes or after_quote or not out else " " + token
        if token.count('"') % 2:
            quoted = not quoted
    return out


def to_text(items: Sequence[Item]) -> str:
    """Return items of an extension as a script writes them."""
    return " ".join(item if isinstance(item, str) else f"({to_text(item)})" for item in items)


def _asked_in(text: str) -> int:
    """Return the number in `QUESTION_KINDS` of the question that a text ends with."""
    if not text.endswith("?"):
        return 0
    asking = _LAST_QUESTION.search(text)
    kind = _QUESTIONS.get(asking[1].lower(), "WHAT") if asking is not None else "WHAT"
    return QUESTION_KINDS.index(kind)


@lru_cache(maxsize=1024)  # a script uses the same few heads again and again
def _fitting(listed: str) -> frozenset[frozenset[str]]:
    """Return the types of clauses that a head allows; none where all may be."""
    named = frozenset(listed.split("/"))
    groups = [sorted(group & named or group) for group in (KINDS, OWNERS, TONES)]
    every = {groups[0] == sorted(KINDS), groups[1] == sorted(OWNERS), groups[2] == sorted(TONES)}
    if not listed or every == {True}:
        return frozenset()  # it fits all, and no type need be found
    return frozenset(map(frozenset, product(*groups)))


def _parts(text: str, slots: re.Pattern[str]) -> tuple[Part, ...]:
    parts: list[Part] = []
    pieces = slots.split(text)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            if piece:
                parts.append(piece)
        elif piece in SLOTS:
            parts.append(SLOTS[piece])
        else:
            quoted = pieces[index - 1].endswith('"') and pieces[index + 1].startswith(('"', '?"'))
            parts.append(-int(piece) if quoted else int(piece))
    return tuple(_joined(parts))


def _joined(parts: list[Part]) -> list[Part]:
    """Return the parts with components that follow each other made one: "3 4 5" is one piece."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, int) and len(joined) > 1 and joined[-1] == " ":
            before = joined[-2]
            if isinstance(before, int) and 0 < before < MAX_COMPONENTS and before % RUN == part - 1:
                first = before // RUN or before
                joined[-2:] = [first * RUN + part]
                continue
        joined.append(part)
    return joined
