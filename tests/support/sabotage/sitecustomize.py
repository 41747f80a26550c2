"""Faults for a process that a test starts: Python imports this by itself before the program.

`CASES_FAULTS` holds a JSON list of faults, each an object whose `fault` names one of the functions
in `KINDS`; the other members are its arguments. So a program is run as it is, beside a system that
lacks locks, refuses a call, swaps a file at the worst moment, or is an old Python.
"""

# ruff: noqa: PTH100, PTH104, PTH114, PTH115, PTH116, PTH119, PTH123, PTH211
from __future__ import annotations

import builtins
import errno
import importlib.machinery
import io
import json
import os
import socket
import stat
import sys
from typing import Any

#: What changes a disk, or may need room on it.
WRITES = ("write", "fsync", "fdatasync", "replace", "rename", "link", "ftruncate", "mkdir")


def _problem(name: str, path: Any = None) -> OSError:
    number = getattr(errno, name)
    where = os.fspath(path) if isinstance(path, (str, bytes, os.PathLike)) else None
    return (
        OSError(number, os.strerror(number), where)
        if where
        else OSError(number, os.strerror(number))
    )


def call(name: str, error: str, path: str = "", directories: bool = False) -> None:
    """Let each call of `os.NAME` fail, for names or descriptors whose path holds `path`."""
    real = getattr(os, name)

    def replaced(target: Any, *rest: Any, **more: Any) -> Any:
        where = _path_of(target)
        if path in where and (not directories or _is_directory(target)):
            raise _problem(error, target)
        return real(target, *rest, **more)

    setattr(os, name, replaced)


def _path_of(target: Any) -> str:
    if isinstance(target, int):
        try:
            return os.readlink(f"/proc/self/fd/{target}")
        except OSError:
            return ""
    return os.fsdecode(os.path.abspath(target))


def _is_directory(target: Any) -> bool:
    try:
        return stat.S_ISDIR(os.stat(target).st_mode)
    except OSError:
        return False


def flock(error: str) -> None:
    """Let no file be locked."""
    import fcntl

    def replaced(*_: Any) -> Any:
        raise _problem(error)

    for name in ("flock", "lockf", "fcntl"):
        setattr(fcntl, name, replaced)


def unix_sockets(error: str) -> None:
    """Let no local socket be bound."""
    real = socket.socket.bind

    def bind(self: socket.socket, address: Any) -> None:
        if self.family == socket.AF_UNIX:
            raise _problem(error)
        real(self, address)

    socket.socket.bind = bind  # type: ignore[assignment, method-assign]


def full(under: str, error: str = "ENOSPC", first: int = 0, times: int = 1 << 30) -> None:
    """Let what changes the disk below `under` fail, from the `first` such call on."""
    made = [0]

    def counts(target: Any) -> bool:
        if not _path_of(target).startswith(under):
            return False
        made[0] += 1
        return first < made[0] <= first + times

    for name in WRITES:
        real = getattr(os, name)

        def replaced(target: Any, *rest: Any, _real: Any = real, **more: Any) -> Any:
            if counts(target):
                raise _problem(error, None if isinstance(target, int) else target)
            return _real(target, *rest, **more)

        setattr(os, name, replaced)
    real_open, real_io = os.open, io.open

    def opened(target: Any, flags: int, *rest: Any, **more: Any) -> int:
        new = flags & os.O_CREAT and not os.path.lexists(target)
        if new and counts(target):
            raise _problem(error, target)
        return real_open(target, flags, *rest, **more)

    def io_opened(target: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        by_name = isinstance(target, (str, bytes, os.PathLike)) and "opener" not in more
        if by_name and set(mode) & set("wxa+") and counts(target):
            raise _problem(error, target)
        return real_io(target, mode, *rest, **more)

    os.open = opened  # type: ignore[assignment]
    io.open = builtins.open = io_opened  # type: ignore[assignment]


def swap(ends: str, put: str, when: str, creating: bool = False) -> None:
    """Put another file or a link in a name's place, once, just before or after it is opened.

    `ends` is how the opened name ends; with `creating` any longer name that begins like it counts,
    and what is put goes to the shorter one: the moment in which a new version is being written.
    """
    real, done = os.open, list[int]()

    def opened(target: Any, flags: int, *rest: Any, **more: Any) -> int:
        where = os.fsdecode(target) if isinstance(target, (str, bytes, os.PathLike)) else ""
        base, wanted = os.path.basename(where), os.path.basename(ends)
        hit = base.startswith(wanted) and base != wanted if creating else base == wanted
        hit = hit and (not creating or bool(flags & (os.O_WRONLY | os.O_RDWR)))
        if not hit or done:
            return real(target, flags, *rest, **more)
        done.append(1)
        if when == "before":
            _place(put, ends)
            return real(target, flags, *rest, **more)
        descriptor = real(target, flags, *rest, **more)
        _place(put, ends)
        return descriptor

    os.open = opened  # type: ignore[assignment]


def _place(put: str, where: str) -> None:
    draft = f"{where}.placed-by-somebody-else"
    if os.path.islink(put):
        os.symlink(os.readlink(put), draft)
    else:
        with open(put, "rb") as source, open(draft, "wb") as target:
            target.write(source.read())
    os.rename(draft, where)


def addresses(found: list[list[Any]]) -> None:
    """Let every name have these addresses, in this order."""

    def replaced(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host, port in found]

    socket.getaddrinfo = replaced


def constant(value: int, instead: int) -> None:
    """Let every module constant of this value in the package be another: a limit made small."""

    def change(module: Any) -> None:
        for name, found in list(vars(module).items()):
            if name.lstrip("_").isupper() and type(found) is int and found == value:
                setattr(module, name, instead)

    _after_import(change)


def raising(text: str) -> None:
    """Let the machine raise for a line that holds `text`."""

    def change(module: Any) -> None:
        if module.__name__ != "doctor.doctor":
            return
        real = module.Doctor.reply

        def reply(self: Any, line: str, *rest: Any, **more: Any) -> Any:
            if text in line:
                raise RuntimeError("a fault that a test made")
            return real(self, line, *rest, **more)

        module.Doctor.reply = reply

    _after_import(change)


def _after_import(change: Any) -> None:
    real = importlib.machinery.SourceFileLoader.exec_module

    def exec_module(self: Any, module: Any) -> None:
        real(self, module)
        if module.__name__.startswith(("doctor", "client")):
            change(module)

    importlib.machinery.SourceFileLoader.exec_module = exec_module  # type: ignore[method-assign]


def python(version: list[int], without: list[str]) -> None:
    """Be an older Python, one without these modules."""
    kind = type(sys.version_info)
    del kind  # its values cannot be made; a tuple with the same names serves

    class Version(tuple[Any, ...]):
        major, minor, micro = version[0], version[1], 0
        releaselevel, serial = "final", 0
        __slots__ = ()

    sys.version_info = Version((*version, 0, "final", 0))  # type: ignore[assignment]
    sys.version = f"{version[0]}.{version[1]}.0 (a test's)"

    class Missing:
        @staticmethod
        def find_spec(name: str, *_: Any) -> None:
            if name in without:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Missing)


KINDS = {
    kind.__name__: kind
    for kind in (call, flock, unix_sockets, full, swap, addresses, constant, raising, python)
}


def install(faults: list[dict[str, Any]]) -> None:
    """Put the faults in their places, in this process."""
    for fault in faults:
        arguments = dict(fault)
        KINDS[arguments.pop("fault")](**arguments)


install(json.loads(os.environ.get("CASES_FAULTS", "[]")))
