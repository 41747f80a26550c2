"""Record what people who attend say and do, and tell the patient and all readers.

Each method runs in the reader's own thread and waits for nothing but that patient's turn and the
disk. The patient and the readers are told by the thread that commits, once it is on disk.
"""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING

from doctor.errors import DoctorError
from doctor.history.transcript import Exchange
from doctor.patients.names import key
from doctor.server.attending import sentences
from doctor.server.sessions import SavedExchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.doctor import Answer, Doctor
    from doctor.patients.answers import Make
    from doctor.patients.patient import Patient
    from doctor.patients.store import PatientStore
    from doctor.server.attending.reader import AnyReader, Reader
    from doctor.server.sessions import Sessions


class Recorder:
    """Records entries and tells of them; `reading` returns who reads the patient of a key.

    `tell_elsewhere(name, exchange, sentence)` tells other servers, where there are any.
    """

    def __init__(
        self, store: PatientStore, sessions: Sessions, reading: Callable[[str], list[AnyReader]]
    ) -> None:
        self._store, self._sessions, self._reading = store, sessions, reading
        self.tell_elsewhere: Callable[[str, Exchange, str], None] = lambda *_: None

    def fresh(self, reader: Reader) -> Patient:
        """Return the reader's patient, loaded again where that is needed."""
        patient = reader.attended
        if patient.active.doctor is not None:
            return patient
        reader.patient = again = self._store.attend(patient.active.key)
        if reader.holds:
            again.active.holder = reader.person
        patient.close()
        return again

    def record(self, reader: Reader, make: Make, sentence: str = "") -> Exchange:
        """Record what a person says or does, tell the patient and all readers; return it.

        Raises NotSaved and what else `Patient.record_later` reports.
        """
        patient = self.fresh(reader)
        outcomes: queue.SimpleQueue[Exchange | Exception] = queue.SimpleQueue()

        def done(outcome: Exchange | Exception) -> None:
            if isinstance(outcome, Exchange):
                self._publish(patient.name, outcome, sentence)
            outcomes.put(outcome)

        patient.record_later(make, done)
        outcome = outcomes.get()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def record_event(self, reader: Reader, event: str, sentence: str = "") -> int:
        """Record an event and return its number; where that fails the patient is told all the same.

        The number is 0 for what is not in the history.
        """
        try:
            return self.record(reader, event_of(reader.person, event), sentence).number
        except (DoctorError, OSError):
            name = reader.attended.active.key
            self._publish(name, _unrecorded(reader.person, event), sentence)
            return 0

    def _publish(self, name: str, exchange: Exchange, sentence: str) -> None:
        """Tell the patient's connections and all readers; never waits."""
        if self._sessions.subscribers:
            self._sessions.publish(SavedExchange(name, exchange))
        self.tell_patient(key(name), exchange, sentence)
        self.tell_elsewhere(name, exchange, sentence)

    def tell_patient(self, patient_key: str, exchange: Exchange, sentence: str = "") -> None:
        """Tell the connections of a patient what a person said or did; never waits."""
        notice = sentences.notice_of(exchange, sentence)
        for conversation in self._sessions.of_key(patient_key):
            conversation.notify(notice)

    def tell_watched(self, reader: AnyReader, event: str, sentence: str = "") -> None:
        """Tell every patient whom a watcher may read, unless the person reads there already."""
        notice = sentences.notice_of(_unrecorded(reader.person, event), sentence)
        wanted = self._sessions.keys() if reader.wanted is None else (reader.wanted,)
        for patient_key in wanted:
            if not self.reads_too(reader, patient_key):
                for conversation in self._sessions.of_key(patient_key):
                    conversation.notify(notice)

    def reads_too(self, reader: AnyReader, patient_key: str) -> bool:
        """Return True if a person reads a patient by another stream too, and was announced."""
        return any(
            one is not reader and one.is_announced and key(one.person) == key(reader.person)
            for one in self._reading(patient_key)
        )


def event_of(person: str, event: str) -> Make:
    """Return what makes an event; in a history that has not begun it is not recorded."""

    def make(doctor: Doctor, now: float) -> Answer | Exchange:
        answer = doctor.entry(now, doctor.state, speaker=person, event=event)
        return answer if doctor.transcript.last_number else answer.exchange._replace(number=0)

    return make


def _unrecorded(person: str, event: str) -> Exchange:
    return Exchange(0, time.time(), 0, "", "", speaker=person, event=event)
