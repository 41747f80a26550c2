"""One connection of a patient to the store; a handler has it while the patient talks.

Any thread may call a `Patient`; each call waits for its patient's turn and for nobody else's.
`say_later` calls `done` in the calling thread or in the one that commits.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from doctor.doctor import Answer
from doctor.errors import (
    NotSaved,
    StoreError,
    UnknownPatient,
    WrongNumber,
    WrongPassphrase,
)
from doctor.patients import answers
from doctor.patients.base import KEPT, NotKept, Repeated, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doctor.doctor import AnyMachine, Doctor
    from doctor.history.searching import TextBlock
    from doctor.history.transcript import Exchange
    from doctor.patients.active import ActivePatient
    from doctor.patients.answers import Done, Make
    from doctor.patients.base import Outcome, Storage
    from doctor.patients.passphrase import PassphraseChecker

_LOG: Final = logging.getLogger("doctor.patients")


#: What the doctor says first where the script's greeting fails.
PLAIN_GREETING: Final = "How do you do. Please tell me your problem."


class Owner(Protocol):
    """What a `Patient` needs of the store that let it in."""

    storage: Storage
    passphrases: PassphraseChecker
    clock: Callable[[], float]

    def machine_for(self, active: ActivePatient) -> AnyMachine:
        """Return who answers this patient, or in this room."""

    def forget_for(self, patient: Patient) -> None:
        """Erase the history of this connection and tell the patient's other connections."""

    def leave(self, patient: Patient) -> None:
        """Take out a connection that is closed; called with its patient's turn held."""

    def lose(self, active: ActivePatient) -> None:
        """Tell every connection of a patient that the history is no longer there."""

    def count_not_saved(self) -> None:
        """Count an exchange that was not saved."""


class Patient:
    """One connection of one patient."""

    __slots__ = (
        *("_closed", "_store", "_unlocked", "active", "gone", "is_operator", "life", "on_gone"),
    )

    def __init__(
        self,
        store: Owner,
        active: ActivePatient,
        on_gone: Callable[[], None] | None = None,
        *,
        is_operator: bool = False,
    ) -> None:
        self._store = store
        #: Whether this is somebody who attends the patient: no passphrase is asked for.
        self.is_operator = is_operator
        self.active = active
        #: Tells the history that is in memory from one of the same name that was erased before.
        self.life = active.life
        #: The passphrase record whose passphrase this connection gave or set.
        self._unlocked: bytes | None = None
        self._closed = False
        #: Forgotten by another connection or the operator.
        self.gone = False
        #: Called once when that happens, in the thread that forgets.
        self.on_gone = on_gone

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _doctor(self) -> Doctor:
        doctor = self.active.doctor
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

    def check(self) -> Doctor:
        """Return the Doctor, where this connection may use it now; with the turn held."""
        active = self.active
        doctor = active.doctor
        if self.gone or self._closed:
            raise UnknownPatient("this history was erased from elsewhere")
        if active.closed:
            raise StoreError("the histories are closed")
        if doctor is None:
            raise UnknownPatient("this history has to be read anew; come in again")
        if doctor.lock not in {None, self._unlocked} and not self.is_operator:
            raise WrongPassphrase("this history is protected by a passphrase now")
        return doctor

    def unlock(self, given: str) -> None:
        """Give the passphrase; WrongPassphrase where it is another. Slow by intent."""
        lock = self._doctor().lock
        if lock is not None and not self._store.passphrases.matches(lock, given):
            raise WrongPassphrase("that is not the passphrase of this history")
        self._unlocked = lock

    def set_passphrase(self, new: str, require: Callable[[], None] | None = None) -> None:
        """Protect the history with a passphrase, or with an empty one no longer.

        `require` is called with the turn held; where it raises nothing is changed.
        Slow by intent. NotSaved where it could not be kept: then nothing is changed.
        """
        store = self._store
        lock = store.passphrases.make(new) if new else None
        with self.active.turn:
            self.check()
            if require is not None:
                require()
            store.storage.protect(self.active, lock)
            self._unlocked = lock

    def greeting(self) -> str:
        """Return what the doctor says first; a visit begins, unless the patient is here already."""
        active, store = self.active, self._store
        with active.turn:
            doctor = self.check()
            machine = store.machine_for(active)
            if doctor.machine is not machine:
                doctor.attach(machine)
            session = doctor.session
            try:
                text = doctor.greeting(store.clock())
            except Exception:  # noqa: BLE001 - the visit can begin all the same
                _LOG.exception("a fault in greeting a patient")
                text = PLAIN_GREETING
            if len(active.patients) > 1 and session == doctor.summary.sessions:
                doctor.session = session
            return text

    def say(self, line: str, number: int = 0) -> Exchange:
        """Say a line; the exchange is stored when it returns.

        An empty line is answered and not recorded: its exchange has the number 0.
        NotSaved where it could not be kept: then it was not said. For `number` see `say_later`.
        """
        return answers.wait_for(lambda done: self.say_later(line, done, number))

    def record(self, make: Make) -> Exchange:
        """Record an entry, see `record_later`; it is stored when this returns. NotSaved."""
        return answers.wait_for(lambda done: self.record_later(make, done))

    def say_later(self, line: str, done: Done, number: int = 0) -> None:
        """Say a line; `done` is called with the exchange once it is stored, or with NotSaved.

        While a person holds the patient (`ActivePatient.holder`) the line waits for that person:
        the exchange has this `responder` and no reply. A line that the doctor would mark is
        answered by the doctor at once all the same: the careful answer waits for nobody.

        With another error where there was a fault: whether it was said tells the next visit only.

        With a `number` the line is recorded under this number or not at all. If the exchange of
        this number is this line, it was recorded before: `done` gets it as `Repeated`. Otherwise
        WrongNumber. So a line that is sent again after a lost connection is recorded once.

        `done` is called exactly once, in this thread, maybe before this returns, or in the one that
        commits: it must be quick and must not call the patient or the store. Where this raises
        instead (the patient is gone or locked, the store closed), it is not called.
        """
        self._begin(line, now=self._store.clock(), done=done, number=number)

    def record_later(self, make: Make, done: Done) -> None:
        """Record an entry that is no line of this patient: of a room, or of who attends one.

        `make(doctor, now)` is called with the turn held, in this thread or another one; it changes
        nothing and returns an Answer, mostly `Doctor.entry`, or the Exchange to call `done` with
        where nothing is to be recorded. Where another server was quicker it is called again, with
        the doctor as it is then. A DoctorError of it is raised here or given to `done`, any other
        error is a fault: NotSaved.

        Everything else is as it is with `say_later`.
        """
        self._begin(make, now=self._store.clock(), done=done, number=0)

    def _begin(self, wanted: str | Make, now: float, done: Done, number: int) -> None:
        """Take the turn and record a line, or what `wanted` makes."""
        active = self.active
        active.turn.acquire()
        try:
            doctor = self.check()
            made = self._make(doctor, wanted, now, number)
            if isinstance(made, Answer):
                self._submit(doctor, made, wanted, done, number)
                return
        except NotSaved as error:
            active.turn.release()
            self._store.count_not_saved()
            done(error)
            return
        except BaseException:
            active.turn.release()
            raise
        active.turn.release()
        done(made)

    def _make(
        self, doctor: Doctor, wanted: str | Make, now: float, number: int
    ) -> Answer | Exchange:
        """Return what is to be stored, or an exchange where nothing is; with the turn held."""
        machine = self._store.machine_for(self.active)
        if doctor.machine is not machine:
            doctor.attach(machine)
        if not isinstance(wanted, str):
            return answers.entry(doctor, wanted, now)
        if number and (found := self._find_said(doctor, wanted, number)):
            return found
        if not wanted.isascii():
            # What is no Unicode text (half a surrogate pair) becomes a question mark.
            wanted = wanted.encode("utf-8", "replace").decode()
        answer, holder = answers.answer(doctor, wanted, now), self.active.holder
        if holder and not answer.exchange.mark:  # a marked line never waits for a person
            return answers.held(doctor, wanted, now, holder)
        return answer if wanted.strip() else answer.exchange._replace(number=0)

    def _find_said(self, doctor: Doctor, line: str, number: int) -> Repeated | None:
        """Return the exchange if this line has this number, None if it can get it; turn held.

        WrongNumber where neither is so.
        """
        last = doctor.transcript.last_number
        if number == last + 1:
            return None
        if number <= last:
            for exchange in self._store.storage.history(self.active, 1, number + 1):
                if (exchange.number, exchange.patient, exchange.speaker) == (number, line, ""):
                    return Repeated(*exchange)
            raise WrongNumber(f"another line has the number {number}", last)
        raise WrongNumber(f"the last number is {last}, so {number} is not the next one", last)

    def _submit(
        self, doctor: Doctor, answer: Answer, wanted: str | Make, done: Done, number: int
    ) -> None:
        """Have an answer stored; the turn is given back when the outcome is told."""
        active = self.active

        def told(outcome: Outcome) -> None:
            if outcome is KEPT:
                try:
                    doctor.keep(answer)
                except Exception as fault:  # noqa: BLE001 - this patient's visits end, no other's
                    _LOG.exception("a fault in keeping an exchange; the patient is loaded again")
                    outcome = Unknown(fault)
                else:
                    active.turn.release()
                    done(answer.exchange)
                    return
            self._fail(outcome, wanted, answer.now, done, number)

        self._store.storage.submit(active, answer, told)

    def _fail(
        self, outcome: Outcome, wanted: str | Make, now: float, done: Done, number: int
    ) -> None:
        """Tell that an exchange was not kept, or say it anew; with the turn held."""
        active = self.active
        if isinstance(outcome, NotKept):
            error = outcome.why
        elif isinstance(outcome, Unknown):
            error, active.doctor = outcome.why, None
        else:  # the committing thread must not wait for what this takes
            again = threading.Thread(
                target=self._say_again,
                args=(wanted, now, done, number),
                name="say again",
                daemon=True,
            )
            again.start()
            return
        active.turn.release()
        self._store.count_not_saved()
        done(error)

    def _say_again(self, wanted: str | Make, now: float, done: Done, number: int) -> None:
        """Load the patient, whom another server has changed, and say a line anew; turn held."""
        active, store = self.active, self._store
        try:
            machine = store.machine_for(active)
            store.storage.load_again(active, self._doctor().name, machine)
            doctor = self.check()
            made = self._make(doctor, wanted, now, number)
            if isinstance(made, Answer):
                self._submit(doctor, made, wanted, done, number)
                return
        except Exception as error:  # noqa: BLE001 - the caller waits to be told
            store.storage.unlock(active)
            active.turn.release()
            if isinstance(error, UnknownPatient):
                store.lose(active)  # who is told may need the turn
            store.count_not_saved()
            done(error)
        else:
            store.storage.unlock(active)
            active.turn.release()
            done(made)

    def history(self, n: int, before: int | None = None) -> Sequence[Exchange]:
        """Return the last `n` exchanges, those below number `before` where it is given."""
        with self.active.turn:
            self.check()
        return self._store.storage.history(self.active, n, before)

    def texts(self, before: int) -> Iterator[TextBlock]:
        """Return the texts of the exchanges below number `before`, newest first, to be searched."""
        with self.active.turn:
            self.check()
        return self._store.storage.texts(self.active, before)

    def take_back(self, number: int) -> bool:
        """Remove what an exchange said and what the doctor remembers of it; its number stays.

        False where there is no such exchange. NotSaved: everything is as it was.
        """
        with self.active.turn:
            self.check()
            return self._store.storage.take_back(self.active, number)

    def why(self) -> Any:
        """Return the Trace of the last reply that was given since this patient came in, or None."""
        with self.active.turn:
            return self.check().why()

    def forget(self) -> None:
        """Erase this history; this connection goes on with a new one, others are told."""
        self._store.forget_for(self)

    def close(self) -> None:
        """Leave. May be called twice."""
        with self.active.turn:  # what this connection said last is kept or undone by now
            if self._closed:
                return
            self._closed = True
            self._store.leave(self)
