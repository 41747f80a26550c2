"""What the answer to a command means: replies of the server to events; pure.

Answers that change what a session knows of the history, such as `215`, are `client.net.session`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.language import plural, tr
from client.net.events import (
    Found,
    HelplinesFound,
    Replied,
    RoomsFound,
    TakenBack,
    TraceFound,
    explain_refusal,
)
from client.net.lines import parse_history, parse_time, readable_rows, whole_number
from client.net.pending import search_request
from doctor.protocol import codes

if TYPE_CHECKING:
    from client.net.events import Event
    from client.net.pending import Request
    from doctor.protocol import Reply

_SEARCHES: Final = ("/find", "/find-before")


def event_of(asked: Request, reply: Reply) -> Event | None:
    """Return the event of an answer to a command that the client sent; None for any other."""
    match asked.purpose, reply.code:
        case "why", codes.WHY:
            return TraceFound(asked.about, reply.rows, reply.text)
        case "find", codes.FOUND:
            found = tuple(reversed(parse_history(reply.rows)))
            return Found(found, _searched(reply), asked.wanted)
        case "find", _:  # a server that knows no `/find`
            return Found((), 0, asked.wanted)
        case "rooms", _:
            return RoomsFound(tuple(_parse_room(row) for row in reply.rows if len(row) > 1))
        case "helplines", _:
            return HelplinesFound(reply.rows if reply.code == codes.HELPLINES else ())
    return None


def notice_of(reply: Reply, *, locks: bool | None = None) -> Event:
    """Return the event of any other reply.

    `locks` is whether the last secret was not empty, None where the reply is about a room.
    """
    code, rows, text = reply.code, reply.rows, explain_refusal(reply.code, reply.text)
    if locks is None:
        return Replied(code, text, _readable(code, rows))
    if code == codes.TAKEN_BACK:
        return TakenBack(whole_number(reply.field("number") or "") or 0)
    rows = _readable(code, rows)
    locked = {codes.FORGOTTEN: False, codes.PASSPHRASE_CHANGED: locks}.get(code)
    return Replied(code, text, rows, locked)


def _readable(code: int, rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Return rows as people read them."""
    if code == codes.FOUND:
        return readable_rows(parse_history(rows))
    if code == codes.WHO:
        times = [parse_time(row[1]) if len(row) > 1 else None for row in rows]
        return tuple(
            (row[0], tr("since {time}").format(time=f"{at.astimezone():%H:%M}"), *row[2:])
            if at
            else row
            for row, at in zip(rows, times, strict=True)
        )
    if code == codes.ROOMS:
        return tuple(
            (row[0], _members(whole_number(row[1]) or 0), *row[2:]) if len(row) > 1 else row
            for row in rows
        )
    return rows


def _members(number: int) -> str:
    return plural("{number:,} member", "{number:,} members", number).format(number=number)


def further_search(asked: Request, reply: Reply) -> Request | None:
    """Return the command that goes on with a typed search which found nothing so far."""
    name, _, rest = asked.text.partition(" ")
    before = _searched(reply)
    if reply.code != codes.FOUND or len(reply.rows) > 1 or before <= 1 or name not in _SEARCHES:
        return None
    wanted = rest if name == "/find" else rest.partition(" ")[2]
    return search_request(wanted, before, asked.purpose, asked.about)


def _parse_room(row: tuple[str, ...]) -> tuple[str, int, bool]:
    return row[0], whole_number(row[1]) or 0, "passphrase" in row[2:]


def _searched(reply: Reply) -> int:
    return whole_number(reply.field("searched") or "") or 0
