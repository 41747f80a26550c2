"""The requests of an operator to a running server: status, stop, changes of histories.

`AdminService.act` takes a request of `doctor.control` and runs in the control socket's thread; no
patient can reach it. Streams go to `doctor.server.attending`. Any thread may call everything here.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final

from doctor.patients import maintenance
from doctor.patients.names import key
from doctor.server import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.server.context import ServerContext


#: Seconds for which nothing could be stored before newcomers should go elsewhere.
AWAY: Final = 5.0


class AdminService:
    """Answers the operator's requests for one server; `stop` stops it."""

    def __init__(self, context: ServerContext, address: str, stop: Callable[[], None]) -> None:
        self._context, self._address, self._stop = context, address, stop

    def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked and return the answer. Raises a `DoctorError` or OSError."""
        match asked.get("do"):
            case "status":
                return self.status()
            case "stop":
                self._stop()
                return {}
        answer = maintenance.perform(self._context.store, asked)
        name = str(asked.get("name", ""))
        if asked.get("do") == "rename":
            new = str(asked.get("new", ""))
            self._context.attending.rename(name, new)
            self._context.sessions.rename(name, new)
            self._context.rooms.rename(name, new)
        elif asked.get("do") == "forget":
            self._context.sessions.tell("erased", name)
        return answer

    def status(self) -> dict[str, Any]:
        """Return what an operator wants to know, as plain data."""
        return {
            "process": os.getpid(),
            "address": self._address,
            "script": self._context.store.machine.script.name,
            "connected": [self._describe(one) for one in self._context.sessions.describe()],
            "marked_lines": [
                {"name": name, "number": one.number, "at": one.at}
                for name, one, _ in list(self._context.sessions.marked)
            ],
            **self.gauges(),
            **self._context.metrics.snapshot(),
        }

    def commits_within(self, seconds: float) -> bool:
        """Return True if no commit hangs: none takes longer than this and the database's time."""
        settings = self._context.settings
        patience = max(seconds, settings.away_time + 2 * settings.database_time)
        return self._context.store.storage.under_way < patience

    def why_not_ready(self) -> str:
        """Return why nobody new should come now, "" if there is no reason."""
        stalled = self._context.store.storage.stalled
        return f"nothing could be stored for {stalled:.0f} s" if stalled > AWAY else ""

    def _describe(self, conversation: dict[str, Any]) -> dict[str, Any]:
        name = conversation["name"]
        return conversation | (self._context.attending.describe(key(name)) if name else {})

    def gauges(self) -> dict[str, float]:
        """Return the figures of this moment."""
        counts = self._context.store.counts
        return {
            "connections": len(self._context.sessions),
            "threads": threading.active_count(),
            "resident_bytes": metrics.resident_bytes(),
            "damaged_files": counts.damaged,
            "not_saved": counts.not_saved,
            "commits": counts.commits,
            "stalled": self._context.store.storage.stalled,
            **self._context.rooms.gauges,
        }
