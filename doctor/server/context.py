"""What all conversations of a server share: `ServerContext`."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

from doctor.server.login_throttle import LoginThrottle

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from doctor.patients.store import PatientStore
    from doctor.server.metrics import Metrics
    from doctor.server.settings import Settings
    from doctor.server.slow_clients import SlowClients


class ServerContext:
    """What all handlers of a server share. Each part keeps its own locks."""

    def __init__(
        self,
        settings: Settings,
        store: PatientStore,
        metrics: Metrics,
        slow_clients: SlowClients,
        *,
        stopping: threading.Event | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.metrics = metrics
        self.slow_clients = slow_clients
        self.login_throttle = LoginThrottle(settings)
        #: Where a computation that needs no interpreter takes nobody's processor away.
        self.on_any_processor: Callable[[], AbstractContextManager[None]] = nullcontext
        #: Set once, when the server stops.
        self.stopping = stopping or threading.Event()
