"""A patient's line cut into clauses, each a string that patterns can be matched on.

Theory. A doctor answers one thought at a time. Sentences end at marks, clauses also at commas, at
dashes and where a conjunction brings a new subject ("I left and he cried"). What only fills
("well, ...", "... lol") is taken off both ends, so that what is left fits into a reply.

A clause is stored twice, in two strings of the same length:

    text    " My sister moved out"      the patient's words, the spelling put right
    marked  "DmyNsisterVmovedRout"      in lower case, the blank before each word replaced by a
                                        capital that says what kind of word it is

There are no other capitals in `marked`, so one regular expression sees words and kinds alike, and
the place of a match in one string is its place in the other.

    S subject pronoun    O object pronoun   D determiner     N noun, name, adjective, anything else
    A auxiliary          V verb form        B plain verb that may be a noun ("work")    G -ing form
    R adverb             P preposition      C conjunction or question word

Everything here is pure; the tables are frozen and may be read from any thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.english.lexicon import words
from doctor.english.reflection import reflect_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A clause longer than this many words is cut; nobody speaks so, and it bounds all matching.
MAX_CLAUSE_WORDS: Final = 40
#: Clauses of one line that are read, the last ones; more is a text, not a line.
MAX_CLAUSES: Final = 24

_JOINERS: Final = words("and so or then plus also & yet")
_SPLITTERS: Final = words("but because cause cos cuz coz bc although though however whereas except")
# "Nothing but trouble", "everybody but me": there it means "except".
_BUT_AFTER: Final = words(
    "nothing anything nobody everybody everyone all none anyone anybody everything never can't last"
)
#: Words without which no clause is cut in two.
CUTTERS: Final = _JOINERS | _SPLITTERS
_LEADING: Final = words(
    "and but so well oh ok okay anyway anyways like um uh er erm hmm lol haha honestly "
    "basically tbh yeah also then plus or actually look see listen though however ah aw aww "
    "hey doctor doc right omg ugh yet whereas except alright seriously frankly obviously now "
    "pls please"
)
_LEADING_VERBS: Final = words("like see look listen now right")
_TRAILING: Final = words(
    "lol lmao haha hahaha tbh though tho ok okay right innit xx xxx x pls please and but so "
    "or because doctor doc btw smh fr rn eh huh yeah then like if when the a an my your "
    "their our to with of at from is was are am were which who than"
)
_TURNING: Final = words("but actually however")
_CONCEDING: Final = words("though although whereas except")
_JUDGED: Final = words("ok okay right alright")
_CALLED: Final = words("doctor doc")
_MAY: Final = (["could"], ["can"], ["would"], ["won't"], ["wouldn't"], ["will"])
_UNREAL: Final = (["would"], ["wouldn't"], ["could"], ["couldn't"])
_PENDING: Final = words("if unless when")
_WHOSE: Final = words("my a the his her their our your another this that")
_BEING: Final = words("am is are was were be feel felt i'm it's he's she's that's isn't wasn't not")
# A preposition or a verb may end a clause ("someone to talk to"); these words may not.
_MAY_END: Final = words("to with of at from is was are am were that then so right like")
_ASKING: Final = words("what why how who where when")
# Before which kinds of words these begin a question, though no mark ends it.
_FRONTED: Final = {
    **dict.fromkeys(("is", "are", "was", "were"), "D"),
    **dict.fromkeys(("can", "could", "does", "do", "did", "should", "would", "will"), "DN"),
}
_SHORT: Final = 4
# After one of these, "my wife and I" is one subject; after "I called" it is not.
_BEFORE_BOTH: Final = words(
    "do does did can could should will would are were is was have has let letting that if when "
    "because since than"
)
_OURS: Final = words("my our")
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
_FORETHOUGHTS: Final = {("of", "course"), ("you", "know"), ("i", "mean"), ("my", "god")}
# What a clause has at its end, or second, where there is something to take off besides _LEADING.
_SECOND: Final = frozenset(pair[1] for pair in _FORETHOUGHTS)
# "I am the bad one, aren't I": what asks for a yes, and says nothing.
_TAG_SUBJECTS: Final = words("i you he she it we they u")
_TAG_VERBS: Final = words(
    "isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't can't couldn't won't "
    "wouldn't shouldn't ain't am is are was were do does did can could will would"
)
_AT_END: Final = _TRAILING | {pair[-1] for pair in _AFTERTHOUGHTS} | _TAG_SUBJECTS
_CAPITALS: Final = {"Your": "your"}
_NO_WORDS: Final = frozenset[str]()

#: Words in lower case, as said, and marked; and the first as a set.
Words: TypeAlias = tuple[list[str], list[str], list[str], set[str]]


class Clause:
    """One clause in its two strings; `asks` if a question mark ends it.

    It `turns` from what came before it if it begins with "but" or "actually", and `concedes`
    something beside what is meant if it begins with "though". It `hangs` on its neighbour if it
    says something else alone: a purpose, what follows from an "if", what "that" points to.

    `low` and `said` are its words in lower case and as the patient said them, `words` the first as
    a set. One thread's.
    """

    __slots__ = (
        "_turned",
        "asks",
        "concedes",
        "hangs",
        "low",
        "marked",
        "said",
        "text",
        "turns",
        "words",
    )

    def __init__(
        self,
        low: list[str],
        said: list[str],
        marked: str,
        words: set[str],
        *,
        asks: bool,
        turns: bool = False,
        concedes: bool = False,
    ) -> None:
        self.low = low
        self.words = words
        self.said = said
        self.text = " " + " ".join(said)
        self.marked = marked
        self.asks = asks
        self.turns = turns
        self.concedes = concedes
        self.hangs = False
        self._turned: Sequence[str] | None = None

    def marks(self, index: int) -> str:
        """Return the kind letter of word `index`."""
        return self.marked[sum(map(len, self.low[:index])) + index]

    def said_to(self, name: str) -> Clause:
        """Return the clause with the name for "you"; it hangs where "you" is its subject."""
        kinds = [self.marks(index) for index in range(len(self.low))]
        objects = {
            index
            for index, word in enumerate(self.low)
            if word == "you" and index and kinds[index - 1] in "VBGP"
        }
        low = [name.lower() if at in objects else word for at, word in enumerate(self.low)]
        said = [name if at in objects else word for at, word in enumerate(self.said)]
        marked = "".join(
            ("N" if at in objects else kinds[at]) + word for at, word in enumerate(low)
        )
        found = Clause(low, said, marked, set(low), asks=self.asks, turns=self.turns)
        found.hangs = "you" in found.words
        return found

    @property
    def turned(self) -> Sequence[str]:
        """The words turned round, one for each word of the clause."""
        if self._turned is None:
            turned = reflect_words(self.said, self.low)
            if " My " in self.text:  # "about My daughter"
                turned = [turned[0], *[_CAPITALS.get(word, word) for word in turned[1:]]]
            self._turned = turned
        return self._turned


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
        self.flat.append("Z.")
        clauses = self.clauses
        if len(clauses) == 1:
            # Most lines are one clause, of which nothing was taken off.
            only = clauses[0]
            self.vocabulary = only.words if len(only.low) == len(self.words) else set(self.words)
            return
        self.clauses = [
            each for each in clauses if len(each.low) != 2 or tuple(each.low) not in _AFTERTHOUGHTS
        ][-MAX_CLAUSES:] or clauses[-MAX_CLAUSES:]
        self.vocabulary = set(self.words)

    def flat_of(self, plain: Mapping[str, str]) -> str:
        """Return all of the line as one marked string, each word as `plain` has it."""
        return "".join([token[0] + plain.get(token[1:], token[1:]) for token in self.flat])


def splits(low: list[str], marked: list[str]) -> list[int]:
    """Return where a conjunction begins a new clause after one that has a verb."""
    found: list[int] = []
    start = 0
    verb = False
    for index, word in enumerate(low):
        kind = marked[index][0]
        if kind in {"S", "C"}:
            if word == "cause" and index and low[index - 1] in _WHOSE:
                continue  # "the cause of it"
            if (
                word == "i"
                and index - start >= _SHORT
                and low[index - 1] == "and"
                and low[index - 3] in _OURS
                and low[index - 4] in _BEFORE_BOTH
            ):
                continue  # "should my wife and I seek help"
            if verb and (
                (
                    kind == "S"
                    and index - start > 2
                    and low[index - 1] in _JOINERS
                    and low[index - 2] != "you"
                )
                or (word in _SPLITTERS and low[index - 1] not in _BUT_AFTER)
            ):
                before = kind == "S" or (low[index - 1] == "even" and word in _CONCEDING)
                start = index - 1 if before else index
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
        elif word == "like" and index > start and marked[index - 1][0] in "SR":
            verb = True  # "I like it", not "people like me"
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
        if low[end - 1] in _CALLED and low[end - 2] in _WHOSE:
            break  # "an appointment with my doctor"
        if low[end - 1] in _JUDGED and low[end - 2] in _BEING:
            break  # "I am ok" says how it is, "I left, ok" does not
        end -= 1
    if (
        end - start > 4
        and low[end - 1] in _TAG_SUBJECTS
        and low[end - 2] in _TAG_VERBS
        and marked[start][0] not in "AC"
    ):
        end -= 2
    if end - start > 3 and (low[end - 2], low[end - 1]) in _AFTERTHOUGHTS:
        end -= 2
    if end - start > 3 and (low[start], low[start + 1]) in _FORETHOUGHTS:
        start += 2
    while end - start > 1 and low[start] in _LEADING:
        if low[start] in _LEADING_VERBS and marked[start + 1][0] in "SDP":
            break
        start += 1
    return start, end


def clause_of(words: Words, start: int, end: int, *, asks: bool) -> Clause | None:
    """Return the words from `start` to `end` as a clause, without what only fills at its ends."""
    low, said, marked, distinct = words
    if end <= start:
        return None
    turns = concedes = hangs = False
    if low[start] == "even" and end - start > 2 and low[start + 1] in _CONCEDING:
        start += 1
    if (
        low[start] in _LEADING
        or low[end - 1] in _AT_END
        or (end - start > 3 and low[start + 1] in _SECOND)
    ):
        turns = low[start] in _TURNING
        concedes = low[start] in _CONCEDING or (
            low[start] == "so" and low[start + 2 : start + 3] in _MAY
        )
        hangs = _hangs(low, start, end)
        start, end = _trimmed(low, marked, start, end)
    if end - start < len(low):
        low, said, marked = low[start:end], said[start:end], marked[start:end]
        distinct = set(low)
    kind = marked[0][0]
    if not asks and kind in "AC" and end - start > 1:
        after = marked[1][0]
        if kind == "C":
            asks = after == "A" and low[0] in _ASKING
        else:
            asks = after == "S" or (len(low) > _SHORT and after in _FRONTED.get(low[0], ""))
    found = Clause(low, said, "".join(marked), distinct, asks=asks, turns=turns, concedes=concedes)
    if hangs:
        found.hangs = True
    return found


def _hangs(low: list[str], start: int, end: int) -> bool:
    """Return True if a clause alone would say something else than with what is before it."""
    first = low[start]
    if first == "and" and low[end - 1] == "that":
        return True  # "I'd like him to be alive, and I can't have that"
    if not start:
        return False
    before = low[:start]
    if first == "so":
        return low[start + 2 : start + 3] in _MAY  # "I put it away so I won't look at it"
    if first == "then":
        return "if" in before
    # "That I could say it and she wouldn't be disappointed"
    return (
        first == "and"
        and low[start + 2 : start + 3] in _UNREAL
        and (before[0] in _PENDING or before[0] == "that")
    )
