"""One conversation on the standard streams: `Console`.

    standard input    the name if none was given, then the patient's lines
    standard output   the doctor's lines; in a terminal with a label before each; in rooms, and
                      where a person speaks, each line with a name before it
    standard error    notices, also of who comes, leaves or reads along

A terminal has a prompt with editing and recall, and does not show a typed passphrase. In a pipe the
next line is the passphrase, as with `nc`. Only terminals get colours, unless NO_COLOR is set. The
main thread reads. The conversation's thread prints, so that a notice (the connection is lost, or is
back) appears at once.
"""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, Final

from client.console.streams import InputEnded, Streams, discard_output, notify
from client.model.exchange import TAKEN_BACK
from client.model.language import mark, tr
from client.model.trace import sentences
from client.model.transcript_line import EVENT
from client.net import events, room_texts
from client.net.conversation import Conversation
from client.net.lines import excess_bytes
from doctor.protocol import codes
from doctor.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.model.exchange import HistoryEntry
    from client.model.transcript_line import TranscriptLine
    from client.net.address import ServerAddress
    from client.net.events import Event

#: Attempts in a row to reconnect, for a client in a pipe.
_TRIES_IN_A_PIPE: Final = 10
_GOODBYE: Final = 2.0
_PASSPHRASE: Final = mark("Passphrase: ")
#: Prompts for passphrases other than the history's own.
_PROMPTS: Final = {
    codes.NEW_PASSPHRASE: mark("New passphrase (empty for none): "),
    codes.REPEAT_PASSPHRASE: mark("The new passphrase once more: "),
}


class Console:
    """One conversation on the standard streams; used by the main thread."""

    def __init__(self, address: ServerAddress, name: str = "") -> None:
        self._address = address
        self._name = name
        self._streams = Streams()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._room = ""  # where what is typed is said
        self._status = 0
        self._output_failed = False

    def run(self) -> int:
        """Converse until `/quit` or the end of the input; return the exit status, 0 or 1."""
        conversation: Conversation | None = None
        try:
            name = self._name = self._name or self._streams.read(tr("Your name: ")).strip()
            tries = 0 if self._streams.in_terminal else _TRIES_IN_A_PIPE
            conversation = Conversation(self._address, name, self._report, tries=tries)
            conversation.start()
            self._converse(conversation)
        except (InputEnded, KeyboardInterrupt):
            pass
        except OSError as error:
            self._end_output(error)
        finally:
            if conversation:
                conversation.close(_GOODBYE)
        return self._status

    def _converse(self, conversation: Conversation) -> None:
        if not self._wait_for(conversation, 0):
            return
        while True:
            line = self._streams.read(self._prompt_for_line())
            excess = excess_bytes(line)
            if excess:
                self._streams.print_notice(
                    tr("This line is {excess} bytes too long. Send it in shorter parts.").format(
                        excess=excess
                    )
                )
                self._status = 1
                continue
            asks = line.startswith("/") and not line.startswith("//")
            if not self._wait_for(conversation, conversation.say(line), asks=asks):
                return

    def _wait_for(self, conversation: Conversation, ident: int, *, asks: bool = False) -> bool:
        """Handle events until the greeting (`ident` 0), or the reply to a line or a command.

        Return False when the conversation is over.
        """
        while True:
            event = self._events.get()
            match event:
                case events.Failed():
                    self._streams.print_notice(event.why)
                    self._status = 1
                    return False
                case events.Closed():
                    return False
                case events.SecretWanted():
                    conversation.answer(self._read_secret(event))
                case events.ConfirmWanted():
                    self._streams.print_notice(event.text)
                    number, name = tr("The number once more: "), tr("The name once more: ")
                    conversation.answer(self._streams.read(number if event.number else name))
                case events.Lost() | events.Suspended() if asks:
                    self._streams.print_notice(tr("The command was not answered. Send it again."))
                    return True
                case events.Welcomed() if ident == 0:
                    return True
                case events.Answered(line=line) | events.NotRecorded(line=line) if line == ident:
                    return True
                case events.Replied() if asks and event.code != codes.GOODBYE:
                    return True
                case events.TakenBack() | events.TalksIn() if asks:
                    return True
                case _:
                    pass

    def _report(self, event: Event) -> None:
        """Print an event and pass it on; called from the conversation's thread."""
        if self._output_failed:
            return  # the main thread was told
        try:
            self._show(event)
        except OSError as error:
            self._end_output(error)
            event = events.Closed()
        self._events.put(event)

    def _end_output(self, error: OSError) -> None:
        """Print nothing more: the reader of a pipe has left, or the output cannot be written."""
        if self._output_failed:
            return
        self._output_failed = True
        discard_output()
        if not isinstance(error, BrokenPipeError):
            self._status = 1
            with contextlib.suppress(OSError):
                notify(
                    tr("The replies could not be written: {strerror}.").format(
                        strerror=error.strerror or error
                    )
                )

    def _show(self, event: Event) -> None:
        match event:
            case events.Welcomed():
                self._show_welcome(event)
            case events.Answered():
                if event.entry.doctor:
                    self._streams.print_doctor(event.entry.doctor)
            case events.NotRecorded():
                self._streams.print_notice(
                    tr("{why} The line: {text}").format(why=event.why, text=event.text)
                )
                self._status = 1
            case events.Replied():
                self._show_notice(event)
            case events.TakenBack():
                self._streams.print_notice(events.describe_taken_back(event.number))
            case events.Missed():
                for entry in event.entries:
                    self._show_missed(entry)
            case events.Lost():
                self._streams.print_notice(
                    tr("{why} Trying again in {seconds} s.").format(
                        why=event.why, seconds=max(1, round(event.pause))
                    )
                )
            case events.Suspended():
                self._streams.print_notice(
                    tr("{why} The conversation continues with the next line.").format(why=event.why)
                )
            case _:
                self._show_room(event)

    def _show_missed(self, entry: HistoryEntry) -> None:
        if entry.mark == TAKEN_BACK:
            self._streams.print_notice(events.describe_taken_back(entry.number))
            return
        if entry.speaker or entry.event or entry.responder:
            for who, text in room_texts.missed_lines(entry):
                if who:
                    self._streams.print_said(who, text, tr("alone") if self._room else "")
                else:
                    self._streams.print_notice(text)
            return
        self._streams.print_notice(
            tr("Said on another connection: {patient}").format(patient=entry.patient)
        )
        if entry.doctor:
            self._streams.print_doctor(entry.doctor)

    def _show_room(self, event: Event) -> None:
        """Show what happens in rooms, and what persons do."""
        match event:
            case events.Joined():
                if event.again:
                    self._streams.print_notice(room_texts.describe_joined(event, self._name))
                self._show_lines(self._room, event.lines)  # the sentence after them names it
            case events.Heard():
                self._show_lines(event.room, event.lines)
            case events.Attended():
                self._streams.print_notice(event.line.text)
            case events.LeftRoom():
                self._streams.print_notice(room_texts.describe_left(event))
            case events.TalksIn():
                self._room = event.room
                self._streams.change_prompt(self._prompt_for_line())
                self._streams.print_notice(event.text or room_texts.describe_place(event.room))
            case _:
                pass

    def _show_lines(self, room: str, lines: Iterable[TranscriptLine]) -> None:
        for line in lines:
            if line.kind == EVENT:
                where = f"{room}: " if room != self._room else ""
                self._streams.print_notice(where + line.text)
            else:
                where = (room or tr("alone")) if room != self._room else ""
                self._streams.print_said(line.label, line.text, where)

    def _prompt_for_line(self) -> str:
        return tr("You in {room}: ").format(room=escape(self._room)) if self._room else tr("You: ")

    def _show_welcome(self, event: events.Welcomed) -> None:
        if event.reconnected:
            for text in (tr(events.RECONNECTED[event.different]), *event.watched):
                self._streams.print_notice(text)
            return
        for text in filter(None, (event.notice, *event.watched)):
            self._streams.print_notice(text)
        self._streams.print_doctor(event.greeting)

    def _show_notice(self, event: events.Replied) -> None:
        if event.code == codes.GOODBYE:
            self._streams.print_doctor(event.text)
        elif event.code == codes.WHY and event.rows:
            for line in sentences(event.rows):
                self._streams.print_notice(line)
        else:
            for row in event.rows:
                self._streams.print_notice("  ".join(row).strip())
            if event.text:
                self._streams.print_notice(event.text)

    def _read_secret(self, event: events.SecretWanted) -> str:
        if event.code == codes.WRONG_PASSPHRASE:
            self._streams.print_notice(events.explain_refusal(event.code, event.text))
        elif event.code == codes.PASSPHRASE:
            own = tr("This history is locked. Its passphrase opens it.")
            other = tr("The room {room} is locked. Its passphrase opens it.")
            self._streams.print_notice(other.format(room=event.room) if event.room else own)
        return self._streams.read_secret(tr(_PROMPTS.get(event.code, _PASSPHRASE)))
