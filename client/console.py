"""The conversation at a terminal, in a pipe, or for a screen reader: one plain line after another.

    standard input    the name if none was given, then what the patient says, a line each
    standard output   what the doctor says, a line each; in a terminal with a label before it
    standard error    notices

In a terminal there is a prompt with editing and recall, and passphrases are typed unseen. In a pipe
a passphrase is the line that follows, as with `nc`. Colour is for terminals alone, and not where
NO_COLOR is set. The main thread reads; the conversation's thread prints what cannot wait: that the
connection was lost, and that it is back.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, Final

from client.model.trace import sentences
from client.net import events
from client.net.conversation import Conversation
from client.net.lines import fits
from client.net.local_server import Found, NotStarted, Started, look, server_command
from client.net.transport import ServerAddress
from doctor.protocol import PORT, codes

if TYPE_CHECKING:
    import argparse

    from client.net.events import Event

#: Connections tried in a row by a client that nobody watches.
_TRIES_IN_A_PIPE: Final = 10
_GOODBYE: Final = 2.0
#: What is asked for where it is not the passphrase that the history has.
_PROMPTS: Final = {
    codes.NEW_PASSPHRASE: "New passphrase (empty for none): ",
    codes.REPEAT_PASSPHRASE: "The new passphrase once more: ",
}


class _EndOfInput(Exception):
    """There is nothing more to say."""


class Console:
    """One conversation on this process's standard streams; used by the main thread."""

    def __init__(self, place: ServerAddress, name: str = "") -> None:
        self._place = place
        self._name = name
        self._in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self._colours = self._in_terminal and not os.environ.get("NO_COLOR")
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._printing = threading.Lock()
        self._prompt = ""
        self._status = 0
        if self._in_terminal:
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401, PLC0415 - gives `input` editing and recall

    def run(self) -> int:
        """Converse until goodbye or the end of the input; returns the exit status, 0 or 1."""
        for stream in (sys.stdin, sys.stdout):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="replace")
        talk: Conversation | None = None
        try:
            name = self._name or self._read("Your name: ").strip()
            tries = 0 if self._in_terminal else _TRIES_IN_A_PIPE
            talk = Conversation(self._place, name, self._report, tries=tries)
            talk.start()
            self._converse(talk)
        except (_EndOfInput, KeyboardInterrupt):
            pass
        except BrokenPipeError:
            _discard_output()
        finally:
            if talk:
                talk.close(_GOODBYE)
        return self._status

    def _converse(self, talk: Conversation) -> None:
        if not self._until(talk, 0):
            return
        while True:
            line = self._read("You: ")
            excess = fits(line)
            if excess:
                self._notice(f"This line is {excess} bytes too long: say it in parts.")
                self._status = 1
                continue
            asks = line.startswith("/") and not line.startswith("//")
            if not self._until(talk, talk.say(line), asks=asks):
                return

    def _until(self, talk: Conversation, ident: int, *, asks: bool = False) -> bool:
        """Handle events until the greeting (`ident` 0), the answer to a line, or to a command.

        Returns False when the conversation is over.
        """
        while True:
            event = self._events.get()
            match event:
                case events.Failed():
                    self._notice(event.why)
                    self._status = 1
                    return False
                case events.Closed():
                    return False
                case events.SecretWanted():
                    talk.answer(self._secret(event))
                case events.ConfirmWanted():
                    self._notice(event.text)
                    talk.answer(self._read("The name once more: "))
                case events.Lost() | events.Resting() if asks:
                    self._notice("What was asked was not answered: ask again.")
                    return True
                case events.Welcomed() if ident == 0:
                    return True
                case events.Answered(line=line) | events.NotTaken(line=line) if line == ident:
                    return True
                case events.Told() if asks and event.code != codes.GOODBYE:
                    return True
                case _:
                    pass

    def _report(self, event: Event) -> None:
        """Print what an event says, and hand it on; called by the conversation's thread."""
        try:
            self._show(event)
        except BrokenPipeError:
            _discard_output()
            event = events.Closed()  # nobody reads on: the conversation is over
        self._events.put(event)

    def _show(self, event: Event) -> None:
        match event:
            case events.Welcomed():
                self._welcome(event)
            case events.Answered():
                self._doctor(event.entry.doctor)
            case events.NotTaken():
                self._notice(event.why)
                self._status = 1
            case events.Told():
                self._told(event)
            case events.Missed():
                for entry in event.entries:
                    self._notice(f"Meanwhile, elsewhere: {entry.patient}")
                    self._doctor(entry.doctor)
            case events.Lost():
                self._notice(f"{event.why} Trying again in {max(1, round(event.pause))} s.")
            case events.Resting():
                self._notice(f"{event.why} It goes on with the next line.")
            case _:
                pass

    def _welcome(self, event: events.Welcomed) -> None:
        if event.again:
            self._notice(events.AGAIN[event.different])
            return
        if event.notice:
            self._notice(event.notice)
        self._doctor(event.greeting)

    def _told(self, event: events.Told) -> None:
        if event.code == codes.GOODBYE:
            self._doctor(event.text)
        elif event.code == codes.WHY and event.rows:
            for line in sentences(event.rows):
                self._notice(line)
        else:
            for row in event.rows:
                self._notice("  ".join(row).strip())
            if event.text:
                self._notice(event.text)

    def _doctor(self, text: str) -> None:
        label = "Doctor: " if self._in_terminal else ""
        self._print(self._coloured("36", label) + text, error=False)

    def _notice(self, text: str) -> None:
        self._print(self._coloured("33", f"* {text}"), error=True)

    def _coloured(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours and text else text

    def _print(self, text: str, *, error: bool) -> None:
        """Print one line, above the prompt if there is one."""
        with self._printing:
            stream = sys.stderr if error else sys.stdout
            before = "\r\x1b[K" if self._prompt else ""
            print(before + text, file=stream, flush=True)
            if self._prompt:
                print(self._prompt + _typed(), end="", file=sys.stdout, flush=True)

    def _read(self, prompt: str) -> str:
        """Read one line; raises `_EndOfInput` when there is none."""
        try:
            if not self._in_terminal:
                line = sys.stdin.readline()
                if not line:
                    raise _EndOfInput
                return line.rstrip("\r\n")
            self._prompt = prompt
            return input(prompt)
        except EOFError:
            print()
            raise _EndOfInput from None
        finally:
            self._prompt = ""

    def _secret(self, event: events.SecretWanted) -> str:
        if event.code == codes.WRONG_PASSPHRASE:
            self._notice(events.in_words(event.code, event.text))
        elif event.code == codes.PASSPHRASE:
            self._notice("This history is locked. Its passphrase opens it.")
        prompt = _PROMPTS.get(event.code, "Passphrase: ")
        if not self._in_terminal:
            self._notice(prompt.removesuffix(": "))
            return self._read("")
        try:
            return getpass.getpass(prompt)
        except EOFError:
            raise _EndOfInput from None


def _discard_output() -> None:
    """Nobody reads on: what Python would flush at exit goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _typed() -> str:
    """Return what stands behind the prompt already."""
    try:
        import readline  # noqa: PLC0415 - not on every system
    except ImportError:
        return ""
    return readline.get_line_buffer()


def run(options: argparse.Namespace) -> int:
    """Run the console as the command line asks; returns the exit status.

    Without `--console` it is here because there is no display, and says so. With `--start` a server
    is started where none listens, and stopped at the end unless others talk with it. Where nobody
    could type either, the server runs in the foreground instead.
    """
    place = ServerAddress(
        options.host or "127.0.0.1", options.port or PORT, options.tls, options.ca
    )
    found = look(place) if options.start and place.is_local else None
    if not options.console:
        if found is Found.NOBODY and not (sys.stdin and sys.stdin.isatty()):
            _tell("No display and no terminal: this is the server; Ctrl+C stops it.")
            os.execv(sys.executable, server_command(place, options.patients))  # noqa: S606 - ours
        _tell("There is no display, so this is the console.")
    if found is None:
        return Console(place, options.name).run()
    if found is Found.SOMETHING_ELSE:
        _tell(f"Something that is not a doctor answers at {place}; choose another with --port.")
        return 1
    if found is Found.DOCTOR:
        return Console(place, options.name).run()
    try:
        started = Started.start(place, options.patients)
    except NotStarted as error:
        _tell(str(error))
        return 1
    _tell(f"A doctor was started at {started.place}.")
    try:
        return Console(started.place, options.name).run()
    finally:
        _stop(started)


def _stop(started: Started) -> None:
    """Stop the server that was started here, unless others talk with it and it is to go on."""
    others = started.connected()
    if others and sys.stdin.isatty():
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            question = f"{others} more talk with the doctor that was started. Stop it? [y/N] "
            others = 0 if input(question).strip().lower().startswith("y") else others
    if others:
        _tell("The doctor goes on for the others; python -m doctor stop ends it.")
    else:
        started.stop()


def _tell(text: str) -> None:
    print(f"* {text}", file=sys.stderr, flush=True)
