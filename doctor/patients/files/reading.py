"""Read what was said from a patient's file, while the patient may be talking.

A reader opens the file, takes no turn and holds no lock: what is appended meanwhile is behind what
is read, and a file that is written anew takes the place of the one that is open here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.errors import DamagedRecord
from doctor.patients.files import disk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.history.searching import TextBlock
    from doctor.history.transcript import Exchange
    from doctor.patients.files.directory import PatientDirectory
    from doctor.patients.files.patient_file import PatientFile


def history(
    file: PatientFile, directory: PatientDirectory, n: int, before: int | None
) -> Sequence[Exchange]:
    """Return the last `n` exchanges, those below number `before` where it is given."""
    path = directory.path(file.name)
    try:
        with disk.opened(path) as (contents, _descriptor):
            return contents.history.last(n, before)
    except DamagedRecord as error:
        _note_damage(file, directory, error)
        return disk.read(path).history.last(n, before)


def texts(file: PatientFile, directory: PatientDirectory, before: int) -> Iterator[TextBlock]:
    """Yield the texts of the exchanges below number `before`, newest first."""
    path = directory.path(file.name)
    try:
        with disk.opened(path) as (contents, _descriptor):
            for block in contents.history.blocks(before):
                yield block
                before = min(before, *block.numbers)
    except DamagedRecord as error:
        _note_damage(file, directory, error)
        yield from disk.read(path).history.blocks(before)


def _note_damage(file: PatientFile, directory: PatientDirectory, error: DamagedRecord) -> None:
    directory.log.error("%s: at byte %d: %s", file.name, error.offset, error)
    file.suspect = True  # it is put right before the next line is saved
