"""The bytes of a commit log: a frame for each commit, in it a row for each exchange.

A row says the birth of its history and holds the frames that belong at the end of that history's
file. The log of format 1 had other file names, frames of kind LOG, and rows without the birth.

Any thread may call what is here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor import paths
from doctor.history.frames import Field, Frame, Kind, pack, packing, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from doctor.errors import NotSaved

NAMES: Final = (".commits.1.log", ".commits.2.log")
#: The log of format 1, which is read once, at the first start of a newer program.
OLD_NAMES: Final = (".exchanges.log", ".exchanges.2.log")

#: Behind these fields: the name and the data.
ROW: Final = (
    Field("number", "Q", "of the exchange"),
    Field("birth", "Q", "that of the history"),
    Field("data", "I", "length of the data: frames"),
    Field("name", "H", "length of the file's name, in bytes"),
    Field("whole", "B", "1: the data are a whole file, of a patient who had none"),
)
#: The same in format 1.
OLD_ROW: Final = (
    Field("number", "Q", "of the exchange"),
    Field("data", "I", "length of the data: frames"),
    Field("name", "H", "length of the file's name, in bytes"),
    Field("birth", "B", "1: the data are a whole file, of a patient who had none"),
)
_ROW: Final = packing(*ROW)
_OLD_ROW: Final = packing(*OLD_ROW)
_KIND: Final = int(Kind.COMMIT)


class Job(NamedTuple):
    """An exchange to be made durable, and whom to tell."""

    file: str
    number: int
    birth: int  #: of the history
    whole: bool  #: the data are a whole file
    data: bytes
    done: Callable[[NotSaved | None], None]


class Logged(NamedTuple):
    """A row that was read back from a log."""

    file: str
    number: int
    birth: int  #: of the history, 0 in a log of format 1
    whole: bool
    data: bytes


def pack_batch(batch: list[Job], use: int) -> bytes:
    """Return the frame that the log keeps of one commit in this use of the file."""
    pieces: list[bytes] = []
    for file, number, birth, whole, data, _done in batch:
        name = os.fsencode(file)
        pieces += (_ROW.pack(number, birth, len(data), len(name), whole), name, data)
    return pack(_KIND, use, b"".join(pieces))


def read_log(path: Path) -> Iterator[Logged]:
    """Yield the rows of a log's last use, in order; none where there is no log."""
    try:
        with paths.reading(path, links=False) as file:
            data = file.read()
    except FileNotFoundError:
        return
    use: int | None = None
    for found in walk(data):
        if not isinstance(found, Frame) or found.kind not in {_KIND, Kind.LOG}:
            continue
        use = found.number if use is None else use
        if found.number != use:
            return
        yield from _rows(data, found)


def _rows(data: bytes, frame: Frame) -> Iterator[Logged]:
    at, row = frame.payload, _ROW if frame.kind == _KIND else _OLD_ROW
    while at + row.size <= frame.end:
        number, *births, length, name_length, whole = row.unpack_from(data, at)
        start = at + row.size + name_length
        at = start + length
        if at <= frame.end:
            name = os.fsdecode(data[start - name_length : start])
            yield Logged(name, number, sum(births), bool(whole), data[start:at])
