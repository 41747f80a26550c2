"""What the server sets up for its process: threads, garbage collector, descriptors.

`prepare` is called once, by the program, before anything else; `settle` once everything is loaded.
A part that the system does not offer is left out.

Why a long switch interval: each thread that waits for the interpreter wakes up once every interval
to ask for it. With thousands waiting at the default of 5 ms a processor does nothing else. Threads
here release the interpreter themselves, at every system call; what takes longer yields on purpose.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from doctor.server.settings import Settings

#: Descriptors kept for other uses than clients: files of histories, the log and others.
_OWN_DESCRIPTORS: Final = 1536
#: How many of these are needed at least, and how many are for what is not a file of a history:
#: standard streams, directory, lock and logs, listeners, wakers and selectors, the operator's
#: connections, files that are being written anew.
_LEAST_OWN: Final = 44
_NO_HISTORIES: Final = 32


def prepare(settings: Settings) -> None:
    """Set up this process for many threads; call it once, in the main thread, at the start."""
    with contextlib.suppress(ValueError, RuntimeError):
        threading.stack_size(settings.thread_stack * 1024)
    sys.setswitchinterval(settings.switch_interval)
    gc.disable()  # while a script is loaded: that makes many objects and no garbage


def settle() -> None:
    """Start the garbage collector.

    A collection visits every object of every patient. The objects of now live as long as the
    process and are left out; conversations make hardly any cycles, so collections may be rare.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def descriptors() -> int:
    """Raise this process's limit of open descriptors as far as allowed and return it."""
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
    return min(_OWN_DESCRIPTORS, max(_LEAST_OWN, allowed // 4))


def open_files() -> int:
    """Return how many histories may be held open beside the connections and all else."""
    own = _own(descriptors())
    return min(own * 2 // 3, own - _NO_HISTORIES)
