"""The rows of exchanges: who spoke, and what nobody said."""

from __future__ import annotations

from datetime import datetime

import pytest

from doctor.history.transcript import EVENTS, Exchange
from doctor.server.rows import exchange_rows, format_time

_AT = "2023-11-14T22:13:20.125+00:00"


def said(patient: str = "", doctor: str = "", **more: str) -> Exchange:
    """Return an exchange."""
    return Exchange(7, 1_700_000_000.125, 2, patient, doctor, **more)


def test_an_exchange_of_patient_and_doctor() -> None:
    """The patient's line and the reply are a row each, without names; a mark is in both."""
    head = ("7", _AT, "2", "care")
    assert exchange_rows(said("I am sad.", "Since when?", mark="care")) == [
        (*head, "patient", "I am sad.", ""),
        (*head, "doctor", "Since when?", ""),
    ]


@pytest.mark.parametrize(
    ("exchange", "in_room", "ends"),
    [
        (said("Hello.", speaker="Ada"), True, [("patient", "Hello.", "Ada")]),
        (
            said("Doctor, are you there?", "I am.", speaker="Ada"),
            True,
            [("patient", "Doctor, are you there?", "Ada"), ("doctor", "I am.", "")],
        ),
        (said(doctor="Welcome."), True, [("doctor", "Welcome.", "")]),
        (said("May I?", speaker="Maria"), False, [("person", "May I?", "Maria")]),
        (said("Yes.", responder="Maria"), False, [("patient", "Yes.", "")]),
        (
            said("Yes.", "Good.", responder="Maria"),
            False,
            [("patient", "Yes.", ""), ("person", "Good.", "Maria")],
        ),
        (said(), False, []),
    ],
)
def test_who_spoke(exchange: Exchange, ends: list[tuple[str, str, str]], *, in_room: bool) -> None:
    """Members, persons and the host are told apart, and what is empty has no row."""
    assert [row[4:] for row in exchange_rows(exchange, in_room=in_room)] == ends


@pytest.mark.parametrize("event", EVENTS[1:])
def test_an_event_is_one_row(event: str) -> None:
    """An event has one row, whose text is a sentence and whose name is who did it."""
    (row,) = exchange_rows(said(speaker="Ada", event=event), in_room=True)
    assert (row[0], row[4], row[6]) == ("7", "event", "Ada")
    assert row[5]
    assert "{" not in row[5]


def test_times_can_be_read_again() -> None:
    """A time is the same time for whoever reads it, to the millisecond."""
    assert datetime.fromisoformat(format_time(1_700_000_000.125)).timestamp() == 1_700_000_000.125
