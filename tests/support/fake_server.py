"""A small server that speaks the protocol and does what a test tells it: slow, broken or gone.

It keeps its patients in memory, so that it can be stopped and started again on its port with
everything it had answered. Each connection has a thread; `close` waits for all of them.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from doctor.errors import UnknownCommand
from doctor.protocol import (
    COMMANDS,
    Command,
    LineBuffer,
    Notice,
    Reply,
    closing,
    codes,
    escaped,
    parse,
)
from doctor.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator


_NUMBER = re.compile(r"/as ([1-9][0-9]*) ")


@dataclass
class Behaviour:
    """What is unusual about a server; all of it may change while it runs."""

    banner: str = "doctor/1 What is your name?"
    notice: str = "Anyone who gives this name reads this history."
    greeting: str = "How do you do. Please tell me your problem."
    passphrases: dict[str, str] = field(default_factory=dict)
    refuse_names: dict[str, int] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    #: Set: replies go out. A test clears it to make the doctor think.
    may_reply: threading.Event = field(default_factory=threading.Event)
    #: Cut the connection after recording this many lines more, before the reply leaves.
    cut_after_recording: int = -1
    #: Cut the connection on receiving this many lines more, before recording.
    cut_before_recording: int = -1
    most_history: int = 1000
    #: Whether `/as N TEXT` is known; not to servers of version 1.0.0.
    numbers: bool = True
    #: Whether `/find`, `/helplines` and `/forget N` are known; not to servers of version 1.0.0.
    finds: bool = True
    #: Whether `/passphrase` asks for the old one first.
    asks_old_passphrase: bool = False
    #: How many exchanges one `/find` searches.
    most_searched: int = 1000
    helplines: tuple[tuple[str, ...], ...] = (
        ("emergency", "112"),
        ("directory", "example.org"),
        ("helpline", "Utopia", "Listeners", "0 123 456"),
    )
    #: What is sent behind each answer to a line, in the same packet.
    second: Reply | None = None

    def __post_init__(self) -> None:
        self.may_reply.set()


class FakeServer:
    """Listens on `port` (0: any) of this computer until closed; use it in a `with`."""

    def __init__(self, behaviour: Behaviour | None = None, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.histories: dict[str, list[tuple[str, str, int]]] = {}
        #: The lines as they were said, and as they were sent: with their numbers.
        #: What the greeting says of a script of 1966: title, year, place, maker.
        self.script: tuple[str, ...] = ()
        self.received: list[str] = []
        self.sent: list[str] = []
        self.port = port
        self._threads: list[threading.Thread] = []
        self._links: list[socket.socket] = []
        self._lock = threading.Lock()
        self.arrived = threading.Event()
        self.open()

    def open(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._stopping = False
        thread = threading.Thread(target=self._accept, name="fake server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self, farewell: Reply | None = None) -> None:
        """Stop listening and cut every connection, with a farewell if one is given."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            links, self._links = self._links, []
        for link in links:
            with contextlib.suppress(OSError):
                if farewell:
                    link.sendall(farewell.encode())
                link.shutdown(socket.SHUT_RDWR)
        held = not self.behaviour.may_reply.is_set()
        self.behaviour.may_reply.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        if held:
            self.behaviour.may_reply.clear()

    def flood(self, reply: Reply | Notice, times: int = 1) -> None:
        """Send a reply many times to every client, without being asked."""
        with self._lock:
            links = tuple(self._links)
        for link in links:
            with contextlib.suppress(OSError):
                link.sendall(reply.encode() * times)

    @contextlib.contextmanager
    def behind(self, reply: Reply) -> Iterator[None]:
        """Send a second reply behind each answer to a line."""
        self.behaviour.second = reply
        try:
            yield
        finally:
            self.behaviour.second = None

    @property
    def is_alone(self) -> bool:
        """Whether no client is connected."""
        with self._lock:
            return all(link.fileno() < 0 for link in self._links)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._links.append(link)
            thread = threading.Thread(target=self._serve, args=(link,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, link: socket.socket) -> None:
        with link, contextlib.suppress(OSError, _Cut):
            conversation = _FakeSession(self, link)
            conversation.send(Reply(codes.READY, self.behaviour.banner))
            lines = LineBuffer()
            while data := link.recv(4096):
                for line in lines.feed(data):
                    if isinstance(line, str):
                        self.sent.append(line)
                        numbered = _NUMBER.match(line)
                        said = escaped(line[numbered.end() :]) if numbered else line
                        self.received.append(said)
                        conversation.take(line)
                    else:
                        conversation.send(Reply(codes.BAD_LINE, str(line)))


class _Cut(Exception):
    """The connection ends here."""


class _FakeSession:
    def __init__(self, server: FakeServer, link: socket.socket) -> None:
        self.server = server
        self.behaviour = server.behaviour
        self.link = link
        self.name = ""
        self.expects = self.take_name
        self.tries = 0
        self.session = 0
        self.new = ""
        self.taking_back = 0

    def send(self, reply: Reply) -> None:
        self.link.sendall(reply.encode())

    def say(self, code: int, text: str, rows: tuple[tuple[str, ...], ...] = ()) -> None:
        self.send(Reply(code, text, rows))

    def take(self, line: str) -> None:
        self.expects(line)
        self.server.arrived.set()

    def take_name(self, line: str) -> None:
        name = str(parse(line))
        if name in self.behaviour.refuse_names:
            code = self.behaviour.refuse_names[name]
            text = f"{name} cannot be used here"
            if code == codes.CLOSING:
                self.send(closing(codes.Reason.FULL, text))
                raise _Cut
            self.say(code, text)
            return
        self.name = name
        if name in self.behaviour.passphrases:
            self.expects = self.take_passphrase
            self.say(codes.PASSPHRASE, "this history has a passphrase")
        else:
            self.welcome()

    def take_passphrase(self, line: str) -> None:
        if line == self.behaviour.passphrases[self.name]:
            self.welcome()
            return
        self.tries += 1
        self.say(codes.WRONG_PASSPHRASE, "try again")
        if self.tries == 3:
            self.send(closing(codes.Reason.TOO_MANY_TRIES, "too many wrong passphrases"))
            raise _Cut

    def welcome(self) -> None:
        kept = self.history
        self.session = max((session for _, _, session in kept), default=0) + 1
        notice = ("notice", self.behaviour.notice)
        rows: tuple[tuple[str, ...], ...] = (("exchanges", str(len(kept))), notice)
        greeting = f"Welcome back, {self.name}." if kept else self.behaviour.greeting
        self.expects = self.take_line
        if self.server.script:
            rows += (("script", *self.server.script),)
        self.say(codes.WELCOME, greeting, rows)

    @property
    def history(self) -> list[tuple[str, str, int]]:
        return self.server.histories.setdefault(self.name, [])

    def take_line(self, line: str) -> None:
        numbered = _NUMBER.match(line)
        if numbered and not self.behaviour.numbers:
            self.say(codes.NO_COMMAND, "there is no such command")
            return
        if numbered:
            line = line[numbered.end() :]
            if not self.takes(int(numbered[1]), line):
                return
        try:
            said = line if numbered else parse(line)
        except UnknownCommand as error:
            self.say(codes.NO_COMMAND, str(error))
            return
        if isinstance(said, Command):
            self.command(said)
            return
        if self.behaviour.cut_before_recording >= 0:
            self.behaviour.cut_before_recording -= 1
            if self.behaviour.cut_before_recording < 0:
                raise _Cut
        if self.behaviour.replies:
            reply = self.behaviour.replies.pop(0)
        else:
            reply = Reply(codes.SAYS, f"Why do you say: {said}?")
        if reply.code == codes.SAYS and said.strip():
            self.history.append((said, reply.text, self.session))
        if self.behaviour.cut_after_recording >= 0:
            self.behaviour.cut_after_recording -= 1
            if self.behaviour.cut_after_recording < 0:
                raise _Cut
        self.server.arrived.set()
        self.behaviour.may_reply.wait()
        second = self.behaviour.second
        self.link.sendall(reply.encode() + (second.encode() if second else b""))
        if reply.code == codes.CLOSING:
            raise _Cut

    def knows(self, name: str) -> bool:
        if name in {"/find", "/find-before", "/helplines"}:
            return self.behaviour.finds
        return name != "/as" or self.behaviour.numbers

    def takes(self, number: int, said: str) -> bool:
        """Return True if a line has the next number; otherwise answer it."""
        last = len(self.history)
        if number == last + 1:
            return True
        if number <= last and self.history[number - 1][0] == said:
            self.say(codes.SAYS, self.history[number - 1][1])
        else:
            self.say(codes.WRONG_NUMBER, "not the next number", (("exchanges", str(last)),))
        return False

    def command(self, command: Command) -> None:
        if not self.knows(command.kind.name):
            self.say(codes.NO_COMMAND, "there is no such command")
            return
        match command.kind.name:
            case "/find" | "/find-before":
                self.find(command)
            case "/helplines":
                self.say(codes.HELPLINES, "call somebody", self.behaviour.helplines)
            case "/forget" if command.numbers:
                self.taking_back = command.numbers[0]
                self.expects = self.take_number
                row = ("number", str(self.taking_back))
                self.say(codes.CONFIRM, "say the number once more to take it back", (row,))
            case "/quit":
                self.say(codes.GOODBYE, "Goodbye.")
                raise _Cut
            case "/history":
                self.say(codes.HISTORY, "the history", self.rows(*command.numbers))
            case "/why":
                self.say(codes.WHY, "how it was made", self.trace())
            case "/help":
                rows = tuple((kind.usage, kind.help) for kind in COMMANDS if self.knows(kind.name))
                self.say(codes.HELP, "commands", rows)
            case "/forget":
                self.expects = self.take_confirmation
                self.say(codes.CONFIRM, "give the name once more to erase everything")
            case "/passphrase" if self.behaviour.asks_old_passphrase:
                self.expects = self.take_old
                self.say(codes.PASSPHRASE, "the old passphrase; an empty line cancels")
            case "/passphrase":
                self.expects = self.take_new
                self.say(codes.NEW_PASSPHRASE, "the new passphrase")

    def take_confirmation(self, line: str) -> None:
        self.expects = self.take_line
        if line == self.name:
            self.history.clear()
            self.say(codes.FORGOTTEN, "everything is erased")
        else:
            self.say(codes.UNCHANGED, "nothing was erased")

    def take_number(self, line: str) -> None:
        self.expects = self.take_line
        if line == str(self.taking_back) and line != "0":
            _, _, session = self.history[self.taking_back - 1]
            self.history[self.taking_back - 1] = ("", "", session)
            self.say(codes.TAKEN_BACK, "taken back", (("number", line),))
        else:
            self.say(codes.UNCHANGED, "nothing is taken back")

    def find(self, command: Command) -> None:
        before = next(iter(command.numbers), len(self.history) + 1)
        lowest = max(1, before - self.behaviour.most_searched)
        rows: list[tuple[str, ...]] = []
        for number in range(before - 1, lowest - 1, -1):
            if any(fold(command.text) in fold(text) for text in self.history[number - 1][:2]):
                rows += self.rows(1, number + 1)
        self.say(codes.FOUND, "found", (*rows, ("searched", str(lowest))))

    def take_old(self, line: str) -> None:
        if line == self.behaviour.passphrases[self.name]:
            self.expects = self.take_new
            self.say(codes.NEW_PASSPHRASE, "the new passphrase")
        elif line:
            self.say(codes.WRONG_PASSPHRASE, "try again")
        else:
            self.expects = self.take_line
            self.say(codes.UNCHANGED, "nothing is changed")

    def take_new(self, line: str) -> None:
        self.new = line
        self.expects = self.take_again
        self.say(codes.REPEAT_PASSPHRASE, "once more")

    def take_again(self, line: str) -> None:
        self.expects = self.take_line
        if line == self.new:
            self.behaviour.passphrases[self.name] = line
            self.say(codes.PASSPHRASE_CHANGED, "the passphrase is set")
        else:
            self.say(codes.UNCHANGED, "the two differ")

    def rows(self, count: int = 20, before: int = 10**9) -> tuple[tuple[str, ...], ...]:
        numbered = list(enumerate(self.history, 1))[: before - 1]
        rows: list[tuple[str, ...]] = []
        for number, (said, reply, session) in numbered[-min(count, self.behaviour.most_history) :]:
            at = datetime(2026, 11, 1 + session % 28, 9, number % 60, tzinfo=UTC).isoformat()
            if not said + reply:
                mark = codes.MARK_OF_TAKEN_BACK
                rows.append((str(number), at, str(session), mark, "event", "taken back"))
                continue
            rows.append((str(number), at, str(session), "", "patient", said))
            rows.append((str(number), at, str(session), "", "doctor", reply))
        return tuple(rows)

    def trace(self) -> tuple[tuple[str, ...], ...]:
        if not self.history:
            return ()
        line, reply, _ = self.history[-1]
        return (
            ("line", line),
            ("clause", line),
            ("stack", "MY", "10"),
            ("keyword", "MY"),
            ("decomposition", "(0 MY 0)"),
            ("component", "1", "", "0", "0"),
            ("component", "2", line[:2], "0", "2"),
            ("component", "3", line[3:], "3", str(len(line))),
            ("reassembly", "(WHY DO YOU SAY 3)"),
            ("source", "line 12 of the script"),
            ("reply", reply),
        )
