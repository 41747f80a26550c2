"""The rooms that the patient is in, as the window shows them: `RoomsView`.

Each room has a transcript of its own over that of the conversation with the doctor alone. What is
typed is said in the conversation that is shown. A room that is not shown counts what is unread.
Tk's thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model import bidi
from client.model.language import tr
from client.model.rooms import RoomList
from client.net import events
from client.ui.room_list_view import RoomListView
from client.widgets.dialogs import Dialog
from client.widgets.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from client.model.transcript_line import TranscriptLine
    from client.net.conversation import Conversation
    from client.net.events import Event
    from client.ui.conversation_view import ConversationView
    from client.widgets.transcript_view import TranscriptView

#: Lines of a room that are requested at a time.
_PAGE: Final = 60


class RoomOverlay:
    """The transcript of one room; `request(room, before)` requests earlier lines."""

    def __init__(
        self,
        view: ConversationView,
        room: str,
        leave: Callable[[], object],
        request: Callable[[str, int], object],
    ) -> None:
        self._room, self._request = room, request
        self.overlay = Overlay(
            view.transcript,
            view.painter,
            tr("Leave"),
            leave,
            on_top=self._grow,
            on_typing=view.input.type,
        )
        title = tr("Room {room}. Everybody here reads what you say.").format(room=room)
        self.overlay.title.configure(text=bidi.as_drawn(title))
        self.transcript = self.overlay.transcript
        self._lowest = 0
        self._is_asked = False

    def begin(self, lines: Sequence[TranscriptLine], now: datetime, members: Sequence[str]) -> None:
        """Show the last lines, and who is here."""
        self.transcript.clear()
        self._lowest = min((one.number for one in lines if one.number), default=1)
        for one in lines:
            self.transcript.hear(one)
        if members:
            self.transcript.notice(tr("Here now: {names}.").format(names=", ".join(members)), now)
        self.transcript.text_view.scroll_to_end()

    def take(self, lines: Sequence[TranscriptLine]) -> None:
        """Show earlier lines that were requested."""
        self._is_asked = False
        earlier = [one for one in lines if 0 < one.number < self._lowest]
        self._lowest = min((one.number for one in earlier), default=1)
        self.transcript.prepend_heard(earlier)

    def interrupt(self) -> None:
        """Forget what was requested: the connection was lost."""
        self._is_asked = False

    def _grow(self) -> None:
        if self._lowest > 1 and not self._is_asked:
            self._is_asked = True
            self._request(self._room, self._lowest)


class RoomsView:
    """The rooms of one conversation in `view`.

    `conversation` returns it, if a session is open. `changed` is called with what is unread and
    with the room that is shown; `now` returns the time.
    """

    def __init__(
        self,
        view: ConversationView,
        conversation: Callable[[], Conversation | None],
        now: Callable[[], datetime],
        changed: Callable[[int, str], object],
    ) -> None:
        self._view, self._conversation, self._now = view, conversation, now
        self._changed = changed
        self.list = RoomList("")
        self.rooms: dict[str, RoomOverlay] = {}
        self._list_view: RoomListView | None = None

    # What the user wants.

    def show(self, room: str) -> None:
        """Show a conversation; what is typed is said there from now on."""
        for name, other in self.rooms.items():
            if name != room:
                other.overlay.hide()
        self.list.show(room)
        shown = self.rooms.get(self.list.shown)
        if shown is not None:
            shown.overlay.show()
            shown.transcript.text_view.stay_at_end()
        self._update()

    def step(self, step: int) -> None:
        """Show the next conversation of the list, or the one before (-1)."""
        names = [entry.name for entry in self.list.entries]
        self.show(names[(names.index(self.list.shown) + step) % len(names)])

    def join(self) -> None:
        """Ask for a room to enter; the rooms in which somebody is are named."""
        conversation = self._conversation()
        if conversation is None:
            self._view.show_status(tr("This is possible only while a conversation is open."))
            return
        view = self._view
        dialog = Dialog(view.frame, view.painter, view.fonts, tr("Join a room"))
        dialog.add_text(
            tr(
                "Everybody in a room can read what is said there, and so can those who join later. "
                "A new name begins a new room."
            ),
            role="page note",
        )
        entry = dialog.add_entry(tr("Name of the room"))
        self._found = dialog.add_text("", role="page note")

        def accept() -> None:
            name = " ".join(entry.get().split())
            if name:
                dialog.close()
                conversation.say(f"/join {name}")

        dialog.add_button(tr("Join"), accept, primary=True)
        dialog.add_button(tr("Cancel"), dialog.dismiss)
        dialog.show()
        view.open_dialog(dialog)
        conversation.ask_rooms()

    def leave(self, room: str = "") -> None:
        """Leave a room, or the one that is shown."""
        room = room or self.list.shown
        conversation = self._conversation()
        if not room or conversation is None:
            self._view.show_status(tr("You talk with the doctor alone."))
        else:
            conversation.say("/leave", room)

    # What the conversation reports.

    @property
    def shown(self) -> str:
        """The room that is shown, "" for the conversation with the doctor alone."""
        return self.list.shown

    def transcript(self, room: str) -> TranscriptView:
        """Return the transcript of a conversation."""
        found = self.rooms.get(room)
        return found.transcript if found is not None else self._view.transcript

    def begin(self, name: str) -> None:
        """Begin with no room, for a patient of this name."""
        for room in self.rooms.values():
            room.overlay.destroy()
        self.rooms.clear()
        self.list = RoomList(name)
        self._update()

    def take(self, event: Event) -> bool:
        """Take an event about rooms; return False for any other."""
        match event:
            case events.Joined():
                self._take_joined(event)
            case events.TalksIn():
                self.show(event.room)
                if event.text and event.room in self.rooms:
                    self.rooms[event.room].transcript.notice(event.text, self._now())
                elif event.text:
                    self._view.show_status(event.text)
            case events.LeftRoom():
                self._take_left(event)
            case events.Heard() if event.room in self.rooms:
                for one in event.lines:
                    self.rooms[event.room].transcript.hear(one)
                self.list.hear(event.room, event.lines)
                self._update()
            case events.RoomPage() if event.room in self.rooms:
                self.rooms[event.room].take(event.lines)
            case events.RoomsFound():
                self._show_found(event)
            case _:
                return False
        return True

    def interrupt(self) -> None:
        """Forget what was requested: the connection was lost."""
        for room in self.rooms.values():
            room.interrupt()

    def give_up(self) -> None:
        """Mark every line that waits in a room as not answered."""
        for room in self.rooms.values():
            room.transcript.give_up()

    def colour(self) -> None:
        """Show everything in the palette of the window."""
        for room in self.rooms.values():
            room.overlay.colour()

    def lay_out(self) -> None:
        """Set distances for the current fonts."""
        for room in self.rooms.values():
            room.transcript.lay_out()

    def _take_joined(self, event: events.Joined) -> None:
        room = event.room
        if room not in self.rooms:
            self.rooms[room] = RoomOverlay(
                self._view, room, lambda: self.leave(room), self._request
            )
            self.list.join(room)
        if not event.again or event.different:
            self.rooms[room].begin(event.lines, self._now(), event.members)
        if event.different:
            text = tr("This room was erased, and somebody began it anew.")
            self.rooms[room].transcript.notice(text, self._now())
        self._update()

    def _take_left(self, event: events.LeftRoom) -> None:
        room = self.rooms.pop(event.room, None)
        if room is not None:
            room.overlay.destroy()
        self.list.leave(event.room)
        why = (
            event.text
            if event.closed and event.text
            else tr("You left the room {room}.").format(room=event.room)
        )
        self._view.transcript.notice(why, self._now())
        self.show(self.list.shown)

    def _show_found(self, event: events.RoomsFound) -> None:
        if self._view.dialog is None or not self._view.dialog.is_open:
            return
        named = [
            tr("{name} ({number} here)").format(name=name, number=number)
            for name, number, _ in event.rooms
        ]
        text = (
            tr("Rooms with people in them: {rooms}").format(rooms=", ".join(named))
            if named
            else tr("Nobody is in a room.")
        )
        self._found.configure(text=text)

    def _request(self, room: str, before: int) -> None:
        conversation = self._conversation()
        if conversation is not None:
            conversation.ask_history(_PAGE, before, room=room)

    def _update(self) -> None:
        if self._list_view is None and len(self.list.entries) > 1:
            self._list_view = RoomListView(self._view, self._choose, self.join)
        if self._list_view is not None:
            self._list_view.update(self.list)
        self._changed(self.list.unread, self.list.shown)

    def _choose(self, room: str) -> None:
        if room != self.list.shown:
            self.show(room)
