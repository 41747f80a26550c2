"""The doctor's server: it listens, hands every client to a thread, and stops gracefully.

    python server.py [--host 127.0.0.1] [--port 5000] [--patients DIR] [--script FILE] ...

The main path, from top to bottom of this module:

    main           settings -> DoctorServer -> "Doctor server listening on 127.0.0.1:5000" -> serve
    serve          waits for a client or a wake-up, until it is to stop
    _accept        a socket -> a `DoctorClientHandler`, a thread that holds the conversation
    wind_down      no new clients, pending replies, 421 to all, histories closed

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
import os
import selectors
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, Self

import doctor
from doctor import loading
from doctor.control import ControlServer
from doctor.errors import DoctorError
from doctor.patients.opening import open_store
from doctor.patients.passphrase import PassphraseChecker
from doctor.protocol.codes import Reason
from doctor.server import lifecycle, logs, options, process
from doctor.server.acceptor import PAUSE, Acceptor, exposure_warning, format_address
from doctor.server.admin import AdminService
from doctor.server.affinity import Pinning
from doctor.server.context import ServerContext
from doctor.server.handler import DoctorClientHandler
from doctor.server.limits import ConnectionLimits
from doctor.server.metrics import Exporter, Metrics
from doctor.server.slow_clients import SlowClients
from doctor.server.tls import load_context
from doctor.server.transport import transport_for
from doctor.text import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doctor.server.settings import Settings


class DoctorServer:
    """A listening socket, the patients behind it, and the threads that talk with them.

    Made, it holds its port and its patients directory; `serve` accepts until `stop`. Use it as a
    context manager or call `close` where `serve` is never called.
    Raises OSError, `ScriptError`, `StoreLocked` or another `DoctorError`.
    """

    def __init__(self, wanted: Settings, *, machine: Any = None) -> None:
        self.settings = wanted
        metrics = Metrics()
        self._acceptor = Acceptor(wanted, metrics)
        try:
            store = open_store(
                wanted.patients,
                machine or load_machine(wanted),
                passphrases=PassphraseChecker(wanted.passphrase_checks),
                observe=metrics.count_commit,
                open_files=process.open_files(),
            )
        except BaseException:
            self._acceptor.close()
            raise
        self.context = ServerContext(wanted, store, metrics, SlowClients(wanted.slow_reader_time))
        self._limits = ConnectionLimits(wanted, process.most_connections(wanted))
        self._pinning: Pinning | None = None
        self._handlers: set[DoctorClientHandler] = set()
        self._waker, self._wake_reader = socket.socketpair()
        self._waker.settimeout(0)
        self._wanted_reload = self._wanted_stop = False
        self.admin = AdminService(
            self.context, format_address(self.address), self._handlers, self.stop
        )
        self._control = ControlServer(wanted.patients, self.admin.act)
        self._exporter: Exporter | None = None

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port that it listens on; the real port where 0 was asked for."""
        return self._acceptor.address

    # -- from any thread -----------------------------------------------------------------------

    def stop(self) -> None:
        """Have `serve` wind down and return."""
        self.context.stopping.set()
        self._wake()

    def interrupt(self) -> None:
        """The same from a signal's handler, which may take no lock: it may interrupt its holder."""
        self._wanted_stop = True
        self._wake()

    def reload(self) -> None:
        """Have script, helplines and certificates read again."""
        self._wanted_reload = True
        self._wake()

    @property
    def waker(self) -> int:
        """The descriptor that wakes the accept loop when a byte is written to it."""
        return self._waker.fileno()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it wakes anyway; closed: there is nothing to
            self._waker.send(b".")

    # -- accepting -----------------------------------------------------------------------------

    def serve(self, *, ready: Callable[[], None] = lambda: None, terminal: bool = False) -> None:
        """Accept clients, each into a thread of its own, until `stop`; then wind down.

        `ready` is called once clients are accepted. With `terminal`, Enter stops the server.
        """
        try:
            self.accept(ready, terminal=terminal)
        finally:
            self.wind_down()

    def accept(self, ready: Callable[[], None], *, terminal: bool) -> None:
        """Accept clients until `stop`: the first half of `serve`."""
        keys = lifecycle.Terminal(self.stop) if terminal else None
        self._control.start()
        with selectors.DefaultSelector() as selector:
            selector.register(self._acceptor.listener, selectors.EVENT_READ, self._accept_waiting)
            selector.register(self._wake_reader, selectors.EVENT_READ, self._handle_wake_up)
            ready()
            while not self.context.stopping.is_set():
                pause = keys.watch(selector) if keys else None
                for key, _ in selector.select(pause):
                    key.data()

    def _accept_waiting(self) -> None:
        """Let in some who wait at the door; who talks already comes first."""
        for connection, host, port in self._acceptor.accept_waiting():
            self._accept(connection, host, port)
        if self._acceptor.pause_for or self.context.store.late:
            self.context.stopping.wait(self._acceptor.pause_for or PAUSE)

    def _accept(self, connection: socket.socket, host: str, port: int) -> None:
        """Give a client a thread of its own, or say why there is none for it."""
        refusal = self._limits.enter(host)
        if refusal is not None:
            self._acceptor.refuse(connection, host, *refusal)
            return
        transport = transport_for(connection, self.settings, self._acceptor.tls)
        handler = DoctorClientHandler(transport, host, port, self.context, self._remove)
        self._handlers.add(handler)
        self.context.metrics.count_connection()
        try:
            handler.start()
        except (RuntimeError, MemoryError):
            self._remove(handler)
            self._acceptor.refuse(connection, host, Reason.FULL, "this server is out of threads")
        if self._pinning:
            self._pinning.adjust(len(self._handlers))

    def _remove(self, handler: DoctorClientHandler) -> None:
        """Forget a client whose conversation is over; called by its thread, at its very end."""
        self._handlers.discard(handler)
        self._limits.leave(handler.host)
        if self._pinning and self._pinning.must_adjust(len(self._handlers)):
            self._wake()

    def _handle_wake_up(self) -> None:
        """See what the accept loop was woken for."""
        self._wake_reader.recv(4096)
        if self._wanted_stop:
            self.context.stopping.set()
        if self._wanted_reload:
            self._wanted_reload = False
            self._reload()
        if self._pinning:
            self._pinning.adjust(len(self._handlers))

    def _reload(self) -> None:
        """Read script, helplines and certificates again; where one has a fault all stay."""
        lifecycle.announce("RELOADING=1")
        try:
            machine, tls = load_machine(self.settings), load_context(self.settings)
        except (DoctorError, OSError) as error:
            logs.warn("reload refused, all stays as it was", why=describe_error(error))
        else:
            self.context.store.change_machine(machine)
            self._acceptor.tls = tls
            logs.info("reloaded", script=machine.script.name)
        lifecycle.announce("READY=1")

    # -- what only a program asks for ----------------------------------------------------------

    def pin(self) -> None:
        """Keep this process on one processor as the settings say. Raises `BadSetting`."""
        self._pinning = Pinning(self.settings.cpu)
        self.context.on_any_processor = self._pinning.unpinned

    def export_metrics(self, port: int) -> int:
        """Let Prometheus ask on this port and return it. Raises `BadSetting` or OSError."""
        self._exporter = Exporter(port, self.context.metrics, self.admin.gauges)
        return self._exporter.port

    # -- the end -------------------------------------------------------------------------------

    def wind_down(self) -> None:
        """End everything within the time for it: half of it for clients, the rest for disks.

        Histories are compacted meanwhile, but for the first quarter only, see `close`.
        """
        began = time.monotonic()
        seconds = self.settings.stop_time
        self.context.stopping.set()
        self.context.login_throttle.close()
        lifecycle.announce("STOPPING=1")
        logs.info("stopping", connected=len(self._handlers))
        self._acceptor.refuse_all(Reason.STOPPING, "the doctor is closing; come back later")
        self._acceptor.close()
        for handler in tuple(self._handlers):
            handler.dismiss(Reason.STOPPING, "the doctor is closing; your history is kept")
        self._join(began + seconds * 0.5)
        for handler in tuple(self._handlers):
            handler.abort()
        self._join(began + seconds * 0.6)
        self.close(began)

    def _join(self, until: float) -> None:
        for handler in tuple(self._handlers):
            handler.join(max(0.0, until - time.monotonic()))

    def close(self, began: float | None = None) -> None:
        """Give back everything that this server holds; may be called twice.

        What is said is synced, however long that takes; histories are compacted up to a quarter of
        the time for a stop, which `began` then, and what is left of them another day.
        """
        self._acceptor.close()
        self.context.slow_clients.close()
        self._control.close()
        if self._exporter is not None:
            self._exporter.close()
            self._exporter = None
        gone = time.monotonic() - began if began is not None else 0.0
        self.context.store.close(max(0.1, self.settings.stop_time / 4 - gone))
        self._waker.close()
        self._wake_reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def load_machine(wanted: Settings) -> Any:
    """Return the machine that plays the settings' script. Raises `ScriptError` or OSError."""
    return loading.load_machine(
        wanted.script, helplines=wanted.helplines, step_limit=wanted.machine_steps
    )


# -- the program -----------------------------------------------------------------------------------


def describe_error(error: Exception) -> str:
    """Say in one line why a server cannot start."""
    if isinstance(error, FileExistsError):
        return f"{error.filename} is not a directory"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def run(server: DoctorServer) -> None:
    """Serve until stopped, telling on stdout, in a file and to systemd that it accepts."""
    wanted, where = server.settings, format_address(server.address)

    def ready() -> None:
        with contextlib.suppress(OSError, AttributeError):  # stdout may be closed or none
            print(f"Doctor server listening on {where}", flush=True)
        lifecycle.announce("READY=1")
        machine = server.context.store.machine
        logs.info("serving", address=where, script=machine.script.name)
        if not machine.has_care:
            logs.warn("this script has no care: talk of danger is answered like any other")

    warning = exposure_warning(wanted, server.address[0])
    if warning:
        print(f"Warning: {warning}", file=sys.stderr, flush=True)
    with lifecycle.ready_file(wanted.ready_file, f"{where}\n"):
        try:
            server.accept(ready, terminal=True)
        finally:
            signal.set_wakeup_fd(-1)  # before its descriptor is closed, and used for a file
            server.wind_down()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit status: 0 stopped, 1 a fault while running, 2 no start."""
    parser = argparse.ArgumentParser(
        prog="server.py",
        description="A doctor for many patients at once; Enter stops it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"doctor {doctor.__version__}")
    options.add_options(parser)
    given = parser.parse_args(arguments)
    try:
        wanted = options.from_options(given, os.environ)
        process.prepare(wanted)
        writer = logs.start(wanted)
    except (DoctorError, OSError) as error:
        print(f"server.py: {escape_unprintable(describe_error(error))}", file=sys.stderr)
        return 2
    try:
        return _serve(wanted)
    finally:
        logs.stop(writer)


def _serve(wanted: Settings) -> int:
    """Serve with a log that is open; return the exit status."""
    server = None
    try:
        server = DoctorServer(wanted)
        process.settle()
        server.pin()
        if wanted.metrics:
            server.export_metrics(wanted.metrics)
        if wanted.ready_file:
            lifecycle.check_ready_file(wanted.ready_file)
    except (DoctorError, OSError) as error:
        if server is not None:
            server.close()
        print(f"server.py: {escape_unprintable(describe_error(error))}", file=sys.stderr)
        return 2
    lifecycle.on_signals(server.interrupt, server.reload, server.context.stopping, server.waker)
    for name in options.unknown_variables(os.environ):
        logs.warn("unknown setting in the environment", name=name)
    try:
        run(server)
    except Exception:  # noqa: BLE001 - whatever it is, it goes to the log and into the status
        logs.LOG.exception("the server failed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
