"""The requests of an operator to a running server: status, stop, changes of histories.

`AdminService.act` takes a request of `doctor.control` and runs in the control socket's thread;
nothing here can be reached by a patient. Everything may be called from any thread.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from doctor.patients import maintenance
from doctor.server import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.server.context import ServerContext
    from doctor.server.handler import DoctorClientHandler


class AdminService:
    """Answers for one server: its practice, its live handlers and how it is stopped."""

    def __init__(
        self,
        context: ServerContext,
        address: str,
        handlers: set[DoctorClientHandler],
        stop: Callable[[], None],
    ) -> None:
        self._context, self._address = context, address
        self._handlers, self._stop = handlers, stop

    def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked for and return the answer. Raises a `DoctorError` or OSError."""
        match asked.get("do"):
            case "status":
                return self.status()
            case "stop":
                self._stop()
                return {}
        return maintenance.perform(self._context.store, asked)

    def status(self) -> dict[str, Any]:
        """Return what an operator wants to know, as plain data."""
        connected = [
            {
                "name": one.patient_name,
                "address": one.address,
                "since": one.began,
                "exchanges": one.exchanges,
            }
            for one in tuple(self._handlers)
        ]
        return {
            "process": os.getpid(),
            "address": self._address,
            "script": self._context.store.machine.script.name,
            "connected": sorted(connected, key=lambda one: str(one["since"])),
            **self.gauges(),
            **self._context.metrics.snapshot(),
        }

    def gauges(self) -> dict[str, float]:
        """Return the figures of this moment."""
        counts = self._context.store.counts
        return {
            "connections": len(self._handlers),
            "threads": threading.active_count(),
            "resident_bytes": metrics.resident_bytes(),
            "damaged_files": counts.damaged,
            "not_saved": counts.not_saved,
            "commits": counts.commits,
        }
