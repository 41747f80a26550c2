"""The doctor's server: it listens, gives every client a thread, and stops gracefully.

    python server.py [--host 127.0.0.1] [--port 5000] [--patients DIR] [--script FILE] ...

The main path, from top to bottom of this module:

    main           settings -> DoctorServer -> "Doctor server listening on 127.0.0.1:5000" -> serve
    serve          waits for a new connection or a wake-up, until `stop`
    _accept        a socket -> a `DoctorClientHandler`, a thread that holds the conversation
    wind_down      no new connections, pending replies, 421 to all clients, histories closed

Enter at its terminal, Ctrl+C and SIGTERM stop it; a second signal ends the process at once, which
is safe: every answered exchange is on disk. SIGHUP reads script, helplines and certificates again.

**Threads.** The thread that calls `serve` accepts connections and winds down. Every client has its
own. One commits exchanges to disk (in the store), one writes the log, one serves the operator, one
waits for all clients that read slowly, and one reads script and certificates again when that is
asked for. `stop` may be called from any of them, `interrupt` and `reload` from a signal handler
too: they set a flag and wake the accept loop.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.control import ControlServer, make_directory
from doctor.errors import DoctorError
from doctor.paths import open_standard_streams
from doctor.patients.opening import open_store
from doctor.patients.passphrase import PassphraseChecker
from doctor.protocol.codes import Reason
from doctor.server import lifecycle, logs, options, process, startup
from doctor.server.admin import AdminService
from doctor.server.affinity import Pinning
from doctor.server.context import ServerContext
from doctor.server.exporter import Exporter
from doctor.server.handler import DoctorClientHandler
from doctor.server.logins import untold
from doctor.server.metrics import Metrics
from doctor.server.network.acceptor import PAUSE, Acceptor, exposure_warning, format_address
from doctor.server.network.limits import ConnectionLimits
from doctor.server.network.proxied import ProxiedConnections
from doctor.server.network.tls import load_context
from doctor.server.startup import host_maker, load_machine, say_why_not

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from doctor.server.settings import Settings


class DoctorServer:
    """A listening socket, the patients, and the threads that talk with their clients.

    The constructor takes the port and the patients directory; `serve` accepts until `stop`. Use the
    server as a context manager or call `close` where `serve` is never called. `pinning` moves the
    process between processors; a test goes without.
    Raises OSError, `ScriptError`, `StoreLocked` or another `DoctorError`.
    """

    def __init__(
        self, settings: Settings, *, machine: Any = None, pinning: Pinning | None = None
    ) -> None:
        self.settings = settings
        metrics = Metrics()
        self._acceptor = Acceptor(settings, metrics)
        try:
            store = open_store(
                settings.patients,
                machine or load_machine(settings),
                passphrases=PassphraseChecker(settings.passphrase_checks),
                observe=metrics.count_commit,
                open_files=process.open_files(),
                database=settings.database,
                make_host=host_maker(settings),
            )
        except BaseException:
            self._acceptor.close()
            raise
        where = settings.patients
        self._directory = where if isinstance(where, Path) else make_directory(self.address[1])
        self._pinning = pinning or Pinning("none")
        self.context = ServerContext(
            settings,
            store,
            metrics,
            on_any_processor=self._pinning.unpinned,
            untold=untold.read(self._directory),
        )
        self._sessions = self.context.sessions
        most = process.most_connections(settings)
        self._limits = ConnectionLimits(settings, most)
        self._drain = lifecycle.Drain(settings.drain_time, self.context.stopping)
        self._proxied = ProxiedConnections(
            settings, self._acceptor, most, admit=self._admit_late, is_ready=self._is_ready
        )
        self._waker, self._wake_reader = socket.socketpair()
        self._waker.settimeout(0)
        self._must_reload = self._is_reloading = self._must_stop = False
        self._reloading = threading.Thread()
        self.admin = AdminService(self.context, format_address(self.address), self.stop)
        self._control = ControlServer(self._directory, self.admin.act, self.context.attending.serve)
        self._exporter: Exporter | None = None

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port that it listens on; the real port if 0 was given."""
        return self._acceptor.address

    # -- from any thread -----------------------------------------------------------------------

    def stop(self) -> None:
        """Make `serve` wind down and return, after the time to drain if one is set."""
        self._drain.begin()
        self._wake()

    def interrupt(self) -> None:
        """Do what `stop` does without a lock: a signal handler may interrupt the lock's owner."""
        self._must_stop = True
        self._wake()

    def reload(self) -> None:
        """Make the accept loop read script, helplines and certificates again."""
        self._must_reload = True
        self._wake()

    @property
    def waker(self) -> int:
        """The descriptor that wakes the accept loop when a byte is written to it."""
        return self._waker.fileno()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it wakes up anyway; closed: it has ended
            self._waker.send(b".")

    # -- accepting -----------------------------------------------------------------------------

    def serve(self, *, ready: Callable[[], None] = lambda: None, terminal: bool = False) -> None:
        """Accept connections, each with a thread of its own, until `stop`; then wind down.

        `ready` is called once connections are accepted. With `terminal`, Enter stops the server.
        """
        try:
            self.accept(ready, terminal=terminal)
        finally:
            self.wind_down()

    def accept(self, ready: Callable[[], None], *, terminal: bool) -> None:
        """Accept connections until `stop`: the first half of `serve`."""
        keyboard = lifecycle.Terminal(self.stop) if terminal else None
        watchdog = lifecycle.Watchdog(self.admin.commits_within)
        self._control.start()
        with selectors.DefaultSelector() as selector:
            selector.register(self._acceptor.listener, selectors.EVENT_READ, self._accept_waiting)
            selector.register(self._wake_reader, selectors.EVENT_READ, self._handle_wake_up)
            ready()
            self.context.warm_up()
            while not self.context.stopping.is_set():
                pause = keyboard.watch(selector) if keyboard else None
                pause = lifecycle.shortest(pause, self._drain.left(), watchdog.tell())
                for key, _ in selector.select(pause):
                    key.data()

    def _accept_waiting(self) -> None:
        """Accept some of the waiting connections, then pause if open sessions must come first."""
        for connection, host, port in self._acceptor.accept_waiting():
            if self._proxied.trusts(host):
                self._proxied.take(connection, host, port)
            else:
                self._admit(connection, host, port)
        self._pinning.adjust(len(self._sessions))
        if self._acceptor.pause_for or self.context.store.late:
            self.context.stopping.wait(self._acceptor.pause_for or PAUSE)

    def _admit(self, connection: socket.socket, host: str, port: int) -> None:
        """Give a new connection a thread of its own, or refuse it with the reason."""
        refusal = self._limits.enter(host)
        if refusal is not None:
            self._acceptor.refuse(connection, host, *refusal)
            return
        transport = self._acceptor.transport_for(connection, self.settings)
        handler = DoctorClientHandler(transport, host, port, self.context, self._remove)
        self._sessions.add(handler)
        self.context.metrics.count_connection()
        try:
            handler.start()
        except (RuntimeError, MemoryError):
            self._remove(handler)
            self._acceptor.refuse(connection, host, Reason.FULL, "this server is out of threads")

    def _admit_late(self, connection: socket.socket, host: str, port: int) -> None:
        """Admit a visitor of a balancer, whose address another thread has found out."""
        self._admit(connection, host, port)
        self._wake()

    def _is_ready(self) -> bool:
        return not self.why_not_ready()

    def why_not_ready(self) -> str:
        """Return why a balancer should send nobody now, "" if it may."""
        return "stopping" if self._drain.begun else self.admin.why_not_ready()

    def _remove(self, handler: DoctorClientHandler) -> None:
        """Remove a connection that has ended; called by its thread, as the last thing."""
        self._sessions.remove(handler)
        self._limits.leave(handler.host)
        if self._pinning.must_adjust(len(self._sessions)):
            self._wake()

    def _handle_wake_up(self) -> None:
        """Do what the accept loop was woken for."""
        self._wake_reader.recv(4096)
        if self._must_stop:
            self._must_stop = False
            self._drain.begin()
        if self._must_reload and not self._is_reloading:
            self._must_reload, self._is_reloading = False, True
            self._reloading = threading.Thread(target=self._reload, name="reload", daemon=True)
            try:
                self._reloading.start()
            except (RuntimeError, MemoryError):
                self._is_reloading = False
                logs.warn("reload refused, nothing was changed", why="there is no thread left")
        self._pinning.adjust(len(self._sessions))

    def _reload(self) -> None:
        """Read script, helplines and certificates again; with a fault in one all stay.

        The log is opened anew, for a program that has moved its file. Runs in a thread of its own:
        a file on a disk that does not answer holds up nobody.
        """
        lifecycle.announce("RELOADING=1")
        try:
            logs.reopen()
            machine, tls = load_machine(self.settings), load_context(self.settings)
            self.context.change_machine(machine)
            self._acceptor.tls = tls
            logs.info("reloaded", script=machine.script.name)
        except (DoctorError, OSError) as error:
            logs.warn("reload refused, nothing was changed", why=lifecycle.describe_error(error))
        except Exception:  # noqa: BLE001 - no file that is read again may end the server
            logs.LOG.exception("reload refused, nothing was changed")
        lifecycle.announce("READY=1")
        self._is_reloading = False
        self._wake()  # it may have been asked for again meanwhile

    def export_metrics(self, port: int) -> int:
        """Serve metrics to Prometheus on this port and return it. Raises `BadSetting`."""
        where = self.settings.metrics_host, port
        metrics = self.context.metrics
        self._exporter = Exporter(where, metrics, self.admin.gauges, self.why_not_ready)
        return self._exporter.port

    # -- the end -------------------------------------------------------------------------------

    def wind_down(self) -> None:
        """Stop within the setting `stop_time`: half of it for clients, the rest for the disk."""
        began = time.monotonic()
        seconds = self.settings.stop_time
        self.context.stopping.set()
        self.context.login_throttle.close()
        lifecycle.announce("STOPPING=1")
        logs.info("stopping", connected=len(self._sessions))
        self._acceptor.refuse_all(Reason.STOPPING, "the server is stopping; try again later")
        self._acceptor.close()
        self._proxied.close()
        self._control.end_streams("the server is stopping", seconds * 0.1)  # before patients
        for conversation in self._sessions:
            conversation.dismiss(Reason.STOPPING, "the server is stopping; your history is saved")
        self._join(began + seconds * 0.5)
        for conversation in self._sessions:
            conversation.abort()
        self._join(began + seconds * 0.6)
        self.close(began)

    def _join(self, until: float) -> None:
        for conversation in self._sessions:
            conversation.join(max(0.0, until - time.monotonic()))

    def close(self, began: float | None = None) -> None:
        """Release everything that this server holds; may be called twice.

        All exchanges are synced, however long that takes. Histories are compacted during the first
        quarter of a stop that began at `began`; the others are compacted when they are opened.
        """
        self._acceptor.close()
        self._proxied.close()
        self._pinning.close()
        self._sessions.close()
        self.context.close()
        self._control.close()
        if self._exporter is not None:
            self._exporter.close()
            self._exporter = None
        if self._reloading.is_alive():
            self._reloading.join(self.settings.stop_time / 10)
        untold.write(self._directory, self.context.login_throttle.take_all_untold())
        if not isinstance(self.settings.patients, Path):
            with contextlib.suppress(OSError):  # there is something for the next server in it
                self._directory.rmdir()
        passed = time.monotonic() - began if began is not None else 0.0
        self.context.store.close(max(0.1, self.settings.stop_time / 4 - passed))
        self._waker.close()
        self._wake_reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# -- the program -----------------------------------------------------------------------------------


def run(server: DoctorServer) -> None:
    """Serve until stopped; say on stdout, in the ready file and to systemd that it accepts."""
    settings, where = server.settings, format_address(server.address)

    def ready() -> None:
        with contextlib.suppress(OSError, AttributeError):  # stdout may be closed or None
            print(f"Doctor server listening on {where}", flush=True)
        lifecycle.announce("READY=1")
        machine = server.context.store.machine
        logs.info("serving", address=where, script=machine.script.name)
        process.prepare_futexes(settings.futex_slots, process.most_connections(settings))
        if not machine.has_care:
            logs.warn(
                "the script has no care that can answer: danger is answered like anything else"
            )

    warning = exposure_warning(settings, server.address[0])
    if warning:
        with contextlib.suppress(OSError):
            print(f"Warning: {warning}", file=sys.stderr, flush=True)
    with lifecycle.ready_file(settings.ready_file, f"{where}\n"):
        try:
            server.accept(ready, terminal=True)
        finally:
            signal.set_wakeup_fd(-1)  # before its descriptor is closed and used for a file
            server.wind_down()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its status: 0 stopped, 1 a fault while running, 2 not started."""
    open_standard_streams()
    given = startup.parser().parse_args(arguments)
    try:
        settings = startup.read_settings(given, os.environ)
        if given.check_config:
            return startup.check(settings)
        process.prepare(settings)
        writer = logs.start(settings)
    except (DoctorError, OSError) as error:
        return say_why_not(error)
    try:
        return _serve(settings)
    finally:
        logs.stop(writer)


def _serve(settings: Settings) -> int:
    """Serve once the log is open; return the exit status."""
    server = None
    try:
        server = DoctorServer(settings, pinning=Pinning(settings.cpu))
        process.settle()
        if settings.metrics:
            server.export_metrics(settings.metrics)
        if settings.ready_file:
            lifecycle.check_ready_file(settings.ready_file)
    except (DoctorError, OSError) as error:
        if server is not None:
            server.close()
        return say_why_not(error, settings.patients)
    lifecycle.on_signals(server.interrupt, server.reload, server.context.stopping, server.waker)
    for name in options.unknown_variables(os.environ):
        logs.warn("unknown setting in the environment", name=name)
    try:
        run(server)
    except Exception:  # noqa: BLE001 - it is logged and becomes the exit status
        logs.LOG.exception("the server failed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
