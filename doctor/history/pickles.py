"""The grammar of a patient's pickle, read without the pickle module.

The head of a patient's file is a pickle, so that `pickle.load` gives a Doctor; but a pickle is a
program, and nobody should run one that came from a disk, a mail or a stranger. What this program
writes needs very little of that language:

    pickle  := PROTO doctor EMPTY_TUPLE NEWOBJ state BUILD STOP
    doctor  := GLOBAL "doctor.doctor" "Doctor"
             | text "doctor.doctor", text "Doctor", STACK_GLOBAL
    state   := MARK bytes* TUPLE | bytes TUPLE1 | bytes bytes TUPLE2 | bytes bytes bytes TUPLE3

with FRAME, MEMOIZE and BINPUT (which only prepare what is never used) allowed anywhere. This
module reads that grammar and no other: it has no instruction that calls, imports, looks up or sets
anything, so there is nothing to allow or forbid at run time. One pass, no recursion, memory for
the byte strings alone. `dump` writes it the shortest way, the same on every version of Python; the
longer way is what `pickle.dump` makes of a Doctor.

Pure functions of bytes; any thread may call them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.errors import ForbiddenContent

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULE: Final = "doctor.doctor"
CLASS: Final = "Doctor"

#: How every file that the store writes begins.
PREFIX: Final = f"\x80\x04c{MODULE}\n{CLASS}\n)".encode("latin-1") + b"\x81("
#: How its pickle ends.
SUFFIX: Final = b"tb."
#: Bytes of the opcode and the length before each byte string.
BYTES_HEADER: Final = 5

# The opcodes of pickle that this grammar knows, by what follows them.
_SKIPPED: Final = {0x95: 8, 0x94: 0, 0x71: 1, 0x72: 4}  # FRAME, MEMOIZE, BINPUT, LONG_BINPUT
_BYTES: Final = {0x43: 1, 0x42: 4, 0x8E: 8}  # SHORT_BINBYTES, BINBYTES, BINBYTES8: length bytes
_TEXT: Final = {0x8C: 1, 0x58: 4}  # SHORT_BINUNICODE, BINUNICODE
_PROTOCOLS: Final = (2, 3, 4, 5)
_PROTO, _GLOBAL, _STACK_GLOBAL = 0x80, 0x63, 0x93
_EMPTY_TUPLE, _NEWOBJ, _MARK, _BUILD, _STOP = 0x29, 0x81, 0x28, 0x62, 0x2E
_TUPLE, _TUPLE1, _TUPLE2, _TUPLE3 = 0x74, 0x85, 0x86, 0x87
_SHORT_TUPLES: Final = {_TUPLE1: 1, _TUPLE2: 2, _TUPLE3: 3}


def byte_string(part: bytes) -> bytes:
    """Return a byte string as `dump` writes it."""
    return b"B" + len(part).to_bytes(4, "little") + part


def dump(parts: Sequence[bytes]) -> bytes:
    """Return the pickle of the Doctor whose pickled state is these byte strings."""
    return b"".join((PREFIX, *map(byte_string, parts), SUFFIX))


def dumped_size(lengths: Sequence[int]) -> int:
    """Return the length of `dump` for byte strings of these lengths."""
    return len(PREFIX) + sum(lengths) + BYTES_HEADER * len(lengths) + len(SUFFIX)


def load(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """Return the state in the pickle at the start of `data`, and the offset after the pickle.

    ForbiddenContent where the bytes are anything but a pickled Doctor; nothing of them was run.
    """
    reader = _PickleReader(data)
    reader.expect(_PROTO)
    if reader.take(1)[0] not in _PROTOCOLS:
        raise ForbiddenContent("the pickle is of a protocol that no doctor writes")
    reader.expect_class()
    reader.expect(_EMPTY_TUPLE)
    reader.expect(_NEWOBJ)
    state = reader.read_state()
    reader.expect(_BUILD)
    reader.expect(_STOP)
    return state, reader.at


class _PickleReader:
    """A position in bytes that moves forward only."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        if size > len(self.data) - self.at:
            raise ForbiddenContent("the pickle ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def read_opcode(self) -> int:
        """Return the next opcode that is not skipped."""
        while True:
            code = self.take(1)[0]
            if code not in _SKIPPED:
                return code
            self.take(_SKIPPED[code])

    def expect(self, wanted: int) -> None:
        """Read the opcode that must come next."""
        code = self.read_opcode()
        if code != wanted:
            raise ForbiddenContent(
                f"byte {self.at - 1} of the pickle is {code:#04x} where a pickled doctor has "
                f"{wanted:#04x}"
            )

    def take_sized(self, width: int) -> bytes:
        """Return the bytes after a length of `width` bytes."""
        return self.take(int.from_bytes(self.take(width), "little"))

    def expect_class(self) -> None:
        """Read the name of the class, which must be Doctor's."""
        code = self.read_opcode()
        if code == _GLOBAL:
            wanted = f"{MODULE}\n{CLASS}\n".encode()
            if self.take(len(wanted)) != wanted:
                raise ForbiddenContent("the pickle names another class than Doctor")
            return
        for wanted in (MODULE.encode(), CLASS.encode()):
            if code not in _TEXT or self.take_sized(_TEXT[code]) != wanted:
                raise ForbiddenContent("the pickle names another class than Doctor")
            code = self.read_opcode()
        if code != _STACK_GLOBAL:
            raise ForbiddenContent("the pickle is not that of a Doctor")

    def read_state(self) -> tuple[bytes, ...]:
        """Return the tuple of byte strings that comes next."""
        parts: list[bytes] = []
        code = self.read_opcode()
        marked = code == _MARK
        if marked:
            code = self.read_opcode()
        while code in _BYTES:
            parts.append(self.take_sized(_BYTES[code]))
            code = self.read_opcode()
        if code != _TUPLE if marked else _SHORT_TUPLES.get(code) != len(parts):
            raise ForbiddenContent("the pickle holds more than the bytes of a Doctor")
        return tuple(parts)
