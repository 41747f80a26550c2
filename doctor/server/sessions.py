"""The live conversations of a server, and who follows what is said in them: `Sessions`.

Every open connection is known by its client's address from its start to its end, and by its patient
while its session is open. What happens is published to subscribers: each saved exchange
(`SavedExchange`) and what else there is to know (`SessionEvent`). A subscriber takes it in without
waiting, or says that it takes no more and is dropped. The exchanges of one connection come in
order; each has its number, so that a reader can order those of two connections of one patient.

**Threads.** Every method may be called from any thread. `_lock` is held for a few operations on
sets and never while anything waits. `subscribers` is replaced as a whole, never changed: a thread
that saved an exchange tests it and reads it without the lock.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from doctor.patients.names import clean_name, key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from doctor.history.transcript import Exchange
    from doctor.protocol.codes import Reason

#: Marked lines that are remembered for `status`.
MARKED: Final = 50


class LiveConversation(Protocol):
    """One open connection; `doctor.server.handler.DoctorClientHandler` is one."""

    host: str
    address: str
    began: float
    patient_name: str | None
    exchanges: int

    def dismiss(self, reason: Reason, text: str, *, at_once: bool = False) -> None:
        """End the conversation with 421."""

    def notify(self, data: bytes) -> bool:
        """Send a notice between replies; never waits. False where it cannot arrive."""

    def abort(self) -> None:
        """Abort every blocking call on the connection."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the conversation."""


class SavedExchange(NamedTuple):
    """An exchange that is on disk, and the name of its patient, or of its room."""

    patient: str
    exchange: Exchange
    in_room: bool = False


class SessionEvent(NamedTuple):
    """What else happens in a patient's conversation; `fields` depend on `what`."""

    what: str  #: opened, closed, readers, renamed, erased or taken back
    patient: str
    at: float
    fields: Mapping[str, Any]


Happening: TypeAlias = SavedExchange | SessionEvent


class Subscriber(Protocol):
    """Who is told what happens."""

    def offer(self, happened: Happening) -> bool:
        """Take something in and return True, or False to be told nothing more. Never waits."""

    def end(self) -> None:
        """Come to an end: the server stops."""


class Sessions:
    """The live conversations of one server. Iterating visits those that are open now."""

    def __init__(self, on_marked: Callable[[str, Exchange], None] | None = None) -> None:
        """`on_marked` is told the patient's name and each marked exchange; it must not wait."""
        self._on_marked = on_marked
        self._lock = threading.Lock()
        self._open: set[LiveConversation] = set()
        self._by_host: dict[str, set[LiveConversation]] = {}
        self._by_patient: dict[str, set[LiveConversation]] = {}
        self._patients: dict[LiveConversation, str] = {}
        #: Who is told what happens; empty: nothing is to be published.
        self.subscribers: tuple[Subscriber, ...] = ()
        #: The last marked lines since the server's start.
        self.marked: deque[SavedExchange] = deque(maxlen=MARKED)

    # -- conversations -------------------------------------------------------------------------

    def add(self, conversation: LiveConversation) -> None:
        """Add a connection; its patient is not known yet."""
        with self._lock:
            self._open.add(conversation)
            self._by_host.setdefault(conversation.host, set()).add(conversation)

    def open_session(self, conversation: LiveConversation, patient: str) -> None:
        """Note whose session a connection has opened."""
        number = 0
        with self._lock:
            if conversation in self._open:
                self._patients[conversation] = key(patient)
                here = self._by_patient.setdefault(key(patient), set())
                here.add(conversation)
                number = len(here)
        if number:
            self.tell("opened", patient, here=number)

    def rename(self, old: str, new: str) -> None:
        """Note that the history of open sessions has another name now."""
        clean = clean_name(new)
        with self._lock:
            renamed = self._by_patient.pop(key(clean_name(old)), set())
            if renamed:
                self._by_patient.setdefault(key(clean), set()).update(renamed)
            for conversation in renamed:
                self._patients[conversation] = key(clean)
                conversation.patient_name = clean
        self.tell("renamed", old, new=clean)

    def remove(self, conversation: LiveConversation) -> None:
        """Remove a connection; may be called twice."""
        with self._lock:
            if conversation not in self._open:
                return
            self._open.remove(conversation)
            _discard(self._by_host, conversation.host, conversation)
            patient = self._patients.pop(conversation, None)
            if patient is not None:
                _discard(self._by_patient, patient, conversation)
            number = len(self._by_patient.get(patient, ())) if patient is not None else 0
        if patient is not None:
            self.tell("closed", conversation.patient_name or "", here=number)

    def of_host(self, host: str) -> tuple[LiveConversation, ...]:
        """Return the connections from one address."""
        with self._lock:
            return tuple(self._by_host.get(host, ()))

    def of_patient(self, name: str) -> tuple[LiveConversation, ...]:
        """Return the connections whose session is this patient's."""
        return self.of_key(key(clean_name(name)))

    def of_key(self, patient_key: str) -> tuple[LiveConversation, ...]:
        """Return the connections of the patient whose name has this key."""
        with self._lock:
            return tuple(self._by_patient.get(patient_key, ()))

    def keys(self) -> tuple[str, ...]:
        """Return the keys of the patients who have an open session."""
        with self._lock:
            return tuple(self._by_patient)

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._open)

    def __iter__(self) -> Iterator[LiveConversation]:
        """Visit the connections of this moment."""
        with self._lock:
            return iter(tuple(self._open))

    def describe(self) -> list[dict[str, Any]]:
        """Return every connection as plain data for `status`, the oldest first."""
        return [
            {
                "name": one.patient_name,
                "address": one.address,
                "since": one.began,
                "exchanges": one.exchanges,
            }
            for one in sorted(self, key=lambda one: one.began)
        ]

    # -- what happens --------------------------------------------------------------------------

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell a subscriber of everything that happens from now on."""
        with self._lock:
            self.subscribers = (*self.subscribers, subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Tell a subscriber nothing more; may be called twice."""
        with self._lock:
            self.subscribers = tuple(each for each in self.subscribers if each is not subscriber)

    def publish(self, happened: Happening) -> None:
        """Tell every subscriber; drops those that take no more, never waits."""
        if isinstance(happened, SavedExchange) and happened.exchange.mark:
            self.marked.append(happened)
            if self._on_marked is not None:
                self._on_marked(happened.patient, happened.exchange)
        for subscriber in self.subscribers:
            if not subscriber.offer(happened):
                self.unsubscribe(subscriber)

    def tell(self, what: str, patient: str, **fields: Any) -> None:
        """Publish an event, if anybody is to be told."""
        if self.subscribers:
            self.publish(SessionEvent(what, patient, time.time(), fields))

    def close(self) -> None:
        """Let all subscribers come to an end."""
        with self._lock:
            ended, self.subscribers = self.subscribers, ()
        for subscriber in ended:
            subscriber.end()


def _discard(
    index: dict[str, set[LiveConversation]], word: str, conversation: LiveConversation
) -> None:
    """Remove a conversation from an index, and its entry if that is empty then."""
    found = index[word]
    found.discard(conversation)
    if not found:
        del index[word]
