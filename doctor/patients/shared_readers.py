"""People who read along at one server what a patient says at another: `SharedReaders`.

    SharedReaders    who reads where, over all servers; a storage has it where there are several
    ReadingWatcher   this server's readers and conversations, told of what happens elsewhere

A server tells others nothing while nobody there reads. What is said never travels in a notice: it
names a patient and numbers, and the other server reads the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.history.transcript import Exchange


class RemoteReader(NamedTuple):
    """A person who reads at another server; `wanted` is a patient's key, None for all patients."""

    server: int
    number: int  #: of the stream, at that server
    wanted: str | None
    person: str
    since: float
    marked: bool  #: is shown marked lines alone
    attends: bool
    is_announced: bool  #: patients are told of this person
    holds: bool  #: answers in the doctor's place

    def reads(self, patient_key: str) -> bool:
        """Return True if this person is shown what this patient says."""
        return self.wanted in {None, patient_key}


class ReadingWatcher(Protocol):
    """Who is told of other servers; called in the thread that listens to them."""

    def readers_here(self) -> list[RemoteReader]:
        """Return who reads at this server; their `server` means nothing."""

    def hear_readers(self, readers: Sequence[RemoteReader]) -> None:
        """These people read at other servers now."""

    def hear_exchange(self, name: str, exchange: Exchange) -> None:
        """A patient has said something at another server."""

    def hear_entry(self, name: str, exchange: Exchange, sentence: str) -> None:
        """A person at another server has said or done something in a patient's conversation."""

    def hear_event(self, event: dict[str, Any]) -> None:
        """Something else has happened at another server; `event` is what that server told."""


class SharedReaders(Protocol):
    """Who reads which patient over all servers. Any thread may call; only `claim` may wait."""

    def watch(self, watcher: ReadingWatcher) -> None:
        """Tell `watcher` from now on of other servers; called once."""

    def changed(self) -> None:
        """Have the others told who reads here now."""

    def claim(self, reader: RemoteReader) -> str:
        """Let a person of this server hold a patient, and return ""; or who holds already.

        StoreAway, StoreError.
        """

    def forward(self, server: int, patient: str, number: int) -> None:
        """Tell a server that the patient of this key has said something here."""

    def tell_entry(self, patient: str, number: int, sentence: str) -> None:
        """Tell all servers of an exchange by which a person here said or did something."""

    def tell_unrecorded(self, exchange: Exchange, patient: str, sentence: str) -> None:
        """Tell all servers of what a person here did where that is in no history."""

    def tell(self, server: int, event: dict[str, Any]) -> None:
        """Tell a server of something else that has happened here."""
