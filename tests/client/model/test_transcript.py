"""The separators that a transcript shows between exchanges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from client.model.exchange import HistoryEntry
from client.model.transcript import (
    Item,
    ItemKind,
    exchange_item,
    separator_between,
    stored_entries,
)

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _said(at: datetime = _NOON, session: int = 1) -> Item:
    return exchange_item(HistoryEntry(1, at, session, "", "hello", "why?"))


def test_a_day_begins_with_its_name() -> None:
    """The first item, and the first item of another day, follow a line with the day."""
    assert (first := separator_between(None, _said())) is not None
    assert first.kind is ItemKind.DAY
    assert (next_day := separator_between(_said(), _said(_NOON + timedelta(days=1)))) is not None
    assert next_day.kind is ItemKind.DAY


def test_two_sessions_of_a_day_have_a_pause_between() -> None:
    """Two sessions of one day have a separator; two exchanges of one session have none."""
    assert (pause := separator_between(_said(), _said(session=2))) is not None
    assert pause.kind is ItemKind.PAUSE
    assert separator_between(_said(), _said()) is None


def test_a_remark_stands_where_it_is() -> None:
    """A notice of the program begins no day."""
    assert separator_between(None, Item(ItemKind.NOTICE, _NOON)) is None


def test_what_a_person_said_is_saved_as_the_persons() -> None:
    """The names of those who spoke, and what happened, go through the screen into what is saved."""
    told = [
        HistoryEntry(1, _NOON, 1, "", "hello", "", "", "", ""),
        HistoryEntry(2, _NOON, 1, "", "I am here.", "", "Maria", "", ""),
        HistoryEntry(3, _NOON, 1, "", "thanks", "Tell me.", "", "Maria", ""),
        HistoryEntry(4, _NOON, 1, "", "", "", "", "", "the doctor is back"),
        HistoryEntry(5, _NOON, 1, "taken-back", "", ""),
    ]
    items = [exchange_item(entry) for entry in told]
    assert stored_entries(items) == told
    assert [item.lines for item in items] == [2, 2, 4, 1, 1]
    assert items[1].speaker == "Maria (a person)"
