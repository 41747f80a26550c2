"""`python -m client --web` as a program: it starts, serves, stops, and says what is wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from bench.page import free_port
from tests.support.helpers import PATIENCE

ROOT = Path(__file__).resolve().parents[3]


def _start(*options: str, without: str = "") -> subprocess.Popen[str]:
    blocked = f"import sys; sys.modules[{without!r}] = None\n" if without else ""
    code = f"{blocked}import sys; from client.__main__ import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", code, "--web", *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "BROWSER": "true"},
    )


def _finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def test_it_starts_a_server_serves_the_page_and_stops_both(tmp_path: Path) -> None:
    """With --start one command is enough; SIGTERM ends the gateway and the server it started."""
    web, server = free_port(), free_port()
    process = _start(
        *("--port", str(web), "--server", f"127.0.0.1:{server}", "--start"),
        *("--patients", str(tmp_path)),
    )
    assert process.stdout
    assert process.stdout.readline() == f"A doctor was started at 127.0.0.1:{server}.\n"
    assert f"http://127.0.0.1:{web}/" in process.stdout.readline()
    with urllib.request.urlopen(f"http://127.0.0.1:{web}/", timeout=PATIENCE) as page:
        assert b"Talk with the doctor" in page.read()
    process.send_signal(signal.SIGTERM)
    assert _finish(process) == (0, "", "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server), PATIENCE)


def test_a_port_that_is_taken_is_told() -> None:
    """A port that another program has ends it with one line and status 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        status, out, err = _finish(_start("--port", str(other.getsockname()[1])))
    assert (status, out) == (1, "")
    assert err.startswith("client: cannot listen at 127.0.0.1:")
    assert err.count("\n") == 1


def test_a_missing_library_is_told() -> None:
    """Without `websockets` one line says what to install."""
    status, _, err = _finish(_start(without="websockets"))
    assert status == 1
    assert err == "client: the page needs websockets: pip install websockets==17.4\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--tls-key", "key.pem"), "a key without --tls-cert protects nothing"),
        (("--tls-cert", "nothing.pem"), "No such file"),
        (("--tls-cert", "README.md"), "not a certificate"),
    ],
)
def test_a_wrong_certificate_is_told(options: tuple[str, ...], said: str) -> None:
    """A certificate that cannot be used ends it with one line and status 2."""
    status, _, err = _finish(_start("--port", str(free_port()), *options))
    assert status == 2
    assert said in err
    assert err.count("\n") == 1
