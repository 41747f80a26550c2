"""People who read at other servers, and what is told between the servers: `Elsewhere`.

Where several servers have the same patients, a person may read at one what a patient says at
another. Every server knows all readers (`doctor.patients.shared_readers`):

    a person comes to read      every server tells its own conversations, then begins to forward
    a patient says something    the patient's server names it to those servers where somebody reads
    a person says something     it is recorded at the person's server; all servers tell their own
                                conversations and readers
    a person holds              every server sets `ActivePatient.holder`
    a server dies               the others tell the patients that its people have left

While nobody reads elsewhere nothing is done for an exchange. Members of a room are not read along.

**Threads.** `offer` and `changed` may be called from any thread and never wait; what
hears is called by the thread that listens to other servers.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from doctor.history.transcript import Exchange
from doctor.patients.names import key
from doctor.patients.shared_readers import RemoteReader
from doctor.server.attending import sentences
from doctor.server.attending.reader import Reader, keys_of
from doctor.server.sessions import SavedExchange, SessionEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doctor.patients.store import PatientStore
    from doctor.server.attending.recorder import Recorder
    from doctor.server.sessions import Happening, Sessions


class Elsewhere:
    """The other servers, as far as people read there or here; a subscriber of `Sessions`."""

    def __init__(
        self,
        store: PatientStore,
        sessions: Sessions,
        recorder: Recorder,
        here: Callable[[], list[Reader]],
        tell_readers: Callable[[str | None], None],
    ) -> None:
        """`here` returns this server's readers.

        `tell_readers` tells them who reads now the patient of a key, or all patients.
        """
        self._store, self._sessions, self._recorder = store, sessions, recorder
        self._here, self._tell_readers = here, tell_readers
        #: Who reads at other servers; replaced as a whole.
        self.readers: tuple[RemoteReader, ...] = ()
        self._left: set[tuple[str, str]] = set()  # patient and person: they said that they leave
        self._shared = store.storage.readers
        if self._shared is not None:
            recorder.tell_elsewhere = self._tell_entry
            self._shared.watch(self)

    # --- for this server's people ---

    def changed(self) -> None:
        """Tell the other servers who reads here now."""
        if self._shared is not None:
            self._shared.changed()

    def claim(self, reader: Reader) -> str:
        """Let a person of this server hold a patient, and return ""; or who holds already."""
        return "" if self._shared is None else self._shared.claim(_note(reader))

    def _tell_entry(self, name: str, exchange: Exchange, sentence: str) -> None:
        """Tell the other servers of what a person said or did here; never waits."""
        if self._shared is None:
            return
        if exchange.number:
            self._shared.tell_entry(key(name), exchange.number, sentence)
        else:
            self._shared.tell_unrecorded(exchange, name, sentence)

    def holder_of(self, patient_key: str) -> str:
        """Return the person at another server who holds this patient, or ""."""
        found = (one.person for one in self.readers if one.holds and one.wanted == patient_key)
        return next(found, "")

    # --- a subscriber, while somebody reads elsewhere ---

    def offer(self, happened: Happening) -> bool:
        """Name what happened to the servers where somebody reads it."""
        shared = self._shared
        if shared is None:
            return False
        if isinstance(happened, SavedExchange):
            exchange, patient = happened.exchange, key(happened.patient)
            if not (happened.in_room or exchange.speaker):  # a person's entry all servers are told
                for server in self._servers((patient,), marked=bool(exchange.mark)):
                    shared.forward(server, patient, exchange.number)
        elif happened.what != "readers":  # each server tells its own
            event = happened._asdict() | {"fields": dict(happened.fields)}
            for server in self._servers(keys_of(happened), marked=False):
                shared.tell(server, event)
        return True

    def _servers(self, patients: tuple[str, ...], *, marked: bool) -> set[int]:
        """Return the servers where somebody is to see what happened with these patients."""
        return {
            one.server
            for one in self.readers
            if (one.wanted is None or one.wanted in patients) and (marked or not one.marked)
        }

    def end(self) -> None:
        """Do nothing: the server stops."""

    # --- in the thread that listens ---

    def readers_here(self) -> list[RemoteReader]:
        """Return who reads at this server."""
        return [_note(reader) for reader in self._here()]

    def hear_readers(self, readers: Sequence[RemoteReader]) -> None:
        """Tell patients and readers who has come and gone; nothing is forwarded before that."""
        before, self.readers = self.readers, tuple(readers)
        known, now = {one[:2]: one for one in before}, {one[:2] for one in readers}
        self._set_holders(before)
        fresh = [one for one in readers if one[:2] not in known]
        for one in fresh:
            self._left.discard((one.wanted or "", one.person))
        for one in readers:
            is_told = one[:2] in known and known[one[:2]].is_announced
            if one.is_announced and not (one.attends or is_told):
                sentence = sentences.READS_MARKED if one.marked else ""
                self._recorder.tell_watched(one, "reading", sentence)
        for one in before:
            if one[:2] not in now:
                self._tell_gone(one)
        if bool(before) != bool(readers):
            (self._sessions.subscribe if readers else self._sessions.unsubscribe)(self)
        for one in fresh:
            self._tell_who_is_here(one)
        for wanted in {one.wanted for one in {*before} ^ {*readers}}:
            self._tell_readers(wanted)

    def _set_holders(self, before: tuple[RemoteReader, ...]) -> None:
        """Let patients in memory wait for the people who hold them elsewhere, or no longer."""
        held = {one.wanted: one.person for one in self.readers if one.holds}
        freed = {one.wanted for one in before if one.holds} - held.keys()
        freed -= {one.wanted for one in self._here() if one.holds}
        for active in self._store.actives():
            if active.key in held:
                active.holder = held[active.key]
            elif active.key in freed:
                active.holder = ""

    def _tell_gone(self, one: RemoteReader) -> None:
        """Tell that somebody has left elsewhere, where that person's server has not."""
        if not one.is_announced:
            return
        if not one.attends:
            self._recorder.tell_watched(one, "left")
        elif (told := (one.wanted or "", one.person)) in self._left:
            self._left.discard(told)
        else:
            for event in ("returned", "left") if one.holds else ("left",):
                gone = Exchange(0, time.time(), 0, "", "", speaker=one.person, event=event)
                self._recorder.tell_patient(one.wanted or "", gone)

    def _tell_who_is_here(self, one: RemoteReader) -> None:
        """Tell the server of somebody new that this one patient is here."""
        here = self._sessions.of_key(one.wanted) if one.wanted is not None else ()
        if here and self._shared is not None:
            opened = SessionEvent("opened", here[0].patient_name or "", time.time(), {})
            event = opened._asdict() | {"fields": {"here": len(here)}}
            self._shared.tell(one.server, event)

    def hear_exchange(self, name: str, exchange: Exchange) -> None:
        """Show this server's readers what a patient said elsewhere."""
        self._show(SavedExchange(name, exchange))

    def hear_entry(self, name: str, exchange: Exchange, sentence: str) -> None:
        """Tell this server's conversations and readers what a person said or did elsewhere."""
        told = (key(name), exchange.speaker)
        if exchange.event == "left" and told in {(one.wanted, one.person) for one in self.readers}:
            self._left.add(told)
        self._recorder.tell_patient(key(name), exchange, sentence)
        self._show(SavedExchange(name, exchange))

    def hear_event(self, event: dict[str, Any]) -> None:
        """Show this server's readers what else happened elsewhere."""
        happened = SessionEvent(event["what"], event["patient"], event["at"], dict(event["fields"]))
        if happened.what == "renamed":
            old, *new = keys_of(happened)
            for reader in self._here():
                if reader.wanted == old:
                    reader.wanted = new[0]
            self.changed()
        self._show(happened)

    def _show(self, happened: Happening) -> None:
        for one in self._sessions.subscribers:
            if isinstance(one, Reader) and one.texts and not one.offer(happened):
                self._sessions.unsubscribe(one)


def _note(reader: Reader) -> RemoteReader:
    """Return what other servers are to know of a reader."""
    return RemoteReader(
        0,
        reader.number,
        reader.wanted,
        reader.person,
        reader.since,
        reader.marked,
        reader.attends,
        reader.is_announced,
        reader.holds,
    )
