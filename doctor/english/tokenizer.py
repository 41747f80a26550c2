"""Read a patient's line: correct its spelling and cut it into clauses (`Tokenizer`).

    line --blanks, case--> words --marks--> parts --spelling--> words that are known, marked
         --conjunctions--> clauses (`doctor.english.clauses`)

Most words are known as they are, and cost one look-up in one table. Only unknown ones are examined:
a mark at the end cuts the line, an odd spelling means something else, a
letter typed three times was meant once, an address is nothing to talk about.

Everything here is pure; the tables are frozen and may be read from any thread.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.english.clauses import CUTTERS, MAX_CLAUSE_WORDS, Line, clause_of, splits
from doctor.english.lexicon import RESTORED, words
from doctor.english.tagger import MARKS, NOUNS, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from doctor.english.clauses import Clause

# Where a clause ends: marks that no letter follows, so that "3.5" and "know-it-all" are no ends.
_BREAK: Final = re.compile(
    r"([.!?,;:()\[\]{}\"\u2026\u2013\u2014\u201c\u201d\u00ab\u00bb-]+(?!\w)|\u2014+)"
)
_ENDS: Final = ".!?\u2026"
_EDGES: Final = (
    ".,!?;:()[]{}\"\u201c\u201d\u00ab\u00bb\u2026*_~|`^=+\\/<>-&%#'\u2019\u2018\u00a1\u00bf"
)
_ADDRESS: Final = re.compile(r"https?:|www\.|\w@\w|\w\.(?:com|org|net|co|io|edu|gov|de|fr)\b")
# Marks within words that a clause does without: what is quoted must not lack them.
_LOST: Final = re.compile(r"[<>+=*^|{}\[\]\\~#@_]")
_LAST_MARKS: Final = frozenset(".?!")  # one of these ends most lines, and needs no search
#: Faces made of signs, and pictures of faces: no words, though some have a letter.
SMILES: Final = re.compile(
    r"(?<![\w:])(?:[:;=]['-]?[)\]dDpP]|[xX]D+|\^[_.]?\^|\^-\^)(?!\w)|[\u263a\U0001f600-\U0001f60f\U0001f642\u2764]"
)
FROWNS: Final = re.compile(
    r"(?<![\w:])(?:[:;=]['-]*[(\[/|]|[dD]:|[tT][_.][tT]|;[_.];)(?!\w)"
    r"|[\u2639\U0001f612-\U0001f616\U0001f61e-\U0001f62d\U0001f641\U0001f494]"
)
_FACES: Final = re.compile(f"(?:{SMILES.pattern}|{FROWNS.pattern})+")
_PERCENT: Final = re.compile(r"(?<=\d) ?%")
_PARAGRAPH: Final = "\N{PARAGRAPH SEPARATOR}"
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")
_NOT_SAID: Final = re.compile(r"[^\w'\u2019%$£€.:/-]+")
_TITLES: Final = words("mr. mrs. ms. dr. st. prof.")  # whose mark ends nothing
_ACTING: Final = words("i we you they he she")
_AMBIGUOUS: Final = words("ill id its your ur self")
_SELVES: Final = words("my your him her")
_HAVING: Final = words("have has had having i've we've they've haven't hasn't i we he she they you")
_ACTS_TOO: Final = words("lost hurt broken ruined")  # states as a rule, but not after "have"
_HINTS: Final = _ACTING | _AMBIGUOUS | CUTTERS | _ACTS_TOO | {"of"}  # words to look at more closely
_SOFTENERS: Final = words("kind sort")
_AFTER_YOU_ARE: Final = words(
    "a an the not so too very just really always never only such being going stupid useless "
    "annoying boring"
)
_AFTER_IT_IS: Final = words(
    "a an the not so too just only always never been going getting fine ok okay over my your her "
    "because like rotting killing making hurting"
)
_FIRST: Final = {word: "I" + word[1:] for word in ("i", "i'm", "i've", "i'd", "i'll")}

# Words in lower case, as said, and marked where they are known.
_Row: TypeAlias = tuple[list[str], list[str], list[str | None]]


def _end_paragraphs(line: str) -> str:
    """Return a line of several paragraphs with the end of a sentence after each but the last."""
    *paragraphs, last = (each.strip() for each in line.split(_PARAGRAPH))
    ended = [
        each if each.rstrip("\"'\u2019\u201d)]*_").endswith(tuple(_ENDS)) else f"{each}."
        for each in paragraphs
        if each
    ]
    return " ".join((*ended, last))


class Tokenizer:
    """Cuts lines into clauses, with the spelling and the words of one script.

    Immutable once made, and shared by all threads. `spelling` corrects words (a word in lower
    case -> words); `nouns` are words that need no correction.
    """

    __slots__ = ("known", "spelling")

    def __init__(self, spelling: Mapping[str, tuple[str, ...]], nouns: Iterable[str] = ()) -> None:
        self.spelling = {**{word: (better,) for word, better in RESTORED.items()}, **spelling}
        known = {**dict.fromkeys(nouns, "N"), **MARKS}
        #: Each word that needs no correction, marked.
        self.known = {
            word: mark + word for word, mark in known.items() if word not in self.spelling
        }

    def read(self, line: str) -> Line:
        """Return `line` cut into clauses. Any text is taken, in time linear in its length."""
        if _PARAGRAPH in line:
            line = _end_paragraphs(line)
        if "%" in line:
            line = _PERCENT.sub(" percent", line)
        said = line.split()
        text = whole = " ".join(said)
        low = text.lower()
        if not low.isascii() or "`" in low:
            low = _straight(low)
            text = _straight(text)
        if (text.isupper() and len(text) > 4 and " " in text) or len(low) != len(text):
            text = low  # shouted, or of other letters than can be told apart by case
        if text is not whole:
            said = text.split()
        found = Line(text, low)
        asks = False
        if low[-1:] in _LAST_MARKS and low[-2:-1].isalpha():
            asks = low[-1] == "?"
            low = low[:-1]
            said[-1] = said[-1][:-1]
        words = low.split()
        tokens = list(map(self.known.get, words))
        begin = 0
        if not all(tokens):
            for index, token in enumerate(tokens):
                if token is None and not words[index].isalpha():
                    begin = self._cut(found, (words, said, tokens), begin, index)
        if begin:
            words, said, tokens = words[begin:], said[begin:], tokens[begin:]
        if words:
            self._part(found, words, said, tokens, asks=asks)
        found.end()
        return found

    def _cut(self, found: Line, row: _Row, begin: int, index: int) -> int:
        """Read what comes before the marks in word `index`; return where the next clause begins.

        What comes after the last mark, which is nothing as a rule, replaces the word.
        """
        words, said, tokens = row
        word = words[index]
        if word in _TITLES and index + 1 < len(words):
            return begin  # "old Mrs. Brandt"
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
        """Read what is between two marks: one clause, or several joined by conjunctions."""
        distinct = set(low)
        hints = _HINTS & distinct
        if hints and not _AMBIGUOUS.isdisjoint(hints):
            low, said = _contracted(low, said)
            tokens = list(map(self.known.get, low))
            distinct = set(low)
            hints = _HINTS & distinct
        if not all(tokens):
            low, said, tokens = self._mend(found, low, said, tokens)
            if not low:
                return
            distinct = set(low)
            hints = _HINTS & distinct
        marked: list[str] = tokens  # type: ignore[assignment]  # there is no None in it any more
        size = len(low)
        if "of" in hints:
            _mark_softened(low, marked)
        if hints and not _ACTS_TOO.isdisjoint(hints):
            for index in range(1, size):
                if low[index] in _ACTS_TOO and low[index - 1] in _HAVING:
                    marked[index] = "V" + low[index]
        for subject in hints & _ACTING if hints else ():
            # Right after a subject an unknown word is a verb: "I knead the dough".
            after = 0
            for _ in range(low.count(subject)):
                after = low.index(subject, after) + 1
                if after < size and marked[after][0] == "N" and low[after] not in NOUNS:
                    marked[after] = "V" + low[after]
        found.words += low
        found.flat += marked
        clauses, cut = found.clauses, (low, said, marked, distinct)
        start = 0
        # A conjunction at the beginning cuts nothing.
        if size > MAX_CLAUSE_WORDS or (
            size > 3 and hints and not CUTTERS.isdisjoint(hints) and not CUTTERS.isdisjoint(low[1:])
        ):
            for end in splits(low, marked):
                clause = clause_of(cut, start, end, asks=False)
                if clause is not None:
                    if low[end] == "because" and "only" in clause.words:
                        clause.hangs = True  # "I only have the keys because ..."
                    clauses.append(clause)
                start = end
        clause = clause_of(cut, start, size, asks=asks)
        if clause is not None:
            clauses.append(clause)

    def _mend(
        self, found: Line, low: list[str], said: list[str], tokens: list[str | None]
    ) -> tuple[list[str], list[str], list[str | None]]:
        """Correct odd spellings; drop what is not a word at all."""
        known = self.known
        low, said = low[:], said[:]
        unknown = [index for index, token in enumerate(tokens) if token is None]
        for index in reversed(unknown):  # from the end, as a word may become several
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
            if not all(marked):
                found.strange = True
                marked = [known.get(each) or mark_of(each) + each for each in better]
            low[index : index + 1] = better
            said[index : index + 1] = shown
            tokens[index : index + 1] = marked
        return low, said, tokens

    def _words(self, word: str, raw: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return what an unknown word means, in lower case and as it is shown."""
        if not word.isalpha():
            if _ADDRESS.search(word):
                return (), ()
            if word == "&":
                return ("and",), ("and",)
            if _FACES.fullmatch(word):
                return (), ()
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


def locate_words(
    line: str, clauses: Sequence[Clause], spelling: Mapping[str, tuple[str, ...]]
) -> list[list[tuple[int, int] | None]]:
    """Return the position of each word of each clause in the patient's line, in characters.

    A corrected word is where the odd spelling is; None where it cannot be found.
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
    """Return how the words are shown that replace an odd spelling."""
    shown = [_FIRST.get(each, each) for each in words]
    if len(raw) > 1 and raw[0].isupper() and not raw.isupper():
        shown[0] = shown[0][:1].upper() + shown[0][1:]
    return shown


@lru_cache(maxsize=4096)  # a language has not many words; a word is no longer than a line
def _marked(word: str) -> str:
    """Return an unknown word of letters marked; empty where it is stretched ("sooo")."""
    return "" if _STRETCHED.search(word) else mark_of(word) + word


def _mark_softened(low: list[str], marked: list[str]) -> None:
    """Mark "kind of" and "sort of" as adverbs after a subject or a verb: "I sort of know"."""
    for at in range(1, len(low) - 1):
        if low[at + 1] == "of" and low[at] in _SOFTENERS and marked[at - 1][0] in "SAVBR":
            marked[at : at + 2] = ["R" + low[at], "Rof"]


def _straight(text: str) -> str:
    """Return a text with its apostrophes straight."""
    return text.replace("\u2019", "'").replace("\u2018", "'").replace("`", "'")


def _has_address(word: str) -> bool:
    return (word.find(".", 1, -1) > 0 or "@" in word or "://" in word) and _ADDRESS.search(
        word
    ) is not None


def _is_end(low: list[str], index: int) -> bool:
    """Return True if no noun comes next: "my self" is one word, "my self esteem" is not."""
    return index >= len(low) or MARKS.get(low[index], "N") != "N"


def _contracted(low: list[str], said: list[str]) -> tuple[list[str], list[str]]:
    """Replace "ill", "id", "its", "your" by what they mean where the next word shows it.

    "Your self" becomes one word.
    """
    new_low: list[str] = []
    new_said: list[str] = []
    skip = -1
    for index, word in enumerate(low):
        if index == skip:
            continue
        after = low[index + 1] if index + 1 < len(low) else ""
        better: tuple[str, str] | None = None
        if word in {"ill", "id"} and after and MARKS.get(after) in {"A", "B", "V", "R"}:
            before = low[index - 1] if index else ""
            if MARKS.get(before, "C") in {"C", "R", "V"}:
                better = ("i", "will" if word == "ill" else "would")
        elif word in _SELVES and after == "self" and _is_end(low, index + 2):
            skip = index + 1
            new_low.append(word + "self")
            new_said.append(said[index] + "self")
            continue
        elif word in {"your", "ur"} and after in _AFTER_YOU_ARE:
            better = ("you", "are")
        elif word == "its" and after in _AFTER_IT_IS:
            better = ("it", "is")
        new_low += better or (word,)
        new_said += better or (said[index],)
    return new_low, new_said
