"""What one client may write to the disk, new histories and bytes, and use: `WriteLimits`.

    new histories    for each address and minute; more hear 452 at their first line, which is when
                     a history is written, and may say it again later
    bytes            for each patient and minute, over all connections; more lines are read later
    time             for each patient, of the processor: `doctor.server.network.throttle` counts it
    free disk        below a reserve nobody new is taken in; who has a history goes on to the end

Addresses of this machine are exempt from the first unless the operator set it.
Any thread may call everything here.
"""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from doctor.errors import NotSaved
from doctor.patients.names import key
from doctor.server.network.limits import RateLimit, network, wider_network

if TYPE_CHECKING:
    from doctor.server.settings import Settings

#: Seconds that the free room of a disk is taken for what it was.
_LOOK_AGAIN: Final = 1.0
_MINUTE: Final = 60.0
#: Seconds of a client's costly lines that may be answered at once.
_AHEAD: Final = 1.0
_MIB: Final = 1 << 20


class PatientBudget:
    """The bytes that one patient may write and the time it may use; its connections share it.

    A minute's worth may be written at once. `due` is the time at which the next line may be read,
    `costly_due` that of the next one whose processor time is counted.
    """

    __slots__ = ("__weakref__", "_each", "costly_due", "due")

    def __init__(self, per_minute: float) -> None:
        self._each = _MINUTE / per_minute
        self.due = self.costly_due = 0.0

    def take(self, now: float, size: int) -> None:
        """Count bytes that were written. Without a lock: a lost update gives a line away."""
        self.due = max(self.due, now - _MINUTE) + size * self._each

    def take_time(self, now: float, seconds: float) -> None:
        """Count time by which the next costly line is later; without a lock too."""
        self.costly_due = max(self.costly_due, now - _AHEAD) + seconds


class WriteLimits:
    """The limits of one server, whose histories are at `where`, a directory or a URL."""

    def __init__(self, settings: Settings, where: Path | str | None = None) -> None:
        self._settings = settings
        self._where = where if isinstance(where, Path) else None
        self._lock = threading.Lock()
        self._histories = RateLimit(settings.address_histories, _MINUTE)
        self._budgets: WeakValueDictionary[str, PatientBudget] = WeakValueDictionary()
        self._looked_at = 0.0
        self._is_short = False

    def budget(self, name: str) -> PatientBudget:
        """Return what a patient may write, the same for all connections."""
        with self._lock:
            found = self._budgets.get(key(name))
            if found is None:
                found = PatientBudget(self._settings.patient_bytes * _MIB)
                self._budgets[key(name)] = found
            return found

    def begin_history(self, address: str) -> None:
        """Count a new history of an address. Raises `NotSaved` if there may be none now."""
        where, local = network(address)
        with self._lock:
            if self._is_disk_short():
                raise NotSaved(
                    "this server's disk is nearly full, so that it takes nobody new; "
                    "please try again later"
                )
            if local and "address_histories" not in self._settings.given:
                return
            counted = [each for each in (where, wider_network(where)) if each is not None]
            if not all(self._histories.has_room(each) for each in counted):
                raise NotSaved("too many new patients from your address; try again in a minute")
            for each in counted:
                self._histories.take(each)

    def _is_disk_short(self) -> bool:
        now = time.monotonic()
        if self._where is not None and now - self._looked_at >= _LOOK_AGAIN:
            self._looked_at = now
            try:
                free = shutil.disk_usage(self._where).free
            except OSError:
                return False  # writing tells more
            self._is_short = free < self._settings.disk_reserve * _MIB
        return self._is_short
