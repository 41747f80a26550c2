"""Folding: a patient's file written anew as one pickle, its tail taken in.

It happens when the last connection of a patient has closed, in one thread, for as many patients
together as have closed by then:

    for each:  NAME.dat.new is written            the turn held
    once:      all of them are synced             nothing held
    for each:  renamed over NAME.dat              the turn held; given up if the patient came back
    once:      the directory is synced

A fold needs the file alone and changes nothing that is in it, so one that fails or is not reached
is made another day: a file with a tail is as good to everybody but a bare `pickle.load`.
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

    from doctor.patients.active import Entry
    from doctor.patients.files.directory import PatientDirectory

#: Patients folded with one sync.
BATCH: Final = 512
#: Bytes written before they are synced.
BATCH_BYTES: Final = 32 << 20


class _Written(NamedTuple):
    """A new file that waits to be synced: of whom, of which version, where, how long."""

    entry: Entry
    version: int
    beside: Path
    size: int


class Compactor:
    """The thread that folds. `put` may be called from any thread."""

    def __init__(self, shelf: PatientDirectory, done: Callable[[Entry], None]) -> None:
        """Begin; `done(entry)` is called for each entry that was put, folded or not."""
        self._shelf = shelf
        self._done = done
        self._waiting: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._until: float | None = None
        self.folds = 0
        self._thread = threading.Thread(target=self._run, name="fold", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Have a patient's file folded soon."""
        self._waiting.put(entry)

    def end_within(self, seconds: float) -> None:
        """Begin no fold any more when so many seconds have passed."""
        self._until = time.monotonic() + seconds

    def close(self) -> None:
        """Fold what was put, as long as there is time, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until

    def _run(self) -> None:
        while True:
            batch: list[Entry] = []
            entry = self._waiting.get()
            with contextlib.suppress(queue.Empty):
                while entry is not None:
                    batch.append(entry)
                    if len(batch) >= BATCH:
                        break
                    entry = self._waiting.get_nowait()
            try:
                self._fold(batch)
            except OSError as error:
                self._shelf.log.error("histories cannot be folded now: %s", error)  # noqa: TRY400
            for each in batch:
                self._done(each)
            if entry is None:
                return

    def _fold(self, batch: list[Entry]) -> None:
        # By path: who came back and left again meanwhile is written twice, and the second counts.
        written: dict[Path, _Written] = {}
        total = 0
        for entry in batch:
            if self._late():
                break
            one = self._write(entry)
            if one is not None:
                written[one.beside] = one
                total += one.size
            if total > BATCH_BYTES:
                self._finish(written)
                written, total = {}, 0
        self._finish(written)

    def _write(self, entry: Entry) -> _Written | None:
        """Write the new file beside the old; None where there is nothing to fold.

        What goes wrong is logged: this patient's file stays as it is.
        """
        with entry.turn:
            if entry.users or not entry.dirty:
                return None
            path = self._shelf.path(entry.file)
            try:
                contents = recovery.sound(path, self._shelf.log)
                if contents.mended:
                    self._shelf.drop(entry.file)
                    entry.stands(contents)
                    return None
                data = record.write(record.facts_of(contents), contents.history)
                beside = disk.write_beside(path, data, sync=False)
            except (OSError, DoctorError) as error:
                self._shelf.log.error("%s: cannot be folded now: %s", entry.file, error)  # noqa: TRY400
                return None
            return _Written(entry, entry.version, beside, len(data))

    def _finish(self, written: dict[Path, _Written]) -> None:
        """Sync the new files, put them in the places of the old, sync the directory."""
        if not written:
            return
        shelf = self._shelf
        try:
            shelf.sync([beside.name for beside in written])
        except OSError:
            disk.discard(written)
            raise
        for entry, version, beside, size in written.values():
            with entry.turn:
                if entry.users or entry.version != version:
                    disk.discard([beside])
                    continue
                shelf.drop(entry.file)
                try:
                    os.replace(beside, shelf.path(entry.file))
                except OSError as error:
                    shelf.log.warning("%s: cannot be folded now: %s", entry.file, error)
                    continue
                entry.size, entry.dirty = size, False
                entry.version += 1
                self.folds += 1
        shelf.sync_names()
