"""Who is talking now, as the server's stream `live` tells it; no user interface.

A `LiveList` is filled by the thread that reads the stream and read by Tk's: `apply` and `rows` may
be called from any thread.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

from client.model.language import plural, tr


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One patient who is here, or whom a person answers."""

    name: str
    here: int = 0  #: connections
    exchanges: int = 0  #: since they came
    readers: tuple[str, ...] = ()
    holder: str = ""
    marked: str = ""  #: when the last marked line was, ISO 8601
    number: int = 0  #: of that line

    @property
    def state(self) -> str:
        """Who reads or answers, in a few words."""
        if self.holder:
            return tr("{holder} answers").format(holder=self.holder)
        names = ", ".join(self.readers)
        read = plural("{names} reads", "{names} read", len(self.readers))
        return read.format(names=names) if self.readers else ""


class LiveList:
    """The patients who are here now, by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, LiveRow] = {}

    @property
    def rows(self) -> list[LiveRow]:
        """The rows: marked ones first, the last mark on top, then by name."""
        with self._lock:
            found = sorted(self._rows.values(), key=lambda row: row.name.casefold())
        return sorted(found, key=lambda row: row.marked, reverse=True)

    def apply(self, event: dict[str, Any]) -> LiveRow | None:
        """Take in an event; return the row of a line that was marked."""
        name = str(event.get("name", ""))
        with self._lock:
            row = self._rows.get(name, LiveRow(name))
            match event.get("event"):
                case "conversations":
                    self._rows = {
                        each["name"]: _with_readers(
                            LiveRow(each["name"], each["here"], each["exchanges"]), each
                        )
                        for each in event["conversations"]
                    }
                case "opened" | "closed":
                    self._put(replace(row, here=event["here"]))
                case "readers":
                    self._put(_with_readers(row, event))
                case "renamed" if name in self._rows:
                    del self._rows[name]
                    self._put(replace(row, name=str(event["new"])))
                case "erased":
                    self._put(replace(row, exchanges=0, marked="", number=0))
                case "exchange":
                    row = replace(row, exchanges=row.exchanges + bool(event["number"]))
                    if event["mark"]:
                        row = replace(row, marked=event["at"], number=event["number"])
                    self._put(row)
                    return row if event["mark"] else None
        return None

    def _put(self, row: LiveRow) -> None:
        """Keep a row as long as somebody is there; with the lock held."""
        if row.here or row.readers:
            self._rows[row.name] = row
        else:
            self._rows.pop(row.name, None)


def _with_readers(row: LiveRow, event: dict[str, Any]) -> LiveRow:
    people = dict.fromkeys(str(each["as"]) for each in event["readers"])
    return replace(row, readers=tuple(people), holder=str(event["holder"]))
