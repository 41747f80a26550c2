"""Statistics of histories: days, hours, sessions, words, subjects, keywords; pure.

A `Study` counts exchanges and returns frozen `Findings`. It uses no file, clock or output. Times
are in the zone that is passed in, or in the computer's own.

What is counted, and how:

- A *session* is what the history calls one: a visit. It lasts from its first exchange to its last.
- A *word* is a run of letters and digits, with the apostrophes inside it.
- A *subject* is a word of the patient's that says what a line is about: it is not in `EMPTY_WORDS`
  (the words that hold English sentences together, and common verbs and adjectives), has three
  letters or more, and counts once for each exchange. A plural goes with its singular where the
  histories have both ("dreams" with "dream").
- An exchange was *answered by* a keyword, from memory ("MEMORY", "RECALL"), by a fallback ("NONE"),
  by the step limit ("LIMIT"), or by something the history does not name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from doctor.report.empty_words import EMPTY_WORDS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from datetime import tzinfo

_WORD: Final = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")
#: Seconds, and how many from the epoch no calendar has.
_QUARTER: Final = 900
_FAR: Final = 1e12
_SHORTEST_SUBJECT: Final = 3
#: A longer "word" is a line of a script without spaces, or noise.
_LONGEST_SUBJECT: Final = 24

#: Family words that are one subject.
_SAME: Final = {
    **dict.fromkeys(("mom", "mum", "mama", "mamma", "mommy", "mummy"), "mother"),
    **dict.fromkeys(("dad", "papa", "daddy"), "father"),
}

#: Keywords of a history that name how a reply was made, not a keyword of the script.
ANSWERED_BY: Final = {
    "NONE": "fallback",
    "MEMORY": "memory",
    "RECALL": "memory",
    "LIMIT": "limit",
    "": "unknown",
}
#: Each way to answer, in words for people.
HOW_ANSWERED: Final = {
    "keyword": "by a keyword",
    "memory": "from memory",
    "fallback": "by a fallback",
    "limit": "cut by the step limit",
    "unknown": "not recorded how",
}


class ExchangeLike(Protocol):
    """What counting needs of an exchange; `doctor.history.transcript.Exchange` has it."""

    @property
    def at(self) -> float:
        """Seconds since the epoch."""

    @property
    def session(self) -> int:
        """Which visit it was, from 1."""

    @property
    def patient(self) -> str:
        """What the patient said."""

    @property
    def doctor(self) -> str:
        """What the doctor said."""

    @property
    def keyword(self) -> str:
        """Which keyword answered."""

    @property
    def mark(self) -> str:
        """How the line was marked, or nothing."""

    @property
    def speaker(self) -> str:
        """The person who said the line, or nothing: the patient."""

    @property
    def responder(self) -> str:
        """The person who was to answer, or nothing: the doctor."""

    @property
    def event(self) -> str:
        """What happened where nothing was said."""


@dataclass(frozen=True, slots=True)
class SessionStatistics:
    """One visit of one patient; times in seconds since the epoch."""

    patient: str
    number: int
    exchanges: int
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it lasted; 0 for a single exchange."""
        return max(0.0, self.ended - self.began)


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject, in how many exchanges it came up, and on which days how often."""

    word: str
    exchanges: int
    days: Mapping[date, int]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a study found. Days are dates in the zone that was asked for."""

    patients: int
    rooms: int
    exchanges: int
    marked: int
    first: float | None
    last: float | None
    sessions: tuple[SessionStatistics, ...]
    days: Mapping[date, int]
    session_days: Mapping[date, int]
    #: Exchanges by weekday (Monday first) and hour: 7 rows of 24.
    week_hours: tuple[tuple[int, ...], ...]
    #: How many lines had so many words.
    patient_lengths: Mapping[int, int]
    doctor_lengths: Mapping[int, int]
    vocabulary: int
    subjects: tuple[Subject, ...]
    keywords: Mapping[str, int]
    answered: Mapping[str, int]
    #: Words of lines that only a fallback answered: what a script does not know yet.
    unanswered: Mapping[str, int]
    #: Replies given more than once, most frequent first.
    repeated: Mapping[str, int]

    @property
    def hours(self) -> tuple[int, ...]:
        """Exchanges by hour of the day, 24 of them."""
        return tuple(map(sum, zip(*self.week_hours, strict=True)))

    @property
    def patient_words(self) -> int:
        """Words that patients said."""
        return sum(length * lines for length, lines in self.patient_lengths.items())

    @property
    def doctor_words(self) -> int:
        """Words that the doctor said."""
        return sum(length * lines for length, lines in self.doctor_lengths.items())

    def share(self, how: str) -> float:
        """Which part of the exchanges was answered so, from 0 to 1 (see `ANSWERED_BY`)."""
        return self.answered.get(how, 0) / self.exchanges if self.exchanges else 0.0


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case, curly apostrophes made straight."""
    return _WORD.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def subjects(text: str) -> set[str]:
    """Return the words of a line that say what it is about."""
    return _one_of_each(set(map(_subject, words(text))) - {""})


def _subject(word: str) -> str:
    """Return the subject that a word is by itself, empty for none."""
    if "'" in word:
        if word.replace("'", "") in EMPTY_WORDS:
            return ""
        word = word.partition("'")[0]
    if (
        word in EMPTY_WORDS
        or not _SHORTEST_SUBJECT <= len(word) <= _LONGEST_SUBJECT
        or word.isdecimal()
    ):
        return ""
    return _SAME.get(word, word)


def _one_of_each(found: set[str]) -> set[str]:
    """Return the subjects of one line, without a plural beside its singular."""
    return {word for word in found if word[-1] != "s" or _singular(word, found) == word}


def median(counts: Mapping[int, int]) -> float:
    """Return the median of values that are given with how often each occurs; 0 for none."""
    total = sum(counts.values())
    if not total:
        return 0.0
    middle: list[int] = []
    seen = 0
    for value in sorted(counts):
        before, seen = seen, seen + counts[value]
        middle += [value for place in ((total - 1) // 2, total // 2) if before <= place < seen]
    return sum(middle) / 2


def moment(at: float, zone: tzinfo | None = None) -> datetime:
    """Return a time in a zone, or in the computer's own; a time no calendar has is the epoch."""
    try:
        return datetime.fromtimestamp(at, zone) if zone else datetime.fromtimestamp(at).astimezone()
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, zone or UTC)


class Study:
    """Adds histories up. One thread at a time; memory grows with days and distinct words."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._patients = self._rooms = 0
        self._exchanges = 0
        self.entries = 0  #: exchanges and events
        self._sessions: list[SessionStatistics] = []
        self._days: Counter[date] = Counter()
        self._week_hours = [[0] * 24 for _ in range(7)]
        self._lengths: Counter[int] = Counter()
        #: Day, counts and hour of each quarter of an hour: no time zone changes within one.
        self._quarters: dict[int, tuple[date, list[int], int]] = {}
        #: Each word that was said, and which subject it is, empty for none.
        self._subject_of: dict[str, str] = {}
        self._subject_days: defaultdict[str, Counter[date]] = defaultdict(Counter)
        self._keywords: Counter[str] = Counter()
        self._unanswered: Counter[str] = Counter()
        self._replies: Counter[str] = Counter()
        self._marked = 0

    def add(
        self, patient: str, exchanges: Iterable[ExchangeLike], *, in_room: bool = False
    ) -> None:
        """Count one patient's exchanges, or a room's, which come in order; events are none.

        Words and subjects are those of the patient, or of the members of the room, and not those of
        a person who speaks to the patient.
        """
        number, held, began, ended = 0, 0, 0.0, 0.0
        for exchange in exchanges:
            self.entries += 1
            if exchange.event:
                continue
            if held and exchange.session != number:
                self._sessions.append(SessionStatistics(patient, number, held, began, ended))
                held = 0
            if not held:
                number, began = exchange.session, exchange.at
            held, ended = held + 1, exchange.at
            self._count(exchange, in_room=in_room)
        if held:
            self._sessions.append(SessionStatistics(patient, number, held, began, ended))
            self._rooms += in_room
            self._patients += not in_room

    def _count(self, exchange: ExchangeLike, *, in_room: bool) -> None:
        quarter = int(exchange.at // _QUARTER) if abs(exchange.at) < _FAR else 0
        place = self._quarters.get(quarter)
        if place is None:
            when = moment(quarter * _QUARTER, self._zone)
            place = (when.date(), self._week_hours[when.weekday()], when.hour)
            self._quarters[quarter] = place
        day, hours, hour = place
        self._exchanges += 1
        self._days[day] += 1
        hours[hour] += 1
        if exchange.speaker and not in_room:
            return
        about = self._count_words(exchange.patient, day) if exchange.patient or not in_room else ()
        self._marked += bool(exchange.mark)
        if in_room and not exchange.doctor:  # the others may have answered
            return
        self._keywords[exchange.keyword] += 1
        if ANSWERED_BY.get(exchange.keyword) == "fallback":
            self._unanswered.update(about)
        if not exchange.responder:
            self._replies[exchange.doctor] += 1

    def _count_words(self, line: str, day: date) -> set[str]:
        """Count the words of a line and return its subjects."""
        spoken = words(line)
        self._lengths[len(spoken)] += 1
        subject_of = self._subject_of
        try:
            found = set(map(subject_of.__getitem__, spoken))
        except KeyError:
            subject_of.update((word, _subject(word)) for word in spoken if word not in subject_of)
            found = {subject_of[word] for word in spoken}
        found.discard("")
        about = _one_of_each(found)
        for word in about:
            self._subject_days[word][day] += 1
        return about

    def merge(self, other: Study) -> None:
        """Add what another study of the same zone has counted, as if it had been counted here."""
        self._patients += other._patients
        self._rooms += other._rooms
        self._exchanges += other._exchanges
        self.entries += other.entries
        self._marked += other._marked
        self._sessions += other._sessions
        self._subject_of |= other._subject_of
        for mine, others in zip(self._week_hours, other._week_hours, strict=True):
            mine[:] = map(sum, zip(mine, others, strict=True))
        for counts, more in (
            (self._days, other._days),
            (self._lengths, other._lengths),
            (self._keywords, other._keywords),
            (self._unanswered, other._unanswered),
            (self._replies, other._replies),
        ):
            counts.update(more)  # type: ignore[arg-type]  # each has what the other has
        for word, days in other._subject_days.items():
            self._subject_days[word].update(days)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_quarters": {}}

    def findings(self) -> Findings:
        """Return what was counted so far."""
        answered: Counter[str] = Counter()
        for keyword, times in self._keywords.items():
            answered[ANSWERED_BY.get(keyword, "keyword")] += times
        replied: Counter[int] = Counter()
        for reply, times in self._replies.items():
            replied[len(words(reply))] += times
        session_days = Counter(moment(s.began, self._zone).date() for s in self._sessions)
        singular = {word: _singular(word, self._subject_days) for word in self._subject_days}
        unanswered: Counter[str] = Counter()
        for word, times in self._unanswered.items():
            unanswered[singular[word]] += times
        return Findings(
            patients=self._patients,
            rooms=self._rooms,
            exchanges=self._exchanges,
            marked=self._marked,
            first=min((session.began for session in self._sessions), default=None),
            last=max((session.ended for session in self._sessions), default=None),
            sessions=tuple(sorted(self._sessions, key=lambda session: session.began)),
            days=dict(sorted(self._days.items())),
            session_days=dict(sorted(session_days.items())),
            week_hours=tuple(map(tuple, self._week_hours)),
            patient_lengths=dict(sorted(self._lengths.items())),
            doctor_lengths=dict(sorted(replied.items())),
            vocabulary=len(self._subject_of),
            subjects=_merged(self._subject_days, singular),
            keywords=_by_count(
                {key: times for key, times in self._keywords.items() if key not in ANSWERED_BY}
            ),
            answered=_by_count(answered),
            unanswered=_by_count(unanswered),
            repeated=_by_count({text: n for text, n in self._replies.items() if n > 1}),
        )


def _singular(word: str, known: Container[str]) -> str:
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and (stem := word.removesuffix(ending) + singular) in known:
            return stem
    return word


def _merged(
    subject_days: Mapping[str, Counter[date]], singular: Mapping[str, str]
) -> tuple[Subject, ...]:
    merged: dict[str, Counter[date]] = {}
    for word, days in subject_days.items():
        merged.setdefault(singular[word], Counter()).update(days)
    found = [Subject(word, days.total(), dict(days)) for word, days in merged.items()]
    return tuple(sorted(found, key=lambda subject: (-subject.exchanges, subject.word)))


def _by_count(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
