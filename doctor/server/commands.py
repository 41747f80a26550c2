"""What the greeting, `/help`, `/why`, `/history` and `/forget` show.

Each `show_` function sends one reply over the patient's connection, in the handler's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.errors import BadName
from doctor.patients.names import clean_name, key
from doctor.protocol import COMMANDS, codes, partial
from doctor.server.rows import exchange_rows, format_time
from doctor.text import quantity

if TYPE_CHECKING:
    from doctor.patients.store import Patient
    from doctor.server.network.connection import Connection

#: Exchanges of a history that are sent at once; between them other threads run.
_EXCHANGES_AT_ONCE: Final = 64
_UNPROTECTED: Final = (
    "without a passphrase anyone who gives this name can read, erase and lock this history; "
    "/passphrase sets one"
)


def welcome_rows(patient: Patient, *, wrong: int, warned: bool) -> list[tuple[str, str]]:
    """Return the rows before a greeting: numbers, and what the patient should know.

    `wrong` passphrases were given since the last visit; `warned` is who has no passphrase.
    """
    rows = [("exchanges", str(patient.last_number))]
    if patient.begun is not None:
        rows.append(("begun", format_time(patient.begun)))
    if warned and not patient.protected:
        rows.append(("notice", _UNPROTECTED))
    if wrong:
        rows.append(("notice", f"{quantity(wrong, 'wrong passphrase')} since you were here"))
    return rows


def show_help(connection: Connection) -> None:
    """Send a row for each command."""
    rows = [(kind.usage, kind.help) for kind in COMMANDS]
    connection.tell(
        codes.HELP, "Anything else is said to the doctor; // says a line with /.", *rows
    )


def show_why(connection: Connection, patient: Patient) -> None:
    """Send a row for each step that made the last reply."""
    trace = patient.why()
    if trace is None:
        connection.tell(codes.WHY, "There is no reply to explain yet.")
    else:
        connection.tell(codes.WHY, "That is how the last reply was made.", *trace.rows())


def show_history(connection: Connection, patient: Patient, number: int, before: int | None) -> None:
    """Send the last exchanges, or the last ones below a number, a few at a time."""
    exchanges = patient.history(number, before)
    for at in range(0, len(exchanges), _EXCHANGES_AT_ONCE):
        rows = [
            row for one in exchanges[at : at + _EXCHANGES_AT_ONCE] for row in exchange_rows(one)
        ]
        connection.send(partial(codes.HISTORY, rows))
    connection.tell(codes.HISTORY, f"{len(exchanges)} of {_exchanges(patient.last_number)}.")


def ask_to_forget(connection: Connection, patient: Patient) -> None:
    """Say what would be erased, and ask for the name."""
    number = patient.last_number
    what = {0: "this history", 1: "your one exchange"}.get(number, f"all {number} exchanges")
    connection.tell(
        codes.CONFIRM,
        f"This erases {what} for good. "
        f'Say your name, "{patient.name}", to confirm; any other line erases nothing.',
    )


def confirms(line: str, name: str) -> bool:
    """Return True if a line gives this name, in upper or lower case.

    A name that begins with / is sent with //, as in the first line.
    """
    try:
        return key(clean_name(line[1:] if line.startswith("//") else line)) == key(name)
    except BadName:
        return False


def _exchanges(number: int) -> str:
    return "1 exchange" if number == 1 else f"{number} exchanges"
