"""What a row of the settings is made of: its group, and how its value is read from text.

There is one `ValueKind` for each kind of value.
"""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - the dataclass names it when it is made
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Generic, TypeVar

from doctor.errors import BadSetting, ScriptError
from doctor.patients.opening import is_database
from doctor.scripts import find_script
from doctor.server.logs.remote import parse_address

Value = TypeVar("Value")


@dataclass(frozen=True)
class ValueKind(Generic[Value]):
    """A kind of value: `read` takes its text and raises `BadSetting`; `unit` is for people."""

    read: Callable[[str], Value]
    unit: str


class Group(StrEnum):
    """The groups of settings, in the order in which they are shown."""

    LISTENING = "Listening"
    HISTORIES = "Histories"
    SCRIPT = "Script and care"
    WATCHING = "People who read along"
    PASSPHRASES = "Passphrases"
    ROOMS = "Rooms"
    LIMITS = "Limits"
    LOGGING = "Logging and metrics"
    TUNING = "Tuning"


def setting(
    default: Value, kind: ValueKind[Value], group: Group, sentence: str, code: int = 0
) -> Value:
    """Declare one setting; its row is the metadata of the field."""
    row = {"kind": kind, "group": group, "sentence": sentence, "code": code}
    return field(default=default, metadata=row)


def whole(lowest: int, highest: int, unit: str) -> ValueKind[int]:
    """Return the kind of whole numbers between two bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise BadSetting(f"{text!r} is not a whole number") from None
        if not lowest <= number <= highest:
            raise BadSetting(f"{number} is not from {lowest} to {highest}")
        return number

    return ValueKind(read, unit)


def one_of(*words: str) -> ValueKind[str]:
    """Return the kind of values that are one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise BadSetting(f"{text!r} is not one of {', '.join(words)}")
        return text

    return ValueKind(read, "|".join(words))


def text(unit: str) -> ValueKind[str]:
    """Return the kind of text that is not empty."""
    return ValueKind(_text, unit)


def _text(given: str) -> str:
    if not given:
        raise BadSetting("it is empty")
    return given


def _script(given: str) -> Path:
    try:
        return find_script(_text(given))
    except ScriptError as error:
        raise BadSetting(str(error)) from None


def _directory(given: str) -> Path:
    path = Path(_text(given))
    if not path.is_dir():
        raise BadSetting(f"there is no directory {given}; make it first")
    return path


def _seconds(given: str) -> float:
    try:
        number = float(given)
    except ValueError:
        raise BadSetting(f"{given!r} is not a number of seconds") from None
    if not 0 < number <= 366 * 24 * 3600:  # not-a-number fails here too
        raise BadSetting(f"{given} seconds: give more than 0 and at most a year")
    return number


def _seconds_or_none(given: str) -> float:
    return 0.0 if given in {"0", "0.0"} else _seconds(given)


def _networks(given: str) -> str:
    for word in _text(given).split(","):
        try:
            ip_network(word.strip())
        except ValueError as error:
            raise BadSetting(f"{error}; a network is 192.0.2.0/24, an address 192.0.2.7") from None
    return given


def _log(given: str) -> str:
    try:
        parse_address(_text(given))
    except ValueError as error:
        raise BadSetting(str(error)) from None
    return given


def _cpu(given: str) -> str:
    if given not in {"auto", "none"} and not given.isdecimal():
        raise BadSetting(f"{given!r} is neither auto, none nor the number of a processor")
    return given


def _power_of_two(given: str) -> int:
    number = whole(0, 1 << 20, "slots").read(given)
    if number & (number - 1) or number == 1:
        raise BadSetting(f"{number} is not 0 or a power of two from 2 to 1048576")
    return number


def _yes_or_no(given: str) -> bool:
    if given.lower() in {"1", "yes", "true", "on"}:
        return True
    if given.lower() in {"0", "no", "false", "off"}:
        return False
    raise BadSetting(f"{given!r} is neither yes nor no")


SECONDS: Final = ValueKind(_seconds, "seconds")
SECONDS_OR_NONE: Final = ValueKind(_seconds_or_none, "seconds")
NETWORKS: Final = ValueKind(_networks, "networks")
LOG: Final = ValueKind(_log, "stderr|syslog|syslog:HOST:PORT|FILE")
CPU: Final = ValueKind(_cpu, "auto|none|N")
POWER_OF_TWO: Final = ValueKind(_power_of_two, "slots")
YES_OR_NO: Final = ValueKind(_yes_or_no, "yes|no")
#: A directory, or the URL of a database.
HISTORIES: Final[ValueKind[Path | str]] = ValueKind(
    lambda given: given if is_database(given) else Path(_text(given)), "directory or URL"
)
#: None, the default of a setting of this kind, is no file.
FILE: Final[ValueKind[Path | None]] = ValueKind(lambda given: Path(_text(given)), "file")
#: None, the default of a setting of this kind, is no directory; any other one is there.
DIRECTORY: Final[ValueKind[Path | None]] = ValueKind(_directory, "directory")
#: A script by its name or by its path.
SCRIPT: Final[ValueKind[Path | None]] = ValueKind(_script, "name|file")
