"""The separators that a transcript shows between exchanges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from client.model.exchange import HistoryEntry
from client.model.transcript import Item, ItemKind, exchange_item, separator_between

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
