"""What the server asks of the system for its process; each part harmless where there is no such.

`prepare` is called once, by the program, before anything else: thread stacks, the interpreter's
switch interval, the garbage collector; `settle` once everything is loaded. `Pinning` keeps a busy
server on one processor. `Terminal` is the Enter key. `announce` tells systemd, and `ready_file`
whoever looks, that the server is ready.

Why one processor: the interpreter runs one thread at a time anyway. On several processors each
hand-over of its lock wakes a thread elsewhere and moves the data there, which costs more than the
work. With one client there is nothing to hand over, and a free choice of processor is 20 % better.

Why no thread pushes another aside there: what it wakes up for is most often the interpreter, which
the other one holds.

Why a long switch interval: each thread that waits for the interpreter wakes once every interval to
ask for it. With thousands waiting at the default 5 ms that is all a processor does. Threads here
give the interpreter up themselves, at every system call; what takes longer yields on purpose.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doctor import paths
from doctor.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from doctor.server.settings import Settings

#: Connections at which a server is busy enough to be pinned, and at which it no longer is.
_PIN_AT: Final = 9
_UNPIN_AT: Final = 4
#: Descriptors that are not clients': files of histories, the log, this and that.
_OWN_DESCRIPTORS: Final = 1536


def prepare(settings: Settings) -> None:
    """Set up this process for many threads; once, in the main thread, at the start."""
    with contextlib.suppress(ValueError, RuntimeError):
        threading.stack_size(settings.thread_stack * 1024)
    sys.setswitchinterval(settings.switch_interval)
    gc.disable()  # while a script is loaded, which makes much and throws nothing away


def settle() -> None:
    """Let the garbage collector begin.

    A collection looks at every object of every patient. What is here now stays, and is left out;
    conversations make no cycles to speak of, so that collections may be rare.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def descriptors() -> int:
    """Raise the limit of open descriptors as far as it goes and return it."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1 << 20 if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


def most_connections(settings: Settings) -> int:
    """Return how many connections the setting and the system allow together."""
    allowed = descriptors()
    return max(1, min(settings.connections, allowed - _own(allowed)))


def _own(allowed: int) -> int:
    return min(_OWN_DESCRIPTORS, allowed // 4)


def open_files() -> int:
    """Return how many histories may be held open beside the connections and all else."""
    return max(1, _own(descriptors()) * 2 // 3)


class Pinning:
    """Keeps the process on one processor: always (`N`), never (`none`), or when busy (`auto`).

    Belongs to the thread of the accept loop, but `elsewhere` and `should_follow` to any.
    """

    def __init__(self, wanted: str) -> None:
        """Raises `BadSetting` where this process may not use the processor that is wanted."""
        self.pinned = False
        self._auto = False
        if wanted == "none" or not hasattr(os, "sched_setaffinity"):
            return
        self._all = os.sched_getaffinity(0)
        self._policy = os.sched_getscheduler(0)
        if wanted == "auto":
            # Servers side by side spread over the processors.
            self._one = {sorted(self._all)[os.getpid() % len(self._all)]}
            self._auto = len(self._all) > 1
        else:
            self._one = {int(wanted)}
            if not self._one <= self._all:
                raise BadSetting(f"--cpu: {wanted} is none of {sorted(self._all)}")
            self._move(self._one)
            self.pinned = True

    def adjust(self, connections: int) -> None:
        """Pin or unpin as the number of connections asks for it."""
        if not self._auto:
            return
        if not self.pinned and connections >= _PIN_AT:
            self._move(self._one)
            self.pinned = True
        elif self.pinned and connections <= _UNPIN_AT:
            self._move(self._all)
            self.pinned = False

    @contextlib.contextmanager
    def unpinned(self) -> Iterator[None]:
        """Let the calling thread use any processor for a while.

        For a long computation that does not need the interpreter: it must not take the one
        processor from those that do.
        """
        if not self.pinned:
            yield
            return
        os.sched_setaffinity(0, self._all)
        try:
            yield
        finally:
            if self.pinned:
                os.sched_setaffinity(0, self._one)

    def must_adjust(self, connections: int) -> bool:
        """Tell whether `follow` would unpin; any thread may ask."""
        return self._auto and self.pinned and connections <= _UNPIN_AT

    def _move(self, processors: set[int]) -> None:
        """Move every thread of this process; new threads inherit from the one that starts them.

        On one processor a thread that wakes does not push the running one aside (SCHED_BATCH).
        """
        policy = self._policy
        if processors == self._one and policy == os.SCHED_OTHER:
            policy = getattr(os, "SCHED_BATCH", policy)
        try:
            threads = [int(entry.name) for entry in Path("/proc/self/task").iterdir()]
        except OSError:
            threads = [0]
        for thread in threads:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.sched_setaffinity(thread, processors)
                os.sched_setscheduler(thread, policy, os.sched_param(0))


class Terminal:
    """The Enter key at the server's terminal, where there is one.

    A server in the background must not read its terminal, the system would stop it; so a key
    counts only while this process is in the terminal's foreground, and otherwise the terminal is
    left alone for a while.
    """

    #: Seconds for which a terminal that is another program's now is left alone.
    PAUSE: Final = 1.0

    def __init__(self, enter: Callable[[], None]) -> None:
        """`enter` is called for Enter, and when the terminal was hung up."""
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
        """Return the descriptor, for a selector."""
        return sys.stdin.fileno()

    def watch(self, selector: selectors.BaseSelector) -> float | None:
        """Have `selector` watch the terminal while it is ours.

        Returns the seconds after which to call this again, None where that is not needed.
        """
        left = self._not_before - time.monotonic()
        wanted = self.watched and left <= 0
        if wanted and not self._registered:
            try:
                selector.register(self, selectors.EVENT_READ, self._typed)
            except OSError:  # not everything that is a terminal can be waited for
                self.watched = wanted = False
        elif self._registered and not wanted:
            selector.unregister(self)
        self._registered = wanted
        return left if self.watched and left > 0 else None

    def _typed(self) -> None:
        """Take what was typed. Ctrl+D is nothing: only a terminal that is gone has an end."""
        try:
            if os.tcgetpgrp(self.fileno()) != os.getpgrp():
                self._not_before = time.monotonic() + self.PAUSE
                return
            typed = os.read(self.fileno(), 1024)
        except OSError:  # hung up
            self.watched = False
            self._enter()
            return
        if not typed:  # one that has an end after all is asked no more than once a second
            self._not_before = time.monotonic() + self.PAUSE
        if b"\n" in typed:
            self._enter()


def on_signals(
    stop: Callable[[], None], reload: Callable[[], None], stopping: threading.Event, waker: int
) -> None:
    """Let signals stop or reload the server; a second one that stops it leaves at once.

    `stop` and `reload` are called in a signal's handler, and a byte is written to `waker`: a signal
    just before the accept loop waits would be seen only after it.
    """
    asked: list[int] = []

    def stops(number: int, _frame: FrameType | None) -> None:
        if asked or stopping.is_set():
            os._exit(128 + number)  # safe: what was answered is on disk
        asked.append(number)
        stop()

    def reloads(_number: int, _frame: FrameType | None) -> None:
        reload()

    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, stops)
    signal.signal(signal.SIGTERM, stops)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, reloads)


def announce(state: str) -> None:
    """Tell systemd, where it asks (sd_notify): READY=1, RELOADING=1, STOPPING=1."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if not where or not hasattr(socket, "AF_UNIX"):
        return
    if state == "RELOADING=1":
        state += f"\nMONOTONIC_USEC={time.monotonic_ns() // 1000}"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect("\0" + where[1:] if where.startswith("@") else where)
        notify.send(state.encode())


def ready_draft(path: Path) -> Path:
    """Return where a ready file is written first. Raises `BadSetting` where it cannot be."""
    draft = path.with_name(path.name + ".new")
    try:
        paths.check(path)
        paths.check(draft)
    except OSError as error:
        raise BadSetting(f"--ready-file {error.filename}: {error.strerror}") from error
    if not path.parent.is_dir():
        raise BadSetting(f"--ready-file {path}: there is no such directory")
    return draft


@contextlib.contextmanager
def ready_file(path: Path | None, text: str) -> Iterator[None]:
    """Write `text` to a file for as long as the server accepts; whole or not at all."""
    if path is None:
        yield
        return
    draft = ready_draft(path)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
