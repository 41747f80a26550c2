"""The gateway's parts without sockets: limits, origins, options."""

from __future__ import annotations

import argparse

import pytest

from client.web.limits import NEW_OF_ADDRESS, Admission, LineRate, network_of
from client.web.options import add_options
from client.web.origins import OriginRule, is_local, is_origin


@pytest.mark.parametrize(
    ("host", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1%eth0", "2001:db8::/64"),
        ("127.0.0.5", "this computer"),
        ("::1", "this computer"),
    ],
)
def test_an_address_counts_as_one_computer(host: str, counts_as: str) -> None:
    """An address of IPv6 counts as its network, one of IPv4 as itself."""
    assert network_of(host) == counts_as


def test_admission_counts_what_is_open() -> None:
    """What was closed is free again; each address has its own limit; all together have one."""
    admission = Admission(visitors=3, of_address=2, local_too=False)
    assert [admission.open_socket("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert [admission.open_socket("192.0.2.2") for _ in range(2)] == [True, False]
    admission.close_socket("192.0.2.1")
    assert admission.open_socket("192.0.2.2")
    assert not admission.open_socket("127.0.0.1")


def test_this_computer_is_exempt_from_the_limit_of_an_address() -> None:
    """Visitors from this computer are counted together with all others alone."""
    admission = Admission(visitors=5, of_address=1, local_too=False)
    assert [admission.open_socket("127.0.0.1") for _ in range(6)] == [True] * 5 + [False]


def test_an_address_opens_so_many_connections_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that are opened faster are refused, for the rest of the second."""
    now = [100.0]
    monkeypatch.setattr("client.web.limits.time.monotonic", lambda: now[0])
    admission = Admission(visitors=10_000, of_address=10_000, local_too=False)
    found = [admission.open_connection("192.0.2.1") for _ in range(NEW_OF_ADDRESS + 1)]
    assert found == [True] * NEW_OF_ADDRESS + [False]
    assert admission.open_connection("192.0.2.2")
    now[0] += 1
    assert admission.open_connection("192.0.2.1")


def test_lines_over_the_rate_wait() -> None:
    """The first lines pass at once; each one more waits for its share of a second."""
    rate = LineRate(10.0, 2)
    waits = [rate.take() for _ in range(4)]
    assert waits[:2] == [0.0, 0.0]
    assert 0.05 < waits[2] <= 0.1
    assert 0.15 < waits[3] <= 0.2


@pytest.mark.parametrize(
    ("host", "origin", "local_only", "accepted"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True, True),
        ("localhost:8000", "http://localhost:8000", True, True),
        ("[::1]:8000", "http://[::1]:8000", True, True),
        ("192.0.2.1:8000", "http://192.0.2.1:8000", True, False),
        ("192.0.2.1:8000", "http://192.0.2.1:8000", False, True),
        ("doctor.example:8000", "http://doctor.example:8000", False, False),
        ("given.example", "https://given.example", True, True),
        ("given.example", "http://given.example", True, False),
        ("given.example", None, True, True),
        ("127.0.0.1:8000", None, True, True),
        ("", None, False, False),
        ("[", "http://[", False, False),
    ],
)
def test_only_expected_addresses_are_accepted(
    host: str, origin: str | None, accepted: bool, *, local_only: bool
) -> None:
    """Numbers and names of this computer, and addresses that were given; nothing else."""
    rule = OriginRule("http", local_only, frozenset({"https://given.example"}))
    assert rule.accepts(host, origin) is accepted


def test_addresses_that_only_this_computer_reaches() -> None:
    """Loopback addresses and `localhost` are this computer's; others are not."""
    found = [is_local(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "a.example")]
    assert found == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("https://doctor.example", True),
        ("http://127.0.0.1:8000", True),
        ("https://doctor.example/", False),
        ("https://Doctor.example", False),
        ("doctor.example", False),
        ("https://me@doctor.example", False),
        ("https://doctor.example:x", False),
        ("ftp://doctor.example", False),
    ],
)
def test_an_origin_is_a_scheme_and_a_host(text: str, valid: bool) -> None:
    """Only what browsers send as `Origin` is taken for --origin."""
    assert is_origin(text) is valid


@pytest.mark.parametrize(
    "words",
    [
        ["--server", "nowhere"],
        ["--server", ":5000"],
        ["--server", "host:0"],
        ["--origin", "doctor.example"],
        ["--connections", "0"],
        ["--address-connections", "-1"],
    ],
)
def test_wrong_options_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An option that cannot be used ends the program with status 2 and a sentence."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(words)
    assert stop.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_the_address_of_a_server_may_be_of_ipv6() -> None:
    """Brackets around an address are taken off."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert parser.parse_args(["--server", "[::1]:5000"]).server == ("::1", 5000)
