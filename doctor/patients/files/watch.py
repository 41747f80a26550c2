"""Notice when somebody removes or replaces what a store needs: `PlaceWatcher`.

    the directory    nothing is saved until it is back, or the server is started again
    .lock            made again; nothing is saved where another process has locked it by then
    a commit log     the patients' files are synced, and a new log is begun

A line is never answered into a log that nobody could find after a power cut for longer than the
few seconds between two looks. A patient's file is looked at with each line
(`doctor.patients.files.directory`).
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Final

from doctor.errors import NotSaved, describe
from doctor.patients.files.lock import is_at

if TYPE_CHECKING:
    from logging import Logger
    from pathlib import Path

    from doctor.patients.files.commit_log import CommitLog
    from doctor.patients.files.lock import DirectoryLock

#: Seconds between two looks.
INTERVAL: Final = 5.0


class PlaceWatcher:
    """The thread that looks. `require` may be called by any thread."""

    def __init__(
        self, directory: Path, lock: DirectoryLock, commits: CommitLog, log: Logger
    ) -> None:
        self._directory = directory
        self._lock = lock
        self._commits = commits
        self._log = log
        self._itself = os.open(directory, os.O_RDONLY) if os.name != "nt" else None
        self._closing = threading.Event()
        #: Why nothing can be saved now; "" mostly.
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def require(self) -> None:
        """Raise NotSaved where the histories are not in their place."""
        if self.trouble:
            raise NotSaved(self.trouble)

    def _run(self) -> None:
        while not self._closing.wait(INTERVAL):
            self.look()

    def look(self) -> None:
        """Look at everything once."""
        try:
            trouble = self._find_trouble()
        except OSError as error:
            trouble = describe(error, self._directory)
        if trouble and trouble != self.trouble:
            self._log.error("nothing can be saved now: %s", trouble)
        elif self.trouble and not trouble:
            self._log.warning("%s: everything is in its place again", self._directory)
        self.trouble = trouble

    def _find_trouble(self) -> str:
        """Put right what can be; return why nothing can be saved, "" mostly. OSError."""
        if self._itself is not None and not is_at(self._itself, self._directory.resolve()):
            return (
                f"somebody moved or replaced the directory {self._directory}; "
                "put it back, or start the server again"
            )
        try:
            if self._lock.renew():
                self._log.warning(
                    "%s: somebody removed or replaced .lock; it was made again", self._directory
                )
        except BlockingIOError:
            return f"another server has locked {self._directory}; stop one of them"
        if self._commits.renew():
            self._log.warning(
                "%s: somebody removed or replaced the commit log; all histories were synced, and "
                "a new log was begun",
                self._directory,
            )
        return ""

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join()
        if self._itself is not None:
            os.close(self._itself)
            self._itself = None
