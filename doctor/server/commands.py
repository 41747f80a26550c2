"""What the greeting shows, and the commands that show something: the table `ANSWERS`.

Each function of the table gets a `CommandRequest` and answers over the patient's connection, in the
handler's thread. Commands that change who may come in are the handler's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from doctor.eliza import Eliza
from doctor.eliza.change import INSTRUCT
from doctor.errors import BadArgument, BadName, WrongPassphrase
from doctor.history.searching import searched_text
from doctor.history.transcript import TAKEN_BACK
from doctor.patients.names import clean_name, key
from doctor.protocol import COMMANDS, Reply, codes, partial, spoken
from doctor.scripts import named_script
from doctor.server import logs
from doctor.server.changing import command as changing
from doctor.server.rows import exchange_rows, format_time
from doctor.text import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.history.transcript import Exchange
    from doctor.patients.store import Patient
    from doctor.protocol import Command
    from doctor.server.context import ServerContext
    from doctor.server.network.connection import Connection

#: Exchanges of a history that are sent at once; between them other threads run.
_EXCHANGES_AT_ONCE: Final = 64
#: Exchanges that `/history` shows if no number is given.
_SHOWN: Final = 20
_UNPROTECTED: Final = (
    "without a passphrase anyone who gives this name can read, erase and lock this history; "
    "/passphrase sets one"
)


class CommandRequest(NamedTuple):
    """A command, and what is needed to answer it."""

    command: Command
    connection: Connection
    context: ServerContext
    someone: Patient | None  #: None before the session
    member: str = ""  #: who asks in a room, whose history it is then

    @property
    def patient(self) -> Patient:
        """The patient who asks; only commands that need a session use it."""
        assert self.someone is not None  # noqa: S101 - the handler has checked that
        return self.someone


def welcome_rows(patient: Patient, *, wrong: int, warned: bool) -> list[tuple[str, ...]]:
    """Return the rows before a greeting: numbers, and what the patient should know.

    `wrong` passphrases were given since the last visit; `warned` is who has no passphrase.
    """
    rows: list[tuple[str, ...]] = [("exchanges", str(patient.last_number))]
    if patient.begun is not None:
        rows.append(("begun", format_time(patient.begun)))
    if warned and not patient.protected:
        rows.append(("notice", _UNPROTECTED))
    if wrong:
        rows.append(("notice", f"{quantity(wrong, 'wrong passphrase')} since you were here"))
    return rows


def script_rows(context: ServerContext) -> list[tuple[str, ...]]:
    """Return what the greeting says of a script of 1966, so that a client can look like then.

    Title, year, place and maker of a script with a name, the file's name alone of any other.
    """
    if not isinstance(context.store.machine, Eliza):
        return []
    known = named_script(context.settings.script) if context.settings.script else None
    if known is None:
        return [("script", context.store.machine.script.name)]
    return [("script", known.title, known.year, known.place, known.maker)]


def encode_answer(exchange: Exchange) -> bytes:
    """Return the reply to a line: the doctor's, or that the line waits for a person.

    A careful reply has its mark, so that a client can set it apart.
    """
    if not exchange.responder:
        if exchange.mark:
            return Reply(codes.SAYS, exchange.doctor, (codes.CARE_ROW,)).encode()
        return spoken(codes.SAYS, exchange.doctor)
    row = ("number", str(exchange.number))
    return Reply(codes.SAID, f"{exchange.responder} reads this and answers.", (row,)).encode()


def show_help(asked: CommandRequest) -> None:
    """Send a row for each command."""
    hidden = "" if asked.context.settings.change_scripts else "/change"
    rows = [(kind.usage, kind.help) for kind in COMMANDS if kind.name != hidden]
    text = "Anything else is said to the doctor; // says a line with /."
    asked.connection.tell(codes.HELP, text, *rows)


def show_helplines(asked: CommandRequest) -> None:
    """Send where people in danger are sent."""
    people = asked.context.helplines
    rows = [("emergency", people.emergency), ("directory", people.directory)]
    lines = [("helpline", *each) for each in people.lines]
    asked.connection.tell(codes.HELPLINES, people.sentence(), *rows, *lines)


def change_script(asked: CommandRequest) -> None:
    """Change the patient's copy of the script, and send what is printed."""
    *rows, text = changing.run(asked.command.text, asked.patient, asked.context) or [INSTRUCT]
    # An empty field alone would be the end of the row before it.
    asked.connection.tell(codes.CHANGED, text, *((row or " ",) for row in rows))


def show_why(asked: CommandRequest) -> None:
    """Send a row for each step that made the last reply."""
    trace = asked.patient.why()
    if trace is None:
        asked.connection.tell(codes.WHY, "There is no reply to explain yet.")
    else:
        asked.connection.tell(codes.WHY, "That is how the last reply was made.", *trace.rows())


def show_history(asked: CommandRequest) -> None:
    """Send the last exchanges, or the last ones below a number, a few at a time."""
    number, before = (*asked.command.numbers, None, None)[:2]
    number = min(number or _SHOWN, asked.context.settings.history_length)
    exchanges, last = asked.patient.history(number, before), asked.patient.last_number

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(exchanges), _EXCHANGES_AT_ONCE):
            rows = [
                row
                for one in exchanges[at : at + _EXCHANGES_AT_ONCE]
                for row in exchange_rows(one, in_room=bool(asked.member))
            ]
            yield partial(codes.HISTORY, rows)
        yield spoken(codes.HISTORY, f"{len(exchanges)} of {_exchanges(last)}.")

    asked.connection.send_pieces(pieces())


def find(asked: CommandRequest) -> None:
    """Send the newest exchanges that have a text in them, and how far was searched."""
    wanted = searched_text(asked.command.text)
    if wanted is None:
        raise BadArgument(f"usage: {asked.command.kind.usage}")
    before = next(iter(asked.command.numbers), None)
    found, searched = asked.context.finder.find(asked.patient, wanted, before)
    rows = [row for one in found for row in exchange_rows(one, in_room=bool(asked.member))]
    text = f"{_exchanges(len(found))} found."
    if searched > 1:
        text += f" Before number {searched}: /find-before {searched} {asked.command.text}"
    asked.connection.tell(codes.FOUND, text, *rows, ("searched", str(searched)))


def take_back(asked: CommandRequest) -> None:
    """Ask once more, then take one exchange back."""
    connection, patient, (number,) = asked.connection, asked.patient, asked.command.numbers
    if patient.locked:
        raise WrongPassphrase("this history is protected by a passphrase now")
    found = patient.history(1, number + 1)
    if not found or found[0].number != number:
        raise BadArgument(f"there is no exchange {number}; /history shows the numbers")
    if asked.member and key(found[0].speaker) != key(asked.member):
        raise BadArgument(f"exchange {number} is not yours; nothing is taken back")
    if found[0].event == TAKEN_BACK:
        connection.tell(codes.UNCHANGED, f"Exchange {number} is taken back already.")
        return
    row = ("number", str(number))
    connection.tell(
        codes.CONFIRM,
        f"This takes exchange {number} back for good: what you said, the answer, and what the "
        f"doctor remembers of it. Say {number} once more to confirm; any other line changes "
        "nothing.",
        row,
    )
    if connection.read_line().strip() != str(number) or not patient.take_back(number):
        connection.tell(codes.UNCHANGED, "Nothing is taken back.")
        return
    asked.context.sessions.tell("taken back", patient.name, number=number)
    logs.info("exchange taken back", patient=patient.name, number=number)
    connection.tell(codes.TAKEN_BACK, f"Exchange {number} is taken back; its number stays.", row)


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


#: The commands whose answers change nothing, or one exchange alone.
ANSWERS: Final[dict[str, Callable[[CommandRequest], None]]] = {
    "/help": show_help,
    "/helplines": show_helplines,
    "/history": show_history,
    "/find": find,
    "/find-before": find,
    "/why": show_why,
    "/change": change_script,
}


def answer(asked: CommandRequest) -> None:
    """Answer one of these commands, or take an exchange back."""
    name = asked.command.kind.name
    if name == "/forget":
        take_back(asked)
    else:
        ANSWERS[name](asked)
