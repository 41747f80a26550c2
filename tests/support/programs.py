"""The programs as their users meet them: processes, sockets, files and signals, nothing within.

    with Server(patients) as server, Peer(server.port) as ada:
        ada.enter("Ada")
        assert ada.ask("My mother hates me.").code == 250

`DOCTOR_TREE` names the checkout whose programs are started (this one if it is not set), so that the
same tests can be asked of an older version. `faults` are those of `tests.support.sabotage`. Nothing
here imports the project, and every wait has a deadline.
"""

# ruff: noqa: PTH123
from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
#: The checkout whose programs are started.
TREE = Path(os.environ.get("DOCTOR_TREE") or ROOT).resolve()
SABOTAGE = Path(__file__).resolve().parent / "sabotage"
#: Seconds after which a wait has failed.
PATIENCE = 15.0
#: Bytes of a disk that is made for a test: more than any reserve of free room that is asked for.
DISK = 256 << 20

Fault = dict[str, Any]


class Reply(NamedTuple):
    """A reply: its code, its rows of fields, its text."""

    code: int
    rows: list[list[str]]
    text: str

    def row(self, first: str) -> str | None:
        """Return the second field of the row that begins so, None where there is none."""
        return next((row[1] for row in self.rows if row[0] == first and len(row) > 1), None)


class Peer:
    """A raw TCP client."""

    def __init__(self, port: int, *, source: str = "", patience: float = PATIENCE) -> None:
        """Connect, from the address `source` if it is given."""
        self.socket = socket.socket()
        self.socket.settimeout(patience)
        try:
            if source:
                self.socket.bind((source, 0))
            self.socket.connect(("127.0.0.1", port))
        except BaseException:
            self.socket.close()
            raise
        self._held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def line(self) -> str:
        """Wait for a line. EOFError where the server closed."""
        while b"\n" not in self._held:
            try:
                data = self.socket.recv(65_536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise EOFError("the server closed the connection")
            self._held += data
        line, self._held = self._held.split(b"\n", 1)
        return line.decode()

    def reply(self) -> Reply:
        """Wait for a reply; 1xx lines answer nothing and are left out."""
        rows: list[list[str]] = []
        text: list[str] = []
        while True:
            line = self.line()
            code, more, rest = line[:3], line[3:4], line[4:]
            assert code.isdecimal(), line
            if code.startswith("1"):
                continue
            if rest.startswith("\t") and rows:
                rows[-1][-1:] = (rows[-1][-1] + rest[1:]).split("\t")
            elif "\t" in rest:
                rows.append(rest.split("\t"))
            elif rest:
                text.append(rest)
            if more != "-":
                return Reply(int(code), rows, " ".join(text))

    def ask(self, line: str) -> Reply:
        """Send a line and wait for the reply."""
        self.send(line.encode() + b"\n")
        return self.reply()

    def ask_all(self, lines: Iterable[str]) -> list[Reply]:
        """Send lines at once, and wait for their replies."""
        sent = list(lines)
        sender = threading.Thread(
            target=self._send_quietly, args=("".join(f"{line}\n" for line in sent).encode(),)
        )
        sender.start()
        replies: list[Reply] = []
        try:
            replies.extend(self.reply() for _ in sent)
        except EOFError:
            pass
        finally:
            sender.join(PATIENCE)
        return replies

    def _send_quietly(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.socket.sendall(data)

    def enter(self, name: str, *more: str) -> Reply:
        """Read the 220 and give the name, and what else is asked for; return the last reply."""
        reply = self.reply()
        assert reply.code == 220, reply
        for line in (name, *more):
            reply = self.ask(line)
        return reply

    def leave(self) -> None:
        """Say goodbye and wait until the server closed: the visit is over then.

        The server may have ended it already.
        """
        with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
            self.send(b"/quit\n")
            while True:
                self.line()

    def everything(self) -> list[str]:
        """Read lines until the server closes."""
        lines = []
        with contextlib.suppress(EOFError):
            while True:
                lines.append(self.line())
        return lines


def environment(
    faults: Iterable[Fault] = (), more: dict[str, str] | None = None, **named: str
) -> dict[str, str]:
    """Return the environment of a program that is to meet these faults."""
    made = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOCTOR_", "CASES_", "COVERAGE_"))
    }
    listed = list(faults)
    if listed:
        made["CASES_FAULTS"] = json.dumps(listed)
        made["PYTHONPATH"] = str(SABOTAGE)
    return {**made, **(more or {}), **named}


class Server:
    """A server.py of its own, killed at the end if it still runs; its log is `errors`."""

    def __init__(
        self,
        patients: Path,
        *options: str,
        faults: Iterable[Fault] = (),
        prepare: Callable[[], None] | None = None,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        new_session: bool = False,
        started: bool = True,
        more: dict[str, str] | None = None,
    ) -> None:
        """Start it; with `started` wait until it listens. `more` is for its environment."""
        self.patients = patients
        self.port = 0
        self._told = ""
        descriptor, errors_path = tempfile.mkstemp(prefix="server-", suffix=".err")
        self._errors = Path(errors_path)
        with open(descriptor, "wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(TREE / "server.py"), "--port", "0", "--patients",
                 str(patients), *options],
                cwd=TREE, stdin=stdin, stdout=subprocess.PIPE, stderr=errors,
                env=environment(faults, more), preexec_fn=prepare,  # noqa: PLW1509
                start_new_session=new_session,
            )  # fmt: skip
        if started:
            try:
                self.wait_until_it_listens()
            except BaseException:
                self.kill()
                raise

    def wait_until_it_listens(self) -> None:
        """Read the line that says where it listens."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if ready else ""
        assert line.startswith("Doctor server listening on "), (line, self.errors())
        self.port = int(line.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def errors(self) -> str:
        """Return what it said on stderr so far: its log too."""
        if self._errors.exists():
            self._told = self._errors.read_text(encoding="utf-8", errors="replace")
        return self._told

    def complaints(self) -> list[str]:
        """Return the log's lines that an operator should look at."""
        return [
            line
            for line in self.errors().splitlines()
            if " warning " in line or " error " in line or " critical " in line
        ]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def stop(self) -> int:
        """Stop it as an operator does and return its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait for its end and return its status."""
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.errors()
        self._errors.unlink(missing_ok=True)

    def lines(self, name: str) -> list[str]:
        """Return the patient's lines as the server tells them."""
        with Peer(self.port) as peer:
            assert peer.enter(name).code == 230
            rows = peer.ask("/history 1000").rows
            peer.leave()
        return [row[5] for row in rows if row[4] == "patient"]

    def visit(self, name: str, *lines: str) -> list[Reply]:
        """Come, say the lines, leave; return the replies to the name and to the lines."""
        with Peer(self.port) as peer:
            replies = [peer.enter(name)]
            replies += [peer.ask(line) for line in lines]
            peer.leave()
        return replies


class Ran(NamedTuple):
    """What a program left."""

    status: int
    out: str
    err: str


def run(
    *words: str | Path,
    faults: Iterable[Fault] = (),
    given: bytes | None = None,
    patience: float = PATIENCE,
    **more: Any,
) -> Ran:
    """Run a Python program of the tree, `-m doctor ...` or a file's name, to its end."""
    env = environment(faults, more.pop("env", None))
    if given is None:
        more.setdefault("stdin", subprocess.DEVNULL)
    else:
        more["input"] = given
    if "stdout" not in more:
        more["stdout"] = subprocess.PIPE
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=TREE, env=env, stderr=subprocess.PIPE,
        timeout=patience, check=False, **more,
    )  # fmt: skip
    out = (done.stdout or b"").decode("utf-8", "replace")
    return Ran(done.returncode, out, done.stderr.decode("utf-8", "replace"))


def doctor(*words: str | Path, **more: Any) -> Ran:
    """Run `python -m doctor`."""
    return run("-m", "doctor", *words, **more)


def run_many(jobs: list[dict[str, Any]]) -> list[Ran]:
    """Run many programs, each in a fork of one that is loaded; see `sabotage/many_runs.py`.

    The codes that a server's visitor heard stand in front of `out`, as one JSON line.
    """
    done = subprocess.run(
        [sys.executable, str(SABOTAGE / "many_runs.py"), str(TREE)],
        input=json.dumps(jobs).encode(),
        env=environment(PYTHONPATH=str(SABOTAGE)), capture_output=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return [
        Ran(
            each["status"],
            (json.dumps(each["codes"]) + "\n" if job.get("serve") else "") + each["out"],
            each["err"],
        )
        for job, each in zip(jobs, json.loads(done.stdout), strict=True)
    ]


def exchanges(patients: Path, name: str) -> list[dict[str, Any]]:
    """Return a history as the inspector shows it; nothing where there is none."""
    ran = doctor("show", name, "--patients", patients, "--format", "json")
    if ran.status:
        return []
    found: list[dict[str, Any]] = json.loads(ran.out)["exchanges"]
    return found


def said(patients: Path, name: str) -> list[str]:
    """Return the patient's lines of a history as the inspector shows it."""
    return [exchange["patient"] for exchange in exchanges(patients, name)]


def verify(patients: Path) -> Ran:
    """Have every byte checked."""
    return doctor("verify", "--patients", patients)


def holding(directory: Path, text: str) -> list[str]:
    """Return the names of files somewhere below a directory whose bytes hold a text."""
    return [
        path.name
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.is_symlink() and text.encode() in path.read_bytes()
    ]


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until `condition` is true."""
    end, pause = time.monotonic() + patience, threading.Event()
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        pause.wait(0.02)


def clean(ran: Ran) -> bool:
    """Tell whether a program that failed did so in one line, without a traceback."""
    lines = [line for line in ran.err.splitlines() if line.strip()]
    return len(lines) == 1 and "Traceback" not in ran.err


@contextlib.contextmanager
def disk(where: Path, *options: str) -> Iterator[Path]:
    """Mount a disk of `DISK` bytes for as long as a test runs; skips where that is not allowed."""
    where.mkdir()
    wanted = ",".join((f"size={DISK}", "mode=700", *options))
    command = ["mount", "-t", "tmpfs", "-o", wanted, "none", str(where)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here to make a small disk with")
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def fill(where: Path) -> Path:
    """Leave no byte free on the disk and return the file that takes them."""
    path = where / "filler"
    with path.open("ab", buffering=0) as file:
        state = os.statvfs(where)
        with contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize)
        file.seek(0, os.SEEK_END)
        with contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
    assert not os.statvfs(where).f_bavail
    return path
