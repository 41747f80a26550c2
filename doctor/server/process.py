"""What the server sets up for its process: threads, collector, descriptors, futexes.

`prepare` is called once, by the program, before anything else; `settle` once everything is loaded.
A part that the system does not offer is left out.

Why a long switch interval: each thread that waits for the interpreter wakes up once every interval
to ask for it. With thousands waiting at the default of 5 ms a processor does nothing else. Threads
here release the interpreter themselves, at every system call; what takes longer yields on purpose.

Why more futex slots: a thread that waits for a lock waits in a slot of a hash table in the kernel.
Linux 6.16 and newer give each process a table of its own, sized by processors and not by threads.
Thousands of threads that wait for the interpreter are then in one slot. If the mutex of the
interpreter's lock falls into the same slot, by chance of two addresses, each of its wake-ups walks
past all of them: 1.6 ms instead of 0.1 us with 10,000 threads. About one start in sixteen was so
for its whole life, and the goodbyes of 10,000 patients took half a minute instead of two seconds.

Source of the numbers: `prctl` commands of linux/prctl.h, PR_FUTEX_HASH.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from typing import TYPE_CHECKING, Final

from doctor.server import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.server.settings import Settings

#: Descriptors kept for other uses than clients: files of histories, the log and others.
_OWN_DESCRIPTORS: Final = 1536
#: How many of these are needed at least, and how many are for what is not a file of a history:
#: standard streams, directory, lock and logs, listeners, wakers and selectors, the operator's
#: connections, files that are being written anew.
_LEAST_OWN: Final = 44
_NO_HISTORIES: Final = 32

#: New objects after which the youngest generation is collected, how many such collections there
#: are for one of the second generation, and of those for one of everything.
_YOUNG: Final = 2_000
_YOUNG_COLLECTIONS: Final = 4
_MIDDLE_COLLECTIONS: Final = 5_000

#: Connections from which on it matters in which slots of the kernel their threads wait.
MANY: Final = 256
_PR_FUTEX_HASH: Final = 78
_SET_SLOTS: Final = 1
_GET_SLOTS: Final = 2


def prepare(settings: Settings) -> None:
    """Set up this process for many threads; call it once, in the main thread, at the start."""
    with contextlib.suppress(ValueError, RuntimeError):
        threading.stack_size(settings.thread_stack * 1024)
    sys.setswitchinterval(settings.switch_interval)
    gc.disable()  # while a script is loaded: that makes many objects and no garbage


def settle() -> None:
    """Start the garbage collector.

    Everybody waits for a collection, and it visits every object of its generation. The objects of
    now live as long as the process and are left out. The two young generations are kept small, so
    that each collection of them is over in about a millisecond; that costs no more in all, since an
    object is visited twice either way. The third one, with every object of every patient, may be
    collected rarely: conversations make hardly any cycles.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _YOUNG_COLLECTIONS, _MIDDLE_COLLECTIONS)
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


def prepare_futexes(slots: int, connections: int) -> None:
    """Spread the waiters of a server that may have many connections; log once if that fails.

    `slots` of 0 changes nothing. Call it when the server accepts connections already: a newcomer
    need not wait for it.
    """
    if slots and connections >= MANY and not spread_waiters(slots):
        logs.info("this kernel has no futex slots for one process; nothing to set", slots=slots)


def spread_waiters(slots: int) -> bool:
    """Give this process so many slots; return False if the kernel has none to give.

    `slots` is a power of two. An older kernel needs no such call: its one table is shared and
    large. Any thread; threads may wait already. Loads ctypes, which takes some 5 ms.
    """
    call = _prctl()
    return call is not None and call(_PR_FUTEX_HASH, _SET_SLOTS, slots, 0, 0) == 0


def count_slots() -> int:
    """Return how many slots this process has of its own; 0 if none."""
    call = _prctl()
    return max(0, call(_PR_FUTEX_HASH, _GET_SLOTS, 0, 0, 0)) if call is not None else 0


def _prctl() -> Callable[..., int] | None:
    """Return the C library's prctl; None where there is none."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - it loads slowly, and only a large server needs it

    try:
        library = ctypes.CDLL(None)
        call: Callable[..., int] = library.prctl
    except (OSError, AttributeError):
        return None
    unsigned = ctypes.c_ulong
    library.prctl.argtypes = [ctypes.c_int, unsigned, unsigned, unsigned, unsigned]
    return call
