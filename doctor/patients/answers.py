"""What becomes an exchange: the doctor's answer, a line for a person, another entry.

Each is called with the patient's turn held and changes nothing. A fault of the machine is NotSaved:
then the line was not said, and the conversation goes on.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from doctor.errors import DoctorError, NotSaved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.doctor import Answer, Doctor
    from doctor.history.transcript import Exchange

    #: Makes an entry of the doctor as it is and the time; see `Patient.record_later`.
    Make = Callable[[Doctor, float], Answer | Exchange]
    #: Is called once with what became of it.
    Done = Callable[[Exchange | Exception], None]

_LOG: Final = logging.getLogger("doctor.patients")


@contextmanager
def _guard(log: str, why: str) -> Iterator[None]:
    """Turn a fault into NotSaved and log it; errors of the project pass."""
    try:
        yield
    except DoctorError:
        raise
    except Exception as fault:
        _LOG.exception(log)
        raise NotSaved(why) from fault


def wait_for(start: Callable[[Done], None]) -> Exchange:
    """Return what is told to the function that `start` is called with; raise it if an error."""
    gate = threading.Lock()
    gate.acquire()
    told: list[Exchange | Exception] = []

    def done(result: Exchange | Exception) -> None:
        told.append(result)
        gate.release()

    start(done)
    gate.acquire()
    if isinstance(told[0], Exception):
        raise told[0]
    return told[0]


def answer(doctor: Doctor, line: str, now: float) -> Answer:
    """Return the answer to a line; NotSaved where the machine fails at it."""
    try:
        return doctor.reply(line, now)
    except Exception as fault:
        _LOG.exception("a fault in answering a line; it was not said")
        raise NotSaved("the doctor has no answer to this line, which is a fault") from fault


def held(doctor: Doctor, line: str, now: float, holder: str) -> Answer | Exchange:
    """Return a line that waits for a person to answer it; an empty one is not recorded."""
    with _guard("a fault in hearing a line; it was not said", "a fault in hearing this line"):
        if not line.strip():
            return doctor.entry(now, None, line, responder=holder).exchange._replace(number=0)
        return doctor.entry(now, doctor.hear(line, now), line, responder=holder)


def entry(doctor: Doctor, make: Make, now: float) -> Answer | Exchange:
    """Return what a function makes; NotSaved where it fails."""
    with _guard(
        "a fault in making an entry; it was not recorded",
        "there is no answer to this, which is a fault",
    ):
        return make(doctor, now)
