r"""The PROXY protocol: a balancer says whose connection it passes on, before anything else.

    version 2    \r\n\r\n\0\r\nQUIT\n, version and command, family, length (2 bytes), addresses
    version 1    PROXY TCP4|TCP6 SOURCE DESTINATION PORT PORT\r\n  or  PROXY UNKNOWN ...\r\n

The balancer's own connections, which are its health checks, are version 2's command LOCAL and
version 1's UNKNOWN. The specification is HAProxy's doc/proxy-protocol.txt.

A `HeaderReader` takes a header piece by piece and says how many bytes may be read next, so that no
byte behind the header is taken: it may be the first of a TLS handshake. Pure functions of bytes.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NamedTuple

from doctor.errors import BadProxyHeader

#: How a header of version 2 begins.
SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
#: Bytes of a header in version 2, and of one in version 1, at most. The first is what one packet
#: takes in any network (RFC 879), which the specification asks a sender to keep to.
MOST: Final = 536
_MOST_OF_LINE: Final = 107
_LINE: Final = b"PROXY "
#: The bytes of the shortest header: `PROXY UNKNOWN\r\n`.
_SHORTEST: Final = 15
_HEAD: Final = struct.Struct("!12sBBH")
_TCP4, _TCP6 = 0x11, 0x21
#: Families without an address of a visitor: unspecified, and the two of local sockets.
_NO_ADDRESS: Final = frozenset({0x00, 0x31, 0x32})
_LOCAL, _PROXY = 0x20, 0x21
_PORTS: Final = struct.Struct("!HH")


class ProxyHeader(NamedTuple):
    """Whose connection it is; without a host it is that of the other end itself."""

    host: str = ""
    port: int = 0
    is_check: bool = False  #: The balancer's own connection: it wants to know who is alive.


class HeaderReader:
    """Takes the bytes of one header; used by one thread."""

    def __init__(self) -> None:
        self._data = b""
        #: Bytes that may be read next; 0 when the header is complete.
        self.wanted = _SHORTEST
        self._header: ProxyHeader | None = None

    @property
    def header(self) -> ProxyHeader:
        """The header, once `wanted` is 0."""
        assert self._header is not None  # noqa: S101 - asked for too early
        return self._header

    def feed(self, data: bytes) -> None:
        """Take the next bytes, at most `wanted`. Raises `BadProxyHeader`."""
        self._data += data
        if self._data[: len(SIGNATURE)] == SIGNATURE[: len(self._data)]:
            self._feed_binary()
        elif self._data[: len(_LINE)] == _LINE[: len(self._data)]:
            self._feed_line()
        else:
            raise BadProxyHeader("no PROXY header")

    def _feed_binary(self) -> None:
        size = _HEAD.size
        if len(self._data) >= size:
            size += _HEAD.unpack_from(self._data)[3]
            if size > MOST:
                raise BadProxyHeader(f"a PROXY header of {size} bytes, more than {MOST}")
        self.wanted = size - len(self._data)
        if not self.wanted:
            self._header = _parse_binary(self._data)

    def _feed_line(self) -> None:
        text, end, more = self._data.partition(b"\n")
        if more or (end and not text.endswith(b"\r")) or b"\r" in text[:-1]:
            raise BadProxyHeader("the line of the PROXY header does not end as it must")
        if end:
            self.wanted, self._header = 0, _parse_line(text[:-1])
        elif len(text) >= _MOST_OF_LINE:
            raise BadProxyHeader(f"a PROXY header of more than {_MOST_OF_LINE} bytes")
        else:
            self.wanted = max(_SHORTEST - len(text), 1 if text.endswith(b"\r") else 2)


def _parse_binary(data: bytes) -> ProxyHeader:
    _, command, family, _ = _HEAD.unpack_from(data)
    body = data[_HEAD.size :]
    if command == _LOCAL:
        return ProxyHeader(is_check=True)
    if command != _PROXY:
        raise BadProxyHeader(f"a PROXY header with the unknown command {command:#04x}")
    if family in _NO_ADDRESS:
        return ProxyHeader()
    if family not in {_TCP4, _TCP6}:
        raise BadProxyHeader(f"a PROXY header of the family {family:#04x}, which is not TCP")
    size = 4 if family == _TCP4 else 16
    if len(body) < 2 * size + _PORTS.size:
        raise BadProxyHeader("a PROXY header that is too short for its addresses")
    return ProxyHeader(str(ip_address(body[:size])), _PORTS.unpack_from(body, 2 * size)[0])


def _parse_line(line: bytes) -> ProxyHeader:
    words = line.split(b" ")
    if words[1] == b"UNKNOWN":
        return ProxyHeader(is_check=True)
    kinds = {b"TCP4": IPv4Address, b"TCP6": IPv6Address}
    if len(words) != 6 or words[1] not in kinds:
        raise BadProxyHeader("a PROXY header that names no two addresses of TCP")
    try:
        source, _ = (kinds[words[1]](word.decode("ascii")) for word in words[2:4])
        port, _ = (_parse_port(word) for word in words[4:])
    except ValueError:
        raise BadProxyHeader("a PROXY header with an address or a port that is none") from None
    if getattr(source, "scope_id", None):
        raise BadProxyHeader("a PROXY header with an address of one network card")
    return ProxyHeader(str(source), port)


def _parse_port(word: bytes) -> int:
    if not (word.isdigit() and len(word) <= 5 and int(word) <= 65535):
        raise ValueError(word)
    return int(word)


def pack_header(source: tuple[str, int], destination: tuple[str, int]) -> bytes:
    """Return a header of version 2; addresses without a network card's name. ValueError."""
    ends = [ip_address(host.partition("%")[0]) for host, _ in (source, destination)]
    if {end.version for end in ends} == {4}:
        family, packed = _TCP4, b"".join(end.packed for end in ends)
    else:
        family = _TCP6
        packed = b"".join(
            end.packed if end.version == 6 else IPv6Address(f"::ffff:{end}").packed for end in ends
        )
    body = packed + _PORTS.pack(source[1], destination[1])
    return _HEAD.pack(SIGNATURE, _PROXY, family, len(body)) + body
