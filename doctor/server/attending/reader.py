"""One person at the control socket who reads along: `Reader`, and what its stream says.

A stream says JSON objects with a field `event`; every other field depends on that:

    begun            the first one: `do`, `name`, `as`; where it is about one patient `here`, and of
                     an attended one `last`
    conversations    of `live`: who is here now, a list of `name`, `since`, `exchanges`, `readers`
                     and `holder`
    history          earlier `exchanges`, each with the fields of the next row
    exchange         something was recorded: `name` (of the patient), `number` (0: it is not in the
                     history), `at`, `session`, `patient`, `doctor`, `mark`, `speaker`, `responder`
                     and `what` (an event of the history, or "") with its `sentence`; `live` has
                     `name`, `number`, `at` and `mark` alone, no text
    opened, closed   a connection of `name`, at `at`; `here` is how many there are now
    readers          who reads `name` now: `readers` (`as`, `since`, `attends`) and `holder`
    renamed, erased  what became of the history of `name`; `new` is its other name
    taken back       the patient took the exchange of this `number` back
    done, refused    the answer to a command: `do`, and `number` (0: none), or `error` and `why`
    waiting          a line waits for the holder, who has `seconds` to answer it
    end              the last one: `why`

An exchange may come both in a `history` and by itself; its number tells.

`offer` is called by any thread and never waits: what is offered becomes JSON in the stream's own
thread. The rest belongs to that thread.
"""

from __future__ import annotations

import itertools
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from doctor.history.events import describe_event
from doctor.history.marks import read_mark
from doctor.patients.names import key
from doctor.server.rows import format_time
from doctor.server.sessions import SavedExchange

if TYPE_CHECKING:
    from doctor.control import ServerStream
    from doctor.history.transcript import Exchange
    from doctor.patients.patient import Patient
    from doctor.server.sessions import Happening, SessionEvent


_NUMBERS: Final = itertools.count(1)


class AnyReader(Protocol):
    """What is known of a person who reads, at this server or at another one."""

    @property
    def person(self) -> str:
        """The person's name."""

    @property
    def since(self) -> float:
        """When the person came."""

    @property
    def wanted(self) -> str | None:
        """The key of the one patient it is about; None for all patients."""

    @property
    def marked(self) -> bool:
        """Whether marked lines alone are shown."""

    @property
    def attends(self) -> bool:
        """Whether the person attends one patient."""

    @property
    def is_announced(self) -> bool:
        """Whether patients were told of this person."""

    @property
    def holds(self) -> bool:
        """Whether this person answers in the doctor's place."""

    def reads(self, patient_key: str) -> bool:
        """Return True if this person is shown what this patient says."""


class Reader:
    """A stream and what it is about; a subscriber of `Sessions`.

    `patient` is there for who attends. `wanted` is the key of the one patient it is about, None for
    all patients.
    """

    __slots__ = (
        *("hold_time", "holds", "is_announced", "marked", "number", "patient", "person", "since"),
        *("stream", "texts", "wanted"),
    )

    def __init__(
        self,
        stream: ServerStream,
        person: str,
        wanted: str | None = None,
        *,
        texts: bool = True,
        marked: bool = False,
        hold_time: float = 0.0,
    ) -> None:
        self.stream, self.person, self.wanted = stream, person, wanted
        self.texts, self.marked, self.hold_time = texts, marked, hold_time
        self.since = time.time()
        self.number = next(_NUMBERS)  #: tells it from other readers of this server
        self.patient: Patient | None = None
        #: Whether patients were told of this person.
        self.is_announced = False
        #: Whether this person answers in the doctor's place.
        self.holds = False

    @property
    def attends(self) -> bool:
        """Whether this person attends one patient."""
        return self.patient is not None

    @property
    def attended(self) -> Patient:
        """The patient whom this person attends."""
        assert self.patient is not None  # noqa: S101 - asked for who attends alone
        return self.patient

    def reads(self, patient_key: str) -> bool:
        """Return True if this person is shown what this patient says."""
        return self.texts and self.wanted in {None, patient_key}

    def offer(self, happened: Happening) -> bool:
        """Put what happened into the stream, if it is about that; False where the stream ends."""
        if self.wanted is not None and self.wanted not in keys_of(happened):
            return True
        if not isinstance(happened, SavedExchange):
            return self.marked or self.stream.put(partial(_describe_event, happened))
        exchange = happened.exchange
        # Members of a room were not told of a reader: that a line was marked is all that is told.
        if happened.in_room and (self.texts or not exchange.mark):
            return True
        if self.marked and not exchange.mark:
            return True
        encode = describe_exchange if self.texts else _describe_briefly
        if not self.stream.put(partial(encode, happened.patient, exchange)):
            return False
        if self.holds and exchange.responder == self.person:
            self._expect_answer()
        return True

    def end(self) -> None:
        """End the stream: the server stops."""
        self.stream.end("the server is stopping")

    def _expect_answer(self) -> None:
        """Begin to wait for this person's answer, unless an earlier line waits already."""
        if self.stream.alarm is None:
            self.stream.alarm = time.monotonic() + self.hold_time
            self.stream.tell("waiting", seconds=self.hold_time)


def describe_reader(one: AnyReader) -> dict[str, Any]:
    """Return who reads, as plain data."""
    return {"as": one.person, "since": format_time(one.since), "attends": one.attends}


def keys_of(happened: Happening) -> tuple[str, ...]:
    """Return the keys of whom it is about; what was renamed has two."""
    if isinstance(happened, SavedExchange) or happened.what != "renamed":
        return (key(happened.patient),)
    return key(happened.patient), key(str(happened.fields.get("new", "")))


def _describe_event(happened: SessionEvent) -> dict[str, Any]:
    event = {"event": happened.what, "name": happened.patient, "at": format_time(happened.at)}
    return {**event, **happened.fields}


def describe_exchange(name: str, exchange: Exchange) -> dict[str, Any]:
    """Return an exchange of this patient as plain data."""
    mark = read_mark(exchange.mark)
    return {
        "event": "exchange",
        "name": name,
        "number": exchange.number,
        "at": format_time(exchange.at),
        "session": exchange.session,
        "patient": exchange.patient,
        "doctor": exchange.doctor,
        "mark": mark.word,
        "kind": mark.kind,
        "tier": mark.tier,
        "speaker": exchange.speaker,
        "responder": exchange.responder,
        "what": exchange.event,
        "sentence": describe_event(exchange.event, exchange.speaker or name),
    }


def _describe_briefly(name: str, exchange: Exchange) -> dict[str, Any]:
    mark = read_mark(exchange.mark)
    return {
        "event": "exchange",
        "name": name,
        "number": exchange.number,
        "at": format_time(exchange.at),
        "mark": mark.word,
        "kind": mark.kind,
        "tier": mark.tier,
    }
