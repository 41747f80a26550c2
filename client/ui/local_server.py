"""The doctor that a window may start on this computer, and what it offers where none answers.

Tk's thread alone, but for the work that is handed to `aside`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from client.net.local_server import Found, NotStarted, Started, look

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from client.net import events
    from client.net.transport import ServerAddress
    from client.ui.main_window import DoctorClient


class LocalServerControl:
    """Starts a doctor for `window`; `patients` is the directory it uses (None: its own choice)."""

    def __init__(self, window: DoctorClient, patients: Path | None) -> None:
        self._window = window
        self.patients = patients
        self.started: Started | None = None
        self._errand: threading.Thread | None = None

    def offer(self, failure: events.Failed) -> None:
        """Say why there is no conversation, and offer what can be done about it."""
        offers: list[tuple[str, Callable[[], object]]] = [("Try again", self._window.connect)]
        if failure.refused and self._window.place.is_local and not self._window.place.tls:
            offers.insert(0, ("Start a doctor on this computer", self.start))
        offers.append(("Another server…", self._window.choose_server))
        if not self._window.stage.transcript.items:
            self._window.stage.page.trouble(failure.why, *offers)
        self._window.layout.name.focus_set()

    def start(self, place: ServerAddress | None = None) -> None:
        """Start a doctor on this computer, unless one listens, and connect with it."""
        place = place or self._window.place
        self._window.stage.show("starting", "Starting a doctor on this computer…")
        self._window.stage.page.wait("A doctor is being started on this computer.")
        patients = self.patients

        def work() -> Started | NotStarted | Found:
            found = Found.NOBODY if place.port == 0 else look(place)
            if found is not Found.NOBODY:
                return found
            try:
                started = Started.start(place, patients)
            except NotStarted as error:
                return error
            if self._window.closed:
                started.ask_to_stop()  # nobody will ever talk with it
            return started

        self._errand = self._window.aside(work, self._was_started)

    def finish(self) -> None:
        """Wait, after the window is closed, for a start that is under way, so that it is undone."""
        if self._errand is not None:
            self._errand.join()

    def stop(self) -> None:
        """Have the doctor that was started here stop, if one was; returns at once."""
        if self.started is not None:
            self.started.ask_to_stop()

    def _was_started(self, found: Started | NotStarted | Found) -> None:
        self._window.stage.show("off", "Not connected")
        if isinstance(found, NotStarted):
            self._window.stage.page.trouble(
                str(found), ("Another server…", self._window.choose_server)
            )
            return
        if found is Found.SOMETHING_ELSE:
            elsewhere = replace(self._window.place, port=0)
            self._window.stage.page.trouble(
                f"Something that is not a doctor answers at {self._window.place}.",
                ("Start a doctor on another port", lambda: self.start(elsewhere)),
                ("Another server…", self._window.choose_server),
            )
            return
        if isinstance(found, Started):
            self.started = found
            self._window.place = found.place
        self._window.stage.page.welcome()
        if self._window.layout.name.get().strip():
            self._window.connect()
        else:
            self._window.stage.tell("The doctor is in. Give your name.")
            self._window.layout.name.focus_set()
