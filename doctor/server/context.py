"""What all conversations of a server share: `ServerContext`."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

from doctor.listener import DEFAULT_HELPLINES, load_helplines
from doctor.server import warming
from doctor.server.alerts import Alerts
from doctor.server.attending.service import Attending
from doctor.server.finding import HistoryFinder
from doctor.server.logins.login_throttle import LoginThrottle
from doctor.server.network.slow_clients import SlowClients
from doctor.server.rooms.registry import RoomRegistry
from doctor.server.sessions import Sessions
from doctor.server.write_limits import WriteLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from doctor.doctor import AnyMachine
    from doctor.listener import Helplines
    from doctor.patients.store import PatientStore
    from doctor.server.metrics import Metrics
    from doctor.server.settings import Settings


class ServerContext:
    """What all handlers of a server share; each part has its own locks.

    `on_any_processor` is the context in which to do a long computation that does not hold the
    interpreter. `stopping` is set once, when the server stops. `helplines` are where people in
    danger are sent; `read_helplines` reads them again.
    `untold` are wrong passphrases of an earlier server (`doctor.server.logins.untold`).
    """

    def __init__(
        self,
        settings: Settings,
        store: PatientStore,
        metrics: Metrics,
        *,
        on_any_processor: Callable[[], AbstractContextManager[None]] = nullcontext,
        stopping: threading.Event | None = None,
        untold: Mapping[str, int] | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.metrics = metrics
        self.on_any_processor = on_any_processor
        self.stopping = stopping or threading.Event()
        self.alerts = Alerts(settings)
        self.sessions = Sessions(self.alerts.tell)
        self.attending = Attending(settings, store, self.sessions)
        self.rooms = RoomRegistry(store, self.sessions, metrics, settings.room_members)
        self.finder = HistoryFinder()
        self.slow_clients = SlowClients(settings.slow_reader_time)
        self.login_throttle = LoginThrottle(settings, untold or {}, store.storage.guesses)
        self.write_limits = WriteLimits(settings, settings.patients)
        self.helplines = self.read_helplines()

    def warm_up(self) -> None:
        """Make the machine ready in the background."""
        warming.begin(self.store, self.sessions, self.stopping)

    def change_machine(self, machine: AnyMachine) -> None:
        """Let another machine answer, with the helplines as they are now. Raises `ScriptError`."""
        self.helplines = self.read_helplines()
        self.store.change_machine(machine)
        self.warm_up()

    def close(self) -> None:
        """End the threads of the parts; may be called twice."""
        self.rooms.close()
        self.slow_clients.close()
        self.alerts.close()

    def read_helplines(self) -> Helplines:
        """Return the helplines of the settings' file. Raises `ScriptError`."""
        return load_helplines(self.settings.helplines or DEFAULT_HELPLINES)
