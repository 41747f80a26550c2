"""Put whole histories, as the bytes of their files, into a directory: `FileWriter`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor import paths
from doctor.errors import NameTaken, StoreError
from doctor.history import record
from doctor.patients.files import draft
from doctor.patients.files.archive import FileArchive
from doctor.patients.files.storage import FileStorage
from doctor.patients.names import file_name, stored_name

if TYPE_CHECKING:
    from pathlib import Path


class FileWriter:
    """A directory that belongs to this process alone; see `doctor.patients.base.HistoryWriter`."""

    def __init__(self, directory: Path) -> None:
        """Take the directory as a server does; what a crash left is completed."""
        self._storage = FileStorage(directory)
        self._directory = directory

    def put(self, data: bytes, *, replace: bool) -> bool:
        """Make a patient's file; False where it is there already."""
        header = record.read(data).header
        if header is None:
            raise StoreError("these bytes are no history")
        name = stored_name(header.name)
        archive = FileArchive(self._directory)
        known = archive.find(name)
        path = self._directory / file_name(name) if known is None else archive.path(known)
        if paths.exists(path):
            if archive.pickled(known or name) == data:
                return False
            if not replace:
                raise NameTaken(f"there is another history of {name} already")
        draft.replace(path, data)
        return True

    def close(self) -> None:
        """Give the directory back."""
        self._storage.close(0.0, ())
