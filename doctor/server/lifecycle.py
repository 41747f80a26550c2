"""How the server is stopped and announced: signals, the terminal, systemd, the ready file.

`on_signals` connects SIGINT, SIGTERM and SIGHUP; `Terminal` is the Enter key; `announce` tells
systemd, and `ready_file` other programs, that the server accepts connections. What the system does
not offer is left out.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Final

from doctor import paths
from doctor.errors import NO_SPACE, BadSetting, describe, naming
from doctor.server import logs
from doctor.text import escape_unprintable

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType


class Terminal:
    """The Enter key at the server's terminal, if there is one.

    The system stops a background process that reads its terminal. So the terminal is read only
    while this process is in its foreground, and otherwise not watched for a while.
    """

    #: Seconds for which a terminal that another program uses is not watched.
    PAUSE: Final = 1.0

    def __init__(self, enter: Callable[[], None]) -> None:
        """Prepare to call `enter` for Enter, and when the terminal is closed."""
        self._enter = enter
        self._registered = False
        self.watched = sys.stdin is not None and hasattr(os, "tcgetpgrp")
        if self.watched:
            try:
                self.watched = os.isatty(sys.stdin.fileno())
            except (OSError, ValueError):
                self.watched = False
        self._not_before = 0.0

    def fileno(self) -> int:
        """Return the terminal's descriptor, for a selector."""
        return sys.stdin.fileno()

    def watch(self, selector: selectors.BaseSelector) -> float | None:
        """Register the terminal with `selector` while this process is in its foreground.

        Returns the seconds after which to call this again, None if that is not needed.
        """
        left = self._not_before - time.monotonic()
        wanted = self.watched and left <= 0
        if wanted and not self._registered:
            try:
                selector.register(self, selectors.EVENT_READ, self._read_keys)
            except OSError:  # not every terminal can be waited for
                self.watched = wanted = False
        elif self._registered and not wanted:
            selector.unregister(self)
        self._registered = wanted
        return left if self.watched and left > 0 else None

    def _read_keys(self) -> None:
        """Read what was typed. Ctrl+D does nothing: only a closed terminal has an end."""
        try:
            if os.tcgetpgrp(self.fileno()) != os.getpgrp():
                self._not_before = time.monotonic() + self.PAUSE
                return
            typed = os.read(self.fileno(), 1024)
        except OSError:  # the terminal was closed
            self.watched = False
            self._enter()
            return
        if not typed:  # an end after all: look again at most once a second
            self._not_before = time.monotonic() + self.PAUSE
        if b"\n" in typed:
            self._enter()


def on_signals(
    stop: Callable[[], None], reload: Callable[[], None], stopping: threading.Event, waker: int
) -> None:
    """Connect signals to `stop` and `reload`; a second signal to stop ends the process at once.

    Both are called in a signal handler, and a byte is written to the descriptor `waker`: a signal
    just before the accept loop waits would otherwise be seen only after the wait.
    """
    received: list[int] = []

    def on_stop(number: int, _frame: FrameType | None) -> None:
        if received or stopping.is_set():
            os._exit(128 + number)  # safe: every answered exchange is on disk
        received.append(number)
        stop()

    def on_reload(_number: int, _frame: FrameType | None) -> None:
        reload()

    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, on_stop)
    signal.signal(signal.SIGTERM, on_stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, on_reload)


class Drain:
    """The time between the wish to stop and the stop, in which newcomers are served still.

    A balancer's checks are told meanwhile that there should be no newcomers. `begin` may be called
    by any thread: the second call ends the time. The rest is for the accept loop.
    """

    def __init__(self, seconds: float, stopping: threading.Event) -> None:
        self._seconds, self._stopping = seconds, stopping
        self._until = 0.0

    @property
    def begun(self) -> bool:
        """Whether a stop is wished for."""
        return bool(self._until) or self._stopping.is_set()

    def begin(self) -> None:
        """Stop after the time; at once if there is none, or if it runs already."""
        if self._until or not self._seconds:
            self._stopping.set()
        else:
            logs.info("draining", seconds=self._seconds)
        self._until = time.monotonic() + self._seconds

    def left(self) -> float | None:
        """Return the seconds left, None if no stop is wished for; stop if none is left."""
        if not self._until:
            return None
        left = self._until - time.monotonic()
        if left <= 0:
            self._stopping.set()
        return max(0.0, left)


def shortest(*pauses: float | None) -> float | None:
    """Return the shortest of several pauses; None is one without an end."""
    return min((pause for pause in pauses if pause is not None), default=None)


class Watchdog:
    """Tells systemd in time that this server works, if it asks for that (WatchdogSec=).

    It belongs to the accept loop: one that hangs tells nothing, and systemd starts it anew.
    """

    def __init__(self, is_alive: Callable[[float], bool]) -> None:
        """`is_alive(seconds)` says whether commits get done, none taking longer than this."""
        self._is_alive = is_alive
        given = os.environ.get("WATCHDOG_USEC", "")
        is_ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._seconds = int(given) / 1e6 if given.isdecimal() and is_ours else 0.0
        self._next = 0.0

    def tell(self) -> float | None:
        """Tell it if it is time; return the seconds until then, None if nobody asks."""
        if not self._seconds:
            return None
        left = self._next - time.monotonic()
        if left > 0:
            return left
        if self._is_alive(self._seconds):
            announce("WATCHDOG=1")
        self._next = time.monotonic() + self._seconds / 3
        return self._seconds / 3


def announce(state: str) -> None:
    """Send systemd a state if it asks for states (sd_notify): READY=1, RELOADING=1, STOPPING=1."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where or not hasattr(socket, "AF_UNIX"):
        return
    if state == "RELOADING=1":
        state += f"\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect("\0" + where[1:] if where.startswith("@") else where)
        notify.send(state.encode())


def check_ready_file(path: Path) -> Path:
    """Return the name under which a ready file is written first. Raises `BadSetting`.

    A disk that is full or fails now is no reason: then the server does without the file.
    """
    draft = path.with_name(path.name + ".new")
    try:
        paths.check(path)
        paths.check(draft)
        is_possible = path.parent.is_dir()
    except OSError as error:
        if error.errno in NO_SPACE:
            return draft
        raise BadSetting(f"--ready-file {describe(error, path)}") from error
    if not is_possible:
        raise BadSetting(f"--ready-file {path}: there is no such directory")
    return draft


@contextlib.contextmanager
def ready_file(path: Path | None, text: str) -> Iterator[None]:
    """Write `text` to a file for the time of the block; the file is complete or absent.

    It is for other programs only: if it cannot be written that is said on standard error.
    """
    if path is None:
        yield
        return
    try:
        with naming(path):
            _write_ready_file(path, check_ready_file(path), text.encode())
    except (OSError, BadSetting) as error:
        why = escape_unprintable(describe_error(error))
        with contextlib.suppress(OSError, ValueError):
            print(f"Warning: no ready file: {why}", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _write_ready_file(path: Path, draft: Path, text: bytes) -> None:
    """Write the draft, always a new file, and give it its name. OSError: neither is left."""
    draft.unlink(missing_ok=True)
    with open(draft, "xb", buffering=0, opener=_made) as file:
        try:
            file.write(text)
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise


def _made(path: str, flags: int) -> int:
    return os.open(path, flags | paths.NO_LINK, 0o666)


def describe_error(error: Exception, where: Path | str = "") -> str:
    """Return in one line why a server cannot start; `where` is what it was about, most likely."""
    if isinstance(error, FileExistsError) and error.filename:
        return f"{error.filename} is not a directory"
    return describe(error, where)
