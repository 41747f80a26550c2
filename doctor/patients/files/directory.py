"""The patients directory: which patient has which file, which are open, what to sync.

The directory is listed once, by a thread of its own, so that a server answers before a hundred
thousand names are read. Until the list is complete a name that is spelled as its file is found
directly, and any other name waits for the list: some file may be the same patient's, spelled in
another case.

Any thread may call what is here. A descriptor that is taken is nobody else's until it is given
back. What belongs to one patient's file (append, cut) is called with that patient's turn held.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from doctor import paths
from doctor.errors import StoreError, UnknownPatient, describe, naming
from doctor.patients import names
from doctor.patients.files import disk

if TYPE_CHECKING:
    from collections.abc import Collection
    from logging import Logger
    from pathlib import Path


class PatientDirectory:
    """The files of one directory."""

    def __init__(self, directory: Path, open_files: int, log: Logger) -> None:
        """Begin to list the directory; at most `open_files` are held open."""
        self.directory = directory
        self._prefix = str(directory / "x")[:-1]
        self.log = log
        self._bound = open_files
        self._open: OrderedDict[str, int] = OrderedDict()
        self._index: dict[str, str] = {}
        #: Files that are no patient's own, by the key of whose they are: what was set aside, drafts
        #: of earlier runs, second spellings. None where there may be others by now.
        self._beside: dict[str, list[str]] | None = None
        self._noted = 0  # how often there were
        self._listed = threading.Event()
        self._fault = ""  # why the directory could not be listed
        self._closing = False
        # Opened before anything is written: syncfs reports what failed since then.
        self._itself = os.open(directory, os.O_RDONLY) if sys.platform != "win32" else None
        self._thread = threading.Thread(target=self._list, name="list", daemon=True)
        self._thread.start()

    # --- names ---

    def _list(self) -> None:
        beside: dict[str, list[str]] = {}
        noted = self._noted
        try:
            with os.scandir(self.directory) as found:
                for seen, entry in enumerate(found, 1):
                    name = names.patient_name(entry.name)
                    if name is not None:
                        other = self._index.setdefault(names.key(name), entry.name)
                        if other != entry.name:
                            self.log.warning("%s and %s are one patient's", other, entry.name)
                            beside.setdefault(names.key(name), []).append(entry.name)
                    elif (whose := names.owner(entry.name)) is not None:
                        beside.setdefault(names.key(whose), []).append(entry.name)
                    if not seen % 1024:  # about every millisecond
                        if self._closing:
                            break
                        time.sleep(0)
            if noted == self._noted:
                self._beside = beside
            self._fault = ""
        except OSError as error:
            self._fault = describe(error, self.directory)
            self.log.error("the patients cannot be listed: %s", self._fault)  # noqa: TRY400 - said
        finally:
            self._listed.set()

    def wait_for_list(self) -> None:
        """Return once the directory is listed. Raises StoreError if it cannot be."""
        self._listed.wait()
        if self._fault:
            self._list()
            if self._fault:
                raise StoreError(f"the patients cannot be listed: {self._fault}")

    def find(self, name: str) -> str | None:
        """Return the name of the file of a patient, None where there is none.

        StoreError where that cannot be known: then nobody may begin a second history.
        """
        if self._fault or not self._listed.is_set():
            file = names.file_name(name)
            if paths.exists(self.path(file)):
                return file
            self.wait_for_list()
        return self._index.get(names.key(name))

    def add(self, key: str, file: str) -> None:
        """Know that the patient of this key has this file."""
        self._index[key] = file

    def discard(self, key: str) -> None:
        """Know that the patient of this key has no file."""
        self._listed.wait()
        self._index.pop(key, None)

    def note_aside(self) -> None:
        """Know that something may have been set aside since the directory was listed."""
        self._noted += 1
        self._beside = None

    def files_of(self, name: str, file: str = "", *, again: bool = False) -> list[Path]:
        """Return every file of exactly this patient: history, new, set aside and torn.

        `file` is the name of the history, where that is known. The directory is listed again only
        where this program set something aside since, or where `again` asks for it: people copy
        files beside a running server. StoreError as `find`.
        """
        self.wait_for_list()
        if again or self._beside is None:
            self._list()
        key = names.key(name)
        own = {file or names.file_name(name), self._index.get(key) or names.file_name(name)}
        every = {*own, *(each + names.NEW for each in own), *(self._beside or {}).get(key, ())}
        return [path for path in map(self.path, sorted(every)) if paths.exists(path)]

    def files_beside(self, name: str, file: str, *, again: bool = False) -> list[Path]:
        """Return what there is of a patient besides the history."""
        return [path for path in self.files_of(name, file, again=again) if path.name != file]

    def has(self, key: str) -> bool:
        """Return whether the patient of this key has a file."""
        self._listed.wait()
        return key in self._index

    def path(self, file: str) -> Path:
        """Return the path of a file of this directory."""
        return self.directory / file

    # --- bytes ---

    def create(self, file: str, data: bytes) -> tuple[int, int]:
        """Write a file that is not there yet and return its identity. OSError.

        One that somebody put there stays.
        """
        descriptor = os.open(self.path(file), disk.CREATE, disk.FILE_MODE)
        try:
            with naming(self.path(file)):
                disk.write_all(descriptor, data)
        except OSError:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(self.path(file))
            raise
        identity = disk.identity_of(os.fstat(descriptor))
        self._give(file, descriptor)
        return identity

    def append(self, file: str, data: bytes, size: int, identity: tuple[int, int]) -> None:
        """Append to the file of this size and identity. OSError.

        UnknownPatient, and nothing is written, where another program changed, replaced or removed
        the file: what is appended to a file that has no name any more is lost.
        """
        descriptor = self._take(file, identity)
        try:
            try:
                state = os.lstat(self._prefix + file)
            except FileNotFoundError:
                raise UnknownPatient(f"another program removed {file}") from None
            if state.st_size != size or (state.st_dev, state.st_ino) != identity:
                raise UnknownPatient(f"another program changed or replaced {file}")
            disk.write_all(descriptor, data)
        finally:
            self._give(file, descriptor)

    def cut(self, file: str, size: int, identity: tuple[int, int]) -> None:
        """Cut the file of this identity back to what it was; a size of 0 removes it.

        OSError where it fails; where the name is another file's by now nothing is done.
        """
        if size:
            try:
                descriptor = self._take(file, identity)
            except UnknownPatient:
                return
            try:
                os.ftruncate(descriptor, size)
            finally:
                self._give(file, descriptor)
        else:
            self.drop(file)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path(file))

    def _take(self, file: str, identity: tuple[int, int]) -> int:
        """Return a descriptor of the file of this identity; UnknownPatient where it is another."""
        descriptor = self._open.pop(file, None)
        if descriptor is None:
            try:
                descriptor = os.open(self.path(file), disk.APPEND)
            except OSError as error:
                if error.errno not in disk.NO_FILE:
                    raise
                raise UnknownPatient(f"another program removed or replaced {file}") from None
            if disk.identity_of(os.fstat(descriptor)) != identity:
                os.close(descriptor)
                raise UnknownPatient(f"another program replaced {file}")
        return descriptor

    def _give(self, file: str, descriptor: int) -> None:
        self._open[file] = descriptor
        if len(self._open) > self._bound:
            with contextlib.suppress(KeyError):
                os.close(self._open.popitem(last=False)[1])

    def drop(self, file: str) -> None:
        """Close the descriptor of a file that is replaced or removed."""
        descriptor = self._open.pop(file, None)
        if descriptor is not None:
            os.close(descriptor)

    # --- syncing ---

    def sync(self, wanted: Collection[str]) -> None:
        """Sync files of the directory, those that are gone left out. OSError where it fails."""
        disk.sync_files([self.path(file) for file in wanted], self._itself)

    def sync_names(self) -> None:
        """Make the names of the directory last."""
        if self._itself is not None:
            disk.sync_names(self._itself, self.directory)

    def settle(self, unsettled: Collection[str]) -> None:
        """Sync files and the directory's names."""
        self.sync(unsettled)
        self.sync_names()

    def close(self) -> None:
        """Close all; nothing is synced by that."""
        self._closing = True
        self._thread.join()
        while self._open:
            os.close(self._open.popitem()[1])
        if self._itself is not None:
            os.close(self._itself)
            self._itself = None
