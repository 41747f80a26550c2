"""The PROXY protocol: whose connection it is, whatever bytes come and however they are cut."""

from __future__ import annotations

import contextlib
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doctor.errors import BadProxyHeader
from doctor.protocol.proxy import MOST, SIGNATURE, HeaderReader, ProxyHeader, pack_header

_PORTS = st.integers(0, 65535)
_V4 = st.ip_addresses(v=4).map(str)
_V6 = st.ip_addresses(v=6).map(str)
_CUTS = st.lists(st.integers(1, 20), max_size=40)


def read(data: bytes, cuts: list[int] = ()) -> tuple[ProxyHeader, bytes]:  # type: ignore[assignment]
    """Feed a reader as a socket would, cut so; return the header and what was not taken."""
    reader = HeaderReader()
    sizes = iter(cuts)
    while reader.wanted:
        assert data, "the reader wants more than there is"
        size = min(reader.wanted, next(sizes, MOST), len(data))
        reader.feed(data[:size])
        data = data[size:]
    return reader.header, data


def binary(command: int, family: int, body: bytes, length: int | None = None) -> bytes:
    """Return a header of version 2, right or wrong."""
    size = len(body) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, size) + body


@given(_V4 | _V6, _PORTS, _V4 | _V6, _CUTS, st.binary(max_size=40))
def test_a_packed_header_is_read_however_it_is_cut(
    host: str, port: int, other: str, cuts: list[int], rest: bytes
) -> None:
    """The visitor's address and port come back, and no byte behind the header is taken."""
    header, left = read(pack_header((host, port), (other, 5000)) + rest, cuts)
    found = ip_address(header.host)
    assert (getattr(found, "ipv4_mapped", None) or found) in {
        ip_address(host), getattr(ip_address(host), "ipv4_mapped", None),
    }  # fmt: skip
    assert (header.port, header.is_check, left) == (port, False, rest)


@given(st.one_of(st.tuples(_V4, _V4), st.tuples(_V6, _V6)), _PORTS, _CUTS, st.binary(max_size=40))
def test_version_1_is_read_however_it_is_cut(
    hosts: tuple[str, str], port: int, cuts: list[int], rest: bytes
) -> None:
    """The same of a line of version 1."""
    kind = "TCP6" if ":" in hosts[0] else "TCP4"
    line = f"PROXY {kind} {hosts[0]} {hosts[1]} {port} 5000\r\n".encode()
    header, left = read(line + rest, cuts)
    assert header == (str(ip_address(hosts[0])), port, False)
    assert left == rest


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (binary(0x20, 0x00, b""), ProxyHeader(is_check=True)),
        (binary(0x20, 0x11, bytes(12)), ProxyHeader(is_check=True)),
        (b"PROXY UNKNOWN\r\n", ProxyHeader(is_check=True)),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ProxyHeader(is_check=True)),
        (binary(0x21, 0x00, b""), ProxyHeader()),
        (binary(0x21, 0x31, bytes(216)), ProxyHeader()),
        (
            binary(0x21, 0x11, b"\xc0\0\2\7" + bytes(4) + b"\x13\x89\0\0" + b"\4\0\1x"),
            ProxyHeader("192.0.2.7", 5001),
        ),
    ],
)
def test_headers_of_the_specification(data: bytes, expected: ProxyHeader) -> None:
    """Checks, local sockets, unspecified families, and more behind the addresses are read."""
    assert read(data) == (expected, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"Ada\n" + bytes(20),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01" + bytes(40),
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
        b"PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        b"PROXY TCP9 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nAda",
        b"PROXY TCP4 192.0.2.1\r192.0.2.2 1 2\r\n",
        b"PROXY TCP4 \xff.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
        binary(0x11, 0x11, bytes(12)),
        binary(0x22, 0x11, bytes(12)),
        binary(0x21, 0x12, bytes(12)),
        binary(0x21, 0x11, bytes(11)),
        binary(0x21, 0x21, bytes(35)),
        binary(0x21, 0x11, b"", 65535),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """Other protocols, wrong addresses, unknown commands and long headers are no header."""
    with pytest.raises(BadProxyHeader):
        read(data)


@given(
    st.one_of(
        st.binary(max_size=700),
        st.binary(max_size=600).map(lambda rest: SIGNATURE + rest),
        st.binary(max_size=200).map(lambda rest: b"PROXY TCP4 " + rest),
    ),
    _CUTS,
)
@example(SIGNATURE, [1] * 12)
def test_hostile_bytes_end_in_a_header_or_an_error(data: bytes, cuts: list[int]) -> None:
    """Whatever comes, at most 536 bytes are taken, and what is read is an address or none."""
    reader = HeaderReader()
    sizes, taken = iter(cuts), 0
    with contextlib.suppress(BadProxyHeader):
        while reader.wanted and taken < len(data):
            piece = data[taken : taken + min(reader.wanted, next(sizes, MOST))]
            taken += len(piece)
            reader.feed(piece)
            assert 0 <= reader.wanted <= MOST
        if not reader.wanted and reader.header.host:
            assert isinstance(ip_address(reader.header.host), IPv4Address | IPv6Address)
    assert taken <= MOST
