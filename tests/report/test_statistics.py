"""What histories add up to."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.report.moments import moment
from doctor.report.statistics import Findings, Study, median
from doctor.report.subjects import subjects, words

if TYPE_CHECKING:
    from collections.abc import Iterable

TUESDAY = datetime(2026, 3, 3, 22, 30, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True)
class Said:
    """An exchange as the histories hold it, with what a test does not say left plain."""

    patient: str = "My mother hates me."
    at: float = TUESDAY
    session: int = 1
    doctor: str = "Tell me more about your family."
    keyword: str = "MY"
    mark: str = ""
    speaker: str = ""
    responder: str = ""
    event: str = ""


def study(*exchanges: Said, zone: timezone = UTC) -> Findings:
    """Return what is found in one patient's exchanges."""
    return studies([exchanges], zone)


def studies(patients: Iterable[Iterable[Said]], zone: timezone = UTC) -> Findings:
    """Return what is found in the exchanges of several patients."""
    made = Study(zone)
    for place, exchanges in enumerate(patients):
        made.add(f"patient {place}", exchanges)
    return made.findings()


def test_nothing_said_is_nothing_found() -> None:
    """A study of no exchange has zeros, no times and no division by zero."""
    found = study()
    assert (found.patients, found.exchanges, found.first, found.last) == (0, 0, None, None)
    assert found.hours == (0,) * 24
    assert found.share("fallback") == 0.0
    assert median(found.patient_lengths) == 0.0


def test_two_studies_add_up_to_one() -> None:
    """What several processes counted is what one counts, in the same order."""
    patients = [
        [Said(at=TUESDAY + HOUR * n, patient=f"My dogs and my dog {n} dream"), Said(keyword="NONE")]
        for n in range(4)
    ]
    parts = [Study(UTC), Study(UTC)]
    for place, exchanges in enumerate(patients):
        parts[place // 2].add(f"patient {place}", exchanges)
    parts[0].merge(pickle.loads(pickle.dumps(parts[1])))
    assert parts[0].findings() == studies(patients)
    parts[0].add("patient 4", [Said(at=TUESDAY)])
    assert parts[0].findings() == studies([*patients, [Said(at=TUESDAY)]])


def test_days_and_hours_are_those_of_the_zone() -> None:
    """22:30 in London on Tuesday is 00:30 on Wednesday two hours east."""
    assert study(Said()).days == {date(2026, 3, 3): 1}
    assert study(Said()).hours[22] == 1
    east = study(Said(), zone=timezone(timedelta(hours=2)))
    assert east.days == {date(2026, 3, 4): 1}
    assert east.week_hours[2][0] == 1


def test_sessions_have_length_and_duration() -> None:
    """A session counts its exchanges and lasts from its first to its last."""
    found = study(
        Said(at=TUESDAY), Said(at=TUESDAY + 600), Said(at=TUESDAY + DAY, session=2), Said(session=3)
    )
    assert [(s.number, s.exchanges, s.seconds) for s in found.sessions] == [
        (1, 2, 600.0), (3, 1, 0.0), (2, 1, 0.0)
    ]  # fmt: skip
    assert (found.first, found.last) == (TUESDAY, TUESDAY + DAY)


def test_sessions_of_two_patients_stay_apart() -> None:
    """Session 1 of one patient and session 1 of another are two sessions."""
    found = studies([[Said(), Said()], [Said()]])
    assert found.patients == 2
    assert sorted(session.exchanges for session in found.sessions) == [1, 2]
    assert found.session_days == {date(2026, 3, 3): 2}


def test_words_keep_their_apostrophes() -> None:
    """A word is letters and digits, with the apostrophes inside it, curly ones made straight."""
    assert words("I don\N{RIGHT SINGLE QUOTATION MARK}t — 'know', naïve 日本! a_b") == [
        "i", "don't", "know", "naïve", "日本", "a", "b"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("My mother hates me.", {"mother"}),
        ("Then my stupid dog died, and I hit my brother", {"dog", "brother"}),
        ("I don't know what you're saying", set()),
        ("DREAMS, dreams and my dream", {"dream"}),
        ("mum's house", {"mother", "house"}),
        ("it is 1984 and 42", set()),
        ("go up to it", set()),
        ("x" * 25, set()),
        ("Ma sœur est malade", {"sœur", "est", "malade"}),
    ],
)
def test_subjects_are_what_a_line_is_about(line: str, about: set[str]) -> None:
    """Words that hold sentences together, numbers and noise are no subjects."""
    assert subjects(line) == about


def test_a_subject_counts_once_for_each_exchange() -> None:
    """Saying a word twice in a line is one exchange about it, and plurals meet their singular."""
    found = study(Said("dream dream"), Said("my dreams", at=TUESDAY + DAY), Said("bosses"))
    assert [(subject.word, subject.exchanges) for subject in found.subjects] == [
        ("dream", 2), ("bosses", 1)
    ]  # fmt: skip
    assert found.subjects[0].days == {date(2026, 3, 3): 1, date(2026, 3, 4): 1}


def test_how_lines_were_answered() -> None:
    """Keywords, memory, fallbacks, the step limit and the unknown are told apart."""
    found = study(
        *(Said(keyword=keyword) for keyword in ("MY", "MY", "DREAM", "MEMORY", "RECALL", "LIMIT")),
        Said("quantum chromodynamics", keyword="NONE"),
        Said("quantum things", keyword="NONE"),
        Said(keyword=""),
    )
    assert found.keywords == {"MY": 2, "DREAM": 1}
    assert found.answered == {"keyword": 3, "fallback": 2, "memory": 2, "limit": 1, "unknown": 1}
    assert found.share("fallback") == pytest.approx(2 / 9)
    assert found.unanswered == {"quantum": 2, "chromodynamics": 1}


def test_replies_given_more_than_once_are_counted() -> None:
    """A reply that came back is named with how often; one given once is not."""
    found = study(Said(doctor="Go on."), Said(doctor="Go on."), Said(doctor="I see."))
    assert found.repeated == {"Go on.": 2}


def test_marked_lines_are_counted() -> None:
    """Lines with a mark are counted whatever the mark says."""
    assert study(Said(mark="care"), Said()).marked == 1


def test_line_lengths_are_kept_by_words() -> None:
    """Lengths are in words, for the patient and the doctor apart; their sums are the words said."""
    found = study(Said("one two three", doctor="one"), Said("one", doctor="one"))
    assert found.patient_lengths == {1: 1, 3: 1}
    assert (found.patient_words, found.doctor_words, found.vocabulary) == (4, 2, 3)


@pytest.mark.parametrize(
    ("counts", "middle"), [({}, 0), ({5: 1}, 5), ({1: 2, 9: 1}, 1), ({1: 2, 4: 2}, 2.5)]
)
def test_median_of_counted_values(counts: dict[int, int], middle: float) -> None:
    """The median is the middle value, or the mean of the two in the middle."""
    assert median(counts) == middle


@pytest.mark.parametrize("at", [1e300, float("nan"), float("inf"), -1e300])
def test_a_time_no_calendar_has_is_shown_as_the_epoch(at: float) -> None:
    """Times out of reach do not stop a reader."""
    assert moment(at, UTC).year == 1970


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            Said,
            patient=st.text(max_size=60),
            doctor=st.text(max_size=60),
            at=st.floats(0, 4e9),
            session=st.integers(1, 5),
            keyword=st.sampled_from(["MY", "NONE", "MEMORY", "LIMIT", ""]),
        )
    )
)
def test_sums_agree(exchanges: list[Said]) -> None:
    """Every way of adding exchanges up gives their number."""
    found = study(*exchanges)
    sums = (
        sum(found.days.values()),
        sum(found.hours),
        sum(session.exchanges for session in found.sessions),
        sum(found.patient_lengths.values()),
        sum(found.answered.values()),
        found.exchanges,
    )
    assert set(sums) == {len(exchanges)}


def test_what_persons_say_and_what_happens_is_not_the_patients() -> None:
    """A person's words are no words of the patient's, a held line has no reply, events are none."""
    found = study(
        Said(),
        Said(patient="", doctor="", keyword="", speaker="Maria", event="taken over"),
        Said(patient="My dog is dead.", doctor="", keyword="", responder="Maria"),
        Said(patient="Xyzzy plugh.", doctor="", keyword="", speaker="Maria"),
    )
    assert found.exchanges == 3
    assert "xyzzy" not in {subject.word for subject in found.subjects}
    assert found.patient_words == 8
    assert found.doctor_words == 6


@given(st.text("ab'7_ -\t.\x1f", max_size=12))
def test_words_of_plain_text_are_those_of_any_text(text: str) -> None:
    """The quick way for plain text finds the same words as the way for any text."""
    assert [*words(text), "\xe9"] == words(f"{text} \xe9")
