"""Starting a doctor on this computer where none listens, and stopping only the one started here.

A doctor listens where a 220 names this protocol; something else on the port is told apart from
nobody. The server gets no standard input, says its ready line on standard output, and writes its
log to a file. It runs in a session of its own, so that Ctrl+C at this client's terminal does not
reach it before its patients were asked after.

`look` and `Started.start` wait, some of them for seconds: not for Tk's thread.
"""

from __future__ import annotations

import contextlib
import enum
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from client.net.transport import ServerAddress
from doctor.errors import NotAReply
from doctor.protocol import BANNER, ReplyReader, codes

if TYPE_CHECKING:
    from typing import Self

_LOOK_LIMIT: Final = 2.0
#: Seconds that a server gets to say its ready line, and to stop.
_START_LIMIT: Final = 20.0
_STOP_LIMIT: Final = 20.0
_READY: Final = "Doctor server listening on "


class NotStarted(Exception):
    """No server could be started; the message says why and what to do."""


class Found(enum.Enum):
    """What answers at a place."""

    DOCTOR = enum.auto()
    NOBODY = enum.auto()
    SOMETHING_ELSE = enum.auto()


def look(place: ServerAddress) -> Found:
    """Say what listens at a place; a server that speaks TLS counts as a doctor if TLS is wanted."""
    try:
        with socket.create_connection((place.host, place.port), _LOOK_LIMIT) as link:
            if place.tls:
                return Found.DOCTOR
            link.settimeout(_LOOK_LIMIT)
            for reply in ReplyReader().feed(link.recv(4096)):
                named = reply.text.startswith(BANNER)
                return Found.DOCTOR if named or reply.code == codes.CLOSING else _OTHER
    except ConnectionRefusedError:
        return Found.NOBODY
    except (OSError, NotAReply):
        return _OTHER
    return _OTHER


_OTHER: Final = Found.SOMETHING_ELSE


def server_program() -> Path:
    """Return the server's program: `server.py` beside this package."""
    return Path(__file__).resolve().parents[2] / "server.py"


def server_command(place: ServerAddress, patients: Path | None) -> list[str]:
    """Return the words of the command that runs a server at `place`."""
    command = [sys.executable, str(server_program()), "--host", place.host]
    command += ["--port", str(place.port)]
    return command if patients is None else [*command, "--patients", str(patients)]


def log_file() -> Path:
    """Return where a started server's log goes: the user's place for logs, or for temporaries."""
    try:
        from platformdirs import user_log_path  # noqa: PLC0415 - the console needs nothing installed

        place = user_log_path("doctor-chat", appauthor=False)
        place.mkdir(parents=True, exist_ok=True)
    except (ImportError, OSError):
        import tempfile  # noqa: PLC0415 - seldom needed

        place = Path(tempfile.mkdtemp(prefix="doctor-chat-"))
    return place / "server.log"


class Started:
    """A server that this client started. `place` is where it listens; any thread, one at a time."""

    def __init__(
        self, process: subprocess.Popen[str], place: ServerAddress, patients: Path | None
    ) -> None:
        self.place = place
        self._process = process
        self._patients = patients
        self._asked = False

    @classmethod
    def start(cls, place: ServerAddress, patients: Path | None = None) -> Self:
        """Start a server at `place` (port 0: any) and wait until it listens.

        Raises `NotStarted`.
        """
        command = server_command(place, patients)
        with log_file().open("w+", encoding="utf-8", errors="replace") as log:
            try:
                process = subprocess.Popen(  # noqa: S603 - our own program
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    start_new_session=True,
                )
            except OSError as error:
                raise NotStarted(f"The server could not be started: {error}.") from None
            line = _first_line(process)
            if not line.startswith(_READY):
                process.kill()
                process.wait()
                _drop_output(process)
                log.seek(0)
                told = log.read().strip().splitlines()
                why = told[-1] if told else "it said nothing"
                raise NotStarted(f"The server could not be started: {why}")
        host, _, port = line.removeprefix(_READY).strip().rpartition(":")
        _drop_output(process)
        return cls(process, ServerAddress(host.strip("[]"), int(port)), patients)

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def connected(self) -> int:
        """Return how many connections it has; 0 where that cannot be known."""
        command = [sys.executable, "-m", "doctor", "status", "--format", "json"]
        if self._patients is not None:
            command += ["--patients", str(self._patients)]
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                command,
                capture_output=True,
                text=True,
                timeout=_LOOK_LIMIT * 2,
                cwd=server_program().parent,
                check=False,
            )
            return len(json.loads(done.stdout)["connected"])
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
            return 0

    def ask_to_stop(self) -> None:
        """Tell it to stop; it answers what is pending and closes its histories. Returns at once."""
        if self._asked:
            return  # a second signal would have it leave without that
        self._asked = True
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> bool:
        """Stop it and wait for its end; returns whether it came in time."""
        self.ask_to_stop()
        try:
            self._process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            return False
        return True


def _first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line of a process's output, or what there is of it in time."""
    killer = _Deadline(process)
    try:
        return process.stdout.readline() if process.stdout else ""
    finally:
        killer.call_off()


class _Deadline:
    """Kills a process that has not spoken in time, so that reading from it ends."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._timer = threading.Timer(_START_LIMIT, process.kill)
        self._timer.daemon = True
        self._timer.start()

    def call_off(self) -> None:
        self._timer.cancel()
        self._timer.join()


def _drop_output(process: subprocess.Popen[str]) -> None:
    if process.stdout:
        process.stdout.close()
