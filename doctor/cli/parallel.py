"""Read many histories with several processes at once, in the order of their names.

Python computes with one processor for each process, and a command that reads ten thousand histories
does nothing but compute. So the names are cut into shares, each share is read by one of several
processes, and the results are taken in order: what a command prints is the same, warnings included.
Only a few shares are ahead of the one that is printed, so that results do not pile up.

A command with few histories, or one that reads a database, whose connection belongs to one process,
does all of it by itself.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

from doctor.cli.command import positive
from doctor.cli.output import progress
from doctor.errors import DoctorError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor

    from doctor.patients.base import Archive

T = TypeVar("T")

#: Histories of one share.
SHARE: Final = 100
#: Fewer histories than this are read before other processes have started.
LEAST: Final = 600
#: Shares for each process that are read ahead.
_AHEAD: Final = 2


def add_jobs(parser: ArgumentParser) -> None:
    """Give a command the option `--jobs`."""
    parser.add_argument(
        "--jobs",
        type=positive,
        default=processors(),
        metavar="N",
        help="Read many histories with N processes (default: one for each processor).",
    )


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_worth_it(args: Namespace, archive: Archive, names: Sequence[str]) -> bool:
    """Return True if several processes are to read so many histories."""
    return args.jobs > 1 and len(names) >= LEAST and archive.can_be_copied


def each_share(
    read: Callable[[Namespace, Archive, Sequence[str]], T],
    args: Namespace,
    archive: Archive,
    names: Sequence[str],
    doing: str = "",
) -> Iterator[T]:
    """Yield what `read(args, archive, names)` returns for each share of the names, in order.

    `read` is a function of a module; it and its result go through a pipe. `doing` is what a
    terminal shows as progress, if anything is to be shown.
    """
    shares = [names[first : first + SHARE] for first in range(0, len(names), SHARE)]
    at_work = _counted(shares, len(names), doing)
    if not is_worth_it(args, archive, names):
        for share in at_work:
            yield read(args, archive, share)
        return
    from concurrent.futures import BrokenExecutor  # noqa: PLC0415 - as `_processes`

    jobs = min(args.jobs, len(shares))
    with _processes(jobs, archive) as pool:
        ahead: deque[Future[tuple[T, str]]] = deque()
        rest = iter(shares)
        try:
            for _ in at_work:
                while len(ahead) < jobs * _AHEAD and (share := next(rest, ())):
                    ahead.append(pool.submit(_read_share, read, args, share))
                result, warnings = ahead.popleft().result()
                sys.stderr.write(warnings)
                yield result
        except BrokenExecutor as error:
            raise DoctorError(
                "a process that read histories was ended; with --jobs 1 there is none"
            ) from error
        finally:
            for future in ahead:
                future.cancel()


def _counted(shares: Sequence[Sequence[str]], total: int, doing: str) -> Iterator[Sequence[str]]:
    """Yield the shares; show how many of the names were read."""
    names = (name for share in shares for name in share)
    shown = iter(progress(names, total, doing) if doing else names)
    for share in shares:
        yield share
        for _ in share:
            next(shown, None)
    next(shown, None)  # the last one tells that all is done


def _processes(jobs: int, archive: Archive) -> ProcessPoolExecutor:
    """Return processes that start as copies of this one, which has no threads, where they can."""
    import multiprocessing  # noqa: PLC0415 - most commands need no other process
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    return ProcessPoolExecutor(jobs, context, _begin, (archive,))


# --- in the other processes -----------------------------------------------------------------------

_archives: list[Archive] = []


def _begin(archive: Archive) -> None:
    """Take the archive that this process reads from; an interrupt is for the first process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _archives[:] = [archive]


def _read_share(
    read: Callable[[Namespace, Archive, Sequence[str]], T], args: Namespace, names: Sequence[str]
) -> tuple[T, str]:
    """Return what is read, and the warnings."""
    with contextlib.redirect_stderr(io.StringIO()) as warnings:
        result = read(args, _archives[0], names)
    return result, warnings.getvalue()
