"""What several tests need: a live server on a free port, and clients that talk with it.

    with live_server(tmp_path) as server, Client(server) as ada:
        ada.enter("Ada")
        assert ada.ask("My mother hates me.").code == codes.SAYS

`live_server` runs the real server in a thread of this process and stops it at the end, so that the
check for threads and descriptors left behind covers it. `Client` is a plain socket and the client's
end of the protocol; every wait of it has a deadline.

`program` runs server.py as its own process, for what only a process can show: signals, its exit
status, its lines on stdout and stderr.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from doctor.protocol import Reply, ReplyReader
from doctor.server.settings import Settings
from server import DoctorServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
#: Seconds after which a wait has failed; far more than anything here takes.
PATIENCE = 20.0


@contextlib.contextmanager
def live_server(
    patients: Path | str, *, machine: Any = None, **wanted: Any
) -> Iterator[DoctorServer]:
    """Run a server on a free port of this machine; `wanted` are settings, taken as given.

    Without another setting it takes passphrases of any length.
    """
    wanted = {"port": 0, "stop_time": 5.0, "passphrase_length": 1, **wanted}
    settings = Settings(patients=patients, given=frozenset(wanted), **wanted)
    server = DoctorServer(settings, machine=machine)
    accepting = threading.Event()
    thread = threading.Thread(target=server.serve, kwargs={"ready": accepting.set}, name="server")
    thread.start()
    try:
        assert accepting.wait(PATIENCE), "the server did not start"
        yield server
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server did not stop"


class Client:
    """One connection; reads the 220 when it is entered as a context manager."""

    def __init__(
        self, server: DoctorServer | int, *, tls: ssl.SSLContext | None = None, receive: int = 0
    ) -> None:
        """Connect; `receive` bytes are what the system keeps for us unread (0: its own choice)."""
        port = server if isinstance(server, int) else server.address[1]
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.connect(("127.0.0.1", port))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def reply(self) -> Reply:
        """Wait for the next reply. Raises EOFError where the server closed."""
        while not self._replies:
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError("the server closed the connection")
            self._replies.extend(self._reader.feed(data))
        return self._replies.popleft()

    def ask(self, line: str) -> Reply:
        """Send a line and wait for its reply; notices before it are skipped."""
        self.send(line.encode() + b"\n")
        while (reply := self.reply()).code < 200:
            pass
        return reply

    def enter(self, name: str, *secrets: str) -> Reply:
        """Read the 220, give the name and what else is asked for; return the last reply."""
        assert self.reply().code == 220
        reply = self.ask(name)
        for secret in secrets:
            reply = self.ask(secret)
        return reply

    def closed(self) -> bool:
        """Wait until the server closes; False where it says something more."""
        try:
            return not self._replies and not self.socket.recv(65_536)
        except ConnectionResetError:
            return True


def until(condition: Callable[[], object], what: str = "a condition") -> None:
    """Wait until `condition` is true, within the patience of these tests."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError(f"waited in vain for {what}")


@contextlib.contextmanager
def program(
    patients: Path | str, *options: str, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run server.py on a free port as a process of its own, and kill it if it is still there.

    Its first line on stdout was not read; `port_of` reads it.
    """
    command = [sys.executable, "server.py", "--port", "0", "--patients", str(patients), *options]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)


def port_of(process: subprocess.Popen[str]) -> int:
    """Wait for the line that says that the server accepts and return its port."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Doctor server listening on "), line
    return int(line.rpartition(":")[2])


class MemoryTransport:
    """Both ends of a connection in memory: a handler's transport, and what a client does.

    The client calls `say` and `hang_up` and reads with `reply`; everything else is the handler's.
    """

    def __init__(self) -> None:
        self.timeouts: list[float] = []
        self.finished = False
        self._incoming: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()
        self._outgoing: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()

    # -- the client's --

    def say(self, *lines: str) -> None:
        """Send lines, each as bytes of its own."""
        for line in lines:
            self._incoming.put(line.encode() + b"\n")

    def say_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._incoming.put(data)

    def fail(self, error: BaseException) -> None:
        """Let the handler's next wait end in an error."""
        self._incoming.put(error)

    def hang_up(self) -> None:
        """End the stream."""
        self._incoming.put(b"")

    def reply(self) -> Reply:
        """Wait for the next reply."""
        while not self._replies:
            self._replies.extend(self._reader.feed(self._outgoing.get(timeout=PATIENCE)))
        return self._replies.popleft()

    # -- the handler's --

    def open(self) -> None:
        """Do nothing."""

    def set_timeout(self, seconds: float) -> None:
        """Note how long the handler would wait; nothing here waits longer than the tests."""
        self.timeouts.append(seconds)

    def receive(self, most: int = 472) -> bytes:
        """Wait for what the client does next, however much it is."""
        del most
        found = self._incoming.get(timeout=PATIENCE)
        if isinstance(found, BaseException):
            raise found
        if not found:
            self._incoming.put(b"")  # an end is an end
        return found

    def receive_now(self) -> bytes:
        """Return what the client did already."""
        try:
            found = self._incoming.get_nowait()
        except queue.Empty:
            return b""
        if isinstance(found, bytes) and found:
            return found
        self._incoming.put(found)  # the end, for the next wait
        return b""

    def send(self, data: bytes) -> None:
        """Give the client bytes."""
        self._outgoing.put(data)

    def send_now(self, data: bytes | memoryview) -> int:
        """Give the client bytes, from any thread."""
        self._outgoing.put(bytes(data))
        return len(data)

    def interrupt(self) -> None:
        """End the handler's waiting."""
        self._incoming.put(b"")

    def abort(self) -> None:
        """End the handler's waiting."""
        self._incoming.put(b"")

    def finish(self) -> None:
        """Note that the connection was closed."""
        self.finished = True

    def fileno(self) -> int:
        """Return no descriptor."""
        return -1


def waits_for_a_key(terminal: int, pid: int) -> bool:
    """Tell whether the prompt's editor of this process waits; `terminal` is our end.

    A prompt is printed earlier: a signal before that wait is noticed only with the next key, and
    Ctrl+D, typed while the terminal still collects lines, is no Ctrl+D any more.
    """
    import termios  # not on every system

    if termios.tcgetattr(terminal)[3] & termios.ICANON:
        return False
    try:
        found = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True  # a system that does not say what the main thread does
    return found.rpartition(") ")[2].startswith("S")
