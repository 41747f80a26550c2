"""A patient's line cut into clauses, each a string that patterns can be matched on.

Theory. A doctor answers one thought at a time. Sentences end at marks, clauses also at commas, at
dashes and where a conjunction brings a new subject ("I left and he cried"). What only fills
("well, ...", "... lol") is taken off both ends, so that what is left can stand in a reply.

A clause is kept twice, in two strings of the same length:

    text    " My sister moved out"      the patient's words, the spelling put right
    marked  "DmyNsisterVmovedRout"      in lower case, the blank before each word replaced by a
                                        capital that says what kind of word it is

Capitals stand nowhere else in `marked`, so one regular expression sees words and kinds alike, and
the place of a match in one string is its place in the other.

    S subject pronoun    O object pronoun   D determiner     N noun, name, adjective, anything else
    A auxiliary          V verb form        B plain verb that may be a noun ("work")    G -ing form
    R adverb             P preposition      C conjunction or question word

Everything here is pure; the tables are frozen and may be read from any thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from doctor import words as english
from doctor.words import KINDS, RESTORED, words

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A clause longer than this many words is cut; nobody speaks so, and it bounds all matching.
MAX_CLAUSE_WORDS: Final = 40
#: Only so many clauses of one line are looked at, the last ones; more is a text, not a line.
MAX_CLAUSES: Final = 24

_PUNCTUATION: Final = ".,!?;:…\"“”«»()[]{}<>*_~|`^=+\\/–—-‹›„¿¡"  # noqa: RUF001 (dashes are meant)
_ENDS: Final = re.compile(r"[.!?…]")
_BREAKS: Final = re.compile(r"[.,!?;:…()\[\]–—]|\"$|--")  # noqa: RUF001 (dashes are meant)
_ADDRESS: Final = re.compile(r"https?:|www\.|\w@\w|\w\.(?:com|org|net|co|io|edu|gov|de|fr)\b")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_LETTER: Final = re.compile(r"[^\W_]")
_NOT_SAID: Final = re.compile(r"[^\w'\u2019&%$£€+.:/#-]+")

_SUBJECT: Final = words("i you he she it we they there who")
_OBJECT: Final = words("me him us them itself himself herself themselves myself yourself")
_DETERMINER: Final = words(
    "a an the my your his her its our their this these those some any no every each another one two "
    "three many several few both such"
)
_NOUN: Final = words(
    "bed family wedding building ceiling spring string king ring wing thing things something "
    "anything nothing everything sibling siblings belly red hundred shed weed seed ugly lonely silly "
    "friendly lovely elderly evening morning meeting feeling feelings being human time way day night "
    "week year home best well everyone everybody someone somebody nobody anyone anybody bully jelly "
    "july italy emily kelly holly sally molly billy willy lily people person kind sort reason word "
    "second minute moment question place stuff mind cause welcome used tired scared bored worried "
    "depressed stressed excited embarrassed confused married divorced engaged retired disabled "
    "disappointed exhausted frightened terrified ashamed jealous interesting boring annoying "
    "exciting amazing disgusting confusing depressing own hungry ruined stuck lost broken hurt worn "
    "gone today tomorrow yesterday tonight fault point change joke text study sense"
)
_JOINERS: Final = words("and so or then plus also & yet")
_SPLITTERS: Final = words("but because cause cos cuz coz bc although though however whereas except")
_KEPT: Final = words("because cause cos cuz coz bc although")
_LEADING: Final = words(
    "and but so well oh ok okay anyway anyways like um uh er erm hmm lol haha honestly basically tbh "
    "yeah also then plus or actually look see listen though however ah aw aww hey doctor doc right "
    "omg ugh yet whereas except alright seriously frankly obviously now pls please"
)
_TRAILING: Final = words(
    "lol lmao haha hahaha tbh though tho ok okay right innit xx xxx x pls please and but so or because "
    "doctor doc btw smh fr rn eh huh yeah then like if when the a an my your his her their our to "
    "with of at from is was are am were that which who as than"
)
# A preposition or a verb may end a clause ("someone to talk to"); these words may not.
_MAY_END: Final = words("to with of at from is was are am were that then so right like")


def _marks() -> dict[str, str]:
    """Return the kind letter of every word that has a fixed one."""
    marks: dict[str, str] = {}
    for word, kinds in KINDS.items():
        if kinds & english.AUX:
            mark = "A"
        elif kinds & (english.PREPOSITION | english.EITHER):
            mark = "P"
        elif kinds & english.OPENER:
            mark = "C"
        elif kinds & english.ADVERB:
            mark = "R"
        elif kinds & (english.VERB | english.FINITE):
            mark = _verb_mark(word, kinds)
        else:
            mark = "N"
        marks[word] = mark
    closed = (("S", _SUBJECT), ("O", _OBJECT), ("D", _DETERMINER), ("N", _NOUN))
    for mark, listed in closed:
        marks.update(dict.fromkeys(listed, mark))
    for contraction in words("i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd"):
        marks[contraction] = "S"
    for contraction in words(
        "she'll it's it'd it'll we're we've we'd we'll they're they've they'd they'll that's what's "
        "there's who's here's let's"
    ):
        marks[contraction] = "S"
    marks.update(dict.fromkeys(words("and but or nor because cause cos cuz coz bc except"), "C"))
    marks.update(dict.fromkeys(words("is isn't has hasn't does doesn't wasn't was be been"), "A"))
    marks.update(dict.fromkeys(words("out up down away back again here home together alone"), "R"))
    return marks


def _verb_mark(word: str, kinds: int) -> str:
    if word.endswith("ing"):
        return "G"
    plain = kinds & english.FINITE and not word.endswith("ed")
    return "B" if plain and word not in _PASTS else "V"


_PASTS: Final = words(
    "was became began bit broke brought built bought caught chose came did drew drank drove ate fell "
    "fed fought flew got gave went grew had hid held kept laid led left lent lost made met paid rode "
    "rang ran sought sold sent shot showed sang sat slept spoke spent stood stole stuck struck sucked "
    "took taught threw woke wore won wrote felt found forgot heard knew meant said saw swore thought "
    "understood dreamt told am go be know think say tell ask seem become remain hate believe want"
)
MARKS: Final[dict[str, str]] = _marks()


def mark_of(word: str) -> str:
    """Return the kind letter of a word in lower case."""
    mark = MARKS.get(word)
    if mark is not None:
        return mark
    if len(word) > 4:
        if word.endswith("ing"):
            return "G"
        if word.endswith("ed"):
            return "V"
        if word.endswith("ly"):
            return "R"
    if word.endswith("n't"):
        return "A"
    return "N"


@dataclass(slots=True)
class Clause:
    """One clause; `places` holds, for each word, its number in the line split at blanks."""

    said: list[str] = field(default_factory=list)
    low: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    asks: bool = False
    ends: bool = False
    text: str = ""
    marked: str = ""

    def add(self, said: str, low: str, place: int) -> None:
        """Take one word at the end of this clause."""
        self.said.append(said)
        self.low.append(low)
        self.marks.append(MARKS.get(low) or mark_of(low))
        self.places.append(place)

    def close(self) -> bool:
        """Take off what only fills, and make both strings; tell whether anything is left."""
        low = self.low
        start, end = 0, len(low)
        while end - start > 1 and low[end - 1] in _TRAILING and not (
            low[end - 1] in _MAY_END and end - start > 2
        ):
            end -= 1
        while end - start > 1 and low[start] in _LEADING and not (
            low[start] in {"like", "see", "look", "now", "right", "listen"} and self._verbal(start)
        ):
            start += 1
        if start or end != len(low):
            del self.said[end:], self.low[end:], self.marks[end:], self.places[end:]
            del self.said[:start], self.low[:start], self.marks[:start], self.places[:start]
        self.text = " " + " ".join(self.said)
        self.marked = "".join([m + w for m, w in zip(self.marks, self.low, strict=True)])
        return bool(self.low)

    def _verbal(self, start: int) -> bool:
        """Tell whether a filler at the head is followed by what makes it a word of its own."""
        return self.marks[start + 1] not in {"S", "D"} or self.low[start] == "like"

    @property
    def has_verb(self) -> bool:
        """Whether a new subject after "and" begins a new clause."""
        marks = self.marks
        return "V" in marks or "A" in marks or "B" in marks or "'" in self.low[0]


@dataclass(slots=True)
class Line:
    """A line as the doctor reads it."""

    text: str
    clauses: list[Clause]
    flat: str
    words: list[str]
    address: bool
    shouted: bool
    cut: bool


def read_line(line: str, spelling: Mapping[str, tuple[str, ...]]) -> Line:
    """Return `line` cut into clauses; `spelling` puts words right (lower case -> words).

    Any text is taken. The time is linear in its length.
    """
    text = " ".join(line.split())
    shouted = text.isupper() and len(text) > 4 and " " in text
    low_text = text.lower()
    if "\u2019" in low_text or "\u2018" in low_text or "`" in low_text:
        low_text = low_text.replace("\u2019", "'").replace("\u2018", "'").replace("`", "'")
    low_words = low_text.split(" ")
    raw_words = low_words if shouted else text.split(" ")
    reader = _Reader()
    known, respelled = MARKS, spelling
    for place, low in enumerate(low_words):
        if low in known and low not in respelled:
            reader.take(raw_words[place], low, place)
        else:
            reader.odd(raw_words[place], low, place, respelled)
    reader.end(asks=False, ends=True)
    clauses = reader.clauses
    cut = len(clauses) > MAX_CLAUSES
    return Line(
        text,
        clauses[-MAX_CLAUSES:] if cut else clauses,
        "".join(reader.flat),
        reader.words,
        reader.address,
        shouted,
        cut,
    )


class _Reader:
    """Builds the clauses of one line, word by word."""

    __slots__ = ("address", "clause", "clauses", "flat", "words")

    def __init__(self) -> None:
        self.clauses: list[Clause] = []
        self.clause = Clause()
        self.flat: list[str] = []
        self.words: list[str] = []
        self.address = False

    def take(self, said: str, low: str, place: int) -> None:
        """Take a word in; a new subject after "and" begins a new clause first."""
        clause = self.clause
        words_before = clause.low
        if words_before:
            if low in _SPLITTERS:
                if clause.has_verb:
                    self.end(asks=False, ends=False)
                    clause = self.clause
            elif (
                len(words_before) > 2
                and words_before[-1] in _JOINERS
                and MARKS.get(low) == "S"
                and words_before[-2] != "you"
                and clause.has_verb
            ):
                self.end(asks=False, ends=False)
                clause = self.clause
            elif len(words_before) >= MAX_CLAUSE_WORDS:
                self.end(asks=False, ends=False)
                clause = self.clause
        clause.add(said, low, place)
        self.flat.append(clause.marks[-1] + low)
        self.words.append(low)

    def odd(
        self, raw: str, low: str, place: int, spelling: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Take a token that has marks on it, is spelled oddly, or is not a word at all."""
        if _ADDRESS.search(low):
            self.address = True
            return
        core = low.strip(_PUNCTUATION)
        if core != low:
            start = low.index(core) if core else 0
            before, after = low[:start], low[start + len(core) :] if core else low
            raw = raw[start : start + len(core)] if len(raw) == len(low) else core
            if before and core and _BREAKS.search(before):
                self.end(asks=False, ends=False)
        else:
            after = ""
        if core and not _LETTER.search(core):
            core = "and" if core == "&" else ""
            raw = core
        if core:
            self._word(raw, core, place, spelling)
        if after and (_BREAKS.search(after) or (not core and after in {"-", "–"})):  # noqa: RUF001
            self.end(asks="?" in after, ends=_ENDS.search(after) is not None)

    def _word(
        self, raw: str, core: str, place: int, spelling: Mapping[str, tuple[str, ...]]
    ) -> None:
        if core not in MARKS and core not in spelling and _STRETCHED.search(core):
            single = _STRETCHED.sub(r"\1", core)
            core = single if single in MARKS or single in spelling else _STRETCHED.sub(r"\1\1", core)
            raw = core
        better = spelling.get(core)
        if better is None and core in RESTORED:
            better = (RESTORED[core],)
        if better is not None:
            for index, word in enumerate(better):
                said = word
                if raw[:1].isupper() and not index and len(raw) > 1:
                    said = word[:1].upper() + word[1:]
                self.take("I" + said[1:] if word in _FIRST else said, word, place)
            return
        low = core
        if _NOT_SAID.search(raw):
            raw = _NOT_SAID.sub("", raw)
            low = _NOT_SAID.sub("", low)
            if not low:
                return
        if len(raw) != len(low):
            raw = low
        if low.endswith(("'", ".")) or low[0] in "'.":
            stripped = low.strip("'.")
            begin = low.find(stripped)
            raw, low = raw[begin : begin + len(stripped)], stripped
            if not low:
                return
        self.take(raw, low, place)

    def end(self, *, asks: bool, ends: bool) -> None:
        """End the clause that is being read, and the sentence if `ends`."""
        clause = self.clause
        if clause.low:
            clause.asks = asks
            clause.ends = ends
            if clause.close():
                self.clauses.append(clause)
            self.clause = Clause()
        elif asks and self.clauses:
            self.clauses[-1].asks = True
        if ends:
            self.flat.append("Z.")


_FIRST: Final = words("i i'm i've i'd i'll")
