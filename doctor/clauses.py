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
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.reflection import reflect_words
from doctor.vocabulary import MARKS, NOUNS, mark_of
from doctor.words import RESTORED, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: A clause longer than this many words is cut; nobody speaks so, and it bounds all matching.
MAX_CLAUSE_WORDS: Final = 40
#: Only so many clauses of one line are looked at, the last ones; more is a text, not a line.
MAX_CLAUSES: Final = 24

# Where a clause ends: marks that no letter follows, so that "3.5" and "know-it-all" are no ends.
_BREAK: Final = re.compile(
    r"([.!?,;:()\[\]{}\"\u2026\u2013\u2014\u201c\u201d\u00ab\u00bb-]+(?!\w))"
)
_ENDS: Final = ".!?\u2026"
_EDGES: Final = (
    ".,!?;:()[]{}\"\u201c\u201d\u00ab\u00bb\u2026*_~|`^=+\\/<>-&%#'\u2019\u2018\u00a1\u00bf"
)
_ADDRESS: Final = re.compile(r"https?:|www\.|\w@\w|\w\.(?:com|org|net|co|io|edu|gov|de|fr)\b")
# Marks within words that a clause does without: what is quoted must not lack them.
_LOST: Final = re.compile(r"[<>+=*^|{}\[\]\\~#@_]")
_LAST_MARKS: Final = frozenset(".?!")  # one of these ends most lines, and needs no search
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_NOT_SAID: Final = re.compile(r"[^\w'\u2019%$£€.:/-]+")

_JOINERS: Final = words("and so or then plus also & yet")
_SPLITTERS: Final = words("but because cause cos cuz coz bc although though however whereas except")
_CUTTERS: Final = _JOINERS | _SPLITTERS
_KEPT: Final = words("because cause cos cuz coz bc although")
_LEADING: Final = words(
    "and but so well oh ok okay anyway anyways like um uh er erm hmm lol haha honestly "
    "basically tbh yeah also then plus or actually look see listen though however ah aw aww "
    "hey doctor doc right omg ugh yet whereas except alright seriously frankly obviously now "
    "pls please"
)
_TRAILING: Final = words(
    "lol lmao haha hahaha tbh though tho ok okay right innit xx xxx x pls please and but so "
    "or because doctor doc btw smh fr rn eh huh yeah then like if when the a an my your "
    "their our to with of at from is was are am were which who than"
)
_JUDGED: Final = words("ok okay right alright")
_BEING: Final = words("am is are was were be feel felt i'm it's he's she's that's isn't wasn't not")
# A preposition or a verb may end a clause ("someone to talk to"); these words may not.
_MAY_END: Final = words("to with of at from is was are am were that then so right like")


_Row: TypeAlias = tuple[list[str], list[str], list[str | None]]  # the last marked, where known
_Words: TypeAlias = tuple[list[str], list[str], list[str]]  # in lower case, as said, marked


class Clause:
    """One clause in its two strings; `asks` if a question mark ends it.

    `low` and `said` are its words in lower case and as the patient said them, `words` the first as
    a set. One thread's.
    """

    __slots__ = ("_turned", "asks", "low", "marked", "said", "text", "words")

    def __init__(self, low: list[str], said: list[str], marked: str, *, asks: bool) -> None:
        self.low = low
        self.said = said
        self.text = " " + " ".join(said)
        self.marked = marked
        self.asks = asks
        self.words = set(low)
        self._turned: Sequence[str] | None = None

    def marks(self, index: int) -> str:
        """Return the kind letter of word `index`."""
        return self.marked[sum(map(len, self.low[:index])) + index]

    @property
    def turned(self) -> Sequence[str]:
        """The words turned round, one for each word of the clause."""
        if self._turned is None:
            self._turned = reflect_words(self.said, self.low)
        return self._turned


_NO_WORDS: Final = frozenset[str]()


class Line:
    """A line as the doctor reads it, filled by its reader.

    `text` is all of it with single blanks, `low` the same in lower case. `words` are all of its
    words, in lower case, `vocabulary` the same as a set; `flat` is all of it marked, with `Z.`
    where a sentence ends. `address` tells that there is an address in it, `strange` a word that
    the reader does not know, `lossy` characters that no word was read with. One thread's.
    """

    __slots__ = (
        "address",
        "clauses",
        "flat",
        "lossy",
        "low",
        "strange",
        "text",
        "vocabulary",
        "words",
    )

    def __init__(self, text: str, low: str) -> None:
        self.text = text
        self.low = low
        self.clauses: list[Clause] = []
        self.words: list[str] = []
        self.flat: list[str] = []
        self.vocabulary: set[str] | frozenset[str] = _NO_WORDS
        self.address = self.lossy = self.strange = False

    def end(self) -> None:
        """Take note that all of the line was read."""
        clauses = self.clauses
        if len(clauses) > 1:
            self.clauses = [
                each
                for each in clauses
                if len(each.low) != 2 or tuple(each.low) not in _AFTERTHOUGHTS
            ][-MAX_CLAUSES:] or clauses[-MAX_CLAUSES:]
        # Most lines are one clause, of which nothing was taken off.
        whole = len(clauses) == 1 and len(clauses[0].low) == len(self.words)
        self.vocabulary = clauses[0].words if whole else set(self.words)

    def flat_of(self, plain: Mapping[str, str]) -> str:
        """Return all of the line as one marked string, each word as `plain` has it."""
        return "".join([token[0] + plain.get(token[1:], token[1:]) for token in self.flat])


class Reader:
    """Cuts lines into clauses, with the spelling and the words of one script.

    Immutable once made, and shared by all threads. `spelling` puts words right (a word in lower
    case -> words); `nouns` are words that need no second look.
    """

    __slots__ = ("known", "spelling")

    def __init__(self, spelling: Mapping[str, tuple[str, ...]], nouns: Iterable[str] = ()) -> None:
        self.spelling = {**{word: (better,) for word, better in RESTORED.items()}, **spelling}
        known = {**dict.fromkeys(nouns, "N"), **MARKS}
        #: Each word that needs no second look, marked.
        self.known = {
            word: mark + word for word, mark in known.items() if word not in self.spelling
        }

    def read(self, line: str) -> Line:
        """Return `line` cut into clauses. Any text is taken, in time linear in its length."""
        text = " ".join(line.split())
        low = text.lower()
        if not low.isascii() or "`" in low:
            low = _straight(low)
            text = _straight(text)
        if (text.isupper() and len(text) > 4 and " " in text) or len(low) != len(text):
            text = low  # shouted, or of other letters than can be told apart by case
        found = Line(text, low)
        asks = False
        if low[-1:] in _LAST_MARKS and low[-2:-1].isalpha():
            asks = low[-1] == "?"
            low, text = low[:-1], text[:-1]
        words, said = low.split(), text.split()
        tokens = list(map(self.known.get, words))
        begin = 0
        if None in tokens:
            for index, token in enumerate(tokens):
                if token is None and not words[index].isalpha():
                    begin = self._cut(found, (words, said, tokens), begin, index)
        if begin:
            words, said, tokens = words[begin:], said[begin:], tokens[begin:]
        if words:
            self._part(found, words, said, tokens, asks=asks)
        found.flat.append("Z.")
        found.end()
        return found

    def _cut(self, found: Line, row: _Row, begin: int, index: int) -> int:
        """Read what stands before the marks in word `index`; return where the next clause begins.

        What stands behind the last mark, which is nothing as a rule, takes the place of the word.
        """
        words, said, tokens = row
        word = words[index]
        found.lossy = found.lossy or _LOST.search(word) is not None
        found.address = found.address or _has_address(word)
        pieces = _BREAK.split(word)
        if len(pieces) == 1:
            return begin
        shown, place = said[index], 0
        for piece, end in zip(pieces[0:-1:2], pieces[1::2], strict=True):
            part, raw, marked = words[begin:index], said[begin:index], tokens[begin:index]
            begin = index
            if piece:
                part.append(piece)
                raw.append(shown[place : place + len(piece)])
                marked.append(self.known.get(piece))
            place += len(piece) + len(end)
            if part:
                self._part(found, part, raw, marked, asks="?" in end)
            elif "?" in end and found.clauses:
                found.clauses[-1].asks = True
            if end[0] in _ENDS and end[:2] != "..":
                found.flat.append("Z.")
        if not pieces[-1]:
            return index + 1
        words[index], said[index] = pieces[-1], shown[place:]
        tokens[index] = self.known.get(pieces[-1])
        return index

    def _part(
        self,
        found: Line,
        low: list[str],
        said: list[str],
        tokens: list[str | None],
        *,
        asks: bool,
    ) -> None:
        """Read what stands between two marks: one clause, or several joined by conjunctions."""
        hints = _HINTS.intersection(low)
        if not _AMBIGUOUS.isdisjoint(hints):
            low, said = _contracted(low, said)
            tokens = list(map(self.known.get, low))
            hints = _HINTS.intersection(low)
        if None in tokens:
            low, said, tokens = self._mend(found, low, said, tokens)
            if not low:
                return
            hints = _HINTS.intersection(low)
        marked: list[str] = tokens  # type: ignore[assignment]  # there is no None in it any more
        size = len(low)
        for subject in _ACTING.intersection(hints):
            # Right behind a subject an unknown word is a verb: "I knead the dough".
            after = 0
            for _ in range(low.count(subject)):
                after = low.index(subject, after) + 1
                if after < size and marked[after][0] == "N" and low[after] not in NOUNS:
                    marked[after] = "V" + low[after]
        found.words += low
        found.flat += marked
        clauses, cut = found.clauses, (low, said, marked)
        start = 0
        if size > 3 and (size > MAX_CLAUSE_WORDS or not _CUTTERS.isdisjoint(hints)):
            for end in _splits(low, marked):
                clause = _clause(cut, start, end, asks=False)
                if clause is not None:
                    clauses.append(clause)
                start = end
        clause = _clause(cut, start, size, asks=asks)
        if clause is not None:
            clauses.append(clause)

    def _mend(
        self, found: Line, low: list[str], said: list[str], tokens: list[str | None]
    ) -> tuple[list[str], list[str], list[str | None]]:
        """Put right what is spelled oddly; drop what is not a word at all."""
        known = self.known
        low, said = low[:], said[:]
        for index in range(len(low) - 1, -1, -1):  # from the end, as a word may become several
            if tokens[index] is not None:
                continue
            word, raw = low[index], said[index]
            better: Sequence[str] = self.spelling.get(word, ())
            shown: Sequence[str]
            if better:
                shown = _shown(better, raw)
            elif word.isalpha() and (token := _marked(word)):
                tokens[index] = token
                found.strange = True
                continue
            else:
                better, shown = self._words(word, raw)
            marked = list(map(known.get, better))
            if None in marked:
                found.strange = True
                marked = [known.get(each) or mark_of(each) + each for each in better]
            low[index : index + 1] = better
            said[index : index + 1] = shown
            tokens[index : index + 1] = marked
        return low, said, tokens

    def _words(self, word: str, raw: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return what an unknown word stands for, in lower case and as it is shown."""
        if not word.isalpha():
            if _ADDRESS.search(word):
                return (), ()
            if word == "&":
                return ("and",), ("and",)
            core = word.strip(_EDGES)
            if not core or _NOT_SAID.search(core):
                core = _NOT_SAID.sub("", core).strip(_EDGES)
                raw = core
            if not core or (len(core) == 1 and not core.isalnum()):
                return (), ()
            if core != word:
                begin = word.find(core)
                raw = (
                    raw[begin : begin + len(core)] if begin >= 0 and len(raw) == len(word) else core
                )
                word = core
                if word in self.known:
                    return (word,), (raw,)
        better = self.spelling.get(word)
        if better is None and len(word) > 2:
            better = self._stretched(word)
        return ((word,), (raw,)) if better is None else (better, _shown(better, raw))

    def _stretched(self, word: str) -> tuple[str, ...] | None:
        """Return "so" for "sooooo"."""
        if _STRETCHED.search(word) is None:
            return None
        single = _STRETCHED.sub(r"\1", word)
        if single in self.spelling:
            return self.spelling[single]
        return (single,) if single in self.known else (_STRETCHED.sub(r"\1\1", word),)


def places(
    line: str, clauses: Sequence[Clause], spelling: Mapping[str, tuple[str, ...]]
) -> list[list[tuple[int, int] | None]]:
    """Return where each word of each clause stands in the patient's line, in characters.

    A word that was put right stands where the odd spelling does; None where it cannot be found.
    """
    tokens = [
        (match.group().lower().replace("\u2019", "'"), match.span())
        for match in re.finditer(r"[^\s.,!?;:()\"\[\]\u2026\u201c\u201d]+", line)
    ]
    found: list[list[tuple[int, int] | None]] = []
    at = 0
    for clause in clauses:
        spots: list[tuple[int, int] | None] = []
        for word in clause.low:
            spot = None
            for number in range(at, len(tokens)):
                core, span = tokens[number]
                if core == word or word in spelling.get(core, ()):
                    spot = span
                    at = number + (core == word)
                    break
            spots.append(spot)
        found.append(spots)
    return found


def _shown(words: Sequence[str], raw: str) -> list[str]:
    """Return how the words are shown that an odd spelling stands for."""
    shown = [_FIRST.get(each, each) for each in words]
    if len(raw) > 1 and raw[0].isupper() and not raw.isupper():
        shown[0] = shown[0][:1].upper() + shown[0][1:]
    return shown


@lru_cache(maxsize=4096)  # a language has not many words; a word is no longer than a line
def _marked(word: str) -> str:
    """Return an unknown word of letters marked; empty where it is stretched ("sooo")."""
    return "" if _STRETCHED.search(word) else mark_of(word) + word


def _straight(text: str) -> str:
    """Return a text with its apostrophes straight."""
    return text.replace("\u2019", "'").replace("\u2018", "'").replace("`", "'")


def _has_address(word: str) -> bool:
    return (word.find(".", 1, -1) > 0 or "@" in word or "://" in word) and _ADDRESS.search(
        word
    ) is not None


def _contracted(low: list[str], said: list[str]) -> tuple[list[str], list[str]]:
    """Give back what "ill", "id", "its" and "your" stand for where what follows shows it."""
    new_low: list[str] = []
    new_said: list[str] = []
    for index, word in enumerate(low):
        after = low[index + 1] if index + 1 < len(low) else ""
        better: tuple[str, str] | None = None
        if word in {"ill", "id"} and after and MARKS.get(after) in {"A", "B", "V", "R"}:
            before = low[index - 1] if index else ""
            if MARKS.get(before, "C") in {"C", "R", "V"}:
                better = ("i", "will" if word == "ill" else "would")
        elif word in {"your", "ur"} and after in _AFTER_YOU_ARE:
            better = ("you", "are")
        elif word == "its" and after in _AFTER_IT_IS:
            better = ("it", "is")
        new_low += better or (word,)
        new_said += better or (said[index],)
    return new_low, new_said


def _splits(low: list[str], marked: list[str]) -> list[int]:
    """Return where a conjunction begins a new clause behind one that has a verb."""
    found: list[int] = []
    start = 0
    verb = False
    for index, word in enumerate(low):
        kind = marked[index][0]
        if kind in {"S", "C"}:
            if verb and (
                (
                    kind == "S"
                    and index - start > 2
                    and low[index - 1] in _JOINERS
                    and low[index - 2] != "you"
                )
                or word in _SPLITTERS
            ):
                start = index - 1 if kind == "S" else index
                found.append(start)
                verb = False
            if kind == "S" and "'" in word:
                verb = True
        elif kind in {"V", "A", "B"}:
            if verb:
                joiner = _joiner_before(low, marked, start, index)
                if joiner:
                    start = joiner
                    found.append(joiner)
            verb = True
        if index - start >= MAX_CLAUSE_WORDS:
            start = index
            verb = False
            found.append(start)
    return found


def _joiner_before(low: list[str], marked: list[str], start: int, index: int) -> int:
    """Return the place of the "and" before the noun that the verb at `index` belongs to, or 0."""
    at = index - 1
    while at > start and marked[at][0] in "NDBR" and low[at] not in _JOINERS:
        at -= 1
    joins = at > start and low[at] in _JOINERS and any(each[0] == "N" for each in marked[at:index])
    return at if joins and at < index - 1 and at > start + 1 else 0


def _trimmed(low: list[str], marked: list[str], start: int, end: int) -> tuple[int, int]:
    """Return where a clause begins and ends without what only fills at its ends."""
    while end - start > 1 and low[end - 1] in _TRAILING:
        if end - start > 2 and low[end - 1] in _MAY_END:
            break
        if low[end - 1] in _JUDGED and low[end - 2] in _BEING:
            break  # "I am ok" says how it is, "I left, ok" does not
        end -= 1
    if end - start > 3 and (low[end - 2], low[end - 1]) in _AFTERTHOUGHTS:
        end -= 2
    if end - start > 3 and (low[start], low[start + 1]) in _FORETHOUGHTS:
        start += 2
    while end - start > 1 and low[start] in _LEADING:
        if low[start] in _LEADING_VERBS and marked[start + 1][0] in "SDP":
            break
        start += 1
    return start, end


def _clause(words: _Words, start: int, end: int, *, asks: bool) -> Clause | None:
    """Return the words from `start` to `end` as a clause, without what only fills at its ends."""
    low, said, marked = words
    if end <= start:
        return None
    if (
        low[start] in _LEADING
        or low[end - 1] in _AT_END
        or (end - start > 3 and low[start + 1] in _SECOND)
    ):
        start, end = _trimmed(low, marked, start, end)
    if end - start < len(low):
        low, said, marked = low[start:end], said[start:end], marked[start:end]
    kind = marked[0][0]
    if not asks and kind in "AC" and end - start > 1:
        after = marked[1][0]
        asks = after == "S" if kind == "A" else after == "A" and low[0] in _ASKING
    return Clause(low, said, "".join(marked), asks=asks)


_LEADING_VERBS: Final = words("like see look listen now right")
_ASKING: Final = words("what why how who where when which")
_AFTERTHOUGHTS: Final = frozenset(
    tuple(pair.split())
    for pair in [
        "i believe",
        "i hope",
        "i swear",
        "i know",
        "i guess",
        "i think",
        "i suppose",
        "i mean",
        "you know",
        "of course",
        "or something",
        "or whatever",
        "and stuff",
    ]
)
_ACTING: Final = words("i we you they he she")
_AMBIGUOUS: Final = words("ill id its your ur")
_HINTS: Final = _ACTING | _AMBIGUOUS | _CUTTERS  # words that ask for a closer look
_AFTER_YOU_ARE: Final = words(
    "a an the not so too very just really always never only such being going stupid useless "
    "annoying boring"
)
_AFTER_IT_IS: Final = words(
    "a an the not so too just only always never been going getting fine ok okay over my your her "
    "because like rotting killing making hurting"
)
_FORETHOUGHTS: Final = {("of", "course"), ("you", "know"), ("i", "mean"), ("my", "god")}
# What a clause has at its end, or second, where there is something to take off beside _LEADING.
_SECOND: Final = frozenset(pair[1] for pair in _FORETHOUGHTS)
_AT_END: Final = _TRAILING | {pair[-1] for pair in _AFTERTHOUGHTS}
_FIRST: Final = {word: "I" + word[1:] for word in ("i", "i'm", "i've", "i'd", "i'll")}
