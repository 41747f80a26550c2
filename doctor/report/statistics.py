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

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from doctor.report.moments import moment
from doctor.report.subjects import find_singular, find_subject, one_of_each, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, tzinfo

#: Seconds, and how many quarters of an hour from the epoch no calendar has.
_QUARTER: Final = 900
_FAR: Final = 1e12 / _QUARTER
#: Exchanges that are counted at once.
_BATCH: Final = 256

#: The keyword of a history where no keyword answered.
FALLBACK: Final = "NONE"
#: Keywords of a history that name how a reply was made, not a keyword of the script.
ANSWERED_BY: Final = {
    FALLBACK: "fallback",
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


class SessionStatistics(NamedTuple):
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
        self._quarters: dict[float, tuple[date, list[int], int]] = {}
        #: Each word that was said, and which subject it is, empty for none.
        self._subject_of: dict[str, str] = {}
        #: The subjects that may be plurals.
        self._plurals: set[str] = set()
        self._day_subjects: defaultdict[date, Counter[str]] = defaultdict(Counter)
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
        rest = iter(exchanges)
        while batch := list(islice(rest, _BATCH)):
            self.entries += len(batch)
            said = [exchange for exchange in batch if not exchange.event]
            for exchange in said:
                at = exchange.at
                if exchange.session != number or not held:
                    if held:
                        self._sessions.append(
                            SessionStatistics(patient, number, held, began, ended)
                        )
                    number, held, began = exchange.session, 0, at
                held += 1
                ended = at
            about = self._count_texts(said, in_room=in_room)
            self._count_days([exchange.at // _QUARTER for exchange in said], about)
        if held:
            self._sessions.append(SessionStatistics(patient, number, held, began, ended))
            self._rooms += in_room
            self._patients += not in_room

    def _count_days(self, quarters: list[float], about: list[set[str]]) -> None:
        """Count exchanges that are in these quarters of an hour and have these subjects."""
        self._exchanges += len(quarters)
        first = 0
        while first < len(quarters):
            quarter, end = quarters[first], first + 1
            while end < len(quarters) and quarters[end] == quarter:
                end += 1
            day, hours, hour = self._quarters.get(quarter) or self._place(quarter)
            self._days[day] += end - first
            hours[hour] += end - first
            self._day_subjects[day].update(chain.from_iterable(about[first:end]))
            first = end

    def _place(self, quarter: float) -> tuple[date, list[int], int]:
        """Return the day of a quarter of an hour, and where its exchanges are counted."""
        when = moment(quarter * _QUARTER if abs(quarter) < _FAR else 0, self._zone)
        place = (when.date(), self._week_hours[when.weekday()], when.hour)
        self._quarters[quarter] = place
        return place

    def _count_texts(self, said: list[ExchangeLike], *, in_room: bool) -> list[set[str]]:
        """Count what was said and answered; return the subjects of each exchange."""
        subjects: list[set[str]] = []
        lengths: list[int] = []
        keywords: list[str] = []
        replies: list[str] = []
        for exchange in said:
            if exchange.speaker and not in_room:
                subjects.append(set())
                continue
            line, about = exchange.patient, set[str]()
            if line or not in_room:
                spoken = words(line)
                lengths.append(len(spoken))
                about = self._subjects(spoken)
            subjects.append(about)
            if exchange.mark:
                self._marked += 1
            reply = exchange.doctor
            if in_room and not reply:  # the others may have answered
                continue
            keyword = exchange.keyword
            keywords.append(keyword)
            if keyword == FALLBACK:
                self._unanswered.update(about)
            if not exchange.responder:
                replies.append(reply)
        self._lengths.update(lengths)
        self._keywords.update(keywords)
        self._replies.update(replies)
        return subjects

    def _subjects(self, spoken: list[str]) -> set[str]:
        """Return the subjects of the words of a line."""
        subject_of = self._subject_of
        try:
            found = set(map(subject_of.__getitem__, spoken))
        except KeyError:
            for word in spoken:
                if word not in subject_of:
                    subject = subject_of[word] = find_subject(word)
                    if subject.endswith("s"):
                        self._plurals.add(subject)
            found = {subject_of[word] for word in spoken}
        found.discard("")
        return found if self._plurals.isdisjoint(found) else one_of_each(found)

    def merge(self, other: Study) -> None:
        """Add what another study of the same zone has counted, as if it had been counted here."""
        self._patients += other._patients
        self._rooms += other._rooms
        self._exchanges += other._exchanges
        self.entries += other.entries
        self._marked += other._marked
        self._sessions += other._sessions
        self._subject_of |= other._subject_of
        self._plurals |= other._plurals
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
        for day, subjects_of_day in other._day_subjects.items():
            self._day_subjects[day].update(subjects_of_day)

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
        subject_days: defaultdict[str, Counter[date]] = defaultdict(Counter)
        for day, subjects_of_day in sorted(self._day_subjects.items(), key=itemgetter(0)):
            for word, times in subjects_of_day.items():
                subject_days[word][day] = times
        singular = {word: find_singular(word, subject_days) for word in subject_days}
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
            subjects=_merged(subject_days, singular),
            keywords=_by_count(
                {key: times for key, times in self._keywords.items() if key not in ANSWERED_BY}
            ),
            answered=_by_count(answered),
            unanswered=_by_count(unanswered),
            repeated=_by_count({text: n for text, n in self._replies.items() if n > 1}),
        )


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
