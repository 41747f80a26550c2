"""Write histories as version 1.0.0 wrote them, in format 1, for tests of what reads them."""

from __future__ import annotations

import struct
from hashlib import blake2b
from typing import TYPE_CHECKING
from zlib import crc32

from doctor.history import pickles
from doctor.history.frames import Kind, pack
from doctor.history.transcript import HistoryCounts, milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.history.snapshot import Header
    from doctor.history.transcript import Exchange, Summary

CHUNK = 256


def exchange_frame(exchange: Exchange, tag: bytes = bytes(8), state: bytes = b"") -> bytes:
    """Return the frame of an exchange."""
    texts = [exchange.patient.encode(), exchange.doctor.encode()]
    words = [exchange.keyword.encode(), exchange.mark.encode()]
    lengths = (*map(len, texts), len(state), *map(len, words))
    head = struct.pack("<QI8sIIIBB", milliseconds(exchange.at), exchange.session, tag, *lengths)
    return pack(Kind.EXCHANGE, exchange.number, b"".join((head, *texts, *words, state)))


def header_frame(
    header: Header, summary: Summary, table: Sequence[tuple[int, ...]], last: int
) -> bytes:
    """Return the frame of a header."""
    texts = [
        header.name.encode(),
        header.script.name.encode(),
        header.script.fingerprint.encode(),
        header.lock or b"",
        header.state,
    ]

    def time(at: float | None) -> int:
        return 0 if at is None else milliseconds(at) + 1

    fixed = struct.pack(
        "<HQIQQQQHHHHII", 1, summary.exchanges, summary.sessions, time(summary.first_seen),
        time(summary.last_seen), summary.marked, time(summary.last_marked), *map(len, texts),
        len(table),
    )  # fmt: skip
    rows = b"".join(struct.pack("<QQIII", *row) for row in table)
    payload = b"".join((fixed, *texts, rows))
    return pack(Kind.HEADER, last, payload + blake2b(payload, digest_size=16).digest())


def write(header: Header, exchanges: Sequence[Exchange]) -> bytes:
    """Return the file of these exchanges with an empty tail."""
    counts = HistoryCounts()
    for exchange in exchanges:
        counts.append(exchange)
    chunks, table = [], []
    for at in range(0, len(exchanges), CHUNK):
        part = exchanges[at : at + CHUNK]
        data = b"".join(map(exchange_frame, part))
        chunks.append(data)
        table.append((part[0].number, part[-1].number, len(part), len(data), crc32(data)))
    framed = header_frame(header, counts.summary, table, counts.last_number)
    return pickles.dump((framed, *chunks, framed))
