"""Runs a server until it ends, or until the client that started it has ended.

    python supervisor.py COMMAND ...

Standard input is a pipe whose other end the client holds. When the pipe is closed, the server is
told to stop gracefully. The system closes it when the client ends, whatever ends it: a signal, a
lost display, a crash. `LEAVE_RUNNING` in the pipe lets the server run on without the client.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import Final

LEAVE_RUNNING: Final = b"leave"
#: Seconds that a server gets to stop before it is killed.
_STOP_LIMIT: Final = 30.0


def main() -> int:
    """Run the command in the arguments; return its exit status."""
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - the client's

    def stop(*_: object) -> None:
        with contextlib.suppress(OSError):
            server.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    watcher = threading.Thread(target=_watch, args=(server,), daemon=True)
    watcher.start()
    return server.wait()


def _watch(server: subprocess.Popen[bytes]) -> None:
    """Wait until the client has ended or lets the server run on."""
    if os.read(0, len(LEAVE_RUNNING)):
        os._exit(0)  # the main thread waits for the server
    server.terminate()
    try:
        server.wait(_STOP_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()


if __name__ == "__main__":
    sys.exit(main())
