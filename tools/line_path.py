"""Count the way of one line through the server, from its bytes to its reply.

    python tools/line_path.py [--list] [--root CHECKOUT]

A server of this process gets a connection and a few lines. The last of them is traced with
`sys.setprofile`, from the return of `recv` in the handler's thread to the `send` of the reply.
Shown for the shipped doctor and for the script of 1966:

- packages, files and functions of the program that had a part in it;
- calls from one package into another;
- returns: calls into a package that waits already further down in the stack, so that control goes
  back into a package that it had left.

With `--list` each call from one package into another is shown too. `--root` traces the program of
another checkout, of an older version for example.
"""

from __future__ import annotations

import argparse
import importlib
import socket
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, FrameType

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = {
    "the shipped doctor": None,
    "the script of 1966": ROOT / "tests/data/doctor-1966.txt",
}
LINES = (
    "Path",
    "I feel sad about my mother",
    "She never listens to me",
    "I think I dream about her every night",
)
_WAIT = 20.0


@dataclass
class LinePath:
    """What had a part in one line; recorded in the thread of the handler."""

    root: Path
    functions: set[CodeType] = field(default_factory=set)
    #: From package, into package, function; and whether it goes back.
    crossings: list[tuple[str, str, str, bool]] = field(default_factory=list)
    #: Armed by the main thread; the next `recv` that returns begins the record.
    armed: bool = False
    #: The thread whose calls are recorded; 0 while none is.
    _thread: int = 0

    def profile(self, frame: FrameType, event: str, arg: Any) -> None:
        """Follow one event; the function for `sys.setprofile`."""
        if event == "c_return" and self.armed and arg.__name__ in {"recv", "recv_into"}:
            self.armed, self._thread = False, threading.get_ident()
            for caller in reversed(list(self._stack(frame))):
                self._enter(caller)
        elif self._thread != threading.get_ident():
            return
        elif event == "call" and self._package(frame):
            self._enter(frame)
        elif event == "c_call" and arg.__name__ in {"send", "sendall"}:
            self._thread = 0

    def _enter(self, frame: FrameType) -> None:
        self.functions.add(frame.f_code)
        package, stack = self._package(frame), list(self._stack(frame.f_back))
        if stack and self._package(stack[0]) != package:
            back = any(self._package(other) == package for other in stack)
            what = f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}"
            self.crossings.append((self._package(stack[0]), package, what, back))

    def _stack(self, frame: FrameType | None) -> list[FrameType]:
        """Return the program's frames from this one outwards."""
        found = []
        while frame is not None:
            if self._package(frame):
                found.append(frame)
            frame = frame.f_back
        return found

    def _package(self, frame: FrameType) -> str:
        """Return the package of a frame; a module beside packages counts as one; "" for others."""
        path = Path(frame.f_code.co_filename)
        if not path.is_relative_to(self.root) or path.is_relative_to(self.root / ".venv"):
            return ""
        parts = path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if len(parts) > 2 else parts)

    def summary(self) -> dict[str, int]:
        """Return the figures."""
        files = {code.co_filename for code in self.functions}
        packages = {name for crossing in self.crossings for name in crossing[:2]}
        return {
            "packages": len(packages),
            "files": len(files),
            "functions": len(self.functions),
            "crossings": len(self.crossings),
            "returns": sum(back for *_, back in self.crossings),
        }


def trace(root: Path, script: Path | None) -> LinePath:
    """Run a server of this process, hold a short conversation, and trace its last line."""
    found = LinePath(root)
    server = importlib.import_module("server")
    is_1_0 = not (root / "doctor/server").is_dir()
    module = "doctor.settings" if is_1_0 else "doctor.server.settings"
    with tempfile.TemporaryDirectory() as folder:
        wanted: dict[str, Any] = {"port": 0} | ({"script": script} if script else {})
        settings = importlib.import_module(module).Settings(
            patients=Path(folder), given=frozenset(wanted), **wanted
        )
        doctor_server = server.DoctorServer(settings)
        accepting = threading.Event()
        serving = threading.Thread(target=doctor_server.serve, kwargs={"ready": accepting.set})
        serving.start()
        try:
            if not accepting.wait(_WAIT):
                sys.exit("the server did not start")
            threading.setprofile(found.profile)  # of threads that begin from here on
            with socket.create_connection(doctor_server.address[:2], _WAIT) as connection:
                _converse(connection, found)
        finally:
            threading.setprofile(None)
            doctor_server.stop()
            serving.join(_WAIT)
    return found


def _converse(connection: socket.socket, found: LinePath) -> None:
    with connection.makefile("rb") as replies:
        _read_reply(replies)
        for line in LINES:
            found.armed = line == LINES[-1]
            connection.sendall(f"{line}\n".encode())
            _read_reply(replies)


def _read_reply(replies: Any) -> None:
    while (line := replies.readline())[3:4] == b"-":
        pass
    if not line:
        sys.exit("the server closed the connection")


def main() -> None:
    """Trace a line with each script and print the figures."""
    parser = argparse.ArgumentParser(description="Count the way of one line through the server.")
    parser.add_argument("--list", action="store_true", help="show each call between packages")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to trace")
    options = parser.parse_args()
    root = options.root.resolve()
    sys.path.insert(0, str(root))
    for name, script in SCRIPTS.items():
        found = trace(root, script)
        print(f"{name}: " + ", ".join(f"{n} {what}" for what, n in found.summary().items()))
        if options.list:
            for (before, after, what, back), times in Counter(found.crossings).items():
                print(
                    f"  {before} -> {after}: {what}{f' x{times}' * (times > 1)}{' (back)' * back}"
                )


if __name__ == "__main__":
    main()
