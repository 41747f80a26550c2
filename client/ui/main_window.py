"""The window: `DoctorClient`, an `EasyFrame`; what a person can do in it.

    menus, keys   ui.menus, one table that names the methods below
    header        name, Connect or Disconnect                                   (ui.layout)
    transcript    widgets.transcript_view (placeholder before there is one) | widgets.trace_view
    input         widgets.input_box, Send
    status        where the conversation stands                                 (ui.presenter)

Everything in this module runs in Tk's thread but the functions given to `aside`.
"""

from __future__ import annotations

import re
import sys
import tkinter as tk
from dataclasses import replace
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING

from client.model import preferences
from client.net.transport import ServerAddress
from client.ui import close_dialogs, connect_dialog, help_pages
from client.ui.local_server import LocalServerControl
from client.ui.menus import Menus
from client.widgets.base_window import ClientFrame, has_display
from client.widgets.palette import PALETTES, system_palette

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from client.model.preferences import Preferences


class DoctorClient(ClientFrame):
    """One patient's window.

    `file` is where its preferences are kept, `patients` the directory of a server it starts (None:
    that server's own choice).
    """

    def __init__(
        self, settings: Preferences, place: ServerAddress, file: Path, patients: Path | None = None
    ) -> None:
        super().__init__("Doctor", settings.size)
        root = self.winfo_toplevel()
        self.settings = settings
        self.place = place
        self.host = LocalServerControl(self, patients)
        self._warned = False
        self.choose_file: Callable[..., str] = filedialog.asksaveasfilename
        self._file = file
        root.protocol("WM_DELETE_WINDOW", self.leave)
        self.stage.on_failed = self.host.offer
        self.stage.on_welcomed = self.to_input
        self.menus = Menus(self, self.painter, self.letters, self, settings.palette)
        self.layout.button.configure(command=self._toggle)
        self.layout.name.insert(0, settings.name)
        self.layout.name.bind("<Return>", lambda _event: self.connect())
        self.stage.colour(PALETTES.get(settings.palette, self.painter.palette))
        self.use_palette(settings.palette)
        self.stage.measure()
        self._place_window()
        self.stage.show("off", "Not connected")
        root.deiconify()
        self.stage.page.welcome()
        self.layout.name.focus_set()

    def _place_window(self) -> None:
        root, space = self.winfo_toplevel(), self.letters.space
        # Menu and frame need some of the screen's height, too.
        most = (root.winfo_screenwidth(), root.winfo_screenheight() - space(44))
        wide, high = min(space(740), most[0]), min(space(600), most[1])
        root.minsize(min(wide, space(260)), min(high, space(220)))
        wanted = re.fullmatch(r"(\d+)x(\d+)", self.settings.geometry)
        if wanted:
            wide, high = min(int(wanted[1]), most[0]), min(int(wanted[2]), most[1])
        root.geometry(f"{wide}x{high}")
        root.update_idletasks()
        if self.settings.workings:
            self.stage.explain(None)

    # The menu "Conversation".

    def connect(self) -> None:
        """Begin a conversation under the name in the field, or hurry one that waits to go on."""
        if self.stage.talk is not None:
            self.stage.talk.retry()
            return
        name = self.layout.name.get().strip()
        if self.stage.state == "starting":
            return
        if name:
            self.stage.begin(self.place, name)
        else:
            self.stage.tell("Give a name first: the doctor keeps your history under it.")
            self.layout.name.focus_set()

    def disconnect(self) -> None:
        """End the conversation; the transcript stays to be read."""
        if self.stage.talk is not None:
            self.stage.end("Disconnected")

    def choose_server(self) -> None:
        """Ask which server to use from the next connection on."""

        def use(place: ServerAddress) -> None:
            self.disconnect()
            self.place = place
            self.stage.tell(f"The doctor's server is {place}.")

        self.stage.open_sheet(
            connect_dialog.ask_server(self, self.painter, self.letters, self.place, use)
        )

    def save(self) -> None:
        """Save the whole conversation as text, Markdown, HTML or JSON."""
        if self.stage.earlier is not None:
            self.stage.tell("Fetching all of your history…")
            self.stage.earlier.everything(self._save_now)
        else:
            self._save_now()

    def set_passphrase(self) -> None:
        """Set, change or take off this history's passphrase."""
        self.stage.ask("/passphrase")

    def forget(self) -> None:
        """Erase this history."""
        self.stage.ask("/forget")

    def leave(self) -> None:
        """Close the window.

        Asks first where lines wait that were never sent, and where others talk with the doctor
        that was started here.
        """
        if self.stage.owes_lines and not self._warned:
            self._warned = True
            self.stage.open_sheet(
                close_dialogs.unsaid(self, self.painter, self.letters, self.leave)
            )
            return
        started = self.host.started
        if started is None or not started.is_running or self.closed:
            self._close()
            return
        mine = self.stage.talk is not None and self.stage.state in {"open", "thinking"}
        self.aside(lambda: started.connected() - mine, self._leave_with_others)

    # The menus "Edit", "View" and "Help".

    def copy(self) -> None:
        """Copy what is selected in the transcript."""
        self.layout.transcript.event_generate("<<Copy>>")

    def select_all(self) -> None:
        """Select the whole transcript."""
        self.layout.transcript.tag_add("sel", "1.0", "end - 1 chars")
        self.layout.transcript.focus_set()

    def show_all(self) -> None:
        """Show every earlier session."""
        if self.stage.earlier is not None:
            self.stage.tell("Fetching all of your history…")
            self.stage.earlier.everything(lambda: self.stage.tell("This is all of your history."))

    def explain(self) -> None:
        """Show how the reply was made beside the transcript, or hide it again."""
        if not self.stage.toggle_workings():
            self.to_input()

    def larger(self) -> None:
        """Make everything larger."""
        self._zoom(next((size for size in preferences.SIZES if size > self.letters.size), 0))

    def smaller(self) -> None:
        """Make everything smaller."""
        sizes = reversed(preferences.SIZES)
        self._zoom(next((size for size in sizes if size < self.letters.size), 0))

    def normal_size(self) -> None:
        """Make everything as large as at first."""
        self._zoom(preferences.Preferences().size)

    def use_palette(self, name: str) -> None:
        """Use other colours: "light", "dark", "contrast", or "system" for what the system uses."""
        self.settings = replace(self.settings, palette=name)
        self.menus.show_palette(name)
        if name == "system":
            self.aside(system_palette, self._use_system_palette)
        else:
            self.stage.colour(PALETTES[name])

    def next_area(self) -> None:
        """Move the focus to the next area: name, transcript, workings, input."""
        layout = self.layout
        areas: list[tk.Misc] = [layout.name, layout.transcript, layout.input]
        if layout.workings_shown:
            areas.insert(2, layout.workings)
        focus = self.focus_get()
        place = areas.index(focus) if focus in areas else len(areas) - 1
        areas[(place + 1) % len(areas)].focus_set()

    def to_input(self) -> None:
        """Move the focus to where the patient types."""
        self.layout.input.focus_set()

    def show_keys(self) -> None:
        """Show what each key does."""
        self.stage.open_sheet(help_pages.show_keys(self, self.painter, self.letters))

    def show_privacy(self) -> None:
        """Show what is kept where and who can read it."""
        self._help("Privacy", help_pages.PRIVACY)

    def show_helplines(self) -> None:
        """Show where to find people who help."""
        self._help("If you need help now", help_pages.HELPLINES)

    def show_about(self) -> None:
        """Show what this program is and is not."""
        self._help("About Doctor", help_pages.ABOUT)

    # What those are made of.

    def _help(self, title: str, text: str) -> None:
        sheet = help_pages.show(self, self.painter, self.letters, title, text)
        self.stage.open_sheet(sheet)

    def _toggle(self) -> None:
        if self.stage.talk is None:
            self.connect()
        else:
            self.disconnect()

    def _zoom(self, size: int) -> None:
        if size:
            self.letters.zoom(size)
            self.stage.measure()

    def _use_system_palette(self, name: str) -> None:
        if self.settings.palette == "system":
            self.stage.colour(PALETTES[name])

    def _save_now(self) -> None:
        entries = self.stage.transcript.entries()
        if not entries:
            self.stage.tell("There is nothing to save yet.")
            return
        from client.model import saving  # noqa: PLC0415 - not needed to open

        name = self.stage.transcript.patient
        chosen = self.choose_file(
            parent=self,
            title="Save the conversation",
            initialfile=f"{name.replace('/', '_')}.txt",
            defaultextension=".txt",
            filetypes=saving.KINDS,
        )
        if chosen:
            try:
                saving.write(Path(chosen), name, entries)
            except OSError as error:
                self.stage.tell(f"It could not be saved: {error.strerror or error}.")
            else:
                self.stage.tell(f"Saved as {chosen}")

    def _leave_with_others(self, others: int) -> None:
        if others <= 0:
            self._stop_and_close()
            return
        sheet = close_dialogs.others(
            self, self.painter, self.letters, others, stay=self._close, stop=self._stop_and_close
        )
        self.stage.open_sheet(sheet)

    def _stop_and_close(self) -> None:
        self._close()
        self.host.stop()

    def _close(self) -> None:
        if not self.closed:
            self._remember()
            self.close()

    def _remember(self) -> None:
        place = (
            self.place
            if self.host.started is None
            else replace(self.place, port=self.settings.port)
        )
        self.settings = replace(
            self.settings,
            name=self.layout.name.get().strip(),
            host=place.host,
            port=place.port,
            tls=place.tls,
            authority=place.authority,
            size=self.letters.size,
            geometry=self.winfo_toplevel().geometry().split("+")[0],
            workings=self.layout.workings_shown,
        )
        trouble = preferences.save(self._file, self.settings)
        if trouble:
            print(f"client: {trouble}", file=sys.stderr)


def run(options: argparse.Namespace) -> int:
    """Open the window that the command line asks for and stay until it is closed.

    Raises `NoDisplay`.
    """
    file = preferences.default_path()
    settings, notice = preferences.load(file)
    settings = replace(settings, name=options.name or settings.name)
    place = ServerAddress(
        options.host or settings.host,
        options.port or settings.port,
        options.tls or settings.tls,
        options.ca or settings.authority,
    )
    if options.exhibit:
        from client.ui import exhibit  # noqa: PLC0415 - seldom wanted

        return exhibit.run(place, settings.palette)
    with has_display():
        window = DoctorClient(settings, place, file, options.patients)
    if notice:
        window.stage.tell(notice)
    if options.start and place.is_local:
        window.host.start()
    elif options.name:
        window.connect()
    window.stay()
    window.host.finish()
    return 0
