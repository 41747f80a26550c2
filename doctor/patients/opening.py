"""Open a store or an archive by what `--patients` says; only this imports a backend.

    patients/               a directory of files: `doctor.patients.files`
    postgresql://...        a database: `doctor.patients.postgresql`; needs psycopg

A backend is imported inside the function that needs it, so that a program pays for one alone.
"""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import StoreError, UnknownStorage

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator

    from doctor.doctor import AnyMachine, Doctor
    from doctor.patients.base import Archive, DatabaseAdministration, HistoryWriter, Storage
    from doctor.patients.passphrase import PassphraseChecker
    from doctor.patients.store import MakeHost, PatientStore

#: Patients' files that are held open at once.
OPEN_FILES: Final = 1024


class DatabaseOptions(NamedTuple):
    """How a server uses a database."""

    answer: float = 5.0  #: seconds until it must answer
    away: float = 30.0  #: seconds for which exchanges wait for one that is away
    pause: float = 0.0  #: seconds for which a commit waits for others, at most
    lanes: int = 1  #: connections that commit
    readers: int = 4  #: connections for everything that is no exchange


DEFAULTS: Final = DatabaseOptions()

#: How a URL begins. `Path` makes one slash of two.
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
#: What a URL of a PostgreSQL database begins with.
_DATABASES: Final = ("postgresql://", "postgres://")
_URL_AS_PATH: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")


def location(text: str | Path) -> Path:
    """Return the directory that `--patients` names; UnknownStorage where it is a URL."""
    url = _URL.match(text) if isinstance(text, str) else _URL_AS_PATH.match(text.as_posix())
    if url is not None:
        raise UnknownStorage(
            f"{url[1]}:// is not a storage of this version here; "
            "give --patients a directory, or the URL of a PostgreSQL database as a text"
        )
    return Path(text)


def is_database(where: str | Path) -> bool:
    """Return True if this is the URL of a PostgreSQL database."""
    return isinstance(where, str) and where.startswith(_DATABASES)


@contextlib.contextmanager
def _needing_psycopg() -> Iterator[None]:
    """Import a module that needs psycopg; UnknownStorage where that is not installed."""
    try:
        yield
    except ImportError as error:
        raise UnknownStorage(
            "histories in PostgreSQL need the package psycopg: "
            "python -m pip install 'psycopg[binary]'"
        ) from error


def open_store(
    where: str | Path,
    machine: AnyMachine,
    *,
    clock: Callable[[], float] = time.time,
    log: logging.Logger | None = None,
    passphrases: PassphraseChecker | None = None,
    observe: Callable[[float], None] | None = None,
    open_files: int = OPEN_FILES,
    database: DatabaseOptions = DEFAULTS,
    make_host: MakeHost | None = None,
) -> PatientStore:
    """Open the histories in a directory, or in a database, to talk with their patients.

    A directory is this process's alone; a database may have several servers. `observe` is called
    with the seconds of each commit, in the thread that commits. `make_host` makes who answers in
    rooms of the machine; without it there are no rooms. UnknownStorage; StoreLocked where
    another process has the directory, OSError where it cannot be used; StoreAway, StoreError where
    the database cannot.
    """
    from doctor.patients.store import PatientStore  # noqa: PLC0415 - readers do without it

    storage: Storage
    if is_database(where):
        with _needing_psycopg():
            from doctor.patients.postgresql.storage import (  # noqa: PLC0415 - one backend alone
                PostgreSQLStorage,
            )

        storage = PostgreSQLStorage(
            str(where),
            log=log,
            observe=observe,
            **database._asdict(),
        )
    else:
        directory = location(where)
        from doctor.patients.files.storage import FileStorage  # noqa: PLC0415 - one backend alone

        storage = FileStorage(directory, log=log, open_files=open_files, observe=observe)
    return PatientStore(
        storage, machine, clock=clock, log=log, passphrases=passphrases, make_host=make_host
    )


def open_archive(where: str | Path) -> Archive:
    """Return the archive of the histories in a directory or a database. UnknownStorage."""
    if is_database(where):
        with _needing_psycopg():
            from doctor.patients.postgresql.archive import (  # noqa: PLC0415 - one backend alone
                PostgreSQLArchive,
            )

        return PostgreSQLArchive(str(where))
    directory = location(where)
    from doctor.patients.files.archive import FileArchive  # noqa: PLC0415 - one backend alone

    return FileArchive(directory)


def open_writer(where: str | Path, *, make: bool = True) -> HistoryWriter:
    """Return what takes whole histories into a directory, which it locks, or into a database.

    UnknownStorage, StoreLocked, StoreAway, StoreError, OSError. A directory that is not there is
    made, or is a StoreError unless `make`.
    """
    if is_database(where):
        with _needing_psycopg():
            from doctor.patients.postgresql.transfer import (  # noqa: PLC0415 - one backend alone
                RowWriter,
            )

        return RowWriter(str(where))
    directory = location(where)
    if not make and not directory.is_dir():
        raise StoreError(f"there is no directory {directory}")
    from doctor.patients.files.transfer import FileWriter  # noqa: PLC0415 - one backend alone

    return FileWriter(directory)


def open_database(url: str) -> DatabaseAdministration:
    """Return what makes and upgrades the tables of a database. UnknownStorage."""
    if not is_database(url):
        raise UnknownStorage("a database has a URL that begins with postgresql://")
    with _needing_psycopg():
        from doctor.patients.postgresql.administration import (  # noqa: PLC0415 - one backend alone
            PostgreSQLAdministration,
        )

    return PostgreSQLAdministration(url)


def load(path: str | Path, machine: AnyMachine | None = None) -> Doctor:
    """Return the Doctor in a patient's file, checked and complete; needs no lock.

    What is not sound is left out; `open_archive` can tell where. UnknownPatient where there is no
    such file, ForbiddenContent where it is no history, NewerFormat.
    """
    from doctor.patients.files.archive import load as load_file  # noqa: PLC0415 - the same

    return load_file(Path(path), machine)
