"""The log on another machine: what is sent, what is lost, and that nothing waits."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from doctor.server import logs
from doctor.server.logs.remote import MOST, RemoteAddress, RemoteSink, parse_address
from doctor.server.logs.sinks import LinesLost
from doctor.server.settings import Settings
from tests.support.helpers import PATIENCE, ROOT
from tests.support.programs import Server, clean, run, until

if TYPE_CHECKING:
    from pathlib import Path

_MESSAGE = re.compile(
    r"<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]{1,255} doctor \d+ - - (.*)",
    re.DOTALL,
)


def receiver(kind: int = socket.SOCK_DGRAM) -> socket.socket:
    """Return a socket that receives what is logged."""
    made = socket.socket(socket.AF_INET, kind)
    made.settimeout(PATIENCE)
    made.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def text_of(message: bytes) -> tuple[int, str]:
    """Return the severity and the text of a message, which must be one of RFC 5424."""
    found = _MESSAGE.fullmatch(message.decode())
    assert found, message
    facility, severity = divmod(int(found[1]), 8)
    assert facility == 3
    return severity, found[2]


def test_lines_are_messages_of_rfc_5424() -> None:
    """Each line is one datagram with its severity; the text has no second time in it."""
    with receiver() as there:
        writer = logs.start(Settings(log=f"syslog:127.0.0.1:{there.getsockname()[1]}"))
        try:
            logs.info("session opened", patient="Zoë \n", exchanges=3)
            logs.warn("exchange not saved")
            found = [text_of(there.recv(MOST)) for _ in range(2)]
        finally:
            logs.stop(writer)
    assert found == [
        (6, 'info session opened patient="Zoë \\n" exchanges=3'),
        (4, "warning exchange not saved"),
    ]


def test_an_object_is_sent_whole() -> None:
    """With `--log-format json` the text is the object."""
    with receiver() as there:
        where = f"syslog:127.0.0.1:{there.getsockname()[1]}"
        writer = logs.start(Settings(log=where, log_format="json"))
        logs.info("hello")
        logs.stop(writer)
        assert re.fullmatch(r'\{"at": .*"event": "hello"\}', text_of(there.recv(MOST))[1])


def _record(level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("doctor", level, "", 0, "x", None, None)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=4000))
def test_a_datagram_is_short_and_text(line: str) -> None:
    """However long a line is, whatever is in it: a datagram is short, and no character is cut."""
    with receiver() as there:
        sink = RemoteSink(RemoteAddress("udp", "127.0.0.1", there.getsockname()[1]))
        sink.write([f"time {line}"], [_record()])
        sink.close()
        message = there.recv(65536)
    assert len(message) <= MOST
    assert line.startswith(text_of(message)[1])


def test_lost_datagrams_are_counted_and_nobody_waits(capfd: pytest.CaptureFixture[str]) -> None:
    """Where nobody listens lines are lost at once, counted, and told on stderr once."""
    with receiver() as there:
        port = there.getsockname()[1]
    writer = logs.start(Settings(log=f"syslog:127.0.0.1:{port}"))
    try:
        began = time.monotonic()
        for number in range(20):
            logs.info("lost", number=number)
            until(lambda n=number: writer.lost >= n // 2, "the count")  # type: ignore[misc]
        assert time.monotonic() - began < PATIENCE
        until(lambda: writer.lost > 0, "a refusal")
        assert logs.lost_lines() == writer.lost
    finally:
        logs.stop(writer)
    err = capfd.readouterr().err
    assert err.count("server.py: --log syslog:127.0.0.1:") >= 1


def _frames(data: bytes) -> list[bytes]:
    """Return the messages of a stream, each behind its length."""
    found = []
    while data:
        length, _, rest = data.partition(b" ")
        found.append(rest[: int(length)])
        data = rest[int(length) :]
    return found


@pytest.mark.parametrize("is_tls", [False, True], ids=["tcp", "tls"])
def test_a_connection_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_tls: bool
) -> None:
    """Lines go over one connection, behind their lengths; after its end over another one."""
    monkeypatch.setattr("doctor.server.logs.remote._RETRY", 0.0)
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(server)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    got: list[bytes] = []

    def serve() -> None:
        for _ in range(2):
            connection, _ = there.accept()
            connection.settimeout(PATIENCE)
            if is_tls:
                connection = server.wrap_socket(connection, server_side=True)
            with connection:
                got.append(connection.recv(65536))

    with receiver(socket.SOCK_STREAM) as there:
        thread = threading.Thread(target=serve)
        thread.start()
        transport = "tls" if is_tls else "tcp"
        sink = RemoteSink(RemoteAddress(transport, "127.0.0.1", there.getsockname()[1]))
        sink.write(["t one", "t two"], [_record(), _record()])
        until(lambda: len(got) == 1, "the first lines")
        number = 0
        while len(got) < 2:
            number += 1
            try:
                sink.write([f"t line {number}"], [_record(logging.ERROR)])
            except LinesLost as lost:
                assert lost.count == 1  # noqa: PT017 - not each line finds the end of the other
            threading.Event().wait(0.01)
            assert number < 1000
        thread.join(PATIENCE)
        sink.close()
    assert [text_of(message) for message in _frames(got[0])] == [(6, "one"), (6, "two")]
    severity, text = text_of(_frames(got[1])[0])
    assert (severity, text.partition(" ")[0]) == (3, "line")


def test_a_certificate_that_nobody_knows_gets_nothing(tmp_path: Path) -> None:
    """A receiver whose certificate is not trusted is sent no line."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(server)
    failed: list[Exception] = []

    def serve() -> None:
        connection, _ = there.accept()
        with connection:
            try:
                server.wrap_socket(connection, server_side=True)
            except OSError as error:
                failed.append(error)

    del tmp_path
    with receiver(socket.SOCK_STREAM) as there:
        thread = threading.Thread(target=serve)
        thread.start()
        sink = RemoteSink(RemoteAddress("tls", "127.0.0.1", there.getsockname()[1]))
        with pytest.raises(LinesLost, match="certificate"):
            sink.write(["t one"], [_record()])
        thread.join(PATIENCE)
        sink.close()
    assert failed


def test_a_server_serves_while_its_log_is_away(tmp_path: Path) -> None:
    """With a receiver that does not take the connection the server starts, serves and stops."""
    with receiver(socket.SOCK_STREAM) as there:
        port = there.getsockname()[1]
    with Server(tmp_path, "--log", f"syslog+tcp:127.0.0.1:{port}") as server:
        assert [reply.code for reply in server.visit("Ada", "hello")] == [230, 250]
        assert server.stop() == 0
        assert server.errors().count("server.py: --log syslog+tcp:127.0.0.1:") == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("syslog:loghost:5514", ("udp", "loghost", 5514)),
        ("syslog:192.0.2.1", ("udp", "192.0.2.1", 514)),
        ("syslog+tcp:[2001:db8::1]:601", ("tcp", "2001:db8::1", 601)),
        ("syslog+tls:log.example", ("tls", "log.example", 6514)),
        ("syslog", None),
        ("/var/log/syslog:x", None),
    ],
)
def test_addresses(text: str, found: tuple[str, str, int] | None) -> None:
    """The scheme says how, the port may be left out, and everything else is a file."""
    assert parse_address(text) == found
    if found is not None:
        assert parse_address(str(parse_address(text))) == found


@pytest.mark.parametrize(
    "text", ["syslog:", "syslog:a:b", "syslog:a:0", "syslog:a:70000", "syslog+udp:a:1", "syslog::1"]
)
def test_addresses_that_are_none(text: str) -> None:
    """A fault in the address ends the start with one sentence."""
    ran = run("server.py", "--log", text, "--check-config")
    assert ran.status == 2
    assert clean(ran)
    assert ran.err.startswith("server.py: --log: ")


def test_the_example_prints_what_comes(tmp_path: Path) -> None:
    """`examples/remote_log.py` shows a line of a server, and nothing that a terminal acts on."""
    example = subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / "remote_log.py"), "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert example.stdout
        port = int(example.stdout.readline().split()[-1])
        with receiver() as sender:
            sender.sendto(b"a\x1b[2Jb\n", ("127.0.0.1", port))
            assert example.stdout.readline() == "127.0.0.1 a?[2Jb?\n"
        with Server(tmp_path, "--log", f"syslog:127.0.0.1:{port}"):
            assert "info serving address=" in example.stdout.readline()
    finally:
        example.kill()
        example.communicate()


@pytest.mark.skipif(shutil.which("rsyslogd") is None, reason="no rsyslog: apt-get install rsyslog")
@pytest.mark.parametrize("scheme", ["syslog", "syslog+tcp"])
def test_a_real_rsyslog_understands_it(tmp_path: Path, scheme: str) -> None:
    """Rsyslog finds time, machine, program, process, severity and text where they belong."""
    kind = "imudp" if scheme == "syslog" else "imtcp"
    with receiver(socket.SOCK_DGRAM if scheme == "syslog" else socket.SOCK_STREAM) as taken:
        port = taken.getsockname()[1]
    out = tmp_path / "out"
    template = "%app-name%|%procid%|%syslogseverity-text%|%syslogfacility-text%|%msg%|%hostname%\\n"
    config = tmp_path / "rsyslog.conf"
    config.write_text(
        f'global(workDirectory="{tmp_path}")\n'
        f'module(load="{kind}")\ninput(type="{kind}" port="{port}" address="127.0.0.1")\n'
        f'template(name="plain" type="string" string="{template}")\n'
        f'action(type="omfile" file="{out}" template="plain")\n'
    )
    rsyslog = subprocess.Popen(
        ["rsyslogd", "-n", "-f", str(config), "-i", str(tmp_path / "pid")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until((tmp_path / "pid").exists, "rsyslog")
        with Server(tmp_path / "p", "--log", f"{scheme}:127.0.0.1:{port}") as server:
            until(
                lambda: server.visit("Zoë", "hello") and out.exists() and "Zoë" in out.read_text(),
                "a line in rsyslog's file",
            )
            process = server.process.pid
        lines = [line.split("|") for line in out.read_text("utf-8").splitlines()]
        (opened, *_) = [line for line in lines if line[4].startswith("info session opened")]
        assert opened[:4] == ["doctor", str(process), "info", "daemon"]
        assert "patient=Zoë" in opened[4]
        assert opened[5] == socket.gethostname()
    finally:
        rsyslog.terminate()
        rsyslog.wait(PATIENCE)
