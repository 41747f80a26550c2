"""What all conversations of a server share: `Practice`."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

from doctor.guesses import Guesses

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from doctor.metrics import Tally
    from doctor.patients import PatientStore
    from doctor.settings import Settings
    from doctor.transport import SlowReaders


class Practice:
    """What all handlers of a server share. Each part keeps its own locks."""

    def __init__(
        self,
        settings: Settings,
        store: PatientStore,
        tally: Tally,
        slow_readers: SlowReaders,
        *,
        stopping: threading.Event | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.tally = tally
        self.slow_readers = slow_readers
        self.guesses = Guesses(settings)
        #: Where a computation that needs no interpreter takes nobody's processor away.
        self.aside: Callable[[], AbstractContextManager[None]] = nullcontext
        #: Set once, when the server stops.
        self.stopping = stopping or threading.Event()
