"""Live conversations in the records window: who is here, watching, attending, marked lines.

Everything here runs in Tk's thread, except what reads a stream (`StreamReading.run`).
"""

from __future__ import annotations

import contextlib
import getpass
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from client.model import bidi
from client.model.language import mark, tr
from client.records.live_layout import LiveLayout
from client.records.live_list import LiveList, LiveRow
from doctor import control
from doctor.errors import DoctorError
from doctor.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.records.layout import RecordsLayout
    from client.widgets.base_window import BaseFrame
    from client.widgets.palette import Palette

#: Milliseconds until a server is looked for again.
_AGAIN: Final = 3000
#: Characters of a conversation that are kept on the screen.
_KEPT: Final = 400_000
_INVITATION: Final = mark(
    "Choose a conversation on the left. Return watches it: you read along. Ctrl+Return attends it: "
    "you may say something, and hold the doctor to answer in its place. The patient is told."
)

#: What the status line says after a command was done.
_DONE: Final = {
    "say": mark("Said."),
    "hold": mark("You answer in the doctor's place. Ctrl+H gives back."),
    "back": mark("The doctor answers again."),
}


class StreamReading:
    """One stream, read by a thread of its own; `take` gets each event in that thread."""

    def __init__(
        self, directory: Path | str, asked: dict[str, Any], take: Callable[[dict[str, Any]], object]
    ) -> None:
        self._directory, self._asked, self._take = directory, asked, take
        self._stream: control.ControlStream | None = None
        self._lock = threading.Lock()
        self._ended = False
        self.thread = threading.Thread(target=self.run, name="live stream", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Read until either end ends it; the last event is `gone`, with `why`."""
        why = ""
        try:
            place = self._directory
            if not isinstance(place, Path):
                place = control.running()
            with control.open_stream(place, self._asked) as stream:
                with self._lock:
                    self._stream = stream
                    if self._ended:
                        return
                event: dict[str, Any] | None = stream.begun
                while event is not None:
                    why = str(event.get("why", ""))
                    self._take(event)
                    event = stream.read()
        except (DoctorError, OSError) as error:
            why = str(error)
        finally:
            self._take({"event": "gone", "why": why})

    def send(self, **command: Any) -> None:
        """Send a command; nothing happens where the stream has ended."""
        with self._lock, contextlib.suppress(OSError):
            if self._stream is not None:
                self._stream.send(command)

    def end(self) -> None:
        """End the stream."""
        with self._lock:
            self._ended = True
            if self._stream is not None:
                self._stream.end()


class LiveView:
    """The part of the window with live conversations, in the place of the `saved` histories."""

    def __init__(self, window: BaseFrame, directory: Path | str, saved: RecordsLayout) -> None:
        self._window, self._directory, self._saved = window, directory, saved
        self.layout = LiveLayout(
            window,
            window.painter,
            window.fonts,
            (
                ("saved", tr("Saved"), self.hide),
                ("watch", tr("Watch"), self.watch),
                ("attend", tr("Attend"), self.attend),
                ("hold", tr("Hold"), self.hold),
                ("leave", tr("Leave"), self.leave),
            ),
        )
        self.people = LiveList()
        self._fresh = threading.Event()
        self._reading: StreamReading | None = None
        self._is_attending = self._holds = False
        self._last = 0
        self._name = self._person = ""
        #: Why there is no server to ask, if this was told.
        self._lost = ""
        with contextlib.suppress(OSError, KeyError):
            self.layout.person.insert(0, getpass.getuser())
        self.layout.say.configure(command=self.say)
        self._bind_keys()
        self._show_state()
        self.layout.add((_INVITATION, "event"))
        self._connect()

    def _bind_keys(self) -> None:
        listed, line = self.layout.list, self.layout.line
        listed.bind("<Return>", lambda _event: self.watch())
        listed.bind("<Double-1>", lambda _event: self.watch())
        listed.bind("<Control-Return>", lambda _event: self.attend())
        line.bind("<Return>", lambda _event: self.say())
        line.bind("<KP_Enter>", lambda _event: self.say())

    def colour(self, palette: Palette) -> None:
        """Show everything in a palette."""
        self.layout.colour(palette)

    def close(self) -> None:
        """End all streams; a held doctor is given back by that."""
        self._live.end()
        if self._reading is not None:
            self._reading.end()

    # What is shown.

    @property
    def is_shown(self) -> bool:
        """Whether live conversations are shown, and not the saved histories."""
        return bool(self.layout.frame.winfo_manager())

    def show(self) -> None:
        """Show who talks now."""
        for part in (self._saved.header, self._saved.split):
            part.grid_remove()
        self.layout.frame.grid(row=0, column=0, rowspan=3, sticky="nsew")
        self.focus()

    def hide(self) -> None:
        """Show the saved histories."""
        self.layout.frame.grid_remove()
        for part in (self._saved.header, self._saved.split):
            part.grid()
        self._saved.search.focus_set()

    def toggle(self) -> None:
        """Go from saved histories to live conversations, or back."""
        if self.is_shown:
            self.hide()
        else:
            self.show()

    def leave_by_key(self) -> bool:
        """Leave the conversation, and return True, if live conversations are shown."""
        if self.is_shown:
            self.leave()
            self.focus()
        return self.is_shown

    def focus(self) -> None:
        """Put the keyboard's focus into the list."""
        listed = self.layout.list
        listed.focus_set()
        if listed.get_children() and not listed.selection():
            listed.selection_set(listed.get_children()[0])
            listed.focus(listed.get_children()[0])

    # Who is here.

    def _connect(self) -> None:
        """Begin to read who is here."""
        self._live = StreamReading(self._directory, {"do": "live"}, self._take_live)

    def _take_live(self, event: dict[str, Any]) -> None:
        """Take in an event about everybody; in the thread of that stream."""
        if event.get("event") == "gone":
            self._window.post(self._lose, str(event["why"]))
            return
        self._lost = ""
        marked = self.people.apply(event)
        if marked is not None:
            self._window.post(self._call, marked)
        if not self._fresh.is_set():  # one refresh is on its way at most
            self._fresh.set()
            self._window.post(lambda _: self._refresh(), None)

    def _call(self, row: LiveRow) -> None:
        """Call somebody: a line was marked."""
        self._window.bell()
        here = tr("\u2691 {name}: line {number} is marked.")
        elsewhere = tr("\u2691 {name}: line {number} is marked. Ctrl+L shows who talks now.")
        text = here if self.is_shown else elsewhere
        self._tell(text.format(name=row.name, number=row.number))

    def _lose(self, why: str) -> None:
        """Show that no server tells who is here, and look for one again later."""
        self.people.apply({"event": "conversations", "conversations": []})
        self._refresh()
        self.layout.list.heading("#0", text=tr("No server runs here"))
        if self.is_shown and why != self._lost:  # once: the status line tells other things too
            self._tell(why)
            self._lost = why
        self._window.after(_AGAIN, self._connect)

    def _refresh(self) -> None:
        """Show who is here now."""
        self._fresh.clear()
        listed = self.layout.list
        rows = self.people.rows
        chosen = listed.selection()
        wanted = [row.name for row in rows]
        for name in listed.get_children():
            if name not in wanted:
                listed.delete(name)
        for at, row in enumerate(rows):
            text = f"{row.name}  \u2691" if row.marked else row.name
            shown: dict[str, Any] = {
                "text": bidi.as_drawn(text),
                "values": (row.exchanges, row.state),
            }
            shown["tags"] = ("marked",) if row.marked else ()
            if listed.exists(row.name):
                listed.item(row.name, **shown)
                listed.move(row.name, "", at)
            else:
                listed.insert("", at, iid=row.name, **shown)
        if chosen and listed.exists(chosen[0]):
            listed.selection_set(chosen[0])
        listed.heading("#0", text=tr("Here now") if rows else tr("Nobody is here now"))

    # One conversation.

    def watch(self) -> None:
        """Read the chosen conversation along."""
        self._begin("watch")

    def attend(self) -> None:
        """Read the chosen conversation along, to say something in it."""
        self._begin("attend")

    def _begin(self, do: str) -> None:
        chosen = self.layout.list.selection()
        if not chosen:
            self._tell(tr("Choose a conversation first."))
            return
        self.leave()
        self._name, self._last = chosen[0], 0
        self.layout.clear()
        self._is_attending = do == "attend"
        person = self.layout.person.get().strip()
        reading: list[StreamReading] = []

        def take(event: dict[str, Any]) -> None:
            self._window.post(lambda found: self._take(reading, found), event)

        asked = {"do": do, "name": self._name, "as": person}
        self._reading = StreamReading(self._directory, asked, take)
        reading.append(self._reading)
        self._show_state()
        (self.layout.line if self._is_attending else self.layout.area).focus_set()

    def leave(self) -> None:
        """End reading; what was held is given back."""
        if self._reading is not None:
            self._reading.end()
            self._reading = None
            self._note(tr("you have left {name}").format(name=self._name))
        self._is_attending = self._holds = False
        self._show_state()

    def hold(self) -> None:
        """Answer in the doctor's place, or let the doctor answer again."""
        if self._reading is not None and self._is_attending:
            self._reading.send(do="back" if self._holds else "hold")

    def say(self) -> None:
        """Say what is typed."""
        text = one_line(self.layout.line.get()).strip()
        if text and self._reading is not None and self._is_attending:
            self._reading.send(do="say", text=text)
            self.layout.line.delete(0, "end")

    def _show_state(self) -> None:
        """Enable what can be done now."""
        buttons, reads = self.layout.buttons, self._reading is not None
        can_say: Any = "normal" if reads and self._is_attending else "disabled"
        buttons["hold"].configure(
            state=can_say, text=tr("Give back") if self._holds else tr("Hold")
        )
        buttons["leave"].configure(state="normal" if reads else "disabled")
        self.layout.line.configure(state=can_say)
        self.layout.say.configure(state=can_say)
        self.layout.person.configure(state="readonly" if reads else "normal")

    def _take(self, reading: list[StreamReading], event: dict[str, Any]) -> None:
        """Show an event of the conversation; one of a stream that was left is dropped."""
        if not reading or reading[0] is not self._reading:
            return
        match event.get("event"):
            case "history":
                for each in event["exchanges"]:
                    self._show_exchange(each)
            case "exchange":
                self._show_exchange(event)
            case "readers":
                self._holds = event["holder"] == self._person
                self._show_state()
            case "begun":
                self._person = event["as"]
                attended = tr("You attend {name} as {person}.")
                text = attended if self._is_attending else tr("You watch {name} as {person}.")
                self._tell(text.format(name=self._name, person=event["as"]))
            case "waiting":
                text = tr("This waits for you; in {seconds:g} s the doctor answers.")
                self._tell(text.format(seconds=event["seconds"]))
            case "refused":
                self._tell(str(event["why"]))
            case "done" if event["do"] in _DONE:
                self._tell(tr(_DONE[event["do"]]))
            case "renamed":
                self._name = str(event["new"])
                self._note(tr("this patient is called {name} now").format(name=self._name))
            case "erased":
                self._last = 0
                self._note(tr("the history was erased; it begins anew"))
            case "taken back":
                self._note(tr("exchange {number} was taken back").format(number=event["number"]))
            case "opened" | "closed":
                self._note(tr("is here") if event["event"] == "opened" else tr("has left"))
            case "gone":
                self._reading = None
                self._note(str(event["why"]) or tr("the stream has ended"))
                self._tell(str(event["why"]))
                self.leave()

    def _show_exchange(self, event: dict[str, Any]) -> None:
        number = event["number"]
        if 0 < number <= self._last:
            return
        self._last = number or self._last
        at = f"{datetime.fromisoformat(event['at']).astimezone():%H:%M}  "
        if event["what"]:
            self.layout.add((at, "time"), (one_line(event["sentence"]), "event"))
            return
        flag = "  \u2691 " + tr("marked") if event["mark"] else ""
        if event["patient"]:
            person = event["speaker"]
            who = tr("{person} (person)").format(person=person) if person else event["name"]
            responder = event["responder"]
            waits = "  " + tr("for {person}").format(person=responder) if responder else ""
            tag = "person" if person else "patient"
            self.layout.add((at, "time"), (one_line(who), tag), (flag, "care"), (waits, "event"))
            self.layout.add((one_line(event["patient"]), "words"))
        if event["doctor"]:
            self.layout.add((at, "time"), (tr("Doctor"), "doctor"))
            self.layout.add((one_line(event["doctor"]), "words"))
        if len(self.layout.area.get("1.0", "end")) > _KEPT:
            self.layout.area.delete("1.0", "100.0")

    def _note(self, text: str) -> None:
        self.layout.add((one_line(text), "event"))

    def _tell(self, text: str) -> None:
        if text:
            self._window.tell(text)
