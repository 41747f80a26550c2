"""Compact patients' files: write each anew as one pickle that holds its tail too.

It happens when the last connection of a patient has closed and the file is short or its tail is
worth it (`PatientFile.ends_with_compaction`), in one thread, for as many patients together as have
closed by then:

    for each:  NAME.dat.new is written            the turn held
    once:      all of them are synced             nothing held
    for each:  renamed over NAME.dat              the turn held; given up if the patient came back
    once:      the directory is synced

A tail that becomes long is compacted while its patient talks (`put_busy`): with the turn held from
beginning to end, and so seldom that all of it costs no more than writing the file twice.

A compaction needs the file alone and changes nothing that is in it, so one that fails or is not
reached is made another day: a file with a tail is as good to everybody but a bare `pickle.load`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DoctorError, StoreError
from doctor.history import record
from doctor.history.contents import header_of
from doctor.patients.files import disk, draft, recovery
from doctor.patients.files.aside import rename_aside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from doctor.patients.active import ActivePatient
    from doctor.patients.files.directory import PatientDirectory
    from doctor.patients.files.patient_file import PatientFile

    _Wanted = tuple[ActivePatient, Callable[[ActivePatient], None] | None]

#: Patients whose files are compacted with one sync.
BATCH: Final = 512
#: Bytes written before they are synced.
BATCH_BYTES: Final = 32 << 20


class _Written(NamedTuple):
    """A new file that waits to be synced: of whom, of which version, where, how long; the old."""

    active: ActivePatient
    file: PatientFile
    version: int
    beside: Path
    size: int
    identity: tuple[int, int] | None
    old_size: int
    birth: int
    link: int


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

    def put_busy(self, active: ActivePatient) -> None:
        """Have the file of a patient who talks compacted soon."""
        self._waiting.put((active, None))

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
                self._compact([active for active, done in batch if done is not None])
                for active in [active for active, done in batch if done is None]:
                    self._compact_busy(active)
            except OSError as error:
                self._directory.log.error("histories cannot be compacted now: %s", error)  # noqa: TRY400
            for active, done in batch:
                if done is not None:
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

    def _compact_busy(self, active: ActivePatient) -> None:
        """Compact the file of a patient who talks, who waits for that. OSError."""
        with active.turn:
            file: PatientFile | None = active.stored
            if file is None or active.doctor is None or not file.wants_compaction():
                return
            file.put_off()
            written = self._try_write(active, file)
            if written is not None:
                self._directory.sync([written.beside.name])
                self._put_in_place(written)
                self._directory.sync_names()

    def _write(self, active: ActivePatient) -> _Written | None:
        """Write the new file beside the old; None where there is nothing to compact.

        What goes wrong is logged: this patient's file stays as it is.
        """
        with active.turn:
            file: PatientFile | None = active.stored
            if active.users or file is None or not file.ends_with_compaction():
                return None
            return self._try_write(active, file)

    def _try_write(self, active: ActivePatient, file: PatientFile) -> _Written | None:
        try:
            return self._write_beside(active, file)
        except (OSError, DoctorError) as error:
            self._directory.note_aside()
            self._directory.log.error("%s: cannot be compacted now: %s", file.name, error)  # noqa: TRY400
            return None

    def _write_beside(self, active: ActivePatient, file: PatientFile) -> _Written | None:
        path, log = self._directory.path(file.name), self._directory.log
        with recovery.open_sound(path, log, whole=file.suspect) as (contents, descriptor):
            if contents.left_aside:
                self._directory.note_aside()
            if not contents.mended:
                history = contents.history
                if not history.chained:
                    history = history.rechained()
                layout = record.lay_out(header_of(contents), history)
                if layout.size > record.MAX_FILE:
                    raise StoreError("this history is longer than one may be")
                beside = draft.lay_out_beside(path, layout, descriptor, sync=False)
                old, chain = (contents.identity, contents.size), (history.birth, history.link)
                return _Written(active, file, file.version, beside, layout.size, *old, *chain)
        self._directory.drop(file.name)
        file.adopt(contents)
        return None

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
        for each in written.values():
            with each.active.turn:
                if each.active.users or each.file.version != each.version:
                    disk.discard([each.beside])
                else:
                    self._put_in_place(each)
        directory.sync_names()

    def _put_in_place(self, each: _Written) -> None:
        """Let a new file take the place of the old one, unless that is another one by now."""
        directory, file = self._directory, each.file
        path = directory.path(file.name)
        directory.drop(file.name)
        try:
            identity = disk.identity_of(os.lstat(each.beside))
            draft.take_place(each.beside, path, each.identity, each.old_size)
        except OSError as error:
            if error.errno == errno.ESTALE:
                self._set_aside(each, path)
            else:
                directory.log.warning("%s: cannot be compacted now: %s", file.name, error)
            return
        file.identity, file.birth, file.link = identity, each.birth, each.link
        file.note_compacted(each.size)
        self.compacted += 1

    def _set_aside(self, each: _Written, path: Path) -> None:
        """Keep what a patient said, where another program replaced the file meanwhile."""
        aside = rename_aside(each.beside, path, "unplaced")
        self._directory.note_aside()
        each.file.version += 1
        self._directory.log.error(
            "%s: another program replaced or changed this file while it was compacted; "
            "its file stays, and what the patient said is kept as %s",
            path.name,
            aside.name,
        )
