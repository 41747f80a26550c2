"""The commit log: one thread makes the exchanges of many patients durable with one sync.

Before a reply is sent its exchange must be on disk. A sync for each would cost a busy server most
of its time, so exchanges go to one log: whoever submits a record while nobody commits writes and
syncs it on the spot (a lone patient waits for no other thread), and what is submitted meanwhile is
written and synced together by the committing thread, as soon as that sync is over. Then each
record's `done` is called, in the order of submission.

    submit -> queue -> write -> fdatasync -> done, done, done...

The log is no second home of the exchanges. Every one is in its patient's file when its `done`
returns, not synced there yet; the log is what brings it back after a power cut. So it is emptied
whenever all files that it speaks of are synced (a checkpoint: at `LIMIT` bytes, at the end, before
anything is forgotten), and what a dead process left in it is put into the files before a new one
serves anybody.

Each commit is one frame of kind LOG (`doctor.frame`) of rows, see `ROW`. The file is filled with
zeros ahead of what is written and used again from its beginning after a checkpoint, because to
sync bytes of a file that does not grow costs a quarter less. So frames of an earlier use may stand
behind those of this one: the number of a frame tells the use, and only those that have the first
one's count. Before something is forgotten the file is cut to nothing.

Threads: `submit` may be called by any; `done` is called by the submitting or the committing one,
and may submit nothing. `checkpoint` may be called by any, a patient's turn held or not; it waits
for a commit that is under way, and a commit waits for no turn.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from doctor import files
from doctor.errors import NotSaved
from doctor.frame import Field, Frame, Kind, pack, packing, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from logging import Logger
    from pathlib import Path

#: Bytes of the log at which it is emptied. Larger: fewer checkpoints; smaller: a faster start
#: after a crash.
LIMIT: Final = 8 << 20
#: Bytes of zeros that are written ahead.
AHEAD: Final = 256 << 10
#: Bytes of exchanges after which no more go into the same commit; well below a frame's bound.
BATCH: Final = 4 << 20

NAME: Final = ".exchanges.log"

#: Behind these fields: the name and the data, which stand at the end of that file.
ROW: Final = (
    Field("number", "Q", "of the exchange"),
    Field("data", "I", "length of the data: frames"),
    Field("name", "H", "length of the file's name, in bytes"),
    Field("birth", "B", "1: the data are a whole file, of a patient who had none"),
)
_ROW: Final = packing(*ROW)


class Job(NamedTuple):
    """An exchange to be made durable, and whom to tell."""

    file: str
    number: int
    birth: bool  #: the data are a whole file
    data: bytes
    done: Callable[[NotSaved | None], None]


class Logged(NamedTuple):
    """A row that was read back from a log."""

    file: str
    number: int
    birth: bool
    data: bytes


def pack_batch(batch: list[Job], use: int) -> bytes:
    """Return the frame that the log keeps of one commit in this use of the file."""
    pieces: list[bytes] = []
    for file, number, birth, data, _done in batch:
        name = os.fsencode(file)
        pieces += (_ROW.pack(number, len(data), len(name), birth), name, data)
    return pack(Kind.LOG, use, b"".join(pieces))


def read_log(path: Path) -> Iterator[Logged]:
    """Yield the rows of a log's last use, in order; none where there is no log."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    use: int | None = None
    for found in walk(data):
        if not isinstance(found, Frame) or found.kind != Kind.LOG:
            continue
        use = found.number if use is None else use
        if found.number != use:
            return
        at = found.payload
        while at + _ROW.size <= found.end:
            number, length, name_length, birth = _ROW.unpack_from(data, at)
            start = at + _ROW.size + name_length
            at = start + length
            if at <= found.end:
                name = os.fsdecode(data[start - name_length : start])
                yield Logged(name, number, bool(birth), data[start:at])


class CommitLog:
    """The log of one store, and the thread that commits to it."""

    def __init__(self, path: Path, settle: Callable[[Collection[str]], None], log: Logger) -> None:
        """Begin an empty log at `path`.

        `settle(files)` syncs these files and the directory; OSError where it cannot.
        """
        self._path = path
        self._settle = settle
        self._log = log
        self._queue: deque[Job] = deque()
        self._committing = threading.Lock()
        self._work = threading.Semaphore(0)
        self._closing = False
        self._unsettled: set[str] = set()
        self._broken = False
        self._descriptor = os.open(path, files.REWRITE, files.FILE_MODE)
        files.sync_directory(path.parent)
        self.size = 0
        self._room = 0  # bytes of the file, zeros ahead and frames of earlier uses included
        self._use = int.from_bytes(os.urandom(7), "little")
        self.commits = 0
        self.committed = 0
        #: Called with the seconds that a write and its sync took.
        self.observe: Callable[[float], None] | None = None
        self._thread = threading.Thread(target=self._run, name="commit", daemon=True)
        self._thread.start()

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

    def begin_anew(self) -> None:
        """Have everything in the log dropped, its files synced, before the next commit.

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
        with contextlib.suppress(IndexError):
            while size < BATCH:
                job = self._queue.popleft()
                batch.append(job)
                size += len(job.data)
        if not batch:
            return
        error: NotSaved | None = None
        try:
            self._write(pack_batch(batch, self._use))
        except OSError as problem:
            error = NotSaved(f"the disk did not take it: {problem.strerror or problem}")
            error.__cause__ = problem
        else:
            self._unsettled.update([job.file for job in batch])
            self.commits += 1
            self.committed += len(batch)
        for job in batch:
            try:
                job.done(error)
            except Exception:  # noqa: BLE001 - one caller's mistake must not cost the others
                self._log.exception("telling of a saved exchange failed")
        if self.size > LIMIT:
            self._checkpoint(cut=False)

    def _write(self, data: bytes) -> None:
        if self._broken or self.size > 2 * LIMIT:
            self._empty(cut=True)
            self._broken = False
        began = time.monotonic()
        try:
            if self.size + len(data) > self._room:
                self._make_room(len(data))
            files.write_all(self._descriptor, data)
            files.sync_data(self._descriptor)
        except OSError:
            # What a failed sync left on disk is not known: this log is settled before it is used.
            self._broken = True
            self._room = self.size
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
                os.lseek(self._descriptor, self.size, os.SEEK_SET)
            raise
        self.size += len(data)
        if self.observe is not None:
            self.observe(time.monotonic() - began)

    def _make_room(self, size: int) -> None:
        """Write zeros ahead, where there is room for them: they only save time."""
        try:
            files.write_all(self._descriptor, bytes(size + AHEAD))
            self._room = self.size + size + AHEAD
        except OSError:
            os.ftruncate(self._descriptor, self.size)
        os.lseek(self._descriptor, self.size, os.SEEK_SET)

    def _empty(self, *, cut: bool) -> None:
        """Sync every file that the log speaks of, then empty it; with `_committing` held.

        Where it is not `cut`, what stands in the log stays there until it is written over.
        """
        self._settle(self._unsettled)
        if cut:
            os.ftruncate(self._descriptor, 0)
            files.sync_data(self._descriptor)
            self._room = 0
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._use += 1
        self._unsettled = set()
        self.size = 0

    def _checkpoint(self, *, cut: bool) -> None:
        try:
            self._empty(cut=cut)
        except OSError as problem:
            self._log.error("the commit log cannot be emptied: %s", problem)

    def checkpoint(self) -> None:
        """Leave nothing in the log: every exchange is in its own file, synced. OSError."""
        with self._committing:
            self._empty(cut=True)
        if self._queue:
            self._work.release()

    def close(self) -> None:
        """Commit what is queued, empty the log, stop the thread.

        The log stays on disk, and is put into the files at the next start, where it cannot be
        emptied.
        """
        deadline = time.monotonic() + 10
        while self._queue and time.monotonic() < deadline:
            with self._committing:
                self._commit()
        self._closing = True
        self._work.release()
        self._thread.join()
        with self._committing:
            self._checkpoint(cut=True)
            os.close(self._descriptor)
            if not self.size:
                with contextlib.suppress(OSError):
                    os.unlink(self._path)
