"""Every limit: what happens past it, and that nobody else notices."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from doctor.errors import BadSetting
from doctor.patients.opening import open_store
from doctor.protocol import codes
from doctor.server.context import ServerContext
from doctor.server.handler import DoctorClientHandler
from doctor.server.metrics import Metrics
from doctor.server.network import acceptor
from doctor.server.network.limits import ConnectionLimits, network
from doctor.server.options import OPTIONS
from doctor.server.process import most_connections, open_files
from doctor.server.settings import Settings
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import PATIENCE, ROOT, Client, MemoryTransport, live_server, until

if TYPE_CHECKING:
    from pathlib import Path

    from server import DoctorServer


def served(server: DoctorServer, name: str = "the next patient") -> bool:
    """Tell whether somebody who comes now is served as ever."""
    with Client(server) as patient:
        return patient.enter(name).code == 230 and patient.ask("hello").code == 250


def test_every_limit_is_finite_and_says_why() -> None:
    """Each option has a default that its own reader takes, one sentence, and a unit."""
    for row in OPTIONS:
        assert re.fullmatch(r"[A-Z][^.]*\.", row.sentence)
        assert row.unit
        if isinstance(row.default, int | float) and not isinstance(row.default, bool):
            assert row.read(str(row.default)) == row.default
            with pytest.raises(BadSetting):
                row.read("inf")


def test_connections_in_all(tmp_path: Path) -> None:
    """A connection beyond the limit gets 421, and a place once another one has ended."""
    with live_server(tmp_path, machine=FakeMachine(), connections=2) as server:
        with Client(server) as ada, Client(server) as bob:
            ada.enter("Ada")
            bob.enter("Bob")
            with Client(server) as late:
                assert late.reply().code == codes.CLOSING
                assert late.closed()
            assert ada.ask("still here").code == codes.SAYS
        until(lambda: not server.admin.status()["connected"], "a free place")
        assert served(server)


def test_connections_of_one_address(tmp_path: Path) -> None:
    """An address beyond its share hears 421; this machine only where the limit was set."""
    with (
        live_server(tmp_path, machine=FakeMachine(), address_connections=1) as server,
        Client(server) as ada,
        Client(server) as late,
    ):
        assert ada.reply().code == codes.READY
        assert late.reply().code == codes.CLOSING
    limits = ConnectionLimits(Settings(address_connections=1, address_rate=1), 10)
    assert [limits.enter("127.0.0.1") for _ in range(5)] == [None] * 5
    assert limits.enter("192.0.2.1") is None
    assert limits.enter("192.0.2.1") is not None
    assert limits.enter("192.0.2.2") is None


def test_an_address_has_its_place_again() -> None:
    """Who leaves is counted out, and a subscriber's IPv6 network counts as one address."""
    limits = ConnectionLimits(Settings(address_connections=1), 10)
    assert limits.enter("2001:db8::1") is None
    assert limits.enter("2001:db8::2") is not None
    limits.leave("2001:db8::1")
    assert limits.enter("2001:db8::2") is None


@pytest.mark.parametrize(
    ("address", "counted", "local"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("::ffff:192.0.2.7", "192.0.2.7", False),
        ("192.0.2.7", "192.0.2.7", False),
        ("fe80::1%eth0", "fe80:0000:0000:0000::/64", False),
        ("2001:db8:0:1::5", "2001:0db8:0000:0001::/64", False),
        ("no address", "no address", False),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str, *, local: bool) -> None:
    """IPv4 addresses count one by one, IPv6 by network, and loopback is known in every form."""
    assert network(address) == (counted, local)


def test_new_connections_of_one_address_each_second(tmp_path: Path) -> None:
    """One second's worth of connections is accepted at once; the next one gets 421."""
    with live_server(tmp_path, machine=FakeMachine(), address_rate=2) as server:
        got = []
        for _ in range(4):
            with Client(server) as hasty:
                got.append(hasty.reply().code)
    assert got[:2] == [220, 220]
    assert 421 in got[2:]


def test_many_new_connections_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds' worth is accepted at once; the others wait and are not refused."""
    clock = [100.0]
    monkeypatch.setattr(acceptor, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with (
        contextlib.closing(
            acceptor.Acceptor(Settings(port=0, newcomers=1), Metrics())
        ) as one_acceptor,
        contextlib.ExitStack() as crowd,
    ):
        for _ in range(4):
            crowd.enter_context(socket.create_connection(one_acceptor.address, PATIENCE))
        came = []
        for clock[0] in (100.0, 100.5, 101.5, 110.0):
            admit = [connection for connection, _, _ in one_acceptor.accept_waiting()]
            came.append((len(admit), one_acceptor.pause_for > 0))
            for connection in admit:
                connection.close()
    assert came == [(2, True), (0, True), (1, True), (1, False)]


def test_line_length(tmp_path: Path) -> None:
    """A line of the limit's length with its ending is answered, one byte more is dropped."""
    with (
        live_server(tmp_path, machine=FakeMachine(), line_length=100) as server,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        assert ada.ask("x" * 98).code == codes.SAYS
        assert ada.ask("x" * 100).code == codes.BAD_LINE
        assert ada.ask("and on").code == codes.SAYS
        assert len(ada.ask("/history").rows) == 4


@pytest.mark.parametrize("sent", [b"", b"Ad", b"/help\n"])
def test_time_to_give_a_name(tmp_path: Path, sent: bytes) -> None:
    """Who gives no name in time hears 421, whatever else was sent."""
    with (
        live_server(tmp_path, machine=FakeMachine(), name_time=0.2) as server,
        Client(server) as nobody,
    ):
        nobody.send(sent)
        got = [nobody.reply().code]
        while got[-1] != codes.CLOSING:
            got.append(nobody.reply().code)
        assert nobody.closed()
        assert served(server)


@pytest.mark.parametrize("sent", [b"", b"an unfinished line"])
def test_idle_time(tmp_path: Path, sent: bytes) -> None:
    """A line that does not come, or does not end, in time is answered with 421."""
    with (
        live_server(tmp_path, machine=FakeMachine(), idle_time=0.2) as server,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        ada.send(sent)
        assert ada.reply().code == codes.CLOSING
        assert ada.closed()


def test_a_byte_now_and_then_gains_no_time(tmp_path: Path) -> None:
    """A client that keeps a line going byte by byte is sent away as one that says nothing."""
    with (
        live_server(tmp_path, machine=FakeMachine(), idle_time=0.3) as server,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        over = threading.Event()

        def dribble() -> None:
            while not over.wait(0.02):
                try:
                    ada.send(b"x")
                except OSError:
                    return

        dribbling = threading.Thread(target=dribble)
        dribbling.start()
        try:
            assert ada.reply().code == codes.CLOSING
        finally:
            over.set()
            dribbling.join()


def test_a_slow_reader_is_left(tmp_path: Path) -> None:
    """A client that never reads is let go within its time, and others are served meanwhile."""
    with (
        live_server(
            tmp_path, machine=FakeMachine(), slow_reader_time=0.3, send_buffer=4096
        ) as server,
        Client(server, receive=4096) as deaf,
    ):
        deaf.enter("Ada")
        line = b"x" * 4000 + b"\n"

        def shout() -> None:
            try:
                for _ in range(5000):
                    deaf.send(line)
            except OSError:
                return  # the server has closed

        shouting = threading.Thread(target=shout)
        shouting.start()
        until(lambda: served(server) and len(server.admin.status()["connected"]) == 0, "its end")
        shouting.join(PATIENCE)


def test_a_patient_reader_gets_everything(tmp_path: Path) -> None:
    """A client that says much before it reads anything loses no reply and waits for none."""
    with (
        live_server(tmp_path, machine=FakeMachine(), send_buffer=4096) as server,
        Client(server, receive=4096) as ada,
    ):
        ada.enter("Ada")
        sending = threading.Thread(target=ada.send, args=((b"y" * 1000 + b"\n") * 300,))
        sending.start()
        until(lambda: server.context.slow_clients._thread is not None, "the replies to pile up")
        numbers = [int(ada.reply().text.partition(":")[0]) for _ in range(300)]
        sending.join(PATIENCE)
    assert numbers == list(range(1, 301))


def test_tries_at_a_name(tmp_path: Path) -> None:
    """The last bad name gets its 553, then 421, then the close; a bad line is a try too."""
    with (
        live_server(tmp_path, machine=FakeMachine(), name_tries=2) as server,
        Client(server) as nobody,
    ):
        nobody.reply()
        nobody.send(b"\xff\n")
        assert nobody.reply().code == codes.BAD_LINE
        assert nobody.ask("a" * 65).code == codes.BAD_NAME
        assert nobody.reply().code == codes.CLOSING
        assert nobody.closed()


def test_longest_history_sent(tmp_path: Path) -> None:
    """`/history` sends at most so many exchanges, the last ones."""
    with (
        live_server(tmp_path, machine=FakeMachine(), history_length=2) as server,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        for number in range(4):
            ada.ask(str(number))
        rows = ada.ask("/history 1000").rows
    assert [row[5] for row in rows if row[4] == "patient"] == ["2", "3"]


class _Waits(threading.Event):
    """Notes how long somebody would have waited, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note the time."""
        self.seconds.append(timeout or 0.0)
        return False


def test_lines_each_second(tmp_path: Path) -> None:
    """A patient who is too quick is read later, every line answered; a second's worth is free."""
    transport, waits = MemoryTransport(), _Waits()
    with open_store(tmp_path, FakeMachine()) as store:
        context = ServerContext(Settings(line_rate=5), store, Metrics(), stopping=waits)
        one = DoctorClientHandler(transport, "127.0.0.1", 1, context, lambda _: None)
        one.start()
        transport.say("Ada", *map(str, range(8)))
        assert [transport.reply().code for _ in range(10)] == [220, 230, *[250] * 8]
        transport.hang_up()
        one.join(PATIENCE)
    assert len(waits.seconds) == 3
    assert waits.seconds == sorted(waits.seconds)
    assert all(0 < seconds < 1 for seconds in waits.seconds)


@pytest.mark.parametrize(
    ("line", "code", "charge"),
    [
        ("/help", codes.HELP, True),
        ("/nothing", codes.NO_COMMAND, True),
        ("", codes.SAYS, True),
        ("  ", codes.SAYS, True),
        ("long " * 60, codes.SAYS, True),
        ("an ordinary line", codes.SAYS, False),
        ("//why", codes.SAYS, True),
    ],
)
def test_share_of_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: int, *, charge: bool
) -> None:
    """A flood of what is costly is read later, at the share of it; other lines never are."""
    transport, waits, spent = MemoryTransport(), _Waits(), iter(range(1000))
    clock = "doctor.server.network.throttle.time.thread_time"
    monkeypatch.setattr(clock, lambda: next(spent) * 0.01)
    with open_store(tmp_path, FakeMachine()) as store:
        context = ServerContext(Settings(costly_share=5), store, Metrics(), stopping=waits)
        one = DoctorClientHandler(transport, "127.0.0.1", 1, context, lambda _: None)
        one.start()
        transport.say("Ada", "hello", *[line] * 20)
        assert [transport.reply().code for _ in range(23)] == [220, 230, 250, *[code] * 20]
        transport.hang_up()
        one.join(PATIENCE)
    # Twenty times 0.01 s at a share of 5 % are 4 s, of which one may come ahead of time.
    assert max(waits.seconds, default=0.0) > 2 if charge else waits.seconds == []


def test_share_of_a_processor_before_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who floods with what can be asked before a session is read later too."""
    transport, waits, spent = MemoryTransport(), _Waits(), iter(range(1000))
    clock = "doctor.server.network.throttle.time.thread_time"
    monkeypatch.setattr(clock, lambda: next(spent) * 0.01)
    with open_store(tmp_path, FakeMachine()) as store:
        context = ServerContext(Settings(), store, Metrics(), stopping=waits)
        one = DoctorClientHandler(transport, "127.0.0.1", 1, context, lambda _: None)
        one.start()
        transport.say(*["/help", "/nothing", "/why"] * 8, "Ada")
        got = [transport.reply().code for _ in range(26)]
        transport.hang_up()
        one.join(PATIENCE)
    assert got == [220, *[214, 502, 503] * 8, 230]
    assert max(waits.seconds) > 2


def test_steps_of_a_script(tmp_path: Path) -> None:
    """A script whose links go round for ever still gets every line a reply."""
    script = tmp_path / "loop.script"
    script.write_text(
        "(HELLO.)\nSTART\n(A ((0) (=B)))\n(B ((0) (=A)))\n"
        "(MEMORY A (0 = 1) (0 = 1) (0 = 1) (0 = 1))\n(NONE ((0) (GO ON)))\n",
        encoding="utf-8",
    )
    with (
        live_server(tmp_path / "patients", script=script, machine_steps=10) as server,
        Client(server) as ada,
    ):
        ada.enter("Ada")
        assert ada.ask("A").code == codes.SAYS
        assert ada.ask("no keyword").code == codes.SAYS


def test_threads_running_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system gives no thread the client gets 421, and the next one is served."""

    def none_left(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with live_server(tmp_path, machine=FakeMachine()) as server:
        with monkeypatch.context() as patch:
            patch.setattr(DoctorClientHandler, "start", none_left)
            with Client(server) as unlucky:
                assert unlucky.reply().code == codes.CLOSING
                assert unlucky.closed()
        assert served(server)


def test_descriptors_running_out(tmp_path: Path) -> None:
    """In a process with few descriptors everybody hears 220 or 421, and the server goes on."""
    if os.name != "posix":
        pytest.skip("no limit of descriptors here")
    command = f"ulimit -n 48; exec {sys.executable} server.py --port 0 --patients {tmp_path}/p"
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            clients = [Client(port) for _ in range(80)]
            got = {client.reply().code for client in clients}
            for client in clients:
                client.socket.close()
            assert got == {codes.READY, codes.CLOSING}

            def served_again() -> bool:
                with Client(port) as ada:
                    return ada.reply().code == 220 and ada.ask("Ada").code == 230

            until(served_again, "a free place")
        finally:
            process.terminate()
    assert process.returncode == 0


def test_no_busy_loop_where_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without even the spare descriptor, accepting pauses for a moment."""

    class Listener:
        """Has nothing to give."""

        def accept(self) -> Any:
            """Fail."""
            raise OSError(errno.EMFILE, "Too many open files")

    def none_left(*_: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    one = acceptor.Acceptor(Settings(port=0), Metrics())
    try:
        with monkeypatch.context() as patch:
            patch.setattr(one, "listener", Listener())
            patch.setattr(os, "open", none_left)
            assert list(one.accept_waiting()) == []
            assert one.pause_for > 0
        assert list(one.accept_waiting()) == []
        assert one.pause_for == 0
    finally:
        one.close()


def test_connections_follow_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more clients are let in than there are descriptors for them and for the histories."""
    monkeypatch.setattr("doctor.server.process.descriptors", lambda: 1000)
    assert most_connections(Settings(connections=10)) == 10
    assert most_connections(Settings()) < 1000


@pytest.mark.parametrize("allowed", [64, 256, 1024, 4096, 1 << 20])
def test_histories_leave_descriptors_for_all_else(
    monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    """Clients and the histories held open together leave some for logs, folds and the like."""
    monkeypatch.setattr("doctor.server.process.descriptors", lambda: allowed)
    left = allowed - most_connections(Settings(connections=1_000_000)) - open_files()
    assert left >= allowed // 4 // 3 or left >= 512


def test_a_rush_of_newcomers(tmp_path: Path) -> None:
    """Two hundred who connect before the server accepts anybody are all let in."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        rush = [socket.create_connection(server.address) for _ in range(200)]
        for one in rush:
            one.settimeout(PATIENCE)
        assert {one.recv(3) for one in rush} == {b"220"}
        for one in rush:
            one.close()
