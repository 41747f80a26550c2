"""The doctor's server: it listens, hands every client to a thread, and stops gracefully.

    python server.py [--host 127.0.0.1] [--port 5000] [--patients DIR] [--script FILE] ...

The main path, from top to bottom of this module:

    main           settings -> DoctorServer -> "Doctor server listening on 127.0.0.1:5000" -> serve
    serve          waits for a client or a wake-up; accepts; winds down when it is to stop
    _accept        a socket -> a `DoctorClientHandler`, a thread that holds the conversation
    _wind_down     no new clients, pending replies, 421 to all, histories closed

Enter at its terminal, Ctrl+C and SIGTERM stop it; a second signal leaves at once, which is safe:
what was answered is on disk. SIGHUP reads script, helplines and certificates again.

**Threads.** The thread that calls `serve` accepts and winds down. Every client has its own. One
commits exchanges to disk (in the store), one writes the log, one serves the operator, and where a
client reads slowly one waits for all such. `stop` and `reload` may be called from any of them and
from a signal handler: they leave a word and wake the accept loop.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import selectors
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Self

from doctor import logs, metrics, process, script, settings
from doctor.control import ControlServer
from doctor.eliza import Eliza
from doctor.errors import DoctorError, ScriptError
from doctor.handler import DoctorClientHandler, Practice
from doctor.limits import Gate
from doctor.patients import PatientStore
from doctor.protocol import CLOSING, Reply
from doctor.transport import SlowReaders, wire_for

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from types import FrameType

    from doctor.settings import Settings

#: Newcomers accepted before the loop looks whether it is to stop.
_AT_ONCE: Final = 256
#: What accept says where the system has run out of something; it may have it again soon.
_SHORT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class DoctorServer:
    """A listening socket, the patients behind it, and the threads that talk with them.

    Made, it holds its port and its patients directory; `serve` accepts until `stop`. Use it as a
    context manager or call `close` where `serve` is never called.
    Raises OSError, `ScriptError`, `StoreLocked` or another `DoctorError`.
    """

    def __init__(self, wanted: Settings, *, machine: Any = None) -> None:
        self.settings = wanted
        self._tls = tls_context(wanted)
        self._listener = listen(wanted)
        try:
            machine = machine or load_machine(wanted)
            store = PatientStore(wanted.patients, machine)
        except BaseException:
            self._listener.close()
            raise
        slow_readers = SlowReaders(wanted.slow_reader_time)
        self.practice = Practice(wanted, store, metrics.Tally(), slow_readers)
        self._gate = Gate(wanted, process.most_connections(wanted))
        self._pinning: process.Pinning | None = None
        self._handlers: set[DoctorClientHandler] = set()
        self._waker, self._wakened = socket.socketpair()
        self._waker.setblocking(False)  # noqa: FBT003 - the socket's own method
        self._wanted_reload = False
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY)
        self._control = ControlServer(wanted.patients, self._operate)

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port that it listens on; the real port where 0 was asked for."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    # -- from any thread -----------------------------------------------------------------------

    def stop(self) -> None:
        """Have `serve` wind down and return."""
        self.practice.stopping.set()
        self._wake()

    def reload(self) -> None:
        """Have script, helplines and certificates read again."""
        self._wanted_reload = True
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it wakes anyway; closed: there is nothing to
            self._waker.send(b".")

    # -- accepting -----------------------------------------------------------------------------

    def serve(self, *, ready: Callable[[], None] = lambda: None, terminal: bool = False) -> None:
        """Accept clients, each into a thread of its own, until `stop`; then wind down.

        `ready` is called once clients are accepted. With `terminal`, Enter stops the server.
        """
        keys = process.Terminal() if terminal else None
        self._control.start()
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ, self._accept_waiting)
                selector.register(self._wakened, selectors.EVENT_READ, self._look_round)
                ready()
                while not self.practice.stopping.is_set():
                    pause = self._watch(selector, keys) if keys else None
                    for key, _ in selector.select(pause):
                        key.data()
        finally:
            self._wind_down()

    def _accept_waiting(self) -> None:
        """Accept the clients who wait."""
        for _ in range(_AT_ONCE):
            try:
                connection, peer = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _SHORT:
                    self._run_short(error)
                return  # otherwise: the client left before it was accepted
            self._accept(connection, peer)

    def _accept(self, connection: socket.socket, peer: tuple[Any, ...]) -> None:
        """Give a client a thread, or say why there is none for it."""
        host = str(peer[0])
        why = self._gate.enter(host)
        if why is None:
            wire = wire_for(connection, self.settings, self._tls)
            handler = DoctorClientHandler(wire, f"{host}:{peer[1]}", self.practice, self._ended)
            self._handlers.add(handler)
            self.practice.tally.connected()
            try:
                handler.start()
            except (RuntimeError, MemoryError):
                self._handlers.discard(handler)
                self._gate.leave(host)
                why = "this server is out of threads; come back later"
            else:
                if self._pinning:
                    self._pinning.follow(len(self._handlers))
                return
        self._turn_away(connection, host, why)

    def _turn_away(self, connection: socket.socket, host: str, why: str) -> None:
        """Say 421 to a client that gets no thread; never waits for it."""
        self.practice.tally.refused(CLOSING)
        logs.note("refused", code=CLOSING, address=host, why=why)
        with connection, contextlib.suppress(OSError):
            connection.setblocking(False)  # noqa: FBT003 - the socket's own method
            if self._tls is None:
                connection.send(Reply(CLOSING, why).encode())
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)  # unread bytes would make the close a reset

    def _run_short(self, error: OSError) -> None:
        """Turn one client away with a descriptor kept for that, where descriptors ran out."""
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
            with contextlib.suppress(OSError):
                connection, peer = self._listener.accept()
                self._turn_away(connection, str(peer[0]), "this server is out of descriptors")
        try:
            self._spare = os.open(os.devnull, os.O_RDONLY)
        except OSError:
            # Nothing to turn anyone away with: wait, rather than ask the system again and again.
            logs.warn("accept", why=str(error))
            self.practice.stopping.wait(0.1)

    def _ended(self, handler: DoctorClientHandler) -> None:
        """Forget a client whose conversation is over; called by its thread, at its very end."""
        self._handlers.discard(handler)
        self._gate.leave(handler.address.rpartition(":")[0])
        if self._pinning and self._pinning.should_follow(len(self._handlers)):
            self._wake()

    def _look_round(self) -> None:
        """See what the accept loop was woken for."""
        self._wakened.recv(4096)
        if self._wanted_reload:
            self._wanted_reload = False
            self._reload()
        if self._pinning:
            self._pinning.follow(len(self._handlers))

    def _watch(self, selector: selectors.BaseSelector, keys: process.Terminal) -> float | None:
        """Watch the terminal while it is ours; return how long it is not, None where it is."""

        def typed() -> None:
            if keys.entered():
                self.practice.stopping.set()

        pause = keys.pause()
        watched = keys.watched and pause is None
        registered = any(key.data.__name__ == "typed" for key in selector.get_map().values())
        if watched and not registered:
            selector.register(keys.fileno(), selectors.EVENT_READ, typed)
        elif registered and not watched:
            selector.unregister(keys.fileno())
        if keys.gone():
            self.practice.stopping.set()
        return pause

    def pin(self) -> None:
        """Keep this process on one processor as the settings say. Raises OSError."""
        self._pinning = process.Pinning(self.settings.cpu)

    # -- the operator --------------------------------------------------------------------------

    def _reload(self) -> None:
        """Read script, helplines and certificates again; what has a fault stays as it was."""
        process.announce("RELOADING=1")
        try:
            machine, tls = load_machine(self.settings), tls_context(self.settings)
        except (DoctorError, OSError) as error:
            logs.warn("reload refused, all stays as it was", why=str(error))
        else:
            self.practice.store.change_machine(machine)
            self._tls = tls
            logs.note("reloaded", script=machine.script.name)
        process.announce("READY=1")

    def _operate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what the operator asks for; runs in the control socket's thread."""
        store, name = self.practice.store, str(asked.get("name", ""))
        match asked.get("do"):
            case "status":
                return self.status()
            case "stop":
                self.stop()
            case "forget":
                store.forget(name)
            case "rename":
                store.rename(name, str(asked.get("new", "")))
            case "repair":
                return store.repair(name)._asdict()
            case "passphrase":
                store.reset_passphrase(name)
            case what:
                raise DoctorError(f"the server cannot {what!r}")
        return {}

    def status(self) -> dict[str, Any]:
        """Return what an operator wants to know, as plain data; from any thread."""
        host, port = self.address
        connected = [
            {
                "name": one.patient_name,
                "address": one.address,
                "since": one.began,
                "exchanges": one.exchanges,
            }
            for one in list(self._handlers)
        ]
        return {
            "process": os.getpid(),
            "address": f"{host}:{port}",
            "script": self.practice.store.machine.script.name,
            "connected": sorted(connected, key=lambda one: str(one["since"])),
            "threads": threading.active_count(),
            "memory": metrics.memory(),
            **self.practice.tally.snapshot(),
        }

    # -- the end -------------------------------------------------------------------------------

    def _wind_down(self) -> None:
        """End everything within the time for it: most of it for the clients, the rest for disks."""
        self.practice.stopping.set()
        process.announce("STOPPING=1")
        deadline = time.monotonic() + self.settings.stop_time
        self._turn_away_waiting()
        self._listener.close()
        for handler in list(self._handlers):
            handler.dismiss("the doctor is closing; your history is kept")
        self._join(deadline - self.settings.stop_time * 0.5)
        for handler in list(self._handlers):
            handler.abort()
        self._join(deadline - self.settings.stop_time * 0.4)
        self.close(deadline)

    def _turn_away_waiting(self) -> None:
        with contextlib.suppress(OSError):
            for _ in range(self.settings.backlog):
                connection, peer = self._listener.accept()
                self._turn_away(connection, str(peer[0]), "the doctor is closing")

    def _join(self, until: float) -> None:
        for handler in list(self._handlers):
            handler.join(max(0.0, until - time.monotonic()))

    def close(self, deadline: float | None = None) -> None:
        """Give back everything that this server holds; for one that is not serving."""
        self._listener.close()
        self.practice.slow_readers.close()
        self._control.close()
        left = self.settings.stop_time if deadline is None else deadline - time.monotonic()
        self.practice.store.close(max(0.1, left * 0.9))
        self._waker.close()
        self._wakened.close()
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._waker.fileno() >= 0:
            self.close()


# -- what a server is made of ----------------------------------------------------------------------


def listen(wanted: Settings) -> socket.socket:
    """Return a socket that listens where the settings say. Raises OSError."""
    found = socket.getaddrinfo(
        wanted.host, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, kind, protocol, _, where = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit this: what the system holds for a client that does not read.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, wanted.send_buffer)
        listener.bind(where)
        listener.listen(wanted.backlog)
        listener.setblocking(False)  # noqa: FBT003 - the socket's own method
    except BaseException:
        listener.close()
        raise
    return listener


def load_machine(wanted: Settings) -> Any:
    """Return the machine that plays the settings' script. Raises `ScriptError` or OSError."""
    loaded = script.load(wanted.script or script.DEFAULT_SCRIPT)
    return Eliza(loaded, step_limit=wanted.machine_steps)


def tls_context(wanted: Settings) -> ssl.SSLContext | None:
    """Return how TLS is spoken, None where it is not. Raises OSError (ssl.SSLError is one)."""
    if wanted.tls_cert is None:
        return None
    import ssl  # noqa: PLC0415 - a server without TLS starts sooner without it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(wanted.tls_cert, wanted.tls_key)
    return context


# -- the program -----------------------------------------------------------------------------------


def _shown(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _complaint(error: Exception, wanted: Settings) -> str:
    """Say in one line why a server cannot start."""
    if isinstance(error, OSError):
        if error.errno == errno.EADDRINUSE:
            return f"{wanted.host}:{wanted.port} is in use; does another server run there?"
        if error.errno in {errno.EACCES, errno.EPERM} and error.filename is None:
            return f"{wanted.host}:{wanted.port} cannot be listened on: {error.strerror}"
    if isinstance(error, ScriptError) and error.line:
        return f"{wanted.script}:{error.line}:{error.column}: {error}"
    return str(error)


def _on_signals(server: DoctorServer) -> None:
    """Let signals stop or reload the server; the second one that stops it leaves at once."""

    def stop(number: int, _frame: FrameType | None) -> None:
        if server.practice.stopping.is_set():
            os._exit(128 + number)  # safe: what was answered is on disk
        server.stop()

    def reload(_number: int, _frame: FrameType | None) -> None:
        server.reload()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, reload)


def _warn_beyond_this_machine(wanted: Settings, host: str) -> None:
    local = host.startswith("127.") or host == "::1"
    missing = []
    if wanted.tls_cert is None:
        missing.append("TLS: what is said can be read on the way (--tls-cert)")
    if wanted.passphrases != "required":
        missing.append("passphrases: a name may open a history (--passphrases required)")
    if missing and not local:
        print(f"Warning: listening beyond this machine without {', and without '.join(missing)}",
              file=sys.stderr, flush=True)  # fmt: skip


def run(server: DoctorServer) -> None:
    """Serve until stopped, telling on stdout, in a file and to systemd that it accepts."""
    wanted, shown = server.settings, _shown(server.address)

    def ready() -> None:
        with contextlib.suppress(OSError, AttributeError):  # stdout may be closed or none
            print(f"Doctor server listening on {shown}", flush=True)
        process.announce("READY=1")

    _warn_beyond_this_machine(wanted, server.address[0])
    with process.ready_file(wanted.ready_file, f"{shown}\n"):
        server.serve(ready=ready, terminal=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit status: 0 stopped, 1 a fault while running, 2 no start."""
    parser = argparse.ArgumentParser(
        prog="server.py", description="A doctor for many patients at once; Enter stops it."
    )
    settings.add_options(parser)
    options = parser.parse_args(arguments)
    try:
        wanted = settings.from_options(options, os.environ)
        process.prepare(wanted)
        server = DoctorServer(wanted)
        server.pin()
        writer = logs.start(wanted)
    except (DoctorError, OSError) as error:
        print(f"server.py: {logs.visible(_complaint(error, wanted))}", file=sys.stderr)
        return 2
    _on_signals(server)
    for name in settings.unknown(os.environ):
        logs.warn("unknown setting in the environment", name=name)
    try:
        run(server)
    except Exception:  # noqa: BLE001 - whatever it is, it goes to the log and into the status
        logs.LOG.exception("the server failed")
        return 1
    finally:
        logs.stop(writer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
