"""Reading again: no helplines, script or certificate can end a server or hold it up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.programs import TREE, Peer, Server, clean, run_many, until

if TYPE_CHECKING:
    from pathlib import Path

SOUND = b'directory = "findahelpline.com"\nemergency = "112"\n'
HELPLINES: dict[str, bytes | str] = {
    "nested-lists": b"x = " + b"[" * 30_000 + b"]" * 30_000 + b"\n" + SOUND,
    "nested-tables": b"x = " + b"{a=" * 30_000 + b"1" + b"}" * 30_000 + b"\n" + SOUND,
    "a-long-key": b".".join([b"a"] * 30_000) + b" = 1\n" + SOUND,
    "a-long-table": b"[" + b".".join([b"a"] * 30_000) + b"]\n",
    "a-long-number": b"x = " + b"9" * 5_000 + b"\n" + SOUND,
    "a-long-hexadecimal-number": b"x = 0x" + b"f" * 50_000 + b"\n" + SOUND,
    "a-long-exponent": b"x = 1e" + b"9" * 5_000 + b"\n" + SOUND,
    "a-bad-date": b"x = 9999-99-99\n" + SOUND,
    "not-text": b"\xff\xfe\0\0" + SOUND,
    "a-lone-surrogate": b'directory = "\\ud800"\nemergency = "112"\n',
    "wrong-kinds": b"directory = 1\nemergency = []\n",
    "a-list-for-a-table": b"helpline = 3\n" + SOUND,
    "nothing": b"",
    "a-directory": "directory",
    "a-fifo": "fifo",
    "gone": "gone",
}
SCRIPTS: dict[str, bytes | str] = {
    "nested": b"(" * 50_000 + b")" * 50_000,
    "nested-in-a-rule": b"(HI)\nSTART\n(A "
    + b"(" * 50_000
    + b")" * 50_000
    + b")\n(NONE ((0) (GO)))",
    "a-long-number": b"(HI)\nSTART\n(A " + b"9" * 5_000 + b" ((0) (YES)))\n(NONE ((0) (GO ON)))\n",
    "a-long-component": b"(HI)\nSTART\n(A ((" + b"9" * 5_000 + b") (YES)))\n(NONE ((0) (GO ON)))\n",
    "an-index-far-away": b"(HI)\nSTART\n(A ((0) (" + b"9" * 5_000 + b")))\n(NONE ((0) (GO ON)))\n",
    "not-text": b"\xff\xfe(\0",
    "unfinished": b"(HI)\nSTART\n(A ((0)",
    "nothing": b"",
    "a-fifo": "fifo",
    "a-directory": "directory",
    "gone": "gone",
}

#: What can be read after all, if a version takes it.
CAN_BE_READ = ("a-long-exponent", "a-long-number", "a-long-hexadecimal-number", "a-long-key")


def _put(path: Path, what: bytes | str) -> None:
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    if isinstance(what, bytes):
        path.write_bytes(what)
    elif what == "directory":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)


def _all_survived(server: Server, path: Path, faulty: dict[str, bytes | str]) -> None:
    """Have each file read while somebody talks; after each the server still answers."""
    with Peer(server.port) as ada:
        ada.enter("Ada")
        for kind, what in faulty.items():
            _put(path, what)
            before = server.errors().count("\n")
            server.signal(signal.SIGHUP)

            def told(before: int = before) -> bool:
                lines = server.errors().splitlines()[before:]
                return any("reload" in line for line in lines)

            until(told, f"a word about {kind}", 8)
            assert server.process.poll() is None, kind
            assert ada.ask(f"It is {kind}.").code == 250, kind
            assert [reply.code for reply in server.visit("Bob", "One.")] == [230, 250], kind


@pytest.mark.parametrize("kind", HELPLINES)
def test_one_kind_of_helplines_at_sighup(tmp_path: Path, kind: str) -> None:
    """Helplines of each kind alone do not end the server at SIGHUP."""
    path = tmp_path / "helplines.toml"
    path.write_bytes(SOUND)
    with Server(tmp_path / "p", "--helplines", str(path)) as server:
        _all_survived(server, path, {kind: HELPLINES[kind]})


@pytest.mark.parametrize("kind", SCRIPTS)
def test_one_kind_of_script_at_sighup(tmp_path: Path, kind: str) -> None:
    """A script of each kind does not end the server at SIGHUP."""
    path = tmp_path / "a.script"
    shutil.copy(TREE / "tests" / "data" / "trial.script", path)
    with Server(tmp_path / "p", "--script", str(path)) as server:
        _all_survived(server, path, {kind: SCRIPTS[kind]})


@pytest.mark.parametrize("option", ["--helplines", "--script"])
def test_the_same_faults_at_the_start(tmp_path: Path, option: str) -> None:
    """A file that cannot be read at the start is one line on stderr and status 2."""
    faulty = HELPLINES if option == "--helplines" else SCRIPTS
    paths = {kind: tmp_path / f"{kind}.file" for kind in faulty}
    for kind, path in paths.items():
        _put(path, faulty[kind])
    ran = run_many([
        {"serve": True, "arguments": ["--port", "0", "--patients", str(tmp_path / "p"), option,
                                      str(path)]}
        for path in paths.values()
    ])  # fmt: skip
    wrong = {
        kind: (each.status, each.err[-200:])
        for (kind, path), each in zip(paths.items(), ran, strict=True)
        if not (each.status == 2 and clean(each) and path.name in each.err)
        and not (each.status == 0 and kind in CAN_BE_READ)
    }
    assert wrong == {}


@pytest.mark.parametrize("kind", ["encrypted", "encrypted-pkcs8", "another-key", "no-key", "fifo"])
def test_a_certificate_that_cannot_be_read_again(tmp_path: Path, kind: str) -> None:
    """A key that asks for a passphrase prompts nobody and does not stop the accept loop."""
    authority = trustme.CA()
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = authority.issue_cert("localhost", "127.0.0.1")
    cert.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    made.private_key_pem.write_to_path(str(key))
    with Server(
        tmp_path / "p", "--tls-cert", str(cert), "--tls-key", str(key),
        stdin=subprocess.PIPE, new_session=True,
    ) as server:  # fmt: skip
        if kind.startswith("encrypted"):
            _encrypt(key, kind)
        elif kind == "another-key":
            trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(str(key))
        else:
            _put(key, "fifo" if kind == "fifo" else b"")
        server.signal(signal.SIGHUP)
        until(lambda: "reload" in server.errors(), "a word in the log", 8)
        assert "pass phrase" not in server.errors()
        with Peer(server.port, patience=8) as peer:
            peer.send(b"not TLS\n")
            peer.everything()  # somebody takes connections
        assert server.stop() == 0


def _encrypt(key: Path, kind: str) -> None:
    from cryptography.hazmat.primitives import serialization as form

    loaded = form.load_pem_private_key(key.read_bytes(), None)
    old = form.PrivateFormat.TraditionalOpenSSL
    key.write_bytes(
        loaded.private_bytes(
            form.Encoding.PEM,
            old if kind == "encrypted" else form.PrivateFormat.PKCS8,
            form.BestAvailableEncryption(b"secret"),
        )
    )


@pytest.mark.parametrize("kind", ["encrypted", "encrypted-pkcs8"])
def test_an_encrypted_key_at_the_start(tmp_path: Path, kind: str) -> None:
    """A key that asks for a passphrase is one line and status 2 at the start, never a prompt."""
    made = trustme.CA().issue_cert("localhost")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    made.private_key_pem.write_to_path(str(key))
    _encrypt(key, kind)
    with Server(
        tmp_path / "p", "--tls-cert", str(cert), "--tls-key", str(key),
        stdin=subprocess.PIPE, new_session=True, started=False,
    ) as server:  # fmt: skip
        assert server.process.wait(5) == 2
        assert len(server.errors().splitlines()) == 1
        assert "key.pem" in server.errors()
