"""Notices, which any thread may push between the replies of a connection, on real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.server.network.connection import OUTBOX_BYTES, ClientGone, Connection
from tests.support.helpers import PATIENCE, until
from tests.support.network import KINDS, joined, read_all, read_exactly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.parametrize("kind", KINDS)
#: A notice of 1,000 bytes.
_LONG = b"150 " + b"x" * 995 + b"\n"


@contextlib.contextmanager
def running(*tasks: Callable[[], object]) -> Iterator[None]:
    """Run tasks in threads of their own, and wait for their end."""
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def echo(connection: Connection) -> None:
    """Answer each line as the server does: another thread may send the reply."""
    with contextlib.suppress(ClientGone, OSError):
        while True:
            line = connection.read_line()
            connection.hand_over()
            connection.release(f"250 {line}\n".encode())


def push_until_full(connection: Connection) -> int:
    """Push long notices until one is refused; return how many were taken."""
    for taken in range(100_000):
        if not connection.push(_LONG):
            return taken
    raise AssertionError("nothing was refused")


def test_notices_arrive_at_once(kind: str) -> None:
    """A client that says nothing gets a notice while its handler waits for a line."""
    with joined(kind) as (connection, client), running(lambda: echo(connection)):
        for number in range(3):
            notice = b"150 notice %d\n" % number
            assert connection.push(notice)
            assert read_exactly(client, len(notice)) == notice
        client.sendall(b"hello\n")
        assert read_exactly(client, 10) == b"250 hello\n"
        client.shutdown(socket.SHUT_RDWR)


def test_a_notice_waits_for_the_reply_under_way(kind: str) -> None:
    """What is pushed while a reply is made comes right after it, in the order of the pushes."""
    with joined(kind) as (connection, client):
        connection.hand_over()
        assert all(connection.push(b"150 %d\n" % number) for number in range(3))
        connection.release(b"250 reply\n")
        expected = b"250 reply\n150 0\n150 1\n150 2\n"
        assert read_exactly(client, len(expected)) == expected


def test_a_notice_comes_after_a_reply_that_is_given_up(kind: str) -> None:
    """Where a reply that was handed over is not made at all, notices do not wait for another."""
    with joined(kind) as (connection, client):
        connection.hand_over()
        assert connection.push(b"150 hello\n")
        connection.take_back()
        assert read_exactly(client, 10) == b"150 hello\n"


def test_lines_and_notices_in_both_directions_at_once(kind: str) -> None:
    """Replies and three threads' notices mix line by line; each keeps its own order."""
    count, pushers = 400, 3

    def push(pusher: int) -> None:
        for number in range(count):
            assert connection.push(b"150 %d %d\n" % (pusher, number))

    with joined(kind) as (connection, client):
        tasks = [lambda at=at: push(at) for at in range(pushers)]
        with running(lambda: echo(connection), *tasks):
            found, asked = b"", 0
            while found.count(b"\n") < count * (pushers + 1):
                for _ in range(min(5, count - asked)):  # the client's TLS belongs to one thread
                    client.sendall(b"%d\n" % asked)
                    asked += 1
                found += client.recv(1_000)
            client.shutdown(socket.SHUT_RDWR)
    lines = found.splitlines()
    assert [line for line in lines if line.startswith(b"250")] == [
        b"250 %d" % number for number in range(count)
    ]
    for pusher in range(pushers):
        start = b"150 %d " % pusher
        assert [int(line[len(start) :]) for line in lines if line.startswith(start)] == list(
            range(count)
        )


def test_a_client_that_reads_late_gets_everything(kind: str) -> None:
    """Notices wait for a slow client; they and the next reply arrive whole, in their order."""
    with joined(kind, receive=4096) as (connection, client):
        notices = [b"150 %03d " % number + b"x" * 991 + b"\n" for number in range(200)]
        assert all(connection.push(notice) for notice in notices)

        def reply() -> None:
            connection.hand_over()  # it waits for the notices
            connection.release(b"250 at last\n")

        with running(reply):
            expected = b"".join(notices)
            found = read_exactly(client, len(expected) + 12)
        assert found.replace(b"250 at last\n", b"") == expected
        assert found.count(b"250 at last\n") == 1


def test_an_overflow_ends_the_connection(kind: str) -> None:
    """A client that reads nothing is disconnected when the outbox is full; no push waits."""
    with joined(kind, receive=4096) as (connection, client), running(lambda: echo(connection)):
        taken = push_until_full(connection)
        assert not connection.push(b"150 too late\n")
        found = read_all(client)
        assert taken * len(_LONG) > OUTBOX_BYTES
        assert found[: len(found) // 1000 * 1000] == _LONG * (len(found) // 1000)
        assert not connection._outbox or len(b"".join(connection._outbox)) <= OUTBOX_BYTES


def test_a_client_that_is_too_slow_is_disconnected(kind: str) -> None:
    """Notices that are not read within the setting's time end the connection, as replies do."""
    with (
        joined(kind, receive=4096, slow_reader_time=0.2) as (connection, client),
        running(lambda: echo(connection)),
    ):
        assert all(connection.push(_LONG) for _ in range(250))
        until(lambda: not connection.push(b"150 still there?\n"), "the end")
        assert len(read_all(client)) < 250_000


def test_a_client_that_is_gone_is_noticed(kind: str) -> None:
    """A push to a client that has left is no error, and soon returns False."""
    with joined(kind) as (connection, client):
        client.close()
        until(lambda: not connection.push(b"150 hello\n"), "a refused notice")
        with pytest.raises(ClientGone):
            connection.read_line()


def test_nothing_is_pushed_after_the_close(kind: str) -> None:
    """After `close` a push returns False; before it everything arrives and then the end."""
    with joined(kind) as (connection, client):
        assert connection.push(b"150 goodbye\n")
        with running(connection.close):
            assert read_all(client) == b"150 goodbye\n"
            client.close()
        assert not connection.push(b"150 too late\n")
