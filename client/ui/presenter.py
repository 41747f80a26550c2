"""What a window shows of one conversation: `Presenter`, between the connection and the screen.

    Conversation --post, queue--> DoctorClient._drain --> Stage.take --> transcript, workings, page,
                                                                        input, status line

A stage begins and ends conversations, says lines, and shows what each event means. The full-screen
mode for visitors has a stage too, with fewer things around it. Tk's thread alone, but for `post`,
which is handed to the conversation and called from its thread.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from client.model.transcript import ItemKind
from client.net import events
from client.net.conversation import Conversation
from client.net.lines import fits
from client.ui import connect_dialog
from client.ui.history_loader import HistoryLoader
from client.widgets.input_box import InputBox
from client.widgets.placeholder import Placeholder
from client.widgets.trace_view import TraceView
from client.widgets.transcript_view import TranscriptView
from doctor.protocol import codes

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.model.transcript import Item
    from client.net.events import Event
    from client.net.transport import ServerAddress
    from client.ui.layout import Layout
    from client.widgets.dialogs import Dialog
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter, Palette

#: Milliseconds before a wait for a reply is called thinking.
THINKING: Final = 300

#: State -> sign in the status line, role of its colour, label of the button.
_STATES: Final = {
    "off": ("○", "label", "Connect"),
    "starting": ("◌", "label", "Starting…"),
    "connecting": ("◌", "label", "Cancel"),
    "open": ("●", "good label", "Disconnect"),
    "thinking": ("●", "good label", "Disconnect"),
    "resting": ("◐", "label", "Disconnect"),
    "lost": ("◌", "warning label", "Disconnect"),
}


class Presenter:
    """One patient at a time, in the widgets of `layout`.

    `post(conversation, event)` brings an event into Tk's thread. `on_failed` is called when a
    conversation could not begin, with the failure; `on_workings` when the workings are shown or
    hidden.
    """

    def __init__(
        self,
        frame: tk.Misc,
        layout: Layout,
        painter: Painter,
        letters: Fonts,
        post: Callable[[object, Event], object],
    ) -> None:
        self.frame, self.layout = frame, layout
        self.painter, self.letters = painter, letters
        self.talk: Conversation | None = None
        self.earlier: HistoryLoader | None = None
        self.sheet: Dialog | None = None
        self.state = "off"
        self.on_failed: Callable[[events.Failed], object] = lambda _failure: None
        self.on_welcomed: Callable[[], object] = lambda: None
        #: Whether `/` begins a command, and whether replies can be explained.
        self.commands = True
        self.explains = True
        #: What stands in the status line while all is well, in place of where it is connected.
        self.foot = ""
        self._post = post
        self._place: ServerAddress | None = None
        self._traces: dict[int, tuple[tuple[str, ...], ...]] = {}
        self._giving_up = False
        self.transcript = TranscriptView(layout.transcript, letters)
        self.transcript.on_reply = self.explain
        self.transcript.reading.on_top = self._fetch_earlier
        self.page = Placeholder(self.transcript.reading, letters, painter)
        self.workings = TraceView(layout.workings, letters)
        self.input = InputBox(layout.input, self.send)
        self.transcript.reading.on_typing = self.input.type
        layout.send.configure(command=self.input.send)
        layout.transcript.bind("<Configure>", lambda _event: self.lay_out(), add=True)

    # Looks.

    def lay_out(self) -> None:
        """Set margins and distances for the present size of letters and window."""
        self.transcript.lay_out()
        self.page.lay_out()

    def measure(self) -> None:
        """Set every distance anew after the letters changed; the newest line stays in view."""
        self.layout.measure()
        self.workings.lay_out()
        self.lay_out()
        self.input.grow()
        self.transcript.reading.keep()

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        self.painter.change(palette)
        self.transcript.colour(palette)
        self.workings.colour(palette)
        self.page.colour(palette)

    def show(self, state: str, text: str) -> None:
        """Show a state, in the status line, the button and the field of the name."""
        self.state = state
        sign, role, label = _STATES[state]
        away = state in {"off", "starting"}
        self.layout.dot.configure(text=sign)
        self.painter.paint(self.layout.dot, role)
        self.layout.button.configure(text=label)
        self.layout.name.configure(state="normal" if state == "off" else "readonly")
        self.painter.paint(self.layout.send, "button" if away else "primary")
        if away:
            self.layout.hint.configure(text="")
        self.tell(self.foot if self.foot and state in {"open", "connecting", "off"} else text)

    def tell(self, text: str) -> None:
        """Say something in the status line."""
        self.layout.status.configure(text=text)

    # What the person wants.

    def begin(self, place: ServerAddress, name: str) -> None:
        """Begin a conversation; nothing may be going on."""
        self._traces.clear()
        self._place = place
        self._giving_up = False
        self.transcript.patient = name
        self.talk = talk = Conversation(
            place, name, lambda event: self._post(talk, event), explain=self.explains
        )
        self.show("connecting", f"Connecting with {place}…")
        talk.start()

    def end(self, why: str) -> None:
        """End what is going on; what was said and typed stays to be read."""
        if self.talk is not None:
            self.talk.close()
            self.talk = None
        if self.earlier is not None:
            self.earlier.stop()
            self.earlier = None
        self.close_sheet()
        self.transcript.give_up()
        self.show("off", why)

    def send(self, text: str) -> bool:
        """Say what was typed; returns whether it was taken."""
        if text.startswith("/") and not self.commands:
            text = "/" + text
        excess = fits(text)
        if self.talk is None:
            self.tell("Connect first; your words stay here.")
            return False
        if excess:
            self.tell(f"This is {excess} bytes too long for one line: say it in parts.")
            return False
        ident = self.talk.say(text)
        if not text.startswith("/") or text.startswith("//"):
            said = text[1:] if text.startswith("//") else text
            self.transcript.say(ident, said, now())
            self.frame.after(THINKING, self._thinking, ident)
        return True

    def ask(self, command: str) -> None:
        """Send a command, if a conversation is open."""
        if self.talk is None or self.state != "open":
            self.tell("That can be done while a conversation is open.")
        else:
            self.talk.say(command)

    def explain(self, item: Item | None) -> None:
        """Show how the reply of an item was made."""
        if not self.explains:
            return
        self.layout.show_workings(shown=True)
        self.transcript.choose(item)
        rows = self._traces.get(item.line) if item is not None else None
        if item is None:
            self.workings.tell("Say something, and the doctor's reply is taken apart here.")
        elif rows:
            self.workings.explain(rows)
        elif not item.line:
            self.workings.tell(
                "This reply is from before. The doctor explains the replies of this session."
            )
        else:
            self.workings.tell("The doctor has not told yet how this reply was made.")

    def toggle_workings(self) -> bool:
        """Show how the chosen or the newest reply was made, or hide it; returns whether shown."""
        if self.layout.workings_shown:
            self.layout.show_workings(shown=False)
            self.transcript.choose(None)
        else:
            self.explain(self.transcript.chosen or self.transcript.last_reply())
        return self.layout.workings_shown

    @property
    def owes_lines(self) -> bool:
        """Whether lines wait to be said that only this window knows of."""
        return (
            self.talk is not None
            and self.state not in {"open", "thinking"}
            and any(item.kind is ItemKind.PENDING for item in self.transcript.items)
        )

    @property
    def traces(self) -> int:
        """How many replies of this conversation can be explained."""
        return len(self._traces)

    def open_sheet(self, sheet: Dialog) -> None:
        """Have this sheet in front, and no other."""
        self.close_sheet()
        self.sheet = sheet

    def close_sheet(self) -> None:
        """Put the sheet in front away, if there is one."""
        if self.sheet is not None:
            self.sheet.close()
            self.sheet = None

    def _thinking(self, ident: int) -> None:
        item = self.transcript.find(ident)
        if self.state == "open" and item is not None and item.kind is ItemKind.PENDING:
            self.show("thinking", "The doctor is thinking…")

    def _fetch_earlier(self) -> None:
        if self.earlier is not None:
            self.earlier.more()

    def _answer(self, text: str) -> None:
        if self.talk is not None:
            self.talk.answer(text)

    # What the conversation reports.

    def take(self, event: Event) -> None:
        """Show what an event means."""
        match event:
            case events.Connecting():
                tries = f", try {event.attempt}" if event.attempt > 1 else ""
                self.show("connecting", f"Connecting with {self._place}{tries}…")
            case events.Failed():
                self._on_failed(event)
            case events.Lost():
                self._on_lost(event)
            case events.Resting():
                self._interrupted()
                self.show("resting", f"{event.why} It goes on when you say something.")
            case events.SecretWanted():
                self._on_secret(event)
            case events.ConfirmWanted():
                self._on_confirm(event)
            case events.Welcomed():
                self._on_welcomed(event)
            case events.HistoryPage() if self.earlier is not None:
                self.earlier.take(event)
            case events.Missed():
                for entry in event.entries:
                    self.transcript.add(entry)
            case events.Answered():
                self._on_answered(event)
            case events.NotTaken():
                self.transcript.refuse(event.line)
                self.input.give_back(event.text)
                self.show("open", event.why)
            case events.TraceFound():
                self._on_trace(event)
            case events.Told():
                self._on_told(event)
            case events.Closed():
                self.end("Disconnected")
            case _:
                pass

    def _on_failed(self, event: events.Failed) -> None:
        self.end("Not connected")
        if self.transcript.items:
            self.transcript.notice(event.why, now())
        self.on_failed(event)

    def _on_lost(self, event: events.Lost) -> None:
        if self.state != "connecting":
            self.transcript.notice(event.why, now())
        self._interrupted()
        seconds = max(1, round(event.pause))
        self.show("lost", f"{event.why} Trying again in {seconds} s; Ctrl+Return tries now.")

    def _interrupted(self) -> None:
        self.close_sheet()
        if self.earlier is not None:
            self.earlier.interrupted()

    def _on_secret(self, event: events.SecretWanted) -> None:
        if self._giving_up and event.code == codes.REPEAT_PASSPHRASE:
            # Two different answers leave everything as it was.
            self._giving_up = False
            self._answer("-")
            return
        sheet = connect_dialog.ask_secret(
            self.frame, self.painter, self.letters, event, self._answer
        )
        sheet.on_away = lambda: self._give_up(event.code)
        self.open_sheet(sheet)

    def _give_up(self, code: int) -> None:
        if code in {codes.NEW_PASSPHRASE, codes.REPEAT_PASSPHRASE} and self.talk:
            self._giving_up = code == codes.NEW_PASSPHRASE
            self._answer("--")
        else:
            self.end("Disconnected")

    def _on_confirm(self, event: events.ConfirmWanted) -> None:
        self.open_sheet(
            connect_dialog.ask_name_to_forget(
                self.frame, self.painter, self.letters, event.text, self._answer
            )
        )

    def _on_welcomed(self, event: events.Welcomed) -> None:
        self.close_sheet()
        self._connected()
        self._hint(locked=not event.notice)
        if event.again:
            self.transcript.notice(events.AGAIN[event.different], now())
            if event.different:
                self._nothing_earlier()
            elif self.earlier is not None:
                self.earlier.resumed()
            return
        self.page.away()
        self.transcript.restart()
        if self.talk is not None:
            self.earlier = HistoryLoader(self.transcript, self.talk, self.frame)
            self.earlier.begin(event.exchanges)
        self.transcript.greet(event.greeting, now())
        self.on_welcomed()

    def _hint(self, *, locked: bool) -> None:
        self.layout.hint.configure(text="" if locked or self.foot else "No passphrase")

    def _nothing_earlier(self) -> None:
        """Fetch nothing more: what stood before is not in the history that is open now."""
        if self.earlier is not None and self.talk is not None:
            self.earlier.stop()
            self.earlier = HistoryLoader(self.transcript, self.talk, self.frame)

    def _connected(self) -> None:
        self.show("open", f"Connected with {self._place}")

    def _on_answered(self, event: events.Answered) -> None:
        self.transcript.answer(event.line, event.entry)
        if self.state == "thinking":
            self._connected()

    def _on_trace(self, event: events.TraceFound) -> None:
        item = self.transcript.find(event.line)
        said = next((row[1] for row in event.rows if row[0] == "line" and len(row) > 1), "")
        # Another connection of this patient may have been answered in between.
        if item is not None and said.split() == item.patient.split():
            self._traces[event.line] = event.rows
            if self.layout.workings_shown:
                self.explain(item)

    def _on_told(self, event: events.Told) -> None:
        if event.code == codes.FORGOTTEN:
            self.transcript.clear()
            self._traces.clear()
            self._nothing_earlier()
        if event.locked is not None:
            self._hint(locked=event.locked)
        rows = ["   ".join(filter(None, row)) for row in event.rows]
        for text in filter(None, (*rows, event.text)):
            self.transcript.notice(text, now())


def now() -> datetime:
    """Return the present moment as events have it."""
    return datetime.now(UTC)
