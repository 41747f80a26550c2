"""Make the exchanges of many patients durable with one sync: `CommitLog`.

Before a reply is sent its exchange must be on disk. A sync for each would cost a busy server most
of its time, so exchanges go to one log: whoever submits a record while nobody commits writes and
syncs it on the spot (a lone patient waits for no other thread), and what is submitted meanwhile is
written and synced together by the committing thread, as soon as that sync is over. Then each
record's `done` is called, in the order of submission.

    submit -> queue -> write -> fdatasync -> done, done, done...

The log is no second home of the exchanges. Every one is in its patient's file when its `done`
returns, not synced there yet; the log is what brings it back after a power cut. So it is emptied
whenever all files that it speaks of are synced, and what a dead process left in it is put into the
files before a new one serves anybody. Two files take turns: while one of them, full, is settled -
the patients' files synced, by a thread of its own - the other takes what is committed.

Each commit is one frame of rows (`doctor.patients.files.log_format`). A log file is
filled with zeros ahead of what is written and used again from its beginning after it was settled,
because to sync bytes of a file that does not grow costs a quarter less. So frames of an earlier use
may follow those of this one: the number of a frame tells the use, and only those that have
the first one's count. A checkpoint, before something is forgotten, cuts both files to nothing.

A start may find no space for that, nor for a new log. Then nothing is saved, and each exchange that
comes tries again, until there is space: `is_waiting` tells that, and patients' files are only read
meanwhile, since what waits in the log belongs at their ends.

Threads: `submit` may be called by any; `done` is called by the submitting or the committing one,
and may submit nothing. `checkpoint` may be called by any, a patient's turn held or not; it waits
for a commit that is under way, and a commit waits for no turn.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from doctor.errors import NO_SPACE, NotSaved, describe
from doctor.patients.files.log_file import LogFile
from doctor.patients.files.log_format import NAMES, pack_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from logging import Logger
    from pathlib import Path

    from doctor.patients.files.log_format import Job

#: Bytes of a log file at which the other one takes its turn. Larger: fewer settlings; smaller: a
#: faster start after a crash.
LIMIT: Final = 4 << 20
#: How many times that a file may hold while the other one still waits to be settled.
PATIENCE: Final = 4
#: Seconds between two tries to put an old log into the files.
RETRY: Final = 1.0
#: Bytes of exchanges after which no more go into the same commit; well below a frame's bound.
BATCH: Final = 4 << 20


class CommitLog:
    """The log of one store, and the threads that commit to it and settle it."""

    def __init__(
        self,
        directory: Path,
        settle: Callable[[Collection[str]], None],
        log: Logger,
        observe: Callable[[float], None] | None = None,
        replay: Callable[[str], None] | None = None,
    ) -> None:
        """Begin an empty log in `directory`; without space for one, as soon as there is some.

        `replay(without)` puts what an old log holds into the files, but for one file, and removes
        the log; OSError where it cannot. `settle(files)` syncs these files and the directory;
        OSError where it cannot. `observe` is called with the seconds of each write and its sync.
        """
        self._directory = directory
        self._settle = settle
        self._log = log
        self._observe = observe
        self._queue: deque[Job] = deque()
        self._committing = threading.Lock()
        self._work = threading.Semaphore(0)
        self._full = threading.Semaphore(0)
        self._closing = False
        self._broken = False
        self._replay = replay
        self._replaying = threading.Lock()
        self._refused: OSError | None = None  # why the last try failed to replay, and until when
        self._refused_until = 0.0
        self.is_waiting = replay is not None  #: an old log is not in the files yet
        self._file = LogFile(directory / NAMES[0])
        self._other: LogFile | None = None  #: made when it is needed first
        self._began = 0.0  # when the commit that is under way began; 0 where none is
        self.commits = 0
        self.committed = 0
        self._threads = [
            threading.Thread(target=self._run, name="commit", daemon=True),
            threading.Thread(target=self._settle_full, name="settle", daemon=True),
        ]
        try:
            self.begin()
            self._file.open()
        except OSError as problem:
            if problem.errno not in NO_SPACE:
                raise
            log.error("nothing can be saved now: %s", describe(problem, directory))  # noqa: TRY400
        for thread in self._threads:
            thread.start()

    @property
    def size(self) -> int:
        """Bytes in the log that are not settled."""
        return self._file.size + (self._other.size if self._other else 0)

    @property
    def under_way(self) -> float:
        """Seconds for which a commit has been under way, its telling included; 0 for none."""
        began = self._began
        return time.monotonic() - began if began else 0.0

    def begin(self) -> None:
        """Put an old log into the files, if it is not there yet. OSError."""
        if self.is_waiting:
            with self._no_commits():
                self._put_back()

    def _put_back(self, without: str | None = None) -> None:
        """Do what `begin` does, with `_committing` held; a failure counts for a moment."""
        if not self.is_waiting or self._replay is None:
            return
        if self._refused and without is None and time.monotonic() < self._refused_until:
            raise self._refused
        try:
            with self._replaying:
                self._replay(without or "")
        except OSError as problem:
            self._refused, self._refused_until = problem, time.monotonic() + RETRY
            raise
        self.is_waiting = False

    def holding_back(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which no old log is put into a file that is being read."""
        return self._replaying if self.is_waiting else contextlib.nullcontext()

    def submit(self, job: Job) -> None:
        """Have an exchange made durable, then `job.done(None)` called; or `job.done(error)`.

        May commit on the spot: then `done` was called when this returns.
        """
        self._queue.append(job)
        if self._committing.acquire(blocking=False):
            try:
                self._commit()
            finally:
                self._committing.release()
            if self._queue:
                self._work.release()
        # Whoever commits looks at the queue once more after it has released the lock.

    @contextlib.contextmanager
    def _no_commits(self) -> Iterator[None]:
        """Hold commits back; what was submitted meanwhile is committed afterwards."""
        try:
            with self._committing:
                yield
        finally:
            if self._queue:
                self._work.release()

    def begin_anew(self) -> None:
        """Sync the files and empty the log before the next commit.

        Called by a `done`, where an exchange that is in the log could not be taken in.
        """
        self._broken = True

    def _run(self) -> None:
        while True:
            self._work.acquire()
            if self._closing:
                return
            while self._queue:
                with self._committing:
                    self._commit()

    def _commit(self) -> None:
        """Write and sync what is queued, then tell; called with `_committing` held."""
        batch: list[Job] = []
        size = 0
        queue = self._queue
        while queue and size < BATCH:  # whoever holds the lock is the only one who takes from it
            job = queue.popleft()
            batch.append(job)
            size += len(job.data)
        if not batch:
            return
        error: NotSaved | None = None
        try:
            self._write(batch)
        except Exception as problem:  # noqa: BLE001 - whatever it is, everybody waits to be told
            if not isinstance(problem, OSError):
                self._log.exception("a fault in the commit log")
                self._broken = True
            why = problem.strerror if isinstance(problem, OSError) else ""
            error = NotSaved(f"the disk did not take it: {why or problem}")
            error.__cause__ = problem
        else:
            self._file.unsettled.update([job.file for job in batch])
            self.commits += 1
            self.committed += len(batch)
        for job in batch:
            try:
                job.done(error)
            except Exception:  # noqa: BLE001 - one caller's mistake must not cost the others
                self._log.exception("telling of a saved exchange failed")
        self._began = 0.0
        if self._file.size > LIMIT:
            self._change_files()

    def _write(self, batch: list[Job]) -> None:
        if self.is_waiting:
            self._put_back()
        if self._broken or self._file.size > PATIENCE * LIMIT:
            self._empty()
        began = self._began = time.monotonic()
        try:
            self._file.write(pack_batch(batch, self._file.use))
        except OSError:
            # What a failed sync left on disk is not known: this log is emptied before it is used.
            self._broken = True
            raise
        if self._observe is not None:
            self._observe(time.monotonic() - began)

    def _change_files(self) -> None:
        """Let the other file take its turn, where it is settled, and have this one settled."""
        try:
            if self._other is None:
                other = LogFile(self._directory / NAMES[1])
                other.open()
                self._other = other
        except OSError as problem:
            self._log.warning("no second log file: %s", describe(problem, self._directory))
            return
        if not self._other.size:
            self._file, self._other = self._other, self._file
        self._full.release()

    def _settle_full(self) -> None:
        """Sync the patients' files that the file in waiting speaks of; the thread `settle`."""
        while True:
            self._full.acquire()
            if self._closing:
                return
            with self._no_commits():
                full = self._other
                use, wanted = (full.use, sorted(full.unsettled)) if full else (0, [])
            if full is None or not wanted:
                continue
            try:
                self._settle(wanted)
            except OSError as problem:
                why = describe(problem, self._directory)
                self._log.error("the commit log cannot be settled: %s", why)
                continue
            with self._no_commits():
                if full is self._other and full.use == use:
                    full.rewind()

    def _empty(self, without: str | None = None) -> None:
        """Settle both files and cut them; with `_committing` held. OSError: they stay."""
        self._put_back(without)
        both = [self._file, self._other] if self._other else [self._file]
        self._settle(set().union(*(each.unsettled for each in both)))
        for each in both:
            if each.is_gone:
                each.renew()
            else:
                each.cut()
        self._broken = False

    def renew(self) -> bool:
        """Begin the log anew if somebody removed or replaced its files; return whether one did.

        OSError: nothing is committed until that succeeds.
        """
        with self._no_commits():
            both = [self._file, self._other] if self._other else [self._file]
            if not any(each.is_gone for each in both):
                return False
            self._broken = True
            self._empty()
            return True

    def checkpoint(self, without: str | None = None) -> None:
        """Leave nothing in the log: every exchange is in its own file, synced. OSError.

        What an old log holds for the file `without` is dropped.
        """
        with self._no_commits():
            self._empty(without)

    def close(self, *, keep: bool = False) -> None:
        """Commit what is queued, empty the log, stop the threads.

        The log stays on disk, and is put into the files at the next start, where it cannot be
        emptied; or where it is to `keep`, because the files are not where they were.
        """
        deadline = time.monotonic() + 10
        while self._queue and time.monotonic() < deadline:
            with self._committing:
                self._commit()
        self._closing = True
        self._work.release()
        self._full.release()
        for thread in self._threads:
            thread.join()
        with self._committing:
            try:
                if not keep:
                    self._empty()
            except OSError as problem:
                why = describe(problem, self._directory)
                self._log.error("the commit log cannot be emptied: %s", why)
            self._file.close(keep=keep)
            if self._other is not None:
                self._other.close(keep=keep)
