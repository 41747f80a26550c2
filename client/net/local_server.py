"""Finds a server on this computer, or starts one and stops only that one.

A doctor is a program whose first reply is a 220 that names this protocol. A started server gets no
standard input, writes its ready line to standard output and its log to a file. It runs in a process
session of its own, so that Ctrl+C in this client's terminal does not stop it while others use it.

It is a child of `client.net.supervisor`, which holds the other end of a pipe and stops the server
when the pipe is closed: so it ends with this client however that ends, killed or without a display.

`probe` and `LocalServer.start` may wait for seconds: never call them in Tk's thread.
"""

from __future__ import annotations

import contextlib
import enum
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from client.model.language import tr
from client.net import supervisor
from client.net.address import ServerAddress
from doctor.errors import NotAReply
from doctor.protocol import BANNER, ReplyReader, codes

if TYPE_CHECKING:
    from typing import Self

_PROBE_LIMIT: Final = 2.0
#: Seconds that a server gets to write its ready line, and to stop.
_START_LIMIT: Final = 20.0
_STOP_LIMIT: Final = 20.0
_READY: Final = "Doctor server listening on "


class StartError(Exception):
    """No server could be started; the message says why."""


class ProbeResult(enum.Enum):
    """What answers at an address."""

    DOCTOR = enum.auto()
    NOTHING = enum.auto()
    OTHER_PROGRAM = enum.auto()


def probe(address: ServerAddress) -> ProbeResult:
    """Return what listens at an address; if TLS is wanted, any server counts as a doctor."""
    try:
        with socket.create_connection((address.host, address.port), _PROBE_LIMIT) as sock:
            if address.tls:
                return ProbeResult.DOCTOR
            sock.settimeout(_PROBE_LIMIT)
            for reply in ReplyReader().feed(sock.recv(4096)):
                named = reply.text.startswith(BANNER)
                return ProbeResult.DOCTOR if named or reply.code == codes.CLOSING else _OTHER
    except ConnectionRefusedError:
        return ProbeResult.NOTHING
    except (OSError, NotAReply):
        return _OTHER
    return _OTHER


_OTHER: Final = ProbeResult.OTHER_PROGRAM


def server_program() -> Path:
    """Return the path of `server.py`, beside this package."""
    return Path(__file__).resolve().parents[2] / "server.py"


def server_command(address: ServerAddress, patients: Path | None) -> list[str]:
    """Return the command that runs a server at `address`."""
    command = [sys.executable, str(server_program()), "--host", address.host]
    command += ["--port", str(address.port)]
    return command if patients is None else [*command, "--patients", str(patients)]


def log_file() -> Path:
    """Return the log file of a started server, in the user's log or temporary directory."""
    try:
        from platformdirs import user_log_path  # noqa: PLC0415 - the console needs nothing installed

        directory = user_log_path("doctor-chat", appauthor=False)
        directory.mkdir(parents=True, exist_ok=True)
    except (ImportError, OSError):
        import tempfile  # noqa: PLC0415 - seldom needed

        directory = Path(tempfile.mkdtemp(prefix="doctor-chat-"))
    return directory / "server.log"


class LocalServer:
    """A server that this client started, at `address`; for one thread at a time."""

    def __init__(
        self, process: subprocess.Popen[str], address: ServerAddress, patients: Path | None
    ) -> None:
        self.address = address
        self._process = process
        self._patients = patients
        self._told_to_stop = False

    @classmethod
    def start(cls, address: ServerAddress, patients: Path | None = None) -> Self:
        """Start a server at `address` (port 0: any free port) and wait until it listens.

        Raises `StartError`.
        """
        command = [sys.executable, "-P", supervisor.__file__, *server_command(address, patients)]
        with log_file().open("w+", encoding="utf-8", errors="replace") as log:
            try:
                process = subprocess.Popen(  # noqa: S603 - our own program
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    start_new_session=True,
                )
            except OSError as error:
                raise StartError(
                    tr("The server could not be started: {error}.").format(error=error)
                ) from None
            line = _first_line(process)
            if not line.startswith(_READY):
                _close_input(process)
                process.wait()
                _close_output(process)
                log.seek(0)
                told = log.read().strip().splitlines()
                why = told[-1] if told else tr("it wrote nothing")
                raise StartError(tr("The server could not be started: {why}").format(why=why))
        host, _, port = line.removeprefix(_READY).strip().rpartition(":")
        _close_output(process)
        return cls(process, ServerAddress(host.strip("[]"), int(port)), patients)

    @property
    def is_running(self) -> bool:
        """Whether the server is still running."""
        return self._process.poll() is None

    def count_connections(self) -> int:
        """Return how many connections the server has, or 0 if that is unknown."""
        command = [sys.executable, "-m", "doctor", "status", "--format", "json"]
        if self._patients is not None:
            command += ["--patients", str(self._patients)]
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                command,
                capture_output=True,
                text=True,
                timeout=_PROBE_LIMIT * 2,
                cwd=server_program().parent,
                check=False,
            )
            return len(json.loads(done.stdout)["connected"])
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
            return 0

    def ask_to_stop(self) -> None:
        """Tell the server to stop gracefully; return at once."""
        if self._told_to_stop:
            return  # a second signal would make it stop without saving
        self._told_to_stop = True
        _close_input(self._process)

    def leave_running(self) -> None:
        """Let the server run on when this client ends."""
        with contextlib.suppress(OSError):
            os.write(self._process.stdin.fileno(), supervisor.LEAVE_RUNNING)  # type: ignore[union-attr]

    def stop(self) -> bool:
        """Stop the server and wait for its end; return whether it ended in time."""
        self.ask_to_stop()
        try:
            self._process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            return False
        return True


def _first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line of a process's output, or the part that came in time."""
    deadline = _Deadline(process)
    try:
        return process.stdout.readline() if process.stdout else ""
    finally:
        deadline.cancel()


class _Deadline:
    """Stops a server that writes nothing in time, so that reading from it ends."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._timer = threading.Timer(_START_LIMIT, _close_input, [process])
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()
        self._timer.join()


def _close_input(process: subprocess.Popen[str]) -> None:
    if process.stdin:
        process.stdin.close()


def _close_output(process: subprocess.Popen[str]) -> None:
    if process.stdout:
        process.stdout.close()
