"""What became of a patient's lines, as replies: `LineOutcomes`.

    recorded                           250 with the doctor's reply; 251 in a room
    certainly not recorded             452, or 455 where it was to have another number
    not known, or the history is gone  421: the next visit's numbers tell

An outcome is told once, by the thread that commits exchanges to disk; the handler's own thread is
waiting for the next line by then. In a room `Memberships` makes the reply.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final, Protocol

from doctor import errors
from doctor.machine import LIMIT
from doctor.patients.base import Repeated
from doctor.protocol import Reply, codes, spoken
from doctor.protocol.codes import Reason
from doctor.server import commands, logs
from doctor.server.error_codes import ENDS_SESSION, reason_of
from doctor.server.sessions import SavedExchange
from doctor.server.write_limits import PatientBudget

if TYPE_CHECKING:
    from doctor.history.transcript import Exchange
    from doctor.server.context import ServerContext
    from doctor.server.network.connection import Connection

#: What a record takes on the disk beside line and reply, about.
_RECORD_BYTES: Final = 100
FAULT: Final = "a fault in this server; the operator can see it"


class LineClient(Protocol):
    """What is needed here of a `doctor.server.handler.DoctorClientHandler`."""

    address: str
    patient_name: str | None
    exchanges: int

    def count_refusal(self, error: Exception) -> Reply:
        """Count and log an error, and return the reply that tells it."""

    def reason_for(self, error: errors.DoctorError) -> Reason:
        """Return why an error of `ENDS_SESSION` ends the session."""


class LineOutcomes:
    """Sends the replies to one client's lines; the methods belong to the thread that commits."""

    __slots__ = ("_client", "_connection", "_context", "asked_at", "budget")

    def __init__(self, client: LineClient, connection: Connection, context: ServerContext) -> None:
        self._client, self._connection, self._context = client, connection, context
        self.asked_at = 0.0  #: when the line came
        self.budget = PatientBudget(math.inf)

    def send(self, outcome: Exchange | Exception) -> None:
        """Send the reply to a line that was said to the doctor; called once."""
        try:
            reply = self._encode(outcome)
        except Exception as fault:  # noqa: BLE001 - it ends this conversation and no other one
            reply = self.encode_failure(fault)
        self._connection.release(reply)

    def _encode(self, outcome: Exchange | Exception) -> bytes:
        """Count the outcome of a line and return its reply as bytes."""
        if isinstance(outcome, Exception):
            return self.encode_failure(outcome)
        if type(outcome) is not Repeated:
            if outcome.number:
                self.count(outcome)
                if outcome.mark or self._context.sessions.subscribers:
                    saved = SavedExchange(self._client.patient_name or "", outcome)
                    self._context.sessions.publish(saved)
            if outcome.keyword == LIMIT:
                who = self._client.patient_name
                logs.warn("script stopped at a limit", patient=who, number=outcome.number)
        return commands.encode_answer(outcome)

    def count(self, exchange: Exchange) -> None:
        """Count an exchange that is on disk, and what it takes there."""
        now = time.monotonic()
        self._client.exchanges += 1
        self.budget.take(now, len(exchange.patient) + len(exchange.doctor) + _RECORD_BYTES)
        self._context.metrics.count_exchange(now, now - self.asked_at)
        if self._context.settings.log_text:
            who, said, replied = self._client.patient_name, exchange.patient, exchange.doctor
            logs.info("said", patient=who, line=said, reply=replied)

    def encode_failure(self, error: Exception) -> bytes:
        """Count a line that was not recorded and return its reply."""
        client = self._client
        if isinstance(error, errors.NotSaved):
            self._context.metrics.count_refusal(codes.NOT_SAVED)
            logs.warn("exchange not saved", patient=client.patient_name, why=str(error))
            text = "that could not be saved; please say it again"
            is_full = isinstance(error, errors.HistoryFull)
            return spoken(codes.NOT_SAVED, str(error) if is_full else text)
        if isinstance(error, (errors.WrongNumber, errors.RoomClosed)):  # another one was quicker
            return client.count_refusal(error).encode()
        if isinstance(error, (errors.StoreAway, errors.OutcomeUnknown, *ENDS_SESSION)):
            logs.warn("exchange not saved", patient=client.patient_name, why=str(error))
            if isinstance(error, ENDS_SESSION):  # another server changed the history
                reason, text = client.reason_for(error), f"{error}; goodbye"
            else:
                reason, text = reason_of(error)
            self._connection.dismiss(reason, text, at_once=True)
            return b""
        # It ends this conversation and no other one.
        logs.LOG.error("fault in the conversation with %s", client.address, exc_info=error)
        self._connection.dismiss(Reason.FAULT, FAULT, at_once=True)
        return b""
