"""Store the exchanges of many patients with one statement: `Committer`.

As the commit log does for files, whoever submits while nobody commits commits in his own thread;
what is submitted meanwhile is committed together by the next. Replies leave from the thread that
commits. A commit has a price of its own, some 20 times that of one more exchange in it, so it can
be had wait for lines that are being answered; otherwise those are answered while it is under way.

What becomes of an exchange:

    returned by the statement      KEPT
    not returned                   LOST: another server changed the patient's row
    refused by the server          NotKept: certainly not stored
    the answer did not come        the connection is closed, a new one made; the patients' rows are
                                   fenced (their versions rise), so that what was sent cannot be
                                   stored any more; then the exchange is looked for. It is there,
                                   by number, server and time: KEPT. It is not: sent again
    the database stays away        NotKept where it was never sent, else Unknown
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import psycopg

from doctor.errors import NotSaved, OutcomeUnknown, StoreAway
from doctor.patients.base import KEPT, LOST, NotKept, Unknown
from doctor.patients.postgresql import arrays
from doctor.patients.postgresql.batches import by_patient, send_batch, send_first, send_one
from doctor.patients.postgresql.connection import ConnectionLost, Refused
from doctor.patients.postgresql.pool import RETRY, connect_until
from doctor.patients.postgresql.rows import to_milliseconds
from doctor.patients.postgresql.statements import CATCH_UP, FENCE, FIND, FIND_FIRST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from logging import Logger

    from doctor.patients.base import Outcome
    from doctor.patients.postgresql.batches import PendingExchange
    from doctor.patients.postgresql.connection import Database, DatabaseConnection

#: Exchanges in one statement at most.
BATCH: Final = 1_000
#: Exchanges in a batch from which on the next one waits for others to come in.
_CROWD: Final = 4
#: Seconds after which it looks whether any came.
_STEP: Final = 0.0001
#: How often a batch is sent again that lost against another server's.
_ATTEMPTS: Final = 3
_AGAIN: Final = frozenset({"40001", "40P01"})
_READ_ONLY: Final = "25006"
_FULL: Final = "53100"


class Committer:
    """Commits over one connection. Any thread may call."""

    def __init__(
        self,
        database: Database,
        server: int,
        away: float,
        log: Logger,
        observe: Callable[[float], None] | None = None,
        *,
        pause: float = 0.0,
    ) -> None:
        """Begin with no connection; `server` is this process's row in `servers`.

        Exchanges wait up to `away` seconds for a database that is away. `observe` is called with
        the seconds that each commit took. Where the last batch had several exchanges, the next one
        waits while more of them come in, up to `pause` seconds: a few patients never wait.
        """
        self._database = database
        self.server = arrays.int4(server)
        self._server_id = server
        self._away = away
        self._log = log
        self._observe = observe
        self._pause = pause
        self._last_size = 0  # exchanges in the last batch
        self._queue: deque[PendingExchange] = deque()
        self._committing = threading.Lock()
        self._work = threading.Semaphore(0)
        self._closing = threading.Event()
        self._deadline = math.inf
        self._connection: DatabaseConnection | None = None
        self._began = 0.0
        self.commits = 0
        self.committed = 0
        self._thread = threading.Thread(target=self._run, name="commit", daemon=True)
        self._thread.start()

    @property
    def under_way(self) -> float:
        """Seconds for which a commit has been under way, its telling included; 0 for none."""
        began = self._began
        return time.monotonic() - began if began else 0.0

    def hasten(self, seconds: float) -> None:
        """Wait no longer than this from now on for a database that is away."""
        self._deadline = time.monotonic() + seconds

    def submit(self, job: PendingExchange) -> None:
        """Have an exchange stored; `job.told` is called once, maybe before this returns."""
        self._queue.append(job)
        if self._committing.acquire(blocking=False):
            try:
                self._commit()
            finally:
                self._committing.release()
            if self._queue:
                self._work.release()
        # Whoever commits looks at the queue once more after it has released the lock.

    def _run(self) -> None:
        while True:
            self._work.acquire()
            if self._closing.is_set():
                return
            while self._queue:
                with self._committing:
                    self._commit()

    def _commit(self) -> None:
        """Store what is queued and tell; called with `_committing` held."""
        queue = self._queue
        if self._last_size >= _CROWD:
            self._gather()
        batch: list[PendingExchange] = []
        while queue and len(batch) < BATCH:
            batch.append(queue.popleft())
        self._last_size = len(batch)
        self._began = time.monotonic()
        groups: dict[tuple[bool, bool], list[PendingExchange]] = {}
        if len(batch) == 1:
            groups[True, True] = batch
        else:
            for job in batch:
                groups.setdefault((job.unsure, job.row.id == 0), []).append(job)
        for group in groups.values():
            try:
                self._store(group)
            except Exception as fault:  # noqa: BLE001 - everybody waits to be told
                self._log.exception("a fault in storing exchanges")
                self._drop()
                self._tell(group, Unknown(fault))
        self._began = 0.0

    def _gather(self) -> None:
        """Wait while more exchanges come in, but not longer than the pause."""
        queue, until = self._queue, time.monotonic() + self._pause
        while time.monotonic() < until and not self._closing.is_set():
            before = len(queue)
            time.sleep(_STEP)
            if len(queue) == before:
                return

    # --- a group: all of them new patients, or none; all of them unsure, or none ---

    def _store(self, jobs: list[PendingExchange]) -> None:
        """Store a group and tell each of its outcome."""
        until = time.monotonic() + self._away
        attempts = 0
        while jobs:
            if (
                len({not job.row.id for job in jobs}) > 1
            ):  # some were found while others were sought
                self._store([job for job in jobs if job.row.id])
                jobs = [job for job in jobs if not job.row.id]
            try:
                connection = self._connect(until)
            except StoreAway as error:
                self._give_up(jobs, error)
                return
            try:
                if jobs[0].unsure and jobs[0].row.id:
                    jobs = self._look(connection, jobs)
                    if not jobs:
                        return
                self._send(connection, jobs)
            except (ConnectionLost, psycopg.OperationalError, psycopg.InterfaceError) as error:
                self._log.warning("the database: %s", " ".join(str(error).split()))
                self._drop()
                for job in jobs:
                    job.unsure = True
                self._closing.wait(RETRY)
            except (Refused, psycopg.Error) as error:
                code = (error.code if isinstance(error, Refused) else error.sqlstate) or ""
                attempts += 1
                if code == _READ_ONLY:
                    self._drop()
                    self._closing.wait(RETRY)
                elif code not in _AGAIN or attempts >= _ATTEMPTS:
                    self._refuse(jobs, code, error)
                    return
            else:
                return

    def _connect(self, until: float) -> DatabaseConnection:
        connection = self._connection
        if connection is not None:
            if connection.generation == self._database.generation and not connection.closed:
                return connection
            self._drop()
        if time.monotonic() > min(until, self._deadline):
            raise StoreAway("the database did not answer in time")
        self._connection = connect_until(
            self._database, lambda: min(until, self._deadline), self._closing
        )
        return self._connection

    def _drop(self) -> None:
        """Close the connection, and have every other one of this process made anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._database.distrust(connection)
            connection.close()

    def _send(self, connection: DatabaseConnection, jobs: list[PendingExchange]) -> None:
        """Send a group and tell the outcomes; Refused or ConnectionLost: nobody was told."""
        began = time.monotonic()
        patience = self._database.patience
        stored: set[int] | set[bytes]
        if not jobs[0].row.id:
            stored = send_first(connection, jobs, self.server, patience)
            wins = [job.row.key_bytes in stored for job in jobs]
        elif len(jobs) == 1:
            wins = [send_one(connection, jobs[0], self.server, patience)]
        else:
            stored = send_batch(connection, jobs, self.server, patience)
            wins = [job.row.id in stored for job in jobs]
        if self._observe is not None:
            self._observe(time.monotonic() - began)
        self.commits += 1
        self.committed += sum(wins)
        if jobs[0].unsure and not jobs[0].row.id and not all(wins):
            self._find_first(
                connection, [job for job, won in zip(jobs, wins, strict=True) if not won]
            )
            jobs = [job for job, won in zip(jobs, wins, strict=True) if won]
            wins = [True] * len(jobs)
        if all(wins):
            self._tell(jobs, KEPT)
        else:
            for job, won in zip(jobs, wins, strict=True):
                self._tell((job,), KEPT if won else LOST)

    # --- when the answer did not come ---

    def _look(
        self, connection: DatabaseConnection, jobs: list[PendingExchange]
    ) -> list[PendingExchange]:
        """Tell of those that are stored or can never be; return those to be sent again."""
        jobs.sort(key=by_patient)
        ids = [job.row.id for job in jobs]
        fenced = self._fence(connection, jobs)
        found = {
            patient: (server, to_milliseconds(at))
            for patient, server, at in connection.execute(FIND, [ids, [j.number for j in jobs]])
        }
        left, kept, lost = [], [], []
        for job in jobs:
            row = job.row
            if found.get(row.id) == (self._server_id, job.at):
                kept.append(job)
            elif row.id in found or row.id not in fenced:
                lost.append(job)
            else:
                job.unsure = False
                left.append(job)
        self._log.info("%d exchanges found stored, %d to be sent again", len(kept), len(left))
        self.committed += len(kept)
        self._tell(kept, KEPT)
        self._tell(lost, LOST)
        return left

    def _find_first(self, connection: DatabaseConnection, jobs: list[PendingExchange]) -> None:
        """Tell of first exchanges that were sent twice, and the second time were too late.

        ConnectionLost, and nobody was told, where the standby may lack what was found.
        """
        keys = [job.row.key for job in jobs]
        found = {key: rest for key, *rest in connection.execute(FIND_FIRST, [keys])}
        kept: list[PendingExchange] = []
        for job in jobs:
            patient, version, server, at = found.get(job.row.key, (0, 0, 0, None))
            if at is not None and (server, to_milliseconds(at)) == (self._server_id, job.at):
                job.row.id, job.row.version = patient, version
                kept.append(job)
        if kept:
            self._fence(connection, kept)
            self.committed += len(kept)
            self._tell(kept, KEPT)
        self._tell([job for job in jobs if job not in kept], LOST)

    def _fence(self, connection: DatabaseConnection, jobs: list[PendingExchange]) -> set[int]:
        """Raise the versions of these patients' rows; return the patients whose row it found.

        What is found afterwards is on the standby too; ConnectionLost where that is in doubt.
        """
        values = [[job.row.id for job in jobs], [job.row.version for job in jobs]]
        fenced = dict(connection.execute(FENCE, values).fetchall())
        connection.execute(CATCH_UP, [self._server_id])
        if connection.doubtful:
            raise ConnectionLost("a commit was acknowledged before its standby had it")
        for job in jobs:
            job.row.version = fenced.get(job.row.id, job.row.version)
        return set(fenced)

    def _give_up(self, jobs: list[PendingExchange], error: StoreAway) -> None:
        for job in jobs:
            if job.unsure:
                why = OutcomeUnknown("whether that was saved is not known; come in again")
                self._tell((job,), Unknown(why))
            else:
                self._tell((job,), NotKept(error))

    def _refuse(self, jobs: list[PendingExchange], code: str, error: Exception) -> None:
        """Tell what the server refused; values that it refuses must not cost the others theirs."""
        if len(jobs) > 1 and code[:2] in {"22", "23"}:
            for job in jobs:
                self._store([job])
            return
        message = " ".join(str(error).split())
        self._log.error("the database refused exchanges: %s (%s)", message, code)
        why: Exception = NotSaved(f"the database did not take it: {message}")
        if code[:2] in {"28", "42"}:
            why = StoreAway(f"the database refuses this server: {message}")
        elif code == _FULL:
            why = NotSaved("the database's disk is full")
        self._tell(jobs, NotKept(why))

    def _tell(self, jobs: Iterable[PendingExchange], outcome: Outcome) -> None:
        for job in jobs:
            try:
                job.tell(outcome)
            except Exception:  # noqa: BLE001 - one caller's mistake must not cost the others
                self._log.exception("telling of a saved exchange failed")

    def close(self, seconds: float) -> None:
        """Commit what is queued within these seconds, and end the thread."""
        deadline = time.monotonic() + max(seconds, 0.0)
        while self._queue and time.monotonic() < deadline:
            if self._committing.acquire(timeout=max(deadline - time.monotonic(), 0.01)):
                try:
                    self._commit()
                finally:
                    self._committing.release()
        self._closing.set()
        self._work.release()
        self._thread.join()
        with self._committing:
            while self._queue:
                self._commit()
            self._drop()
