"""The window of one conversation: `ConversationWindow`, an `EasyFrame`.

    header        name, Connect or Disconnect                                    (ui.layout)
    transcript    widgets.transcript_view, or widgets.placeholder | widgets.trace_view
    input         widgets.input_box, Send
    status line   the state of the connection                                    (ui.presenter)

It has what a user can do in one conversation. The program's main window adds menus, settings and a
server of its own; the full-screen mode takes the header away. Everything here runs in Tk's thread.
"""

from __future__ import annotations

from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, Any, Final

from client.model.language import tr
from client.ui import connect_dialog
from client.ui.museum.teletype import TeletypeLook
from client.ui.presenter import Presenter
from client.widgets.base_window import BaseFrame
from client.widgets.palette import PALETTES
from client.widgets.transcript_cursor import exchange_at_cursor

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.model.transcript import Item
    from client.net import events
    from client.net.address import ServerAddress

#: Seconds that the threads of a closed window get to end.
_LAST_WAIT: Final = 2.0
#: Windows that were used. Only the thread that made a Tcl interpreter may delete it, and Python's
#: garbage collector runs in any thread: so they are kept until the process ends.
_USED: Final[list[object]] = []


def _documents() -> Path:
    """Return the directory in which people expect what they save."""
    documents = Path.home() / "Documents"
    return documents if documents.is_dir() else Path.home()


class ConversationWindow(BaseFrame):
    """A window in which one patient at a time talks with the server at `address`.

    `options` are those of `Presenter`; `choose_file` asks for the name of a file to save to.
    """

    def __init__(
        self,
        title: str,
        size: int,
        address: ServerAddress,
        *,
        choose_file: Callable[..., str] = filedialog.asksaveasfilename,
        **options: Any,
    ) -> None:
        super().__init__(title, size)
        self.address = address
        self._choose_file = choose_file
        self._save_directory = _documents()
        self.presenter = Presenter(
            self,
            self.painter,
            self.fonts,
            self.post,
            on_failed=self.handle_failure,
            on_welcomed=self.handle_welcome,
            **options,
        )
        self.view = self.presenter.view
        self.layout = self.view.layout
        self.teletype = TeletypeLook(self.view, self.use_usual_look)

    def use_usual_look(self) -> None:
        """Use the window's own colours and typeface again, after those of a teletype."""
        self.fonts.choose("")
        self.view.colour(PALETTES["light"])
        self.view.apply_fonts()

    def handle_failure(self, failure: events.Failed) -> None:
        """Do what follows when a conversation could not begin; a kind of window defines it."""

    def handle_welcome(self) -> None:
        """Do what follows when a new session is open."""
        self.to_input()

    # Connecting.

    def connect(self) -> None:
        """Begin a conversation under the name in the field, or reconnect now."""
        presenter = self.presenter
        if presenter.conversation is not None:
            presenter.conversation.retry()
            return
        name = self.layout.name.get().strip()
        if presenter.state == "starting":
            return
        if name:
            presenter.begin(self.address, name)
        else:
            self.tell(tr("Give a name first: the doctor saves your history under it."))
            self.layout.name.focus_set()

    def disconnect(self) -> None:
        """End the conversation; the transcript stays readable."""
        if self.presenter.conversation is not None:
            self.presenter.end(tr("Disconnected"))

    def toggle_connection(self) -> None:
        """Connect, or end the conversation that is going on."""
        if self.presenter.conversation is None:
            self.connect()
        else:
            self.disconnect()

    def choose_server(self) -> None:
        """Ask which server to use from the next connection on."""

        def use(address: ServerAddress) -> None:
            self.disconnect()
            self.address = address
            self.tell(tr("The doctor's server is {address}.").format(address=address))

        self.view.open_dialog(
            connect_dialog.ask_server(self, self.painter, self.fonts, self.address, use)
        )

    # The history.

    def save(self) -> None:
        """Save the whole conversation as text, Markdown, HTML or JSON."""
        if self.presenter.history_loader is not None:
            self.tell(tr("Loading your whole history…"))
            self.presenter.history_loader.load_all(self._save_now)
        else:
            self._save_now()

    def show_all(self) -> None:
        """Show every earlier session."""
        if self.presenter.history_loader is not None:
            self.tell(tr("Loading your whole history…"))
            self.presenter.history_loader.load_all(
                lambda: self.tell(tr("This is your whole history."))
            )

    def join_room(self) -> None:
        """Enter a room, and talk there."""
        self.presenter.rooms.join()

    def leave_room(self) -> None:
        """Leave the room that is shown."""
        self.presenter.rooms.leave()

    def next_conversation(self) -> None:
        """Show the next conversation of the list."""
        self.presenter.rooms.step(1)

    def previous_conversation(self) -> None:
        """Show the conversation before in the list."""
        self.presenter.rooms.step(-1)

    def set_passphrase(self) -> None:
        """Set, change or remove this history's passphrase."""
        self.presenter.send_command("/passphrase")

    def forget(self) -> None:
        """Erase this history."""
        self.presenter.send_command("/forget")

    def take_back(self, item: Item) -> None:
        """Take an exchange back, after asking once more."""
        self.presenter.send_command(f"/forget {item.number}")

    def take_back_last(self) -> None:
        """Take back what was said last, after asking once more."""
        item = self.view.transcript.last_reply()
        if item is None or not item.number:
            self.tell(tr("There is nothing to take back."))
        else:
            self.take_back(item)

    def _save_now(self) -> None:
        entries = self.view.transcript.entries()
        if not entries:
            self.tell(tr("There is nothing to save yet."))
            return
        from client.model import saving  # noqa: PLC0415 - not needed to open

        name = self.view.transcript.patient
        chosen = self._choose_file(
            parent=self,
            title=tr("Save the conversation"),
            initialdir=str(self._save_directory),
            initialfile=f"{name.replace('/', '_')}.txt",
            defaultextension=".txt",
            filetypes=saving.kinds(),
        )
        if chosen:
            try:
                saving.write(Path(chosen), name, entries)
            except OSError as error:
                self.tell(
                    tr("The conversation could not be saved: {strerror}.").format(
                        strerror=error.strerror or error
                    )
                )
            else:
                self._save_directory = Path(chosen).parent
                self.tell(tr("Saved as {chosen}").format(chosen=chosen))
        else:
            self.tell(tr("Nothing was saved."))

    # The transcript and the focus.

    def copy(self) -> None:
        """Copy what is selected in the transcript."""
        self.layout.transcript.event_generate("<<Copy>>")

    def select_all(self) -> None:
        """Select the whole transcript."""
        self.layout.transcript.tag_add("sel", "1.0", "end - 1 chars")
        self.layout.transcript.focus_set()

    def explain(self) -> None:
        """Show how the reply was made beside the transcript, or hide it again.

        With the focus in the transcript the reply is the one that the cursor is in.
        """
        if self.focus_get() is self.layout.transcript:
            self.presenter.explainer.toggle(exchange_at_cursor(self.view.transcript))
        elif not self.presenter.explainer.toggle():
            self.to_input()

    def next_area(self) -> None:
        """Move the focus to the next area: name, transcript, trace, input."""
        layout = self.layout
        areas: list[tk.Misc] = [layout.name, layout.transcript, layout.input]
        if layout.trace_shown:
            areas.insert(2, layout.trace)
        focus = self.focus_get()
        index = areas.index(focus) if focus in areas else len(areas) - 1
        areas[(index + 1) % len(areas)].focus_set()

    def to_input(self) -> None:
        """Move the focus to where the patient types."""
        self.layout.input.focus_set()

    # The window's life.

    def take(self, source: object, found: Any) -> None:
        """Hand an event of the current conversation to the presenter; ignore those of others."""
        if source is self.presenter.conversation:
            self.teletype.before(found)
            self.presenter.take(found)
            self.teletype.after(found)
        else:
            super().take(source, found)

    def tell(self, text: str) -> None:
        """Show a text in the status line."""
        self.view.show_status(text)

    def close(self) -> None:
        """Close the window and end the conversation."""
        if not self.closed and self.presenter.conversation is not None:
            self.presenter.conversation.close()
        super().close()

    def run_until_closed(self) -> None:
        """Run until the window is closed, then let its threads end."""
        _USED.append(self)
        self.mainloop()
        if self.presenter.conversation is not None:
            self.presenter.conversation.close(_LAST_WAIT)
