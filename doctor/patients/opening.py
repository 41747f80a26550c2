"""Open a store or an archive by what `--patients` says; only this imports a backend.

    patients/               a directory of files: `doctor.patients.files`
    postgresql://...        any URL names another backend; this version has none

A backend is imported inside the function that needs it, so that a program pays for one alone.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doctor.errors import UnknownStorage

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from doctor.doctor import AnyMachine, Doctor
    from doctor.patients.base import Archive
    from doctor.patients.passphrase import PassphraseChecker
    from doctor.patients.store import PatientStore

#: Patients' files that are held open at once.
OPEN_FILES: Final = 1024

#: How a URL begins. `Path` makes one slash of two.
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_URL_AS_PATH: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")


def location(text: str | Path) -> Path:
    """Return the directory that `--patients` names; UnknownStorage where it is a URL."""
    url = _URL.match(text) if isinstance(text, str) else _URL_AS_PATH.match(text.as_posix())
    if url is not None:
        raise UnknownStorage(
            f"{url[1]}:// is not a storage of this version; "
            "it stores histories in a directory: give --patients a path"
        )
    return Path(text)


def open_store(
    where: str | Path,
    machine: AnyMachine,
    *,
    clock: Callable[[], float] = time.time,
    log: logging.Logger | None = None,
    passphrases: PassphraseChecker | None = None,
    observe: Callable[[float], None] | None = None,
    open_files: int = OPEN_FILES,
) -> PatientStore:
    """Open the histories in a directory to talk with their patients, in this process alone.

    `observe` is called with the seconds of each commit, in the thread that commits. UnknownStorage;
    StoreLocked where another process has the directory, OSError where it cannot be used.
    """
    directory = location(where)
    from doctor.patients.files.storage import FileStorage  # noqa: PLC0415 - one backend alone
    from doctor.patients.store import PatientStore  # noqa: PLC0415 - readers do without it

    storage = FileStorage(directory, log=log, open_files=open_files, observe=observe)
    return PatientStore(storage, machine, clock=clock, log=log, passphrases=passphrases)


def open_archive(where: str | Path) -> Archive:
    """Return the archive of the histories in a directory. UnknownStorage."""
    directory = location(where)
    from doctor.patients.files.archive import FileArchive  # noqa: PLC0415 - one backend alone

    return FileArchive(directory)


def load(path: str | Path, machine: AnyMachine | None = None) -> Doctor:
    """Return the Doctor in a patient's file, checked and complete; needs no lock.

    What is not sound is left out; `open_archive` can tell where. UnknownPatient where there is no
    such file, ForbiddenContent where it is no history, NewerFormat.
    """
    from doctor.patients.files.archive import load as load_file  # noqa: PLC0415 - the same

    return load_file(Path(path), machine)
