"""A patient's connection to the store: what a handler, or a test, holds while a patient talks.

Any thread may call a `Patient`; each call waits for its patient's turn and for nobody else's.
`say_later` calls `done` in the calling thread or in the one that commits. `on_gone` is called in
the thread that forgets.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from doctor.errors import NotSaved, StoreError, UnknownPatient, WrongPassphrase
from doctor.patients import passphrase
from doctor.patients.active import reason
from doctor.patients.files import disk
from doctor.patients.files.commit_log import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.doctor import Doctor
    from doctor.history.transcript import Exchange
    from doctor.patients.active import Entry
    from doctor.patients.store import PatientStore


class Patient:
    """One connection of one patient."""

    __slots__ = ("_closed", "_entry", "_store", "_unlocked", "gone", "on_gone")

    def __init__(self, store: PatientStore, entry: Entry) -> None:
        self._store = store
        self._entry = entry
        #: The passphrase record whose passphrase this connection gave or set.
        self._unlocked: bytes | None = None
        self._closed = False
        #: Forgotten by another connection or the operator.
        self.gone = False
        #: Called once when that happens, in the thread that forgets.
        self.on_gone: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _doctor(self) -> Doctor:
        doctor = self._entry.doctor
        if doctor is None:
            raise StoreError("this history is closed")
        return doctor

    @property
    def name(self) -> str:
        """The name as it was first given."""
        return self._doctor().name

    @property
    def last_number(self) -> int:
        """The number of the last exchange, 0 before the first."""
        return self._doctor().transcript.last_number

    @property
    def begun(self) -> float | None:
        """When the first exchange was, None before it: two histories never begin alike."""
        return self._doctor().summary.first_seen

    @property
    def protected(self) -> bool:
        """Whether a passphrase protects this history."""
        return self._doctor().lock is not None

    @property
    def locked(self) -> bool:
        """Whether a passphrase protects this history and this connection has not given that one."""
        return self._doctor().lock not in {None, self._unlocked}

    def _check(self) -> Doctor:
        """Return the Doctor, where this connection may use it now; with the turn held."""
        doctor = self._entry.doctor
        if self.gone or self._closed:
            raise UnknownPatient("this history was erased from elsewhere")
        if self._entry.closed:
            raise StoreError("the histories are closed")
        if doctor is None:
            raise UnknownPatient("this history has to be read anew; come in again")
        if doctor.lock is not None and doctor.lock != self._unlocked:
            raise WrongPassphrase("this history is protected by a passphrase now")
        return doctor

    def unlock(self, given: str) -> None:
        """Give the passphrase; WrongPassphrase where it is another. Slow by intent."""
        lock = self._doctor().lock
        if lock is not None and not passphrase.matches(lock, given):
            raise WrongPassphrase("that is not the passphrase of this history")
        self._unlocked = lock

    def set_passphrase(self, new: str) -> None:
        """Protect the history with a passphrase, or with an empty one no longer.

        Slow by intent. NotSaved where it could not be kept: then the old state stands.
        """
        lock = passphrase.make(new) if new else None
        entry, store = self._entry, self._store
        with entry.turn:
            self._check()
            try:
                store._commits.checkpoint()
                entry.protect(lock, store._shelf)
            except OSError as error:
                raise NotSaved(reason(error)) from error
            self._unlocked = lock

    def greeting(self) -> str:
        """Return what the doctor says first; a visit begins, unless the patient is here already."""
        entry, store = self._entry, self._store
        with entry.turn:
            doctor = self._check()
            if doctor.machine is not store.machine:
                doctor.attach(store.machine)
            session = doctor.session
            text = doctor.greeting(store._clock())
            if len(entry.patients) > 1 and session == doctor.summary.sessions:
                doctor.session = session
            return text

    def say(self, line: str) -> Exchange:
        """Say a line; the exchange is on disk when it returns.

        An empty line is answered and not recorded: its exchange has the number 0.
        NotSaved where it could not be kept: then it was not said.
        """
        gate = threading.Lock()
        gate.acquire()
        told: list[Exchange | Exception] = []

        def done(result: Exchange | Exception) -> None:
            told.append(result)
            gate.release()

        self.say_later(line, done)
        gate.acquire()
        if isinstance(told[0], Exception):
            raise told[0]
        return told[0]

    def say_later(self, line: str, done: Callable[[Exchange | Exception], None]) -> None:
        """Say a line; `done` is called with the exchange once it is on disk, or with NotSaved.

        With another error where there was a fault: whether it was said tells the next visit only.

        `done` is called exactly once, in this thread, maybe before this returns, or in the one that
        commits: it must be quick and must not call the patient or the store. Where this raises
        instead (the patient is gone or locked, the store closed), it is not called.
        """
        entry, store = self._entry, self._store
        now = store._clock()
        empty = not line.strip()
        entry.turn.acquire()
        try:
            doctor = self._check()
            if empty:
                exchange = doctor.reply(line, now).exchange._replace(number=0)
            else:
                said = entry.say(doctor, line, store.machine, now, store._shelf)
        except NotSaved as error:
            entry.turn.release()
            store._not_saved += 1
            done(error)
            return
        except BaseException:
            entry.turn.release()
            raise
        if empty:
            entry.turn.release()
            done(exchange)
            return

        def committed(error: Exception | None) -> None:
            try:
                if error is None:
                    entry.kept(doctor, said, store._shelf)
                else:
                    entry.undo(said.size, store._shelf)
            except OSError as problem:
                store._commits.begin_anew()  # the exchange must not come back from the log
                error = NotSaved(reason(problem))
            except Exception as fault:  # noqa: BLE001 - this patient's visits end, and nobody else's
                store._log.exception("a fault in keeping an exchange; %s is read anew", entry.file)
                store._commits.begin_anew()
                entry.doctor = None
                error = fault
            finally:
                store._not_saved += error is not None
                entry.turn.release()
            done(said.answer.exchange if error is None else error)

        store._commits.submit(
            Job(entry.file, said.answer.exchange.number, not said.size, said.data, committed)
        )

    def history(self, n: int, before: int | None = None) -> list[Exchange]:
        """Return the last `n` exchanges, those below number `before` where it is given."""
        entry = self._entry
        with entry.turn:
            self._check()
            if not entry.size:
                return []
            path = self._store._shelf.path(entry.file)
        transcript = disk.read(path).history
        return transcript.last(n) if before is None else transcript.before(before, n)

    def why(self) -> Any:
        """Return the Trace of the last reply that was given since this patient came in, or None."""
        with self._entry.turn:
            return self._check().why()

    def forget(self) -> None:
        """Erase this history; this connection goes on with a new one, others are told."""
        with self._entry.turn:
            others = self._store._forget(self._entry, self._check().name, self)
        self._store._tell(others)

    def close(self) -> None:
        """Leave. May be called twice."""
        with self._entry.turn:  # what this connection said last is kept or undone by now
            with self._store._lock:
                if self._closed:
                    return
                self._closed = True
                if self not in self._entry.patients:
                    return  # the store was closed
                self._entry.patients.remove(self)
            self._store._leave(self._entry)
