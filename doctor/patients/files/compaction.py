"""Compact patients' files: write each anew as one pickle that holds its tail too.

It happens when the last connection of a patient has closed, in one thread, for as many patients
together as have closed by then:

    for each:  NAME.dat.new is written            the turn held
    once:      all of them are synced             nothing held
    for each:  renamed over NAME.dat              the turn held; given up if the patient came back
    once:      the directory is synced

A compaction needs the file alone and changes nothing that is in it, so one that fails or is not
reached is made another day: a file with a tail is as good to everybody but a bare `pickle.load`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DoctorError
from doctor.history import record
from doctor.patients.files import disk, recovery

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from doctor.patients.active import ActivePatient
    from doctor.patients.files.directory import PatientDirectory
    from doctor.patients.files.patient_file import PatientFile

    _Wanted = tuple[ActivePatient, Callable[[ActivePatient], None]]

#: Patients whose files are compacted with one sync.
BATCH: Final = 512
#: Bytes written before they are synced.
BATCH_BYTES: Final = 32 << 20


class _Written(NamedTuple):
    """A new file that waits to be synced: of whom, of which version, where, how long."""

    active: ActivePatient
    file: PatientFile
    version: int
    beside: Path
    size: int


class Compactor:
    """The thread that compacts. `put` may be called from any thread."""

    def __init__(self, directory: PatientDirectory) -> None:
        self._directory = directory
        self._waiting: queue.SimpleQueue[_Wanted | None] = queue.SimpleQueue()
        self._until: float | None = None
        self.compacted = 0
        self._thread = threading.Thread(target=self._run, name="compact", daemon=True)
        self._thread.start()

    def put(self, active: ActivePatient, done: Callable[[ActivePatient], None]) -> None:
        """Have a patient's file compacted soon; then, or where that failed, call `done(active)`."""
        self._waiting.put((active, done))

    def end_within(self, seconds: float) -> None:
        """Begin no compaction any more when so many seconds have passed."""
        self._until = time.monotonic() + seconds

    def close(self) -> None:
        """Compact what was put, as long as there is time, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _is_late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def _run(self) -> None:
        while True:
            batch: list[_Wanted] = []
            wanted = self._waiting.get()
            with contextlib.suppress(queue.Empty):
                while wanted is not None:
                    batch.append(wanted)
                    if len(batch) >= BATCH:
                        break
                    wanted = self._waiting.get_nowait()
            try:
                self._compact([active for active, _done in batch])
            except OSError as error:
                self._directory.log.error("histories cannot be compacted now: %s", error)  # noqa: TRY400
            for active, done in batch:
                done(active)
            if wanted is None:
                return

    def _compact(self, batch: list[ActivePatient]) -> None:
        # By path: who came back and left again meanwhile is written twice, and the second counts.
        written: dict[Path, _Written] = {}
        total = 0
        for active in batch:
            if self._is_late():
                break
            one = self._write(active)
            if one is not None:
                written[one.beside] = one
                total += one.size
            if total > BATCH_BYTES:
                self._finish(written)
                written, total = {}, 0
        self._finish(written)

    def _write(self, active: ActivePatient) -> _Written | None:
        """Write the new file beside the old; None where there is nothing to compact.

        What goes wrong is logged: this patient's file stays as it is.
        """
        with active.turn:
            file: PatientFile | None = active.stored
            if active.users or file is None or not file.dirty:
                return None
            path = self._directory.path(file.name)
            try:
                contents = recovery.read_sound(path, self._directory.log)
                if contents.mended:
                    self._directory.drop(file.name)
                    file.adopt(contents)
                    return None
                data = record.write(record.header_of(contents), contents.history)
                beside = disk.write_beside(path, data, sync=False)
            except (OSError, DoctorError) as error:
                self._directory.log.error("%s: cannot be compacted now: %s", file.name, error)  # noqa: TRY400
                return None
            return _Written(active, file, file.version, beside, len(data))

    def _finish(self, written: dict[Path, _Written]) -> None:
        """Sync the new files, put them in the places of the old, sync the directory."""
        if not written:
            return
        directory = self._directory
        try:
            directory.sync([beside.name for beside in written])
        except OSError:
            disk.discard(written)
            raise
        for active, file, version, beside, size in written.values():
            with active.turn:
                if active.users or file.version != version:
                    disk.discard([beside])
                    continue
                directory.drop(file.name)
                try:
                    os.replace(beside, directory.path(file.name))
                except OSError as error:
                    directory.log.warning("%s: cannot be compacted now: %s", file.name, error)
                    continue
                file.size, file.dirty = size, False
                file.version += 1
                self.compacted += 1
        directory.sync_names()
