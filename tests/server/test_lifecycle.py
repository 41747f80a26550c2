"""Starting and stopping: what a process says, with which status it ends, and what is kept."""

from __future__ import annotations

import pickle
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.patients.opening import load
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, ROOT, Client, live_server, port_of, program, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_gracefully(tmp_path: Path, number: signal.Signals) -> None:
    """The patient hears 421, the history is whole, the status is 0, and a line tells the port."""
    with program(tmp_path) as process:
        with Client(port_of(process)) as ada:
            ada.enter("Ada")
            ada.ask("hello")
            process.send_signal(number)
            assert ada.reply().code == 421
            assert ada.closed()
        assert process.wait(PATIENCE) == 0
    with (tmp_path / "Ada.dat").open("rb") as file:
        doctor = pickle.load(file)
    assert [exchange.patient for exchange in doctor.history] == ["hello"]


def test_the_end_of_stdin_means_nothing(tmp_path: Path) -> None:
    """Without a terminal on stdin the server serves on until it is told to stop."""
    with program(tmp_path) as process, Client(port_of(process)) as ada:
        assert ada.enter("Ada").code == 230
        assert process.poll() is None


_AT_A_TERMINAL = """
import os, pty, sys
command = [sys.executable, "server.py", "--port", "0", "--patients", sys.argv[1]]
child, terminal = pty.fork()
if not child:
    os.execv(sys.executable, command)
seen = b""
while b"listening" not in seen:
    seen += os.read(terminal, 1024)
os.write(terminal, sys.argv[2].encode())
try:
    while os.read(terminal, 1024):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("keys", ["\r", "\x04\r"])
def test_enter_at_its_terminal_stops_it(tmp_path: Path, keys: str) -> None:
    """Enter, typed at the terminal that the server is in the foreground of, ends it; Ctrl+D not."""
    done = subprocess.run(
        [sys.executable, "-c", _AT_A_TERMINAL, str(tmp_path), keys],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0


def test_a_second_signal_leaves_at_once(tmp_path: Path) -> None:
    """Where a stop takes long, because somebody does not read, another signal ends it; all kept."""
    options = ("--stop-time", "60", "--slow-reader-time", "60", "--send-buffer", "4096")
    with program(tmp_path, *options) as process:
        port = port_of(process)
        with Client(port) as ada, Client(port, receive=4096) as deaf:
            ada.enter("Ada")
            ada.ask("hello")
            deaf.enter("Bob")
            line = b"say a lot " * 300 + b"\n"
            until(lambda: _stuck(deaf, line), "a reply that is not taken")
            process.terminate()
            assert ada.reply().code == 421
            assert process.poll() is None
            process.terminate()
            assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    assert [exchange.patient for exchange in load(tmp_path / "Ada.dat").history] == ["hello"]


def _stuck(deaf: Client, line: bytes) -> bool:
    """Say something without reading; True once not even that goes any more."""
    deaf.socket.settimeout(0.2)
    try:
        deaf.send(line * 20)
    except TimeoutError:
        return True
    return False


def test_a_stop_ends_in_time_whoever_does_not_read(tmp_path: Path) -> None:
    """A client that takes nothing cannot hold the server beyond the time for a stop."""
    with (
        live_server(
            tmp_path, machine=FakeMachine(), stop_time=1.0, slow_reader_time=60, send_buffer=4096
        ) as server,
        Client(server, receive=4096) as deaf,
    ):
        deaf.enter("Ada")
        until(lambda: _stuck(deaf, b"x" * 4000 + b"\n"), "a reply that is not taken")


def test_stopping_amid_two_hundred_conversations(tmp_path: Path) -> None:
    """Each client gets its pending reply or 421, and every answered exchange is in its history."""
    answered: dict[str, list[str]] = {}
    odd: list[str] = []

    def converse(name: str, port: int, talking: threading.Barrier) -> None:
        with Client(port) as patient:
            patient.enter(name)
            talking.wait(PATIENCE)
            for number in range(1_000_000):
                try:
                    reply = patient.ask(f"line {number}")
                except OSError as error:
                    odd.append(f"{name}: {error}")
                    return
                if reply.code == 421:
                    return
                if reply.code != 250:
                    odd.append(f"{name}: {reply}")
                answered[name].append(f"line {number}")

    talking = threading.Barrier(201)
    with live_server(tmp_path, machine=FakeMachine(), stop_time=20.0) as server:
        threads = []
        for number in range(200):
            name = f"patient {number}"
            answered[name] = []
            one = threading.Thread(target=converse, args=(name, server.address[1], talking))
            one.start()
            threads.append(one)
        talking.wait(PATIENCE)
        until(lambda: server.context.metrics.exchanges > 400, "conversations under way")
        server.stop()
        for one in threads:
            one.join(PATIENCE)
    assert not odd
    for name, lines in answered.items():
        path = tmp_path / f"{name}.dat"
        kept = [exchange.patient for exchange in load(path).history] if path.exists() else []
        assert kept[: len(lines)] == lines
        assert len(kept) - len(lines) in {0, 1}, "at most one was saved and its reply cut off"


def _fails(process: subprocess.Popen[str], *words: str) -> None:
    """Hold a program to one line on stderr, with these words in it, and exit status 2."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert out == ""
    assert err.count("\n") == 1, err
    for word in words:
        assert word in err


def test_a_port_in_use(tmp_path: Path) -> None:
    """A port in use is one line that names it, and status 2."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with program(tmp_path, "--port", str(port)) as process:
            _fails(process, f"127.0.0.1:{port} is in use")


def test_a_second_server_on_the_directory(tmp_path: Path) -> None:
    """A second server refuses to start and names the first one's process; that one serves on."""
    with program(tmp_path) as first:
        port = port_of(first)
        with program(tmp_path) as second:
            _fails(second, str(first.pid))
        with Client(port) as ada:
            assert ada.enter("Ada").code == 230


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    """A patients directory that cannot be is one line and status 2."""
    (tmp_path / "file").touch()
    with program(tmp_path / "file" / "patients") as process:
        _fails(process, "file")
    with program(tmp_path / "file") as process:
        _fails(process, "file is not a directory")


def test_a_script_with_a_fault(tmp_path: Path) -> None:
    """A faulty script is one line with file and line, and status 2; no script at all too."""
    script = tmp_path / "bad.script"
    script.write_text("(HELLO.)\nSTART\n(A ((0) (=NOWHERE)\n", encoding="utf-8")
    with program(tmp_path / "p", "--script", str(script)) as process:
        _fails(process, "bad.script")
    with program(tmp_path / "p", "--script", str(tmp_path / "none.script")) as process:
        _fails(process, "none.script")


@pytest.mark.parametrize(
    ("options", "environment", "word"),
    [
        (["--idle-time", "soon"], {}, "--idle-time"),
        (["--connections", "0"], {}, "--connections"),
        (["--host", "no.such.host.invalid"], {}, "no.such.host.invalid"),
        (["--cpu", "4096"], {}, "--cpu"),
        (["--log", "/nowhere/log"], {}, "/nowhere/log"),
        (["--ready-file", "/nowhere/ready"], {}, "/nowhere/ready"),
        (["--tls-cert", "/nowhere/cert.pem"], {}, "/nowhere/cert.pem"),
        (["--tls-cert", __file__], {}, "not a certificate"),
        (["--host", "192.0.2.1"], {}, "192.0.2.1"),
        ([], {"DOCTOR_IDLE_TIME": "-1"}, "DOCTOR_IDLE_TIME"),
    ],
)
def test_settings_that_cannot_be(
    tmp_path: Path, options: list[str], environment: dict[str, str], word: str
) -> None:
    """A setting with a value it cannot have is one line that names it, and status 2."""
    with program(tmp_path / "p", *options, environment=environment) as process:
        _fails(process, word)


def test_being_ready_is_told(tmp_path: Path) -> None:
    """A file appears with the address and goes with the server; systemd's socket is told too."""
    ready = tmp_path / "ready"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(PATIENCE)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with program(tmp_path / "p", "--ready-file", str(ready), environment=told) as process:
            port = port_of(process)
            assert ready.read_text(encoding="utf-8") == f"127.0.0.1:{port}\n"
            assert notify.recv(100) == b"READY=1"
            process.send_signal(signal.SIGHUP)
            assert notify.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert notify.recv(100) == b"READY=1"
            process.terminate()
            assert notify.recv(100) == b"STOPPING=1"
            assert process.wait(PATIENCE) == 0
    assert not ready.exists()


def test_the_script_is_read_again(tmp_path: Path) -> None:
    """SIGHUP brings a changed script into the next line; a faulty one is refused, the old stays."""
    script = tmp_path / "one.script"

    def write(reply: str) -> None:
        script.write_text(
            "(HELLO.)\nSTART\n(MY ((0) (OH)))\n"
            "(MEMORY MY (0 = A) (0 = B) (0 = C) (0 = D))\n"
            f"(NONE ((0) ({reply})))\n",
            encoding="utf-8",
        )

    write("GO ON")
    log = tmp_path / "log"
    with program(tmp_path / "p", "--script", str(script), "--log", str(log)) as process:
        with Client(port_of(process)) as ada:
            ada.enter("Ada")
            assert ada.ask("one").text == "GO ON"
            script.write_text("(((", encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            until(lambda: "reload refused" in log.read_text(encoding="utf-8"), "the refusal")
            assert ada.ask("two").text == "GO ON"
            write("I SEE")
            process.send_signal(signal.SIGHUP)
            until(lambda: " reloaded" in log.read_text(encoding="utf-8"), "the reload")
            assert ada.ask("three").text == "I SEE"
        process.terminate()


def test_listening_beyond_this_machine_warns(tmp_path: Path) -> None:
    """Without TLS or required passphrases a server that others can reach says so in one line."""
    with program(tmp_path, "--host", "0.0.0.0") as process:
        port_of(process)
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
    warnings = [line for line in err.splitlines() if line.startswith("Warning")]
    assert len(warnings) == 1
    assert "TLS" in warnings[0]
    assert "passphrases" in warnings[0]


def test_ipv6_and_names(tmp_path: Path) -> None:
    """The server listens on an IPv6 address where there is one, and on a name."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    with (
        live_server(tmp_path, machine=FakeMachine(), host="::1") as server,
        socket.create_connection(server.address, PATIENCE) as ada,
    ):
        assert ada.recv(3) == b"220"
