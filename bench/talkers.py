"""Patients who talk, each in a thread, and remember every line that was answered.

`DirectTalkers` use a store in this process; `NetworkTalkers` are clients of several servers, and
go to another one when theirs is gone, where they send what was not answered under its number.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from doctor.patients.postgresql.storage import PostgreSQLStorage  # noqa: E402 - the path first
from doctor.patients.store import PatientStore  # noqa: E402
from doctor.protocol import codes  # noqa: E402
from doctor.protocol.replies import Reply, ReplyReader  # noqa: E402
from tests.support.fake_machine import FakeMachine  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds that a client waits for a reply, and between two tries to connect.
PATIENCE, RETRY = 60.0, 0.05


class Talkers:
    """Patients who talk until they are told to end."""

    def __init__(self, number: int) -> None:
        self.ending = threading.Event()
        self.answered: dict[str, list[str]] = {f"P{index}": [] for index in range(number)}
        self.broken: list[str] = []
        self.last = time.monotonic()
        self.silence = 0.0
        self._threads = [
            threading.Thread(target=self._talk, args=(name,)) for name in self.answered
        ]

    def start(self) -> None:
        """Let them talk."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Let each finish its line and go."""
        self.ending.set()
        for thread in self._threads:
            thread.join()

    def count(self) -> int:
        """Return how many lines were answered."""
        return sum(map(len, self.answered.values()))

    def _talk(self, name: str) -> None:
        try:
            self.talk(name)
        except Exception as error:  # noqa: BLE001 - it is counted
            self.broken.append(f"{name}: {error}")

    def talk(self, name: str) -> None:
        """Talk as one patient."""
        raise NotImplementedError

    def note(self, name: str, line: str) -> None:
        """Note that a line was answered."""
        self.answered[name].append(line)
        now = time.monotonic()
        self.silence, self.last = max(self.silence, now - self.last), now


class DirectTalkers(Talkers):
    """Patients of a store in this process, on a database."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(number)
        self._store = PatientStore(PostgreSQLStorage(url, answer=5.0, away=30.0), FakeMachine())

    def talk(self, name: str) -> None:
        """See `Talkers`."""
        with self._store.open(name) as patient:
            for number in itertools.count(1):
                if self.ending.is_set():
                    return
                line = f"{name} {number}"
                patient.say(line)
                self.note(name, line)

    def end(self) -> None:
        """See `Talkers`."""
        super().end()
        self._store.close()


class NetworkTalkers(Talkers):
    """Clients of several servers."""

    def __init__(self, ports: Sequence[int], number: int) -> None:
        super().__init__(number)
        self._ports = ports

    def talk(self, name: str) -> None:
        """See `Talkers`."""
        ports = itertools.cycle(self._ports)
        for _ in range(int(name[1:]) % len(self._ports)):
            next(ports)
        number = 1
        until = time.monotonic() + PATIENCE
        while not self.ending.is_set():
            try:
                with Client(next(ports), name) as client:
                    while not self.ending.is_set():
                        line = f"{name} {number}"
                        client.say(line, number)
                        self.note(name, line)
                        number += 1
                        until = time.monotonic() + PATIENCE
            except OSError:
                if time.monotonic() > until:
                    raise
                self.ending.wait(RETRY)


class Client:
    """A session of one patient on one server."""

    def __init__(self, port: int, name: str) -> None:
        self._reader = ReplyReader()
        self._replies: list[Reply] = []
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        try:
            self._expect(codes.READY)
            self._send(name)
            self._expect(codes.WELCOME)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._send("/quit")
        self._socket.close()

    def say(self, line: str, number: int) -> None:
        """Say a line under its number; ConnectionError where it was not answered."""
        self._send(f"/as {number} {line}")
        self._expect(codes.SAYS)

    def _send(self, line: str) -> None:
        self._socket.sendall(line.encode() + b"\n")

    def _expect(self, code: int) -> None:
        while not self._replies:
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionError("the server closed the connection")
            self._replies += self._reader.feed(data)
        reply = self._replies.pop(0)
        if reply.code != code:
            raise ConnectionError(f"{reply.code} {reply.text}")
