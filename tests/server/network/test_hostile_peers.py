"""Clients that mean harm or mistake us for something else: the right code, a clean close, no harm.

After each of them the next patient is served, and the fixture of every test counts threads and
descriptors.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from doctor.patients.opening import load
from doctor.protocol import CLIENT_LINE
from doctor.server import logs
from doctor.server.handler import DoctorClientHandler
from doctor.server.settings import Settings
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import Client, live_server, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from server import DoctorServer


@contextlib.contextmanager
def besieged(patients: Path) -> Iterator[DoctorServer]:
    """Run a server; at the end somebody must still be served, and nobody else be left."""
    with live_server(patients, machine=FakeMachine(), slow_reader_time=0.5) as server:
        yield server
        until(lambda: not server.admin.status()["connected"], "the attacker's end")
        with Client(server) as patient:
            assert patient.enter("the next patient").code == 230
            assert patient.ask("hello").code == 250


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        (b"GET / HTTP/1.1\r\nHost: doctor\r\n\r\n", [220, 421]),
        (b"POST /x HTTP/1.0\r\n\r\n", [220, 421]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [220, 421]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)), [220, 421]),
        (b"\xff\xfb\x01\xff\xfd\x03\xff\xfa\x18\x00VT100\xff\xf0Ada\r\n", [220, 230]),
        (b"\xc3\x28\n\xed\xa0\x80\nAda\n", [220, 500]),
        (b"\x00\n\x00\n\x00\n", [220, 421]),
        (b"\r\nAda\r\nI am sad.\r\n", [220, 553]),
        (b"\r\nAda\r\n//quit\r\n/quit\r\n", [220, 553, 221]),
        (b"../../etc/passwd\n/quit\n", [220, 230, 221]),
        (b"Ada\nGET / HTTP/1.1\n/quit\n", [220, 230, 250, 221]),
        (b"Ada\n" + b"%s %d {0} \\x00 ' OR 1=1;\n/quit\n", [220, 230, 250, 221]),
    ],
)
def test_what_strangers_are_told(tmp_path: Path, sent: bytes, codes: list[int]) -> None:
    """Other protocols, telnet's negotiation, no text and odd names each get the right codes."""
    with besieged(tmp_path / "patients") as server, Client(server) as stranger:
        stranger.send(sent)
        stranger.socket.shutdown(socket.SHUT_WR)
        assert [stranger.reply().code for _ in codes] == codes
        assert stranger.closed()
    assert [entry.name for entry in tmp_path.iterdir()] == ["patients"]


@pytest.mark.parametrize("name", [b"", b"Ada\n"])
def test_ten_megabytes_without_an_end(tmp_path: Path, name: bytes) -> None:
    """A line without end is refused once, as soon as it is too long, and costs no memory."""
    with besieged(tmp_path) as server, Client(server) as flood:
        flood.send(name)
        assert flood.reply().code == 220
        if name:
            assert flood.reply().code == 230
        piece = b"x" * 65_536
        for _ in range(160):
            flood.send(piece)
        assert flood.reply().code == 500
        (handler,) = server.context.sessions
        assert isinstance(handler, DoctorClientHandler)
        assert len(handler._connection._buffer._rest) < CLIENT_LINE
        assert flood.ask("\nAda").code in {230, 250}


def test_a_reset_in_the_middle_of_everything(tmp_path: Path) -> None:
    """A client that resets its connection, at any point, is gone and forgotten."""
    with besieged(tmp_path) as server:
        for said in (b"", b"Ad", b"Ada\n", b"Ada\nhello\nhello\nhel"):
            with Client(server) as rude:
                rude.send(said)
                linger = struct.pack("ii", 1, 0)
                rude.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def test_a_half_closed_connection_gets_its_replies(tmp_path: Path) -> None:
    """A client that has said everything and closed its side still hears every answer."""
    with besieged(tmp_path) as server, Client(server) as ada:
        ada.send(b"Ada\none\ntwo\nno newline")
        ada.socket.shutdown(socket.SHUT_WR)
        assert [ada.reply().code for _ in range(5)] == [220, 230, 250, 250, 250]
        assert ada.closed()
    said = [exchange.patient for exchange in load(tmp_path / "Ada.dat").history]
    assert said == ["one", "two", "no newline"]


_FLOOD = """
import socket, sys, threading
one = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
one.sendall(b"flood\\n")
def swallow():
    while one.recv(65536):
        pass
threading.Thread(target=swallow, daemon=True).start()
while True:
    one.sendall(b"me me me\\n" * 1000)
"""


def test_a_flood_delays_its_sender_alone(tmp_path: Path) -> None:
    """While one client sends as fast as it can, another one is answered every time."""
    with besieged(tmp_path) as server, Client(server) as ada:
        ada.enter("Ada")
        command = [sys.executable, "-c", _FLOOD, str(server.address[1])]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as flood:
            until(lambda: server.context.metrics.exchanges > 100, "the flood")
            assert {ada.ask("and I?").code for _ in range(20)} == {250}
            flood.kill()


def test_many_strangers_at_once(tmp_path: Path) -> None:
    """A hundred silent connections, each with half a line, hinder nobody."""
    with besieged(tmp_path) as server:
        strangers = [socket.create_connection(server.address) for _ in range(100)]
        for stranger in strangers:
            stranger.sendall(b"half a na")
        with Client(server) as ada:
            assert ada.enter("Ada").code == 230
        for stranger in strangers:
            stranger.close()


CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_control_character_reaches_the_log(tmp_path: Path, form: str) -> None:
    """Escape sequences and direction marks, in names and in lines, arrive in the log escaped."""
    log = tmp_path / "log"
    writer = logs.start(Settings(log=str(log), log_format=form, log_text=True))
    try:
        with besieged(tmp_path / "patients") as server, Client(server) as ada:
            ada.reply()
            ada.ask("\x1b[2J\x07 red \u202e name")
            ada.ask("Ada")
            reply = ada.ask("\x1b]0;owned\x07 \u202e \x9b31m")
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", reply.text)
            logs.info("straight in", text="\x1b[31m \u2067 \x7f")
    finally:
        logs.stop(writer)
    text = log.read_text(encoding="utf-8")
    assert "straight in" in text
    assert not CONTROLS.search(text)


def test_the_log_does_not_repeat_what_was_said(tmp_path: Path) -> None:
    """Who, what and how long stand in the log; what a patient said only where that is asked for."""
    log = tmp_path / "log"
    writer = logs.start(Settings(log=str(log)))
    try:
        with besieged(tmp_path / "patients") as server, Client(server) as ada:
            ada.enter("Ada")
            ada.ask("a secret about my mother")
            ada.ask("/bogus secret")
            ada.ask("/quit")
    finally:
        logs.stop(writer)
    text = log.read_text(encoding="utf-8")
    assert "patient=Ada" in text
    assert "exchanges=1" in text
    assert "secret" not in text
