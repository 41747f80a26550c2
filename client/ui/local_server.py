"""A window's control of a server on this computer: it offers, starts and stops one.

Tk's thread only, except for the work that is handed to `run_in_background`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from client.model.language import tr
from client.net.local_server import LocalServer, ProbeResult, StartError, probe, server_program

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from client.net import events
    from client.net.address import ServerAddress
    from client.ui.conversation_window import ConversationWindow


class LocalServerControl:
    """Starts a server for `window`; `patients` is its directory (None: the server's default)."""

    def __init__(self, window: ConversationWindow, patients: Path | None) -> None:
        self._window = window
        self._patients = patients
        self.started: LocalServer | None = None
        self._starting: threading.Thread | None = None

    def offer(self, failure: events.Failed) -> None:
        """Show why there is no conversation, and offer what can be done."""
        offers: list[tuple[str, Callable[[], object]]] = [(tr("Try again"), self._window.connect)]
        if self._window.address.is_local and not self._window.address.tls:
            if failure.refused:
                offers.insert(0, (tr("Start a doctor on this computer"), self.start))
            if failure.other_program:
                offers.insert(0, self._offer_other_port())
        offers.append((tr("Another server…"), self._window.choose_server))
        if not self._window.view.transcript.items:
            self._window.view.placeholder.trouble(failure.why, *offers)
        self._window.layout.name.focus_set()

    def start(self, address: ServerAddress | None = None) -> None:
        """Start a doctor on this computer, unless one is running, and connect to it."""
        address = address or self._window.address
        self._window.presenter.show("starting", tr("Starting a doctor on this computer…"))
        self._window.view.placeholder.wait(tr("A doctor is being started on this computer."))
        patients = self._patients

        def work() -> LocalServer | StartError | ProbeResult:
            found = ProbeResult.NOTHING if address.port == 0 else probe(address)
            if found is not ProbeResult.NOTHING:
                return found
            try:
                started = LocalServer.start(address, patients)
            except StartError as error:
                return error
            if self._window.closed:
                started.ask_to_stop()  # nobody will use it
            return started

        self._starting = self._window.run_in_background(work, self._show_result)

    def finish(self) -> None:
        """After the window is closed, wait for a start in progress, so that it is undone."""
        if self._starting is not None:
            self._starting.join()

    def describe_place(self) -> str:
        """Return where histories are saved, as a part of a sentence."""
        address, directory = self._window.address, server_program().parent / "patients"
        if self.started is not None:
            directory = self._patients or directory
            text = tr("on this computer, in the directory {directory}")
        elif address.is_local:
            text = tr("on this computer, usually in the directory {directory}")
        else:
            text = tr("on the computer {address}, where the server runs")
        return text.format(directory=directory.resolve(), address=address)

    def stop(self) -> None:
        """Stop the server that was started here, if any; return at once."""
        if self.started is not None:
            self.started.ask_to_stop()

    def leave_running(self) -> None:
        """Let the server that was started here, if any, run on without this window."""
        if self.started is not None:
            self.started.leave_running()

    def _offer_other_port(self) -> tuple[str, Callable[[], object]]:
        elsewhere = replace(self._window.address, port=0)
        return tr("Start a doctor on another port"), lambda: self.start(elsewhere)

    def _show_result(self, found: LocalServer | StartError | ProbeResult) -> None:
        self._window.presenter.show("off", tr("Not connected"))
        if isinstance(found, StartError):
            self._window.view.placeholder.trouble(
                str(found), (tr("Another server…"), self._window.choose_server)
            )
            return
        if found is ProbeResult.OTHER_PROGRAM:
            self._window.view.placeholder.trouble(
                tr("Another program, which is not a doctor, answers at {address}.").format(
                    address=self._window.address
                ),
                self._offer_other_port(),
                (tr("Another server…"), self._window.choose_server),
            )
            return
        if isinstance(found, LocalServer):
            self.started = found
            self._window.address = found.address
        self._window.view.placeholder.welcome()
        if self._window.layout.name.get().strip():
            self._window.connect()
        else:
            self._window.tell(tr("The doctor is ready. Give your name."))
            self._window.layout.name.focus_set()
