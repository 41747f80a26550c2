"""What a patient may ask to be shown: `/help`, `/why` and `/history`.

Each sends one reply over the patient's dialogue, in the handler's thread.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from doctor.protocol import COMMANDS, codes, partial

if TYPE_CHECKING:
    from doctor.history.transcript import Exchange
    from doctor.patients.store import Patient
    from doctor.server.connection import Connection

#: Rows of a history that are made and sent at once; between them other patients have their turn.
_ROWS_AT_ONCE: Final = 64


def moment(at: float) -> str:
    """Return a time as it stands in rows."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def show_help(connection: Connection) -> None:
    """Send a row for each command."""
    rows = [(kind.usage, kind.help) for kind in COMMANDS]
    connection.tell(
        codes.HELP, "Anything else is said to the doctor; // says a line with /.", *rows
    )


def show_why(connection: Connection, patient: Patient) -> None:
    """Send how the last reply was made."""
    trace = patient.why()
    if trace is None:
        connection.tell(codes.WHY, "There is no reply to explain yet.")
    else:
        connection.tell(codes.WHY, "That is how the last reply was made.", *trace.rows())


def show_history(connection: Connection, patient: Patient, number: int, before: int | None) -> None:
    """Send the last exchanges, or the last below a number, a few at a time."""
    exchanges = patient.history(number, before)
    for at in range(0, len(exchanges), _ROWS_AT_ONCE):
        rows = [row for one in exchanges[at : at + _ROWS_AT_ONCE] for row in _rows(one)]
        connection.send(partial(codes.HISTORY, rows))
    connection.tell(codes.HISTORY, f"{len(exchanges)} of {_exchanges(patient.last_number)}.")


def _exchanges(number: int) -> str:
    return "1 exchange" if number == 1 else f"{number} exchanges"


def _rows(exchange: Exchange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the two rows of an exchange in a history."""
    head = (str(exchange.number), moment(exchange.at), str(exchange.session), exchange.mark)
    return (*head, "patient", exchange.patient), (*head, "doctor", exchange.doctor)
