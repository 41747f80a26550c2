"""The interface of a machine, which answers a patient, and the values that it exchanges.

    Machine     a script made ready to answer; one is shared by all patients and threads
    Visit       who comes and what is known of earlier sessions: what a machine greets
    Response    a reply, and the state after it
    Trace       how a reply was made, for `/why`, the window and `talk --trace`
    Notes       what a machine writes a trace with

A machine changes nothing: it takes a patient's state and returns the next one. What a state is,
each machine decides; everybody else only passes it on, so the interface is generic over it.

A trace is rows of text fields; the first field of a row is its kind, and no field holds a tab or
a line end. A machine that is asked to explain itself gets `Notes` and writes down what it does
while it does it, so that an explanation cannot differ from the reply it explains.

    line TEXT                     the patient's line
    clause TEXT                   the clause that was chosen, as the machine had it
    substituted FROM TO           a word that a rule replaced while the line was scanned
    stack KEYWORD RANK            the key stack, the top first
    keyword KEYWORD               the keyword whose rule was used
    decomposition PATTERN         the pattern that matched
    component N TEXT START END    what component N matched; its place in the patient's line,
                                  in characters from 0, or two empty fields when that is unknown
    reassembly RULE               the reassembly rule that was used
    link KEYWORD                  the rule linked to this keyword
    newkey                        the rule passed on to the next keyword of the stack
    pre TEXT                      the rule rewrote the text to this
    memory-stored TEXT            remembered for later
    memory-recalled TEXT          taken from the memory
    fallback WHICH                no keyword answered: what did instead
    reflected FROM TO             words reflected: FROM the patient's, TO the doctor's
    rejected REPLY WHY            a reply that was not given
    note TEXT                     anything else worth knowing
    source WHERE                  the rule's line in the script, or the page of the paper
    reply TEXT                    the reply
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: The state of one conversation, as one kind of machine has it.
StateT = TypeVar("StateT")
#: A row of a trace.
Row: TypeAlias = tuple[str, ...]

#: The keyword of a reply to a line at which the machine stopped its script: too many steps.
LIMIT: Final = "LIMIT"


class Visit(NamedTuple):
    """A patient who comes: the name, and what is known of earlier sessions."""

    name: str
    sessions: int
    last_seen: float | None  #: seconds since the epoch
    exchanges: int


class Response(NamedTuple, Generic[StateT]):
    """A reply, the state after it, the keyword that answered, and the mark of the line.

    `detail` says more of a mark, for the record alone: which kind of danger, and how grave.
    """

    reply: str
    state: StateT
    keyword: str
    mark: str = ""
    detail: str = ""


class Danger(NamedTuple):
    """Which kind of danger a line speaks of, and how sure that is."""

    kind: str = ""  #: as the script names it; "" for none
    tier: str = ""
    is_certain: bool = False  #: a phrase says it, not only how the words read together


class ScriptIdentity(Protocol):
    """What tells one script from every other."""

    @property
    def name(self) -> str:
        """The name of the script."""

    @property
    def fingerprint(self) -> str:
        """A digest of all that it says, in hexadecimal."""


class Machine(Protocol[StateT]):
    """What answers patients. Any thread may call any method; no state is ever changed in place."""

    @property
    def script(self) -> ScriptIdentity:
        """The script that this machine plays."""

    @property
    def has_care(self) -> bool:
        """Whether lines about suicide and harm have answers of their own, and are marked."""

    def prepare(self) -> Iterator[None]:
        """Make ready what the first lines would wait for, a little before each `yield`.

        Any thread may do that while others answer.
        """

    def start(self) -> StateT:
        """Return the state of a new patient."""

    def greet(self, state: StateT, visit: Visit, now: float) -> Response[StateT]:
        """Return the greeting for a patient who comes."""

    def respond(self, state: StateT, line: str, now: float) -> Response[StateT]:
        """Return the reply to a line."""

    def explain(self, state: StateT, line: str, now: float) -> Trace:
        """Return how `respond` makes the reply to the same line in the same state."""

    def hear(self, state: StateT, speaker: str, line: str, now: float) -> StateT:
        """Return the state after a line that a person answers, or that a person said.

        The `speaker` is empty for the patient. The line is context: nobody waits for what the
        machine asked before, and another person's words are no facts about the patient.
        """

    def listen(self, state: StateT, line: str, now: float) -> tuple[Danger, StateT]:
        """Return what `find_danger` returns, and what `hear` returns for a line of the patient's.

        The line is read once for both.
        """

    def find_danger(self, state: StateT, line: str) -> Danger:
        """Return which kind of danger a line speaks of; one without a kind for none."""

    def pack(self, state: StateT) -> bytes:
        """Return a state as bytes, the same for equal states."""

    def unpack(self, packed: bytes) -> StateT:
        """Return the state that was packed; raise `ValueError` for any other bytes."""


#: Each kind of row as a line to read; {0}, {1} ... are its fields after the kind.
_READABLE = {
    "line": "line: {0}",
    "clause": "clause kept: {0}",
    "substituted": "substituted: {0} -> {1}",
    "stack": "key stack: {0} (rank {1})",
    "keyword": "keyword: {0}",
    "decomposition": "decomposition: ({0})",
    "component": "  component {0}: {1}",
    "reassembly": "reassembly: {0}",
    "link": "link to: {0}",
    "newkey": "NEWKEY: on to the next keyword of the stack",
    "pre": "PRE: the text is now: {0}",
    "memory-stored": "stored in memory: {0}",
    "memory-recalled": "recalled from memory: {0}",
    "fallback": "fallback: {0}",
    "reflected": "reflected: {0} -> {1}",
    "rejected": "rejected: {0} ({1})",
    "note": "note: {0}",
    "source": "source: {0}",
    "reply": "reply: {0}",
}


class Trace(NamedTuple):
    """How one reply was made. Immutable."""

    entries: tuple[Row, ...]

    def rows(self) -> list[Row]:
        """Return the rows; the first field of each is its kind."""
        return list(self.entries)

    def text(self) -> str:
        """Return the trace as lines to read, without a line end after the last."""
        return "\n".join(_READABLE[row[0]].format(*row[1:]) for row in self.entries)


class Notes:
    """What a machine writes down about one reply while it makes it. Used by one thread, once.

    `offsets` holds for each word of the line its start and its end there; while the words of the
    text are still those of the line (`intact`), components have places in it.
    """

    __slots__ = ("_first", "_rows", "intact", "offsets")

    def __init__(self, line: str, offsets: Sequence[tuple[int, int]]) -> None:
        self._rows: list[Row] = []
        self._first = 0
        self.offsets = offsets
        self.intact = True
        self.add("line", line)

    def add(self, kind: str, *fields: str) -> None:
        """Add one row."""
        self._rows.append((kind, *[_plain(field) for field in fields]))

    def drop_clause(self) -> None:
        """Drop the rows about a clause without a keyword, which the machine has dropped."""
        self._rows = [row for row in self._rows if row[0] != "substituted"]

    def keep_clause(
        self, words: Sequence[str], first: int, stack: Sequence[tuple[str, int]]
    ) -> None:
        """Add the clause that the machine keeps, and the key stack.

        The clause's first word is word `first` of the line; `stack` is keywords and ranks.
        """
        self._first = first
        self._rows.insert(1, ("clause", _plain(" ".join(words))))
        for keyword, rank in stack:
            self.add("stack", keyword, str(rank))

    def rewrite(self, words: Sequence[str]) -> None:
        """Add that PRE made these words the text; they are not those of the line any more."""
        self.intact = False
        self.add("pre", " ".join(words))

    def add_components(self, words: Sequence[str], bounds: Sequence[int]) -> None:
        """Add what the components of a match are, and their places in the line."""
        for number in range(1, len(bounds)):
            start, end = bounds[number - 1], bounds[number]
            places = ("", "")
            if self.intact and start < end:
                first, last = self.offsets[self._first + start], self.offsets[self._first + end - 1]
                places = (str(first[0]), str(last[1]))
            self.add("component", str(number), " ".join(words[start:end]), *places)

    def trace(self) -> Trace:
        """Return the rows as a trace."""
        return Trace(tuple(self._rows))


def _plain(field: str) -> str:
    return " ".join(field.split()) if any(mark in field for mark in "\t\n\r") else field
