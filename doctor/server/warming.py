"""Make the machine ready in the background, so that no patient waits for it.

A script has hundreds of patterns and a machine compiles each when it is needed first, because a
server is to accept at once. Left to that, the first lines would be the slowest ones, and a thousand
patients who come together would all wait. So a thread compiles one after the other once the server
accepts, and again when the script was read anew. It gives way: after each step it sleeps, longer
while somebody is connected.
"""

from __future__ import annotations

import contextlib
import threading
from itertools import chain
from typing import TYPE_CHECKING, Final

from doctor.server import logs

if TYPE_CHECKING:
    from doctor.patients.store import PatientStore
    from doctor.server.sessions import Sessions

#: Seconds between two steps, and between two while somebody is connected. A step takes 0.4 ms.
PAUSE: Final = 0.0005
PAUSE_WHILE_BUSY: Final = 0.002


def begin(
    store: PatientStore, sessions: Sessions, stopping: threading.Event
) -> threading.Thread | None:
    """Make the machine ready in a thread of its own; None where no thread is left."""
    given = store, sessions, stopping
    thread = threading.Thread(target=_run, args=given, name="warm up", daemon=True)
    with contextlib.suppress(RuntimeError, MemoryError):
        thread.start()
        return thread
    return None


def _run(store: PatientStore, sessions: Sessions, stopping: threading.Event) -> None:
    """Make a machine ready, unless the server stops or another machine answers by now."""
    machine, host = store.machine, store.host
    try:
        for _ in chain(machine.prepare(), host.prepare() if host else ()):
            pause = PAUSE_WHILE_BUSY if len(sessions) else PAUSE
            if stopping.wait(pause) or store.machine is not machine:
                return
    except Exception:  # noqa: BLE001 - whatever is wrong shows with the line that needs it
        logs.LOG.exception("the script cannot be made ready beforehand")
