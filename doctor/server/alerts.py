"""Tell the operator of lines met with care: in the log, and by a command.

    a marked exchange --publish--> Alerts.tell --queue--> a thread --> COMMAND, one at a time

The command (`--alert`) is started without a shell. What it is told stands in its environment, so
that a name can be neither an option nor a word of its own:

    ALERT_NAME    the patient, or who said it in a room
    ALERT_ROOM    the room, where it was one
    ALERT_NUMBER  the number of the exchange in the history
    ALERT_KIND    the kind of danger; empty where it is not known
    ALERT_TIER    how grave it is: act, plan, danger, wish, past; empty likewise
    ALERT_TIME    when it was said: ISO 8601, UTC
    ALERT_TEXT    what was said, only with `--alert-text`

Nothing is ever waited for: whoever publishes an exchange puts it into a queue of `MOST_WAITING`;
what finds no place is told in the log alone. Of one person `MOST_OF_ONE` of a tier wait at most, so
that somebody who floods the doctor keeps nobody else from being told of. A command that takes
longer than `LONGEST` is killed with all that it has started. Any thread may call `tell`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shlex
import signal
import subprocess
import threading
from collections import Counter
from typing import TYPE_CHECKING, Final

from doctor.history.marks import read_mark
from doctor.server import logs
from doctor.server.rows import format_time

if TYPE_CHECKING:
    from doctor.history.transcript import Exchange
    from doctor.server.alert_settings import AlertSettings

#: Alerts that wait for the command; more are told in the log alone.
MOST_WAITING: Final = 100
#: Alerts of one person and one tier that wait for it.
MOST_OF_ONE: Final = 2
#: Seconds for one run of the command.
LONGEST: Final = 10.0
#: Seconds that a stop leaves the command, for alerts that still wait.
AT_THE_END: Final = 2.0


class Alerts:
    """Runs the operator's command for marked exchanges, in a thread of its own."""

    def __init__(self, settings: AlertSettings) -> None:
        self._command = shlex.split(settings.alert)
        self._with_text = settings.alert_text
        self._waiting: queue.Queue[dict[str, str] | None] = queue.Queue(MOST_WAITING)
        #: Alerts that wait, by person, room and tier.
        self._by_person: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False

    def tell(self, name: str, exchange: Exchange) -> None:
        """Log that a line was met with care, and have the command told; never waits."""
        mark = read_mark(exchange.mark)
        who = exchange.speaker or name
        room = name if exchange.speaker else None
        logs.warn(
            "met with care",
            patient=who,
            room=room,
            number=exchange.number,
            kind=mark.kind or None,
            tier=mark.tier or None,
        )
        if not self._command or self._closed:
            return
        told = {
            "ALERT_NAME": who,
            "ALERT_ROOM": room or "",
            "ALERT_NUMBER": str(exchange.number),
            "ALERT_KIND": mark.kind,
            "ALERT_TIER": mark.tier,
            "ALERT_TIME": format_time(exchange.at),
        }
        if self._with_text:
            told["ALERT_TEXT"] = exchange.patient
        whose = _whose(told)
        with self._lock:
            is_full = self._by_person[whose] >= MOST_OF_ONE
            self._by_person[whose] += not is_full
        if is_full:
            logs.warn("alert not sent", patient=who, why="others of this person wait already")
            return
        try:
            self._start()
            self._waiting.put_nowait(told)
        except (queue.Full, RuntimeError, MemoryError):
            self._uncount(whose)
            logs.warn("alert not sent", patient=who, why="too many wait for the command")

    def _uncount(self, whose: tuple[str, str, str]) -> None:
        """Count an alert less that waits."""
        with self._lock:
            self._by_person[whose] -= 1
            if self._by_person[whose] <= 0:
                del self._by_person[whose]

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="alerts", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while (told := self._waiting.get()) is not None:
            self._uncount(_whose(told))
            try:
                self._tell_command(told)
            except Exception as fault:  # noqa: BLE001 - the next alert may reach somebody
                logs.warn("alert not sent", patient=told["ALERT_NAME"], why=str(fault))

    def _tell_command(self, told: dict[str, str]) -> None:
        """Run the command once and wait for its end, or kill it."""
        environment = {**os.environ, **{key: _plain(value) for key, value in told.items()}}
        process = subprocess.Popen(  # noqa: S603 - the operator's own command, and no shell
            self._command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._running = process
        try:
            status = process.wait(LONGEST)
            why = f"the command ended with status {status}" if status else ""
        except subprocess.TimeoutExpired:
            _kill(process)
            why = f"the command took longer than {LONGEST:g} s and was killed"
        finally:
            self._running = None
        if why:
            logs.warn("alert failed", patient=told["ALERT_NAME"], why=why)

    def close(self) -> None:
        """Let what waits be told for a moment, then end; may be called twice."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._closed = True
        if thread is None:
            return
        while True:
            try:
                self._waiting.put_nowait(None)
                break
            except queue.Full:  # the one that waited longest makes room for the end
                with contextlib.suppress(queue.Empty):
                    self._waiting.get_nowait()
        thread.join(AT_THE_END)
        running = self._running
        if thread.is_alive() and running is not None:
            _kill(running)


def _whose(told: dict[str, str]) -> tuple[str, str, str]:
    """Return whose alert it is, for the number of those that wait."""
    return told["ALERT_NAME"], told["ALERT_ROOM"], told["ALERT_TIER"]


def _plain(value: str) -> str:
    """Return a value as an environment can hold it."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a command, and what it has started, where the system knows groups of processes."""
    with contextlib.suppress(OSError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.0)
