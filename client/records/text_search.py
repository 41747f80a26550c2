"""Searches the texts of all histories, in a thread of its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.errors import DoctorError
from doctor.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.patients.base import Archive

#: Letters from which texts are searched: fewer are in nearly every text.
LEAST: Final = 3
#: Seconds between two reports.
_REPORT: Final = 0.2


class TextHits(NamedTuple):
    """What was found so far: for each patient the numbers of exchanges, newest first."""

    wanted: str  #: folded
    hits: dict[str, list[int]]
    searched: int  #: histories
    is_over: bool


class TextSearch:
    """Searches `archive`; `report` is called from the thread that searches."""

    def __init__(self, archive: Archive, report: Callable[[TextHits], object]) -> None:
        self._archive, self._report = archive, report
        self._stop = threading.Event()

    def begin(self, text: str, names: list[str]) -> bool:
        """Search the histories of these patients; return False if the text is too short."""
        self.stop()
        wanted = fold(text)
        if len(wanted) < LEAST:
            return False
        self._stop = threading.Event()
        threading.Thread(
            target=self._search,
            args=(wanted, names, self._stop),
            name="search in histories",
            daemon=True,
        ).start()
        return True

    def stop(self) -> None:
        """Search no further."""
        self._stop.set()

    def _search(self, wanted: str, names: list[str], stop: threading.Event) -> None:
        def pause() -> bool:
            time.sleep(0.001)  # the window's thread must get the interpreter
            return not stop.is_set()

        found: dict[str, list[int]] = {}
        reported = time.monotonic()
        for searched, name in enumerate(names):
            try:
                transcript = self._archive.read(name).transcript
                numbers = [one.number for one in transcript.search(wanted, pause)]
            except (DoctorError, OSError):
                continue  # the list says how many cannot be read
            if stop.is_set():
                return
            if numbers:
                found[name] = numbers
            if time.monotonic() - reported > _REPORT:
                reported = time.monotonic()
                self._tell(TextHits(wanted, dict(found), searched + 1, is_over=False), stop)
        self._tell(TextHits(wanted, found, len(names), is_over=True), stop)

    def _tell(self, hits: TextHits, stop: threading.Event) -> None:
        if not stop.is_set():
            self._report(hits)
