"""Clients: slow addresses, streams that cannot be written, servers that they started."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from tests.support.fake_doctor import FakeDoctor
from tests.support.programs import (
    PATIENCE,
    TREE,
    Server,
    doctor,
    environment,
    run,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def black_hole() -> Iterator[tuple[str, int]]:
    """Yield an address that answers no connection: its queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    where = listener.getsockname()
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.settimeout(0)
        filler.connect_ex(where)
        fillers.append(filler)
    yield where
    for filler in (*fillers, listener):
        filler.close()


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """Yield an address that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


def _converses(fault: dict[str, Any], *options: str) -> str:
    """Run the console and return what it says, within a time that one dead address may cost."""
    ran = run(
        "-m", "client", "--console", "--host", "localhost", "--port", "5999", *options,
        faults=[fault], given=b"Ada\nMy mother hates me.\n", patience=5,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    return ran.out


@pytest.mark.parametrize("first", ["one", "two"])
def test_a_name_whose_first_address_is_dead(
    tmp_path: Path, black_hole: tuple[str, int], first: str
) -> None:
    """A client reaches a living address of a name within moments when those before it are dead."""
    with Server(tmp_path / "p") as server:
        dead = [[*black_hole]] * (1 if first == "one" else 2)
        found = [*dead, ["127.0.0.1", server.port]]
        assert "mother" in _converses({"fault": "addresses", "found": found})


@pytest.mark.parametrize("kind", ["dead", "silent"])
def test_the_same_with_tls(
    tmp_path: Path, black_hole: tuple[str, int], silent: tuple[str, int], kind: str
) -> None:
    """With TLS each address has its share of time too, the handshake included."""
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1")
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Server(tmp_path / "p", "--tls-cert", str(tmp_path / "server.pem")) as server:
        first = list(black_hole if kind == "dead" else silent)
        found = [first, ["127.0.0.1", server.port]]
        fault = {"fault": "addresses", "found": found}
        assert "mother" in _converses(fault, "--tls", "--ca", str(tmp_path / "ca.pem"))


# -- streams that cannot be written, and closed ones ----------------------------------------------

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


@needs_full
@pytest.mark.parametrize("lines", [1, 3, 50])
def test_a_console_whose_output_fails(tmp_path: Path, lines: int) -> None:
    """A console that cannot write what it hears ends with one line and status 1."""
    given = "Ada\n" + "My mother hates me.\n" * lines
    with Server(tmp_path / "p") as server, FULL.open("wb") as full:
        ran = run(
            "-m", "client", "--console", "--port", str(server.port),
            given=given.encode(), stdout=full, patience=6,
        )  # fmt: skip
        assert ran.status == 1
        assert "Traceback" not in ran.err
        *notices, last = ran.err.splitlines()  # those of the greeting come first
        assert "could not be written" in last
        assert not any("could not be written" in notice for notice in notices)
        opened = server.errors().count("session opened")
    assert opened <= 1


def _closing(*numbers: int) -> Callable[[], None]:
    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


CLOSED = [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)]


@pytest.mark.parametrize("closed", CLOSED, ids=str)
def test_closed_standard_streams(tmp_path: Path, closed: tuple[int, ...]) -> None:
    """Closed standard streams cost no traceback, and no file takes what was meant for them."""
    errors = tmp_path / "err"
    with errors.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "client", "--console", "--port", "1", "--name", "Ada"],
            cwd=TREE, env=environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=err, preexec_fn=_closing(*closed),  # noqa: PLW1509
        )  # fmt: skip
    try:
        assert process.wait(PATIENCE) == 1
        assert "Traceback" not in errors.read_text()
        assert "Exception ignored" not in errors.read_text()
    finally:
        process.kill()
        process.wait()


# -- a server that a client started ---------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def screen() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a virtual screen of its own."""
    read, write = os.pipe()
    try:
        process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "900x700x24", "-nolisten", "tcp"],
            pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        os.close(read)
        os.close(write)
        pytest.skip("there is no Xvfb here")
    os.close(write)
    with open(read) as told:  # noqa: PTH123 - a descriptor; the number comes digit by digit
        number = told.readline().strip()
    yield f":{number}", process
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT],
                         ids=lambda number: number.name)  # fmt: skip
@pytest.mark.parametrize("kind", ["window", "console"])
def test_a_server_that_a_client_started(
    tmp_path: Path, kind: str, number: signal.Signals, request: pytest.FixtureRequest
) -> None:
    """A server that a window or a console started ends with it, whatever signal ends it."""
    more = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    if kind == "window":
        more["DISPLAY"] = request.getfixturevalue("screen")[0]
    _ends_with_its_client(
        tmp_path, ["--console"] if kind == "console" else [], more, lambda p: p.send_signal(number)
    )


def test_a_server_whose_window_lost_its_display(
    tmp_path: Path, screen: tuple[str, subprocess.Popen[bytes]]
) -> None:
    """A server that a window started ends when the window's display is gone."""
    more = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "c"), "DISPLAY": screen[0]}
    _ends_with_its_client(tmp_path, [], more, lambda _: screen[1].kill())


def _ends_with_its_client(
    tmp_path: Path,
    words: list[str],
    more: dict[str, str],
    end: Callable[[subprocess.Popen[bytes]], None],
) -> None:
    port, patients = _free_port(), tmp_path / "p"
    process = subprocess.Popen(
        [sys.executable, "-m", "client", "--start", "--port", str(port), "--patients",
         str(patients), "--name", "Ada", *words],
        cwd=TREE, env=environment((), more), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        until(lambda: _listens(port), "a server", 20)
        status: list[str | Path] = ["status", "--format", "json", "--patients", patients]

        def connected() -> bool:
            return re.search(r'"patient": "Ada"|Ada', doctor(*status).out) is not None

        until(connected, "Ada's session")
        end(process)
        process.wait(8)
        until(lambda: not _listens(port), "the end of its server", 8)
    finally:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()
        if _listens(port):
            doctor("stop", "--patients", patients)


# -- a line at which the server fails -------------------------------------------------------------

ENDS: dict[str, tuple[bytes | None, bool]] = {
    "closed": (None, False),
    "reset": (None, True),
    "a-fault": (b"421 a fault in this server; the operator can see it\n", False),
    "a-reason": (b"421-reason\tfault\n421 a fault in this server\n", False),
    "no-reply": (b"what is this\n", False),
}


def test_a_line_at_which_the_server_fails() -> None:
    """A line behind which three connections ended is given back, and the next line goes on."""
    results: dict[str, tuple[int, str, list[str], int]] = {}

    def converse(kind: str) -> None:
        end, reset = ENDS[kind]
        with FakeDoctor(
            lambda line: end if "poison" in line else f"250 You say {line}\n".encode(), reset=reset
        ) as fake:
            try:
                ran = run(
                    "-m", "client", "--console", "--port", str(fake.port), patience=25,
                    given=b"Ada\nBefore.\nThis is poison.\nAfter.\n/quit\n",
                )  # fmt: skip
                results[kind] = (ran.status, ran.out + ran.err, fake.heard, fake.connections)
            except subprocess.TimeoutExpired:
                results[kind] = (-1, "", fake.heard, fake.connections)

    threads = [threading.Thread(target=converse, args=(kind,)) for kind in ENDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert set(results) == set(ENDS)
    for kind, (status, told, heard, connections) in results.items():
        assert heard.count("This is poison.") == 3, (kind, heard)
        assert "After." in heard, (kind, heard)
        assert "You say After." in told, (kind, told)
        assert "poison" in told, (kind, told)
        assert status == 1, kind
        assert connections <= 5, kind
