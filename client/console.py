"""The conversation in plain lines, for a terminal, a pipe or a screen reader.

    standard input    the name if none was given, then the patient's lines
    standard output   the doctor's lines; in a terminal with a label before each
    standard error    notices

A terminal has a prompt with editing and recall, and does not show a typed passphrase. In a pipe the
next line is the passphrase, as with `nc`. Only terminals get colours, unless NO_COLOR is set. The
main thread reads. The conversation's thread prints, so that a notice (the connection is lost, or is
back) appears at once.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, Final

from client.model.exchange import TAKEN_BACK
from client.model.trace import sentences
from client.net import events
from client.net.address import ServerAddress
from client.net.conversation import Conversation
from client.net.lines import excess_bytes
from client.net.local_server import LocalServer, ProbeResult, StartError, probe, server_command
from doctor.protocol import PORT, codes
from doctor.text import escape

if TYPE_CHECKING:
    import argparse

    from client.net.events import Event

#: Attempts in a row to reconnect, for a client in a pipe.
_TRIES_IN_A_PIPE: Final = 10
_GOODBYE: Final = 2.0
#: Prompts for passphrases other than the history's own.
_PROMPTS: Final = {
    codes.NEW_PASSPHRASE: "New passphrase (empty for none): ",
    codes.REPEAT_PASSPHRASE: "The new passphrase once more: ",
}


class _InputEnded(Exception):
    """The input has ended."""


class Console:
    """One conversation on the standard streams; used by the main thread."""

    def __init__(self, address: ServerAddress, name: str = "") -> None:
        self._address = address
        self._name = name
        self._in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self._colours = self._in_terminal and not os.environ.get("NO_COLOR")
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._printing = threading.Lock()
        self._prompt = ""
        self._status = 0
        self._output_failed = False
        if self._in_terminal:
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401, PLC0415 - gives `input` editing and recall

    def run(self) -> int:
        """Converse until `/quit` or the end of the input; return the exit status, 0 or 1."""
        for stream in (sys.stdin, sys.stdout):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="replace")
        conversation: Conversation | None = None
        try:
            name = self._name or self._read("Your name: ").strip()
            tries = 0 if self._in_terminal else _TRIES_IN_A_PIPE
            conversation = Conversation(self._address, name, self._report, tries=tries)
            conversation.start()
            self._converse(conversation)
        except (_InputEnded, KeyboardInterrupt):
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
            line = self._read("You: ")
            excess = excess_bytes(line)
            if excess:
                self._print_notice(
                    f"This line is {excess} bytes too long. Send it in shorter parts."
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
                    self._print_notice(event.why)
                    self._status = 1
                    return False
                case events.Closed():
                    return False
                case events.SecretWanted():
                    conversation.answer(self._read_secret(event))
                case events.ConfirmWanted():
                    self._print_notice(event.text)
                    what = "number" if event.number else "name"
                    conversation.answer(self._read(f"The {what} once more: "))
                case events.Lost() | events.Suspended() if asks:
                    self._print_notice("The command was not answered. Send it again.")
                    return True
                case events.Welcomed() if ident == 0:
                    return True
                case events.Answered(line=line) | events.NotRecorded(line=line) if line == ident:
                    return True
                case events.Replied() if asks and event.code != codes.GOODBYE:
                    return True
                case events.TakenBack() if asks:
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
        _discard_output()
        if not isinstance(error, BrokenPipeError):
            self._status = 1
            with contextlib.suppress(OSError):
                _notify(f"The replies could not be written: {error.strerror or error}.")

    def _show(self, event: Event) -> None:
        match event:
            case events.Welcomed():
                self._show_welcome(event)
            case events.Answered():
                self._print_doctor(event.entry.doctor)
            case events.NotRecorded():
                self._print_notice(f"{event.why} The line: {event.text}")
                self._status = 1
            case events.Replied():
                self._show_notice(event)
            case events.TakenBack():
                self._print_notice(events.describe_taken_back(event.number))
            case events.Missed():
                for entry in event.entries:
                    if entry.mark == TAKEN_BACK:
                        self._print_notice(events.describe_taken_back(entry.number))
                        continue
                    self._print_notice(f"Said on another connection: {entry.patient}")
                    self._print_doctor(entry.doctor)
            case events.Lost():
                self._print_notice(f"{event.why} Trying again in {max(1, round(event.pause))} s.")
            case events.Suspended():
                self._print_notice(f"{event.why} The conversation continues with the next line.")
            case _:
                pass

    def _show_welcome(self, event: events.Welcomed) -> None:
        if event.reconnected:
            for text in (events.RECONNECTED[event.different], *event.watched):
                self._print_notice(text)
            return
        for text in filter(None, (event.notice, *event.watched)):
            self._print_notice(text)
        self._print_doctor(event.greeting)

    def _show_notice(self, event: events.Replied) -> None:
        if event.code == codes.GOODBYE:
            self._print_doctor(event.text)
        elif event.code == codes.WHY and event.rows:
            for line in sentences(event.rows):
                self._print_notice(line)
        else:
            for row in event.rows:
                self._print_notice("  ".join(row).strip())
            if event.text:
                self._print_notice(event.text)

    # What a server sends may hold characters that turn the direction of others: they are escaped.

    def _print_doctor(self, text: str) -> None:
        label = "Doctor: " if self._in_terminal else ""
        self._print(self._colour("36", label) + escape(text), error=False)

    def _print_notice(self, text: str) -> None:
        with contextlib.suppress(OSError):  # without notices the conversation can still go on
            self._print(self._colour("33", f"* {escape(text)}"), error=True)

    def _colour(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours and text else text

    def _print(self, text: str, *, error: bool) -> None:
        """Print one line, above the prompt if there is one."""
        with self._printing:
            stream = sys.stderr if error else sys.stdout
            before = "\r\x1b[K" if self._prompt else ""
            print(before + text, file=stream, flush=True)
            if self._prompt:
                print(self._prompt + _typed_so_far(), end="", file=sys.stdout, flush=True)

    def _read(self, prompt: str) -> str:
        """Read one line; raise `_InputEnded` when there is none."""
        try:
            if not self._in_terminal:
                line = sys.stdin.readline()
                if not line:
                    raise _InputEnded
                return line.rstrip("\r\n")
            self._prompt = prompt
            return input(prompt)
        except EOFError:
            print()
            raise _InputEnded from None
        finally:
            self._prompt = ""

    def _read_secret(self, event: events.SecretWanted) -> str:
        if event.code == codes.WRONG_PASSPHRASE:
            self._print_notice(events.explain_refusal(event.code, event.text))
        elif event.code == codes.PASSPHRASE:
            self._print_notice("This history is locked. Its passphrase opens it.")
        prompt = _PROMPTS.get(event.code, "Passphrase: ")
        if not self._in_terminal:
            self._print_notice(prompt.removesuffix(": "))
            return self._read("")
        try:
            return getpass.getpass(prompt)
        except EOFError:
            raise _InputEnded from None


def _discard_output() -> None:
    """Send what Python flushes at exit to the null device: it cannot be written."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _typed_so_far() -> str:
    """Return the text that is typed after the prompt so far."""
    try:
        import readline  # noqa: PLC0415 - not on every system
    except ImportError:
        return ""
    return readline.get_line_buffer()


def run(options: argparse.Namespace) -> int:
    """Run the console as the command line asks; return the exit status.

    Without `--console` the reason is that there is no display, and a notice says so. With `--start`
    a server is started if none is running, and stopped at the end unless others use it. If there is
    no terminal either, the server runs in the foreground instead.
    """
    address = ServerAddress(
        options.host or "127.0.0.1", options.port or PORT, options.tls, options.ca
    )
    found = probe(address) if options.start and address.is_local else None
    if not options.console:
        if found is ProbeResult.NOTHING and not (sys.stdin and sys.stdin.isatty()):
            _notify("No display and no terminal: this is the server; Ctrl+C stops it.")
            os.execv(sys.executable, server_command(address, options.patients))  # noqa: S606 - ours
        _notify("There is no display, so this is the console.")
    if found is None:
        return Console(address, options.name).run()
    if found is ProbeResult.OTHER_PROGRAM:
        _notify(
            f"Another program, which is not a doctor, answers at {address}; use another --port."
        )
        return 1
    if found is ProbeResult.DOCTOR:
        return Console(address, options.name).run()
    try:
        started = LocalServer.start(address, options.patients)
    except StartError as error:
        _notify(str(error))
        return 1
    _notify(f"A doctor was started at {started.address}.")
    try:
        return Console(started.address, options.name).run()
    finally:
        _stop(started)


def _stop(started: LocalServer) -> None:
    """Stop the server that was started here, unless others use it and it should go on.

    Where nobody can be asked, it goes on for the others.
    """
    others = started.count_connections()
    if others and sys.stdin.isatty():
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            question = f"{others} others are talking with this doctor. Stop it anyway? [y/N] "
            others = 0 if input(question).strip().lower().startswith("y") else others
    if others:
        started.leave_running()
        _notify("The doctor keeps running for the others; `python -m doctor stop` stops it.")
    else:
        started.stop()


def _notify(text: str) -> None:
    print(f"* {text}", file=sys.stderr, flush=True)
