"""Passphrases: what is stored of one, and how it is checked."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest

from doctor.errors import LockUnreadable
from doctor.patients import passphrase
from doctor.patients.passphrase import PassphraseChecker

CHECKER = PassphraseChecker(2)


def test_the_right_one_and_no_other_matches() -> None:
    """Only the passphrase itself matches, however it is composed; salts make records differ."""
    record = CHECKER.make("caf\u00e9 secret")
    assert CHECKER.matches(record, "cafe\u0301 secret")
    assert not CHECKER.matches(record, "cafe secret")
    assert CHECKER.make("caf\u00e9 secret") != record
    assert b"secret" not in record


def test_parameters_stand_in_the_record() -> None:
    """A check uses the record's own parameters: 32 MiB for those made today."""
    record = CHECKER.make("x")
    assert record[:4] == bytes([1, 15, 8, 1])
    assert 128 * (1 << record[1]) * record[2] == 32 << 20
    salt = b"s" * 16
    older = bytes([1, 10, 8, 1]) + salt
    older += hashlib.scrypt(b"x", salt=salt, n=1024, r=8, p=1, dklen=32)
    assert CHECKER.matches(older, "x")


@pytest.mark.parametrize(
    "start", [b"\x02\x0f\x08\x01", b"\x01\x1e\x08\x01", b"\x01\x0f\xff\x01", b"\x01\x0f\x08\xff",
              b"\x01\x00\x08\x01", b"\x01\x0f\x08\x00"],
)  # fmt: skip
def test_a_record_that_asks_too_much_is_unreadable(start: bytes) -> None:
    """Unknown schemes and costly parameters are refused before anything is computed."""
    for record in (start + bytes(48), start, b""):
        assert not passphrase.readable(record)
        with pytest.raises(LockUnreadable):
            CHECKER.matches(record, "x")


def test_two_checks_at_once_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight checks at the same time run two by two."""
    lock = threading.Lock()
    running = most = 0
    both = threading.Barrier(2)

    def scrypt(*_: Any, **__: Any) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait(10)
        with lock:
            running -= 1
        return bytes(32)

    record = CHECKER.make("x")
    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    threads = [threading.Thread(target=CHECKER.matches, args=(record, "x")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2
