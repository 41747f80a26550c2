"""The window: `DoctorClient`, an `EasyFrame`, in front of a `client.connection.Conversation`.

    menus, keys   client.menus, one table
    header        name, Connect or Disconnect
    transcript    client.transcript_view, or client.page before there is one | client.trace_view
    input         client.input_box, Send
    status        where the conversation stands

The network never runs here. The conversation's thread puts events into a queue; `after` takes a
bounded number of them out every few milliseconds, and each goes to the method that `_HANDLERS`, at
the end, names for its kind. Everything in this module runs in Tk's thread.
"""

from __future__ import annotations

import queue
import sys
import threading
import tkinter as tk
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from breezypythongui import EasyFrame

from client import connect_dialog, events, help_pages, preferences
from client.connection import Conversation
from client.earlier import Earlier
from client.input_box import InputBox
from client.layout import Layout
from client.menus import Menus
from client.page import Page
from client.palette import PALETTES, Letters, Painter, system_palette
from client.session import fits
from client.trace_view import TraceView
from client.transcript_view import Kind, TranscriptView
from doctor import protocol

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from client.events import Event
    from client.preferences import Preferences
    from client.sheets import Sheet
    from client.transcript_view import Item
    from client.wire import Place

#: Milliseconds between two looks at the queue, and how many events are taken at a look.
_TICK: Final = 30
_MOST: Final = 50
#: Milliseconds before a wait for a reply is called thinking.
_THINKING: Final = 300
#: Seconds that the threads of a closed window get to end.
_LAST_WAIT: Final = 2.0

#: State -> sign in the status line, role of its colour, label of the button.
_STATES: Final = {
    "off": ("○", "label", "Connect"),
    "connecting": ("◌", "label", "Cancel"),
    "open": ("●", "good label", "Disconnect"),
    "thinking": ("●", "good label", "Disconnect"),
    "resting": ("◐", "label", "Disconnect"),
    "lost": ("◌", "warning label", "Disconnect"),
}


class NoDisplay(Exception):
    """There is no screen to open a window on."""


class DoctorClient(EasyFrame):  # type: ignore[misc] # breezypythongui has no types
    """One patient's window. `file` is where its preferences are kept."""

    def __init__(self, settings: Preferences, place: Place, name: str, file: Path) -> None:
        super().__init__(title="Doctor")
        root = self.winfo_toplevel()
        self.settings = settings
        self.place = place
        self.talk: Conversation | None = None
        self.earlier: Earlier | None = None
        self.sheet: Sheet | None = None
        self.faults: list[str] = []
        self.state = ""
        self._file = file
        self._queue: queue.SimpleQueue[tuple[object, Any]] = queue.SimpleQueue()
        self._traces: dict[int, tuple[tuple[str, ...], ...]] = {}
        self._giving_up = False
        self._closed = False
        root.report_callback_exception = self._fault
        root.protocol("WM_DELETE_WINDOW", self.leave)
        self.painter = Painter()
        self.letters = Letters(root, settings.size)
        self.layout = Layout(self, self.painter, self.letters)
        self._furnish(name or settings.name)
        self.menus = Menus(self, self.painter, self.letters, self, settings.palette)
        self._repaint(PALETTES.get(settings.palette, self.painter.palette))
        self.use_palette(settings.palette)
        self._measure()
        self._place_window()
        self._show("off", "Not connected")
        self.page.welcome()
        self.layout.name.focus_set()
        self._timer = root.after(_TICK, self._drain)
        if name:
            self.connect()

    def _furnish(self, name: str) -> None:
        layout = self.layout
        self.transcript = TranscriptView(layout.transcript, self.letters)
        self.transcript.on_reply = self._explain_item
        self.transcript.on_top = self._fetch_earlier
        self.page = Page(layout.transcript, self.letters, self.painter)
        self.workings = TraceView(layout.workings, self.letters)
        self.input = InputBox(layout.input, self._send)
        self.transcript.on_typing = self.input.type
        layout.send.configure(command=self.input.send)
        layout.button.configure(command=self._toggle)
        layout.name.insert(0, name)
        layout.name.bind("<Return>", lambda _event: self.connect())
        layout.transcript.bind("<Configure>", lambda _event: self._lay_out(), add=True)

    def _place_window(self) -> None:
        root, space = self.winfo_toplevel(), self.letters.space
        wide = min(space(740), root.winfo_screenwidth())
        high = min(space(600), root.winfo_screenheight())
        root.minsize(min(wide, space(260)), min(high, space(220)))
        root.geometry(self.settings.geometry or f"{wide}x{high}")
        if self.settings.workings:
            self.explain()

    # What a person does; client.menus names these.

    def connect(self) -> None:
        """Begin a conversation under the name in the field, or hurry one that waits to go on."""
        if self.talk is not None:
            self.talk.retry()
            return
        name = self.layout.name.get().strip()
        if not name:
            self._say("Give a name first: the doctor keeps your history under it.")
            self.layout.name.focus_set()
            return
        self._traces.clear()
        self.transcript.patient = name
        self.talk = talk = Conversation(
            self.place, name, lambda event: self._queue.put((talk, event)), explain=True
        )
        self._show("connecting", f"Connecting with {self.place}…")
        talk.start()

    def disconnect(self) -> None:
        """End the conversation; the transcript stays to be read."""
        if self.talk is not None:
            self.talk.close()
            self._end("Disconnected")

    def choose_server(self) -> None:
        """Ask which server to use from the next connection on."""

        def use(place: Place) -> None:
            self.disconnect()
            self.place = place
            self._say(f"The doctor's server is {place}.")

        self._open(connect_dialog.ask_server(self, self.painter, self.letters, self.place, use))

    def save(self) -> None:
        """Save the conversation as text, Markdown, HTML or JSON."""

    def set_passphrase(self) -> None:
        """Set, change or take off this history's passphrase."""
        self._ask("/passphrase")

    def forget(self) -> None:
        """Erase this history."""
        self._ask("/forget")

    def copy(self) -> None:
        """Copy what is selected in the transcript."""
        self.layout.transcript.event_generate("<<Copy>>")

    def select_all(self) -> None:
        """Select the whole transcript."""
        self.layout.transcript.tag_add("sel", "1.0", "end - 1 chars")
        self.layout.transcript.focus_set()

    def show_all(self) -> None:
        """Show every earlier session."""
        if self.earlier is not None:
            self._say("Fetching all of your history…")
            self.earlier.everything(lambda: self._say("This is all of your history."))

    def explain(self) -> None:
        """Show how the reply was made beside the transcript, or hide it again."""
        shown = not self.layout.workings_shown
        self.layout.show_workings(shown=shown)
        self.settings = replace(self.settings, workings=shown)
        if shown:
            self._explain_item(self.transcript.chosen or self.transcript.last_reply())
        else:
            self.transcript.choose(None)
            self.to_input()

    def larger(self) -> None:
        """Make everything larger."""
        self._zoom(next((s for s in preferences.SIZES if s > self.letters.size), 0))

    def smaller(self) -> None:
        """Make everything smaller."""
        self._zoom(next((s for s in reversed(preferences.SIZES) if s < self.letters.size), 0))

    def normal_size(self) -> None:
        """Make everything as large as at first."""
        self._zoom(preferences.Preferences().size)

    def use_palette(self, name: str) -> None:
        """Use other colours: "light", "dark", "contrast", or "system" for what the system uses."""
        self.settings = replace(self.settings, palette=name)
        self.menus.palette.set(name)
        if name != "system":
            self._repaint(PALETTES[name])
            return
        # Asking the system may take a moment, so another thread does.
        found = self._queue
        threading.Thread(
            target=lambda: found.put(("palette", system_palette())), daemon=True
        ).start()

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
        self._open(help_pages.show_keys(self, self.painter, self.letters))

    def show_privacy(self) -> None:
        """Show what is kept where and who can read it."""
        self._page("Privacy", help_pages.PRIVACY)

    def show_helplines(self) -> None:
        """Show where to find people who help."""
        self._page("If you need help now", help_pages.HELPLINES)

    def show_about(self) -> None:
        """Show what this program is and is not."""
        self._page("About Doctor", help_pages.ABOUT)

    def leave(self) -> None:
        """Close the window and everything behind it, whatever it is doing."""
        if self._closed:
            return
        self._closed = True
        self._remember()
        self.after_cancel(self._timer)
        if self.talk is not None:
            self.talk.close()
        self.winfo_toplevel().destroy()

    # What those are made of.

    def _toggle(self) -> None:
        if self.talk is None:
            self.connect()
        else:
            self.disconnect()

    def _fetch_earlier(self) -> None:
        if self.earlier is not None:
            self.earlier.more()

    def _answer(self, text: str) -> None:
        if self.talk is not None:
            self.talk.answer(text)

    def _ask(self, command: str) -> None:
        if self.talk is None or self.state != "open":
            self._say("That can be done while a conversation is open.")
        else:
            self.talk.say(command)

    def _send(self, text: str) -> bool:
        """Say what was typed; returns whether it was taken."""
        excess = fits(text)
        if self.talk is None:
            self._say("Connect first; your words stay here.")
            return False
        if excess:
            self._say(f"This is {excess} bytes too long for one line: say it in parts.")
            return False
        ident = self.talk.say(text)
        if not text.startswith("/") or text.startswith("//"):
            self.transcript.say(ident, text[1:] if text.startswith("//") else text, _now())
            self.after(_THINKING, self._thinking, ident)
        return True

    def _thinking(self, ident: int) -> None:
        item = self.transcript.find(ident)
        if self.state == "open" and item is not None and item.kind is Kind.PENDING:
            self._show("thinking", "The doctor is thinking…")

    def _explain_item(self, item: Item | None) -> None:
        """Show how the reply of an item was made."""
        if not self.layout.workings_shown:
            self.layout.show_workings(shown=True)
            self.settings = replace(self.settings, workings=True)
        self.transcript.choose(item)
        rows = self._traces.get(item.line) if item is not None else None
        if item is None:
            self.workings.tell("Say something, and the doctor's reply is taken apart here.")
        elif rows:
            self.workings.explain(rows)
        elif item.session:
            self.workings.tell(
                "This reply is from an earlier session. The doctor can explain the replies of "
                "the session that runs."
            )
        else:
            self.workings.tell("The doctor has not told yet how this reply was made.")

    def _zoom(self, size: int) -> None:
        if size:
            follows = self.transcript.at_end
            self.letters.zoom(size)
            self._measure()
            if follows:
                self.layout.transcript.see(tk.END)

    def _measure(self) -> None:
        self.layout.measure()
        self.workings.lay_out()
        self._lay_out()

    def _lay_out(self) -> None:
        self.transcript.lay_out()
        self.page.lay_out()

    def _repaint(self, palette: Any) -> None:
        self.painter.change(palette)
        self.transcript.colour(palette)
        self.workings.colour(palette)
        self.page.colour(palette)

    def _remember(self) -> None:
        self.settings = replace(
            self.settings,
            name=self.layout.name.get().strip(),
            host=self.place.host,
            port=self.place.port,
            tls=self.place.tls,
            authority=self.place.authority,
            size=self.letters.size,
            geometry=self.winfo_toplevel().geometry().split("+")[0],
        )
        trouble = preferences.save(self._file, self.settings)
        if trouble:
            print(f"client: {trouble}", file=sys.stderr)

    # Saying where things stand.

    def _show(self, state: str, text: str) -> None:
        """Show a state, in the status line, the button and the field of the name."""
        self.state = state
        sign, role, label = _STATES[state]
        self.layout.dot.configure(text=sign)
        self.painter.paint(self.layout.dot, role)
        self.layout.button.configure(text=label)
        self.layout.name.configure(state="normal" if state == "off" else "readonly")
        self.painter.paint(self.layout.send, "button" if state == "off" else "primary")
        self._say(text)

    def _say(self, text: str) -> None:
        """Say something in the status line."""
        self.layout.status.configure(text=text)

    def _open(self, sheet: Sheet) -> None:
        """Have this sheet in front, and no other."""
        if self.sheet is not None:
            self.sheet.close()
        self.sheet = sheet

    def _page(self, title: str, text: str) -> None:
        self._open(help_pages.show(self, self.painter, self.letters, title, text))

    def _end(self, why: str) -> None:
        """The conversation is over; what was typed and said stays."""
        self.talk = None
        if self.earlier is not None:
            self.earlier.stop()
            self.earlier = None
        if self.sheet is not None:
            self.sheet.close()
        self._show("off", why)

    def _fault(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        """Show a fault of this program in the window, and the details on standard error."""
        self.faults.append("".join(traceback.format_exception(kind, error, trace)))
        print(self.faults[-1], file=sys.stderr)
        if not self._closed:
            self._say(f"This program made a mistake ({error}). The conversation goes on.")

    # What the conversation reports.

    def _drain(self) -> None:
        """Take a bounded number of events out of the queue, then let the window have its turn."""
        try:
            for _ in range(_MOST):
                source, event = self._queue.get_nowait()
                if source == "palette" and self.settings.palette == "system":
                    self._repaint(PALETTES[event])
                elif source is self.talk:
                    self._hear(event)
        except queue.Empty:
            pass
        finally:
            if not self._closed:
                self._timer = self.after(_TICK, self._drain)

    def _hear(self, event: Event) -> None:
        match event:
            case events.Connecting():
                self._on_connecting(event)
            case events.Failed():
                self._on_failed(event)
            case events.Lost():
                self._on_lost(event)
            case events.Resting():
                self._on_resting(event)
            case events.SecretWanted():
                self._on_secret(event)
            case events.ConfirmWanted():
                self._on_confirm(event)
            case events.Welcomed():
                self._on_welcomed(event)
            case events.History():
                self._on_history(event)
            case events.Missed():
                self._on_missed(event)
            case events.Answered():
                self._on_answered(event)
            case events.NotTaken():
                self._on_not_taken(event)
            case events.TraceFound():
                self._on_trace(event)
            case events.Told():
                self._on_told(event)
            case events.Closed():
                self._end("Disconnected")

    def _on_connecting(self, event: events.Connecting) -> None:
        tries = f", try {event.attempt}" if event.attempt > 1 else ""
        self._show("connecting", f"Connecting with {self.place}{tries}…")

    def _on_failed(self, event: events.Failed) -> None:
        begun = bool(self.transcript.items)
        self._end("Not connected")
        if begun:
            self.transcript.notice(event.why, _now())
        else:
            self.page.trouble(
                event.why, ("Try again", self.connect), ("Another server…", self.choose_server)
            )
            self.layout.name.focus_set()

    def _on_lost(self, event: events.Lost) -> None:
        if self.state != "connecting" or not self.transcript.items:
            self.transcript.notice(event.why, _now())
        self._close_question()
        seconds = max(1, round(event.pause))
        self._show("lost", f"{event.why} Trying again in {seconds} s; Ctrl+Return tries now.")

    def _on_resting(self, event: events.Resting) -> None:
        self._close_question()
        self._show("resting", f"{event.why} It goes on when you say something.")

    def _close_question(self) -> None:
        if self.sheet is not None:
            self.sheet.close()
        if self.earlier is not None:
            self.earlier.interrupted()

    def _on_secret(self, event: events.SecretWanted) -> None:
        if self._giving_up and event.code == protocol.REPEAT_PASSPHRASE:
            # Two different answers leave everything as it was.
            self._giving_up = False
            self._answer("-")
            return
        sheet = connect_dialog.ask_secret(self, self.painter, self.letters, event, self._answer)
        sheet.on_away = lambda: self._give_up(event.code)
        self._open(sheet)

    def _give_up(self, code: int) -> None:
        if code in {protocol.NEW_PASSPHRASE, protocol.REPEAT_PASSPHRASE} and self.talk:
            self._giving_up = code == protocol.NEW_PASSPHRASE
            self.talk.answer("--")
        else:
            self.disconnect()

    def _on_confirm(self, event: events.ConfirmWanted) -> None:
        self._open(
            connect_dialog.ask_name_to_forget(
                self,
                self.painter,
                self.letters,
                event.text,
                self._answer,
            )
        )

    def _on_welcomed(self, event: events.Welcomed) -> None:
        self._show("open", f"Connected with {self.place}")
        self.layout.hint.configure(text=event.notice and "No passphrase")
        if event.again:
            self.transcript.notice("Connected again; the conversation goes on.", _now())
            if self.earlier is not None:
                self.earlier.resumed()
            return
        if self.talk is not None:
            self.page.away()
            self.transcript.restart()
            self.earlier = Earlier(self.transcript, self.talk, self)
            self.earlier.begin(event.exchanges)
        self.transcript.greet(event.greeting, _now())
        self.to_input()

    def _on_history(self, event: events.History) -> None:
        if self.earlier is not None:
            self.earlier.take(event)

    def _on_missed(self, event: events.Missed) -> None:
        for entry in event.entries:
            self.transcript.exchange(entry)

    def _on_answered(self, event: events.Answered) -> None:
        self.transcript.answer(event.line, event.entry)
        if self.state == "thinking":
            self._show("open", f"Connected with {self.place}")

    def _on_not_taken(self, event: events.NotTaken) -> None:
        self.transcript.refuse(event.line)
        self.input.give_back(event.text)
        self._show("open", event.why)

    def _on_trace(self, event: events.TraceFound) -> None:
        self._traces[event.line] = event.rows
        item = self.transcript.find(event.line)
        if self.layout.workings_shown and item is not None:
            self._explain_item(item)

    def _on_told(self, event: events.Told) -> None:
        rows = ["   ".join(filter(None, row)) for row in event.rows]
        for text in (*rows, event.text):
            if text:
                self.transcript.notice(text, _now())
        if event.code == protocol.FORGOTTEN:
            self.transcript.clear()
            self.transcript.notice(event.text, _now())

    @classmethod
    def open(cls, options: argparse.Namespace) -> Self:
        """Make the window that the command line asks for. Raises `NoDisplay`."""
        from client.wire import Place  # noqa: PLC0415

        file = preferences.default_path()
        settings, notice = preferences.load(file)
        place = Place(
            options.host or settings.host,
            options.port or settings.port,
            options.tls or settings.tls,
            options.ca or settings.authority,
        )
        try:
            window = cls(settings, place, options.name, file)
        except tk.TclError as error:
            if "display" in str(error):
                raise NoDisplay(str(error)) from None
            raise
        if notice:
            window._say(notice)
        return window


def _now() -> datetime:
    return datetime.now(UTC)


def run(options: argparse.Namespace) -> int:
    """Open the window and stay until it is closed. Raises `NoDisplay`."""
    window = DoctorClient.open(options)
    window.mainloop()
    if window.talk is not None:
        window.talk.close(_LAST_WAIT)
    return 0
