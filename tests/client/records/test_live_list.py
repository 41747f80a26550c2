"""Who is talking now, as the stream tells it."""

from __future__ import annotations

from typing import Any

from client.records.live_list import LiveList

BY_MARIA: dict[str, Any] = {"readers": [{"as": "Maria"}, {"as": "Maria"}], "holder": "Maria"}
BY_NOBODY: dict[str, Any] = {"readers": [], "holder": ""}


def event(what: str, name: str = "Ada", **fields: Any) -> dict[str, Any]:
    """Return an event of the stream."""
    return {"event": what, "name": name, **fields}


def said(number: int, mark: str = "", name: str = "Ada") -> dict[str, Any]:
    """Return an exchange as it is told without its text."""
    return event("exchange", name, number=number, mark=mark, at=f"2026-03-03T10:00:{number:02}")


def test_rows_come_and_go() -> None:
    """A row is there while a connection is, or somebody who reads."""
    people = LiveList()
    row = {"name": "Bob", "here": 2, "exchanges": 7, **BY_NOBODY}
    people.apply({"event": "conversations", "conversations": [row]})
    people.apply(event("opened", here=1))
    assert [(each.name, each.here, each.exchanges) for each in people.rows] == [
        ("Ada", 1, 0),
        ("Bob", 2, 7),
    ]
    people.apply(event("readers", **BY_MARIA))
    people.apply(event("closed", here=0))
    assert [(each.name, each.state) for each in people.rows] == [
        ("Ada", "Maria answers"),
        ("Bob", ""),
    ]
    people.apply(event("readers", **{**BY_MARIA, "holder": ""}))
    assert people.rows[0].state == "Maria reads"
    people.apply(event("readers", **BY_NOBODY))
    assert [each.name for each in people.rows] == ["Bob"]


def test_a_marked_line_is_returned_and_comes_first() -> None:
    """The row of a marked line is told, and is above the others; an event counts as no line."""
    people = LiveList()
    for name in ("Ada", "Bob", "Cy"):
        people.apply(event("opened", name, here=1))
    assert people.apply(said(1)) is None
    assert people.apply(said(0)) is None
    marked = people.apply(said(2, "care", "Cy"))
    assert marked is not None
    assert (marked.name, marked.number) == ("Cy", 2)
    people.apply(said(3, "care", "Bob"))
    assert [(each.name, each.exchanges) for each in people.rows] == [
        ("Bob", 1),
        ("Cy", 1),
        ("Ada", 1),
    ]


def test_renamed_erased_and_unknown() -> None:
    """A new name takes the row over, an erased history begins anew, the rest changes nothing."""
    people = LiveList()
    people.apply(event("opened", here=1))
    people.apply(said(1, "care"))
    people.apply(event("renamed", new="Grace"))
    people.apply(event("renamed", "Nobody", new="Somebody"))
    people.apply(event("surprise", "Grace"))
    assert [(each.name, each.number) for each in people.rows] == [("Grace", 1)]
    people.apply(event("erased", "Grace"))
    assert [(each.exchanges, each.marked) for each in people.rows] == [(0, "")]
