"""The live conversations of a server, and who follows what is said in them: `Sessions`.

Every open connection is known by its client's address from its start to its end, and by its patient
while its session is open. Each saved exchange is published to the subscriptions:

    with sessions.subscribe() as subscription:
        while (saved := subscription.read()) is not None:
            print(saved.patient, saved.exchange.number)

A subscription holds a bounded number of exchanges. One that is full is dropped and not waited for:
its reader gets what was held, and then `SubscriberDropped`. The exchanges of one connection come in
order; each has its number, so that a reader can order those of two connections of one patient.

**Threads.** Every method may be called from any thread. `_lock` is held for a few operations on
sets and never while anything waits. `subscriptions` is replaced as a whole, never changed: a thread
that saved an exchange tests it and reads it without the lock.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self

from doctor.errors import SubscriberDropped
from doctor.patients.names import clean_name, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.history.transcript import Exchange
    from doctor.protocol.codes import Reason

#: Exchanges that a subscription holds for its reader before it is dropped.
HELD: Final = 1000


class LiveConversation(Protocol):
    """One open connection; `doctor.server.handler.DoctorClientHandler` is one."""

    host: str
    address: str
    began: float
    patient_name: str | None
    exchanges: int

    def dismiss(self, reason: Reason, text: str, *, at_once: bool = False) -> None:
        """End the conversation with 421."""

    def abort(self) -> None:
        """Abort every blocking call on the connection."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the conversation."""


class SavedExchange(NamedTuple):
    """An exchange that is on disk, and the name of its patient."""

    patient: str
    exchange: Exchange


class Subscription:
    """A bounded queue of saved exchanges for one reader; a context manager that ends it.

    `read` and `close` belong to the reader.
    """

    def __init__(self, sessions: Sessions, held: int) -> None:
        self._sessions = sessions
        self._held = held
        self._queue: queue.SimpleQueue[SavedExchange | None] = queue.SimpleQueue()
        self._ended = False
        #: Whether it was full and gets nothing more.
        self.dropped = False

    def offer(self, saved: SavedExchange) -> bool:
        """Take an exchange and return True, or drop this subscription and return False."""
        if self._queue.qsize() < self._held:
            self._queue.put(saved)
            return True
        self.dropped = True
        self.end()
        return False

    def end(self) -> None:
        """Let the reader come to an end after what is held."""
        self._queue.put(None)

    def read(self, seconds: float | None = None) -> SavedExchange | None:
        """Wait for the next exchange; None if the server stops or none came in these seconds.

        Raises `SubscriberDropped` where this reader was too slow.
        """
        if not self._ended:
            try:
                saved = self._queue.get(timeout=seconds)
            except queue.Empty:
                return None
            if saved is not None:
                return saved
            self._ended = True
        if self.dropped:
            raise SubscriberDropped(f"more than {self._held} exchanges were not read")
        return None

    def close(self) -> None:
        """Unsubscribe; may be called twice."""
        self._sessions.unsubscribe(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Sessions:
    """The live conversations of one server. Iterating visits those that are open now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[LiveConversation] = set()
        self._by_host: dict[str, set[LiveConversation]] = {}
        self._by_patient: dict[str, set[LiveConversation]] = {}
        self._patients: dict[LiveConversation, str] = {}
        #: Who follows the saved exchanges; empty: nothing is to be published.
        self.subscriptions: tuple[Subscription, ...] = ()

    # -- conversations -------------------------------------------------------------------------

    def add(self, conversation: LiveConversation) -> None:
        """Add a connection; its patient is not known yet."""
        with self._lock:
            self._open.add(conversation)
            self._by_host.setdefault(conversation.host, set()).add(conversation)

    def open_session(self, conversation: LiveConversation, patient: str) -> None:
        """Note whose session a connection has opened."""
        with self._lock:
            if conversation in self._open:
                self._patients[conversation] = key(patient)
                self._by_patient.setdefault(key(patient), set()).add(conversation)

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

    def of_host(self, host: str) -> tuple[LiveConversation, ...]:
        """Return the connections from one address."""
        with self._lock:
            return tuple(self._by_host.get(host, ()))

    def of_patient(self, name: str) -> tuple[LiveConversation, ...]:
        """Return the connections whose session is this patient's."""
        with self._lock:
            return tuple(self._by_patient.get(key(clean_name(name)), ()))

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

    # -- saved exchanges -----------------------------------------------------------------------

    def subscribe(self, held: int = HELD) -> Subscription:
        """Return a subscription to every exchange saved from now on."""
        subscription = Subscription(self, held)
        with self._lock:
            self.subscriptions = (*self.subscriptions, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; may be called twice."""
        with self._lock:
            self.subscriptions = tuple(
                each for each in self.subscriptions if each is not subscription
            )

    def publish(self, saved: SavedExchange) -> None:
        """Give an exchange to every subscription; drops those that are full, never waits."""
        for subscription in self.subscriptions:
            if not subscription.offer(saved):
                self.unsubscribe(subscription)

    def close(self) -> None:
        """End all subscriptions: their readers come to an end."""
        with self._lock:
            ended, self.subscriptions = self.subscriptions, ()
        for subscription in ended:
            subscription.end()


def _discard(
    index: dict[str, set[LiveConversation]], word: str, conversation: LiveConversation
) -> None:
    """Remove a conversation from an index, and its entry if that is empty then."""
    found = index[word]
    found.discard(conversation)
    if not found:
        del index[word]
