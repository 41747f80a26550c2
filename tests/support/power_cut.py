"""A disk that forgets what was not synced: it records every call that changes the disk.

`Disk` takes the place of the calls that `doctor.patients.files.disk`,
`doctor.patients.files.directory`, `doctor.patients.files.commit_log` and the others make through
`os`; each does its work and is written down. `Disk.after(n)` then says what a disk would hold had
the power failed after the n-th call:

- bytes of a file: as they were at its last fsync or fdatasync;
- names in the directory: as they were at the directory's last fsync;
- with `chance`, whatever a real disk may have written of its own accord as well: any part of the
  bytes that were not synced, and any of the changes of names, in their order.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.patients.files import disk

if TYPE_CHECKING:
    import random

    import pytest

Call = tuple[str, tuple[Any, ...]]


@dataclass
class _Bytes:
    """The bytes of a file: now, and as they were synced last."""

    now: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


class Disk:
    """Records what is done to one directory; what is in it already is synced."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.calls: list[Call] = []
        self._lock = threading.RLock()
        self._files: dict[int, int] = {}  # descriptor -> number of the file, -1: the directory
        self._at: dict[int, int] = {}  # descriptor -> its position, where it does not append
        self._names: dict[str, int] = {}
        self._made = 0
        self._before = {path.name: path.read_bytes() for path in directory.iterdir()}
        for name in self._before:
            self._made += 1
            self._names[name] = self._made
        self._real = {
            name: getattr(os, name)
            for name in ("open", "close", "write", "ftruncate", "fsync", "fdatasync", "replace",
                         "rename", "link", "unlink", "lseek")
        }  # fmt: skip
        for name in self._real:
            patch.setattr(os, name, getattr(self, f"_{name}"))
        patch.setattr(disk, "sync_data", self._fdatasync)
        # The whole file system's sync is the sync of each file here.
        patch.setattr(disk, "MANY", 1 << 30)

    def _name(self, path: Any) -> str | None:
        whole = Path(os.fsdecode(path))
        if whole == self.directory:
            return "."
        return whole.name if whole.parent == self.directory else None

    def _open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        with self._lock:
            name = self._name(path) if isinstance(path, (str, bytes, os.PathLike)) else None
            descriptor: int = self._real["open"](path, flags, mode, **more)
            if name == ".":
                self._files[descriptor] = -1
            elif name is not None:
                if name not in self._names:
                    self._made += 1
                    self._names[name] = self._made
                    self.calls.append(("make", (name, self._made)))
                elif flags & os.O_TRUNC:
                    self.calls.append(("cut", (self._names[name], 0)))
                self._files[descriptor] = self._names[name]
                if not flags & os.O_APPEND:
                    self._at[descriptor] = 0
            return descriptor

    def _close(self, descriptor: int) -> None:
        with self._lock:
            self._files.pop(descriptor, None)
            self._at.pop(descriptor, None)
            self._real["close"](descriptor)

    def _write(self, descriptor: int, data: Any) -> int:
        with self._lock:
            written: int = self._real["write"](descriptor, data)
            if descriptor in self._files:
                at = self._at.get(descriptor)
                self.calls.append(("write", (self._files[descriptor], bytes(data)[:written], at)))
                if at is not None:
                    self._at[descriptor] = at + written
            return written

    def _lseek(self, descriptor: int, position: int, whence: int) -> int:
        with self._lock:
            at: int = self._real["lseek"](descriptor, position, whence)
            if descriptor in self._at:
                self._at[descriptor] = at
            return at

    def _ftruncate(self, descriptor: int, size: int) -> None:
        with self._lock:
            self._real["ftruncate"](descriptor, size)
            self.calls.append(("cut", (self._files[descriptor], size)))

    def _fsync(self, descriptor: int) -> None:
        with self._lock:
            if descriptor in self._files:
                self.calls.append(("sync", (self._files[descriptor],)))

    _fdatasync = _fsync

    def _replace(self, old: Any, new: Any, **more: Any) -> None:
        with self._lock:
            self._real["replace"](old, new, **more)
            source, target = self._name(old), self._name(new)
            assert source is not None
            assert target is not None
            self._names[target] = self._names.pop(source)
            self.calls.append(("move", (source, target)))

    _rename = _replace

    def _link(self, old: Any, new: Any, **more: Any) -> None:
        with self._lock:
            self._real["link"](old, new, **more)
            source, target = self._name(old), self._name(new)
            assert source is not None
            assert target is not None
            self._names[target] = self._names[source]
            self.calls.append(("link", (source, target)))

    def _unlink(self, path: Any, **more: Any) -> None:
        with self._lock:
            self._real["unlink"](path, **more)
            name = self._name(path)
            if name is not None:
                del self._names[name]
                self.calls.append(("unlink", (name,)))

    @property
    def now(self) -> int:
        """How many calls there were."""
        with self._lock:
            return len(self.calls)

    def after(self, calls: int, chance: random.Random | None = None) -> dict[str, bytes]:
        """Return the files that the disk holds had the power failed after so many calls."""
        names = {name: number for number, name in enumerate(self._before, 1)}
        data = {names[name]: _Bytes(bytearray(was), was) for name, was in self._before.items()}
        pending: list[Call] = []
        for kind, given in self.calls[:calls]:
            if kind == "write":
                number, piece, at = given
                now = data[number].now
                at = len(now) if at is None else at
                now[at : at + len(piece)] = piece
            elif kind == "cut":
                del data[given[0]].now[given[1] :]
            elif kind == "sync" and given[0] >= 0:
                data[given[0]].synced = bytes(data[given[0]].now)
            elif kind == "sync":
                for call in pending:
                    _rename(names, call)
                pending = []
            else:
                if kind == "make":
                    data[given[1]] = _Bytes()
                pending.append((kind, given))
        if chance is not None:
            for call in pending[: chance.randint(0, len(pending))]:
                _rename(names, call)
        return {name: _survived(data[number], chance) for name, number in names.items()}


def _rename(names: dict[str, int], call: Call) -> None:
    kind, given = call
    if kind == "make":
        names[given[0]] = given[1]
    elif kind == "move":
        names[given[1]] = names.pop(given[0])
    elif kind == "link":
        names[given[1]] = names[given[0]]
    else:
        del names[given[0]]


def _survived(file: _Bytes, chance: random.Random | None) -> bytes:
    """Return what is left of a file: what was synced, and by chance more of what is there now."""
    if chance is None or chance.random() < 0.3:
        return file.synced
    if not file.now.startswith(file.synced):
        cut = chance.randint(0, len(file.now))  # the disk wrote the first part of it all anew
        return bytes(file.now[:cut]) + file.synced[cut:]
    kept = chance.randint(len(file.synced), len(file.now))
    length = chance.randint(kept, len(file.now))
    return bytes(file.now[:kept]) + bytes(length - kept)
