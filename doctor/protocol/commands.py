"""The commands of the line protocol: the table `COMMANDS`, and `parse` for a line.

A line that starts with `/` is a command, `//` at the start stands for a literal `/`. Anything else
is what the patient says, or the answer to what the server asked for: a name after 220, a passphrase
after 331. `/help`, the documentation and the tests are made from the table.
Pure functions; any thread may call them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from doctor.errors import BadArgument, UnknownCommand


class CommandKind(NamedTuple):
    """One row of the command table.

    `numbers` is how many whole numbers may follow the name. A command that `takes_text` needs
    its number, if it has one, a space and a text; the others take nothing else.
    """

    name: str
    usage: str
    help: str
    numbers: int = 0
    needs_session: bool = True
    takes_text: bool = False


COMMANDS: Final = (
    CommandKind("/help", "/help", "show the commands", needs_session=False),
    CommandKind(
        "/as",
        "/as N TEXT",
        "say TEXT as exchange number N, in a room as N or a later one; if it is recorded already, "
        "show its reply again",
        numbers=1,
        takes_text=True,
    ),
    CommandKind(
        "/history",
        "/history [N [BEFORE]]",
        "show the last N exchanges (20 without N), or the last N before number BEFORE",
        numbers=2,
    ),
    CommandKind(
        "/find",
        "/find TEXT",
        "show the newest exchanges with TEXT in them; capitals and accents make no difference",
        takes_text=True,
    ),
    CommandKind(
        "/find-before",
        "/find-before N TEXT",
        "do the same with the exchanges before number N",
        numbers=1,
        takes_text=True,
    ),
    CommandKind(
        "/join",
        "/join ROOM",
        "enter a room, in which several people talk with each other and with the doctor, and talk "
        "in it from now on",
        takes_text=True,
    ),
    CommandKind("/leave", "/leave", "leave the room; talk with the doctor alone again"),
    CommandKind(
        "/private", "/private", "talk with the doctor alone again, and stay in the room meanwhile"
    ),
    CommandKind("/rooms", "/rooms", "show the rooms in which somebody is"),
    CommandKind("/who", "/who", "show who is in the room, or who reads along"),
    CommandKind("/why", "/why", "show how the last reply was made"),
    CommandKind(
        "/change",
        "/change INSTRUCTION",
        "change a copy of the script as in 1965 (TYPE, SUBST, APPEND, ADD, RANK, DISPLA), show it "
        "(SCRIPT) or save it (SAVE NAME), where the server allows it",
        takes_text=True,
    ),
    CommandKind(
        "/passphrase", "/passphrase", "set, change or remove the passphrase of this history"
    ),
    CommandKind(
        "/forget",
        "/forget [N]",
        "erase this history for good, or take back exchange N alone; asks again first",
        numbers=1,
    ),
    CommandKind("/helplines", "/helplines", "show where people listen to you", needs_session=False),
    CommandKind("/quit", "/quit", "end the conversation", needs_session=False),
)
_COMMANDS: Final = {kind.name: kind for kind in COMMANDS}
#: Digits of a number, and of one that an exchange may have.
_DIGITS: Final = 9
_DIGITS_OF_AN_EXCHANGE: Final = 19


class Command(NamedTuple):
    """What a patient asked for: a row of the command table, the numbers and text that followed."""

    kind: CommandKind
    numbers: tuple[int, ...] = ()
    text: str = ""


def parse(line: str) -> str | Command:
    """Tell what a patient says from what a patient asks for.

    Returns the text said (`//` at its start become `/`) or a `Command`.
    Raises `UnknownCommand` or `BadArgument`.
    """
    if not is_command(line):
        return line[1:] if line.startswith("//") else line
    name, *words = line.split()
    kind = _COMMANDS.get(name.lower())
    if kind is None:
        raise UnknownCommand("there is no such command; /help names them, // says a line with /")
    if kind.takes_text:
        return _parse_text(kind, line)
    if len(words) > kind.numbers or not all(_is_number(word) for word in words):
        raise BadArgument(f"usage: {kind.usage}")
    return Command(kind, tuple(map(int, words)))


def is_command(line: str) -> bool:
    """Return True if a line is to be a command, known or not."""
    return line.startswith("/") and not line.startswith("//")


def _parse_text(kind: CommandKind, line: str) -> Command:
    """Return a command with its number, if it has one, and its text, which is taken as it is."""
    _, *rest = line.split(None, 1)
    text, numbers = "".join(rest), list[str]()
    if kind.numbers:
        number, _, text = text.partition(" ")
        numbers.append(number)
    if not text.strip() or not all(_is_number(each, _DIGITS_OF_AN_EXCHANGE) for each in numbers):
        raise BadArgument(f"usage: {kind.usage}")
    return Command(kind, tuple(map(int, numbers)), text)


def _is_number(word: str, digits: int = _DIGITS) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= digits and int(word) > 0


def escaped(line: str) -> str:
    """Return what a client sends so that `line` is taken as said and not as a command."""
    return "/" + line if line.startswith("/") else line
