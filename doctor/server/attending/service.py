"""Who reads which patient's conversation, and who answers in it: `Attending`.

    live      names, numbers and marks, no text: a list of who is here; no patient is told of it
    watch     what is said, of one patient or of all, or marked lines alone
    attend    what one patient says; the person may say something and may hold the doctor

Patients are told, as the setting `watching` has it: by a row of the greeting, and at once by a
notice when somebody comes, speaks, answers in the doctor's place, gives back or leaves. What a
person who attends does is recorded in the history, once that has begun; that somebody watches is
not.

While a person holds the doctor, `ActivePatient.holder` has the person's name, and lines of the
patient are recorded for that person and not answered. Four things end it: the person gives back,
the person's stream ends, no answer came within the setting `hold_time`, the server stops. A line
that the doctor marks is answered by the doctor at once all the same. The patient may leave and come
again meanwhile; another connection of the patient is held too.

A person is one name at one patient: of two who attend, each has another name, and one of them can
hold. A person's name is no name of the patient's and not the doctor's.

**Threads.** `serve` runs in the stream's thread. Everything public may be called from any thread.
`_lock` is held for a few operations on lists and never while anything waits.

Where several servers have the same patients, all of that reaches over them
(`doctor.server.attending.elsewhere`).
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Final

from doctor.errors import (
    BadArgument,
    BadName,
    DoctorError,
    NameTaken,
    NotAllowed,
    StoreError,
    UnknownPatient,
)
from doctor.patients.names import clean_name, key
from doctor.protocol.lines import flat
from doctor.server.attending import sentences
from doctor.server.attending.elsewhere import Elsewhere
from doctor.server.attending.reader import Reader, describe_exchange, describe_reader
from doctor.server.attending.recorder import Recorder, event_of

if TYPE_CHECKING:
    from doctor.control import ServerStream
    from doctor.doctor import Answer, Doctor
    from doctor.patients.patient import Patient
    from doctor.patients.store import PatientStore
    from doctor.server.attending.reader import AnyReader
    from doctor.server.sessions import Sessions
    from doctor.server.settings import Settings

#: Names that nobody may speak under: what is said by a person must not be taken for the doctor's.
_NOT_A_PERSON: Final = frozenset({"doctor", "the doctor", "patient", "you"})
#: The name of who watches and gave none.
_OPERATOR: Final = "the operator"
#: Bytes of what a person says at once, as of a patient's line.
_MOST_BYTES: Final = 4000
#: Exchanges that who attends is shown first, and that can be asked for at once.
_FIRST: Final = 20
_MOST: Final = 200


class Attending:
    """The people who read patients' conversations on one server."""

    def __init__(self, settings: Settings, store: PatientStore, sessions: Sessions) -> None:
        self._settings, self._store, self._sessions = settings, store, sessions
        self._lock = threading.Lock()
        self._readers: list[Reader] = []
        self._recorder = Recorder(store, sessions, self._reading)
        self._elsewhere = Elsewhere(
            store, sessions, self._recorder, self._reading_here, self._tell_readers_here
        )

    # -- for the conversations -----------------------------------------------------------------

    def greeting_rows(self, name: str) -> list[tuple[str, ...]]:
        """Return what a patient who comes is told of being read."""
        return sentences.greeting_rows(self._settings.watching, self._reading(key(name)))

    def holder_of(self, name: str) -> str:
        """Return the person who answers this patient in the doctor's place, or ""."""
        return next((one.person for one in self._reading(key(name)) if one.holds), "")

    def greeting(self, name: str) -> str:
        """Return what a patient who comes is greeted with while a person answers, or ""."""
        holder = self.holder_of(name)
        return sentences.held_greeting(holder) if holder else ""

    def readers_of(self, name: str) -> list[tuple[str, float]]:
        """Return the people who read this patient and of whom the patient was told, since when."""
        return [(one.person, one.since) for one in self._reading(key(name)) if one.is_announced]

    def rename(self, old: str, new: str) -> None:
        """Note that a history has another name."""
        with self._lock:
            for reader in self._readers:
                if reader.wanted == key(clean_name(old)):
                    reader.wanted = key(clean_name(new))
        self._elsewhere.changed()

    def describe(self, patient_key: str) -> dict[str, Any]:
        """Return who reads a patient as plain data."""
        reading = self._reading(patient_key)
        holder = next((one.person for one in reading if one.holds), "")
        return {"readers": [describe_reader(one) for one in reading], "holder": holder}

    def adopt(self, patient: Patient) -> None:
        """Let a patient who comes wait for the person who holds it at another server."""
        if holder := self._elsewhere.holder_of(patient.active.key):
            patient.active.holder = holder

    def _reading(self, patient_key: str) -> list[AnyReader]:
        """Return who reads a patient, at this server and at others."""
        everybody: list[AnyReader] = [*self._reading_here(), *self._elsewhere.readers]
        return [one for one in everybody if one.reads(patient_key)]

    def _reading_here(self) -> list[Reader]:
        with self._lock:
            return list(self._readers)

    # -- streams -------------------------------------------------------------------------------

    def serve(self, stream: ServerStream) -> None:
        """Serve a stream from its request to its end. Raises what refuses it."""
        asked = stream.asked
        if asked["do"] == "live":
            reader = Reader(stream, "", texts=False)
        elif self._settings.watching == "off":
            raise NotAllowed("this server runs with --watching off: nobody reads along")
        elif asked["do"] == "watch":
            reader = self._make_watcher(stream)
        else:
            reader = self._make_attender(stream)
        try:
            stream.tell("begun", do=asked["do"], **self._describe_begin(reader))
            self._sessions.subscribe(reader)
            self._begin(reader)
            for command in stream.commands():
                self._obey(reader, command)
        finally:
            self._sessions.unsubscribe(reader)
            self._end(reader)

    def _make_watcher(self, stream: ServerStream) -> Reader:
        asked = stream.asked
        name = asked.get("name")
        person = _person(asked["as"]) if asked.get("as") else _OPERATOR
        wanted = key(clean_name(str(name))) if name else None
        if wanted is not None and wanted == key(person):
            raise NameTaken(f"{person} is the patient; choose another name for yourself")
        if wanted is not None:
            # A history that cannot be opened now may be sound by the time its patient comes.
            with contextlib.suppress(StoreError, OSError):
                self._open(str(name)).close()
        return Reader(stream, person, wanted, marked=bool(asked.get("marked")))

    def _open(self, name: str) -> Patient:
        """Open a patient's conversation for the operator. Raises NotAllowed for a room."""
        try:
            return self._store.attend(name)
        except NameTaken:
            raise NotAllowed(f"{name} is a room; rooms are not read along") from None

    def _make_attender(self, stream: ServerStream) -> Reader:
        """Return a reader who attends; its name is taken at this patient from now on."""
        name, person = str(stream.asked.get("name") or ""), _person(stream.asked.get("as"))
        patient = self._open(name)
        reader = Reader(stream, person, key(patient.name), hold_time=self._settings.hold_time)
        reader.patient = patient
        try:
            self._add_attender(reader)
        except BaseException:
            patient.close()
            raise
        return reader

    def _add_attender(self, reader: Reader) -> None:
        """Add a reader who attends. Raises NameTaken or UnknownPatient."""
        patient, person = reader.attended, reader.person
        if key(patient.name) == key(person):
            raise NameTaken(f"{person} is the patient; choose another name for yourself")
        if not (patient.last_number or self._sessions.of_key(key(patient.name))):
            raise UnknownPatient(f"nobody called {patient.name} is here or has a history")
        with self._lock:
            everybody: list[AnyReader] = [*self._readers, *self._elsewhere.readers]
            for one in everybody:
                attends = one.attends and one.wanted == reader.wanted
                if attends and key(one.person) == key(person):
                    raise NameTaken(f"{one.person} attends already; choose another name")
            self._readers.append(reader)

    def _describe_begin(self, reader: Reader) -> dict[str, Any]:
        found: dict[str, Any] = {"name": reader.wanted or "", "as": reader.person}
        if reader.wanted is not None:
            found["here"] = len(self._sessions.of_key(reader.wanted))
        if reader.patient is not None:
            patient = reader.patient
            found |= {"name": patient.name, "last": patient.last_number}
            found |= self.describe(key(patient.name))
        return found

    def _begin(self, reader: Reader) -> None:
        """Show a reader what there is, and tell the patients."""
        if not reader.texts:
            reader.stream.put(self._describe_live)
            return
        if reader.patient is not None:
            self._show_history(reader, _FIRST)
            if self._settings.watching == "announced":
                self._announce(reader)
            self._tell_readers(reader)
            return
        with self._lock:
            reader.is_announced = self._settings.watching == "announced"
            self._readers.append(reader)
        self._tell_readers_of_watched(reader)
        if reader.is_announced:
            self._recorder.tell_watched(
                reader, "reading", sentences.READS_MARKED if reader.marked else ""
            )

    def _describe_live(self) -> dict[str, Any]:
        """Return who is here, one row for each patient."""
        rows: dict[str, dict[str, Any]] = {}
        for one in self._sessions.describe():
            if one["name"] is None:
                continue
            row = rows.setdefault(key(one["name"]), {**one, "exchanges": 0, "here": 0})
            row["exchanges"] += one["exchanges"]
            row["here"] += 1
        found = [row | self.describe(patient_key) for patient_key, row in rows.items()]
        return {"event": "conversations", "conversations": found}

    def _end(self, reader: Reader) -> None:
        """Give back what a reader holds and tell the patients that it has left."""
        try:
            if reader.holds:
                self._give_back(reader)
        finally:
            with self._lock:
                if reader in self._readers:
                    self._readers.remove(reader)
        if reader.patient is not None:
            try:
                self._end_attending(reader)
            finally:
                reader.attended.close()
            return
        if reader.is_announced:
            self._recorder.tell_watched(reader, "left")
        if reader.texts:
            self._tell_readers_of_watched(reader)

    def _end_attending(self, reader: Reader) -> None:
        """Record and tell that a person who attended has left."""
        if reader.is_announced:
            still = self._recorder.reads_too(reader, reader.wanted or "")
            self._recorder.record_event(reader, "left", sentences.STILL_READS if still else "")
        self._tell_readers(reader)

    def _tell_readers(self, reader: Reader) -> None:
        """Tell all readers who reads this patient now."""
        name = reader.attended.name
        self._sessions.tell("readers", name, **self.describe(key(name)))
        self._elsewhere.changed()

    def _tell_readers_of_watched(self, watcher: Reader) -> None:
        """Tell all readers of every patient whom a watcher may read who reads there now."""
        self._tell_readers_here(watcher.wanted)
        self._elsewhere.changed()

    def _tell_readers_here(self, wanted: str | None) -> None:
        """Tell this server's readers who reads a patient now; None: all patients who are here."""
        attended = [one.attended for one in self._reading_here() if one.attends]
        for patient_key in self._sessions.keys() if wanted is None else (wanted,):
            names = {one.patient_name for one in self._sessions.of_key(patient_key)}
            names |= {one.name for one in attended if one.active.key == patient_key}
            for name in names:
                self._sessions.tell("readers", name or "", **self.describe(patient_key))

    # -- commands of who attends ---------------------------------------------------------------

    def _obey(self, reader: Reader, command: dict[str, Any] | None) -> None:
        """Do what a person asks for, and say what became of it; None: nothing was answered."""
        if command is None:
            if reader.holds:
                self._give_back(reader, sentences.NOT_ANSWERED)
            return
        do = str(command.get("do", ""))
        try:
            if reader.patient is None:
                raise NotAllowed("this stream is for reading; attend a patient to say something")
            number = self._perform(reader, do, command)
        except (DoctorError, OSError) as error:
            reader.stream.tell("refused", do=do, error=type(error).__name__, why=str(error))
        else:
            reader.stream.tell("done", do=do, number=number)

    def _perform(self, reader: Reader, do: str, command: dict[str, Any]) -> int:
        match do:
            case "say":
                return self._say(reader, command.get("text"))
            case "hold":
                return self._hold(reader)
            case "back":
                if not reader.holds:
                    raise NotAllowed("you do not hold the doctor")
                return self._give_back(reader)
            case "history":
                self._show_history(reader, command.get("n", _FIRST), command.get("before"))
                return 0
        raise BadArgument("an attender's commands are say, hold, back and history")

    def _say(self, reader: Reader, text: object) -> int:
        """Record and tell what a person says; return its number."""
        if not (isinstance(text, str) and text.strip()):
            raise BadArgument("there is nothing to say")
        said = flat(text.encode("utf-8", "replace").decode().strip())
        if len(said.encode()) > _MOST_BYTES:
            raise BadArgument(f"at most {_MOST_BYTES} bytes can be said at once")
        self._announce(reader)
        reader.stream.alarm = None
        person = reader.person

        def make(doctor: Doctor, now: float) -> Answer:
            return doctor.entry(now, doctor.hear(said, now, person), said, speaker=person)

        return self._recorder.record(reader, make).number

    def _hold(self, reader: Reader) -> int:
        """Let this person answer in the doctor's place; return the number of the event."""
        patient = reader.attended
        self._require_unheld(reader)
        if other := self._elsewhere.claim(reader):
            raise NotAllowed(f"{other} holds the doctor already")
        try:
            self._require_unheld(reader, hold=True)
            self._elsewhere.changed()
            self._announce(reader)
            patient.active.holder = reader.person
            number = self._recorder.record(reader, event_of(reader.person, "taken over")).number
        except BaseException:
            if reader.holds:
                patient.active.holder, reader.holds = "", False
            self._elsewhere.changed()
            raise
        self._tell_readers(reader)
        return number

    def _require_unheld(self, reader: Reader, *, hold: bool = False) -> None:
        """Raise NotAllowed where somebody at this server holds the patient; `hold`: hold it."""
        with self._lock:
            for one in self._readers:
                if one.holds and one.wanted == reader.wanted:
                    who = "you hold" if one is reader else f"{one.person} holds"
                    raise NotAllowed(f"{who} the doctor already")
            reader.holds = hold

    def _give_back(self, reader: Reader, sentence: str = "") -> int:
        """Let the doctor answer again; return the number of the event."""
        reader.attended.active.holder = ""
        reader.holds, reader.stream.alarm = False, None
        self._elsewhere.changed()
        number = self._recorder.record_event(reader, "returned", sentence)
        self._tell_readers(reader)
        return number

    def _announce(self, reader: Reader) -> None:
        """Tell the patient that this person reads, once."""
        if not reader.is_announced:
            reader.is_announced = True
            self._recorder.record_event(reader, "reading")
            self._elsewhere.changed()

    def _show_history(self, reader: Reader, n: object, before: object = None) -> None:
        if not (isinstance(n, int) and 0 < n <= _MOST) or not isinstance(before, int | None):
            raise BadArgument(f"history takes n, from 1 to {_MOST}, and before, a number")
        patient = self._recorder.fresh(reader)
        exchanges = [describe_exchange(patient.name, one) for one in patient.history(n, before)]
        reader.stream.tell("history", name=patient.name, exchanges=exchanges)


def _person(given: object) -> str:
    """Return the name of a person as it prints. Raises BadName."""
    name = clean_name(str(given or ""))
    if key(name) in _NOT_A_PERSON:
        raise BadName(f"a person cannot be called {name}: say who speaks")
    return name
