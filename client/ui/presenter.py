"""What a window shows of one conversation: `Presenter`, between the network and the screen.

    Conversation --post, queue--> BaseFrame._drain --> Presenter.take --> ConversationView

A presenter begins and ends conversations, sends lines, and shows what each event means. The main
window and the full-screen mode both have one. Tk's thread only, except for `post`, which is called
from the conversation's thread.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from client.model.exchange import TAKEN_BACK
from client.model.language import tr
from client.model.presence import Presence
from client.model.transcript import ItemKind, pending
from client.net import events
from client.net.conversation import Conversation
from client.net.lines import as_one_line, excess_bytes
from client.ui.conversation_view import ConversationView
from client.ui.explainer import Explainer
from client.ui.history_loader import HistoryLoader
from client.ui.questions import Questions
from client.ui.rooms import RoomsView
from doctor.protocol import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from breezypythongui import EasyFrame

    from client.model.links import TextLink
    from client.net.address import ServerAddress
    from client.net.events import Event
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter
    from client.widgets.transcript_view import TranscriptView

#: Milliseconds before a wait for a reply is called thinking.
THINKING: Final = 300
#: Seconds after which a line without an answer is asked about before the window closes.
ANSWER_LIMIT: Final = 2.0


class Presenter:
    """Shows one patient's conversation at a time in `frame`.

    `post(conversation, event)` brings an event into Tk's thread. `on_failed` is called with the
    failure when a conversation could not begin, `on_welcomed` when a new session is open,
    `on_other` with each event that is for another part of the window, `on_link` with an address or
    a number of a careful reply that was clicked.
    `accepts_commands`: a line that starts with `/` is a command. `explains`: replies can be
    explained. `fixed_status` replaces the status line's text while all is well.
    """

    def __init__(
        self,
        frame: EasyFrame,
        painter: Painter,
        fonts: Fonts,
        post: Callable[[object, Event], object],
        *,
        on_failed: Callable[[events.Failed], object],
        on_welcomed: Callable[[], object],
        on_other: Callable[[Event], object] = lambda _event: None,
        on_link: Callable[[TextLink], object] = lambda _link: None,
        accepts_commands: bool = True,
        explains: bool = True,
        fixed_status: str = "",
    ) -> None:
        self.frame = frame
        self.conversation: Conversation | None = None
        self.history_loader: HistoryLoader | None = None
        self.state = "off"
        self._post = post
        self._on_failed, self._on_welcomed, self._on_other = on_failed, on_welcomed, on_other
        self._accepts_commands, self._explains = accepts_commands, explains
        self._address: ServerAddress | None = None
        self.view = ConversationView(
            frame,
            painter,
            fonts,
            send=self.send,
            explain=lambda item: self.explainer.explain(item),  # noqa: PLW0108 - made below
            on_link=on_link,
            load_earlier=self._load_earlier,
            fixed_status=fixed_status,
        )
        self.presence = Presence()
        self.rooms = RoomsView(self.view, self._open_conversation, now, self._show_rooms)
        self.view.rooms = self.rooms
        self._questions = Questions(self.view, self.answer, lambda: self.end(tr("Disconnected")))
        self.explainer = Explainer(self.view, enabled=explains)
        self.transcript = self.view.transcript

    def show(self, state: str, text: str) -> None:
        """Change the state and show it, with a text in the status line."""
        self.state = state
        self.view.show_state(state, text)

    # What the user wants.

    def begin(self, address: ServerAddress, name: str) -> None:
        """Begin a conversation; none may be going on."""
        self.explainer.clear()
        self._address = address
        self._questions.begin()
        self.transcript.patient = name
        self.rooms.begin(name)
        self.presence.greet(())
        self.conversation = conversation = Conversation(
            address,
            name,
            lambda event: self._post(conversation, event),
            explain=self._explains,
        )
        self.show("connecting", tr("Connecting to {address}…").format(address=address))
        conversation.start()

    def end(self, why: str) -> None:
        """End the conversation, if any; the transcript and the typed text stay."""
        if self.conversation is not None:
            self.conversation.close()
            self.conversation = None
        if self.history_loader is not None:
            self.history_loader.stop()
            self.history_loader = None
        self.view.close_dialog()
        self.transcript.give_up()
        self.rooms.give_up()
        self.show("off", why)

    def send(self, text: str) -> bool:
        """Send what was typed; return whether it was accepted."""
        if text.startswith("/") and not self._accepts_commands:
            text = "/" + text
        excess = excess_bytes(text)
        if self.conversation is None:
            self.view.show_status(tr("Connect first. Your text stays here."))
            return False
        if excess:
            self.view.show_status(
                tr(
                    "This is {excess} bytes too long for one line. Send it in shorter parts."
                ).format(excess=excess)
            )
            return False
        self._show_settled()
        room = self.rooms.shown
        ident = self.conversation.say(text, room)
        if not text.startswith("/") or text.startswith("//"):
            said = text[1:] if text.startswith("//") else text
            self.rooms.transcript(room).say(ident, as_one_line(said), now())
            if self.view.passage is not None:
                self.view.passage.close()
            if not room:
                self.frame.after(THINKING, self._show_thinking, ident)
        return True

    def send_command(self, command: str) -> None:
        """Send a command, if a session is open."""
        if self.conversation is None or self.state != "open":
            self.view.show_status(tr("This is possible only while a conversation is open."))
        else:
            self._show_settled()
            self.conversation.say(command, self.rooms.shown)

    def _show_settled(self) -> None:
        """Show how the connection is, and no longer what came of something before."""
        if self.state == "open":
            self._show_connected()

    @property
    def is_locked(self) -> bool:
        """Whether the history of this conversation has a passphrase."""
        return self.view.is_locked

    def verify_passphrase(self, then: Callable[[], object]) -> None:
        """Ask for the history's passphrase, and call `then` if the server says that it is right."""
        if self.conversation is not None:
            self._questions.verify(then)
            self.conversation.say("/passphrase", "")

    def waiting_lines(self) -> str:
        """Return the kind of lines that may be lost when this window closes, "" for none.

        They are "unsent", "unanswered", or "returned" to the input and still there. An answer
        counts as late after `ANSWER_LIMIT` seconds; until then closing waits for it.
        """
        waiting = pending(self.transcript.items)
        if self.conversation is None or not waiting:
            return "returned" if self.view.input.has_returned else ""
        if self.state not in {"open", "thinking"}:
            return "unsent"
        age = (now() - waiting[0].at).total_seconds()
        return "unanswered" if age > ANSWER_LIMIT else ""

    def _show_thinking(self, ident: int) -> None:
        item = self.transcript.find(ident)
        if self.state == "open" and item is not None and item.kind is ItemKind.PENDING:
            self.show("thinking", tr("The doctor is thinking…"))

    def _load_earlier(self) -> None:
        if self.history_loader is not None:
            self.history_loader.load_more()

    def answer(self, text: str) -> None:
        """Answer what the server asks for."""
        if self.conversation is not None:
            self.conversation.answer(text)

    # What the conversation reports.

    def take(self, event: Event) -> None:
        """Show what an event means."""
        match event:
            case events.Connecting():
                self.show("connecting", _describe_attempt(self._address, event.attempt))
            case events.Failed():
                self._show_failure(event)
            case events.Lost():
                self._show_loss(event)
            case events.Suspended():
                self._interrupt()
                self.show(
                    "suspended",
                    tr("{why} It continues when you say something.").format(why=event.why),
                )
            case events.SecretWanted():
                self._questions.ask_secret(event, is_open=self.state != "connecting")
            case events.ConfirmWanted():
                self._questions.ask_to_confirm(event)
            case events.Welcomed():
                self._show_welcome(event)
            case events.HistoryPage(purpose="history") if self.history_loader is not None:
                self.history_loader.take(event)
            case events.TakenBack():
                self._take_back(event.number, event.room)
            case events.Missed():
                for entry in event.entries:
                    if entry.mark == TAKEN_BACK and self.transcript.numbered(entry.number):
                        self._take_back(entry.number)
                    else:
                        self.transcript.add(entry)
            case events.Answered():
                self.rooms.transcript(event.room).answer(event.line, event.entry)
                if self.state == "thinking":
                    self._show_connected()
            case events.NotRecorded():
                for transcript in self._transcripts():
                    transcript.refuse(event.line)
                self.view.input.give_back(event.text)
                self.show("open", event.why)
            case events.TraceFound():
                self.explainer.take(event)
            case events.Replied():
                self._show_notice(event)
            case events.Closed():
                self.end(tr("Disconnected"))
            case events.Heard(room=""):
                for one in event.lines:
                    self.transcript.hear(one)
            case events.Attended():
                self.transcript.hear(event.line)
                self.presence.change(event.what, event.name)
                self._show_presence()
            case _:
                if not self.rooms.take(event):
                    self._on_other(event)

    def _show_failure(self, event: events.Failed) -> None:
        self.end(tr("Not connected"))
        if self.transcript.items:
            self.transcript.notice(event.why, now())
        self._on_failed(event)

    def _show_loss(self, event: events.Lost) -> None:
        if self.state != "connecting":
            self.transcript.notice(event.why, now())
        self._interrupt()
        seconds = max(1, round(event.pause))
        self.show(
            "lost",
            tr("{why} Trying again in {seconds} s; Ctrl+Return tries now.").format(
                why=event.why, seconds=seconds
            ),
        )

    def _interrupt(self) -> None:
        self.view.close_dialog()
        self._questions.begin()
        self.rooms.interrupt()
        if self.history_loader is not None:
            self.history_loader.interrupt()

    def _take_back(self, number: int, room: str = "") -> None:
        """Show that an exchange was taken back; nothing of it stays in this window."""
        if room:
            self.rooms.transcript(room).take_back(number)
            return
        item = self.transcript.numbered(number)
        if item is not None:
            said = item.patient
            self.explainer.take_back(item)
            self.view.input.forget(lambda typed: as_one_line(typed) == said)
        self.transcript.take_back(number)
        if self.view.passage is not None and self.view.passage.transcript is not None:
            self.view.passage.transcript.take_back(number)
        self.view.show_status(events.describe_taken_back(number))

    def _show_welcome(self, event: events.Welcomed) -> None:
        self.view.close_dialog()
        self._show_connected()
        self.presence.greet(event.reading)
        self._show_presence()
        unlocked = self._questions.take_unlocked()
        self.view.show_lock(locked=unlocked)
        # The status line says that there is no passphrase; any other notice is shown below.
        notice = event.notice if unlocked else ""
        if event.reconnected:
            self.transcript.notice(tr(events.RECONNECTED[event.different]), now())
            if event.different:
                self._drop_earlier()
            elif self.history_loader is not None:
                self.history_loader.resume()
            self._show_texts(notice, *event.watched)
            return
        self.view.placeholder.dismiss()
        self.transcript.restart()
        if self.conversation is not None:
            self.history_loader = self._new_loader(self.conversation)
            self.history_loader.begin(event.exchanges)
        self.transcript.greet(event.greeting, now())
        self._show_texts(notice, *event.watched)
        self._on_welcomed()

    def _new_loader(self, conversation: Conversation) -> HistoryLoader:
        return HistoryLoader(self.transcript, conversation, self.frame)

    def _drop_earlier(self) -> None:
        """Load nothing more: the earlier exchanges are not in the history that is open now."""
        if self.history_loader is not None and self.conversation is not None:
            self.history_loader.stop()
            self.history_loader = self._new_loader(self.conversation)

    def _show_connected(self) -> None:
        self.show("open", tr("Connected to {address}").format(address=self._address))

    def _show_notice(self, event: events.Replied) -> None:
        # The history of a room has no answer to whether it is locked now.
        if event.code == codes.FORGOTTEN and event.locked is not None:
            self.transcript.clear()
            self.explainer.clear()
            self._drop_earlier()
            if self.view.passage is not None:
                self.view.passage.forget()
        if event.locked is not None:
            self.view.show_lock(locked=event.locked)
        rows = ["   ".join(filter(None, row)) for row in event.rows]
        text = self._questions.describe(event)
        if event.code in {codes.UNCHANGED, codes.PASSPHRASE_CHANGED} and text:
            # The transcript may show another place, and nothing in it has changed.
            self.view.show_status(text)
        self._show_texts(*rows, text if event.code != codes.UNCHANGED else "")

    def _show_texts(self, *texts: str) -> None:
        for text in filter(None, texts):
            self.rooms.transcript(self.rooms.shown).notice(text, now())

    def _transcripts(self) -> list[TranscriptView]:
        return [self.transcript, *(room.transcript for room in self.rooms.rooms.values())]

    def _open_conversation(self) -> Conversation | None:
        return self.conversation if self.state in {"open", "thinking"} else None

    def _show_presence(self) -> None:
        """Show who reads along, or answers in the doctor's place."""
        self.view.show_presence(self.presence.sentence)

    def _show_rooms(self, unread: int, shown: str) -> None:
        """Show in the title what is unread, and where what is typed is said."""
        self.view.show_room(unread, shown)


def now() -> datetime:
    """Return the current time as events have it."""
    return datetime.now(UTC)


def _describe_attempt(address: ServerAddress | None, attempt: int) -> str:
    again, first = tr("Connecting to {address}, attempt {attempt}…"), tr("Connecting to {address}…")
    return (again if attempt > 1 else first).format(address=address, attempt=attempt)
