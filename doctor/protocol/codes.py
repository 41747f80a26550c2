"""The reply codes of the line protocol: `REPLIES`, one row for each code.

Both ends, `/help`, the documentation and the tests use this table. A code is never used for
another meaning; new ones may be added. `Reason` says why a 421 closes the connection.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple, Self


class ReplyKind(NamedTuple):
    """One row of the reply table: a code, its name in code, and when a server sends it."""

    code: int
    name: str
    when: str


REPLIES: Final = (
    ReplyKind(
        213,
        "CHANGED",
        "answers `/change`: a row for each line that is printed, then the last line",
    ),
    ReplyKind(214, "HELP", "answers `/help`: a row for each command, its name and what it does"),
    ReplyKind(
        215,
        "HISTORY",
        "answers `/history`: for each exchange a row for the line and one for the reply: number, "
        "time (ISO 8601, UTC), session, mark, who (`patient`, `doctor`, `person` or `event`), "
        "text, name",
    ),
    ReplyKind(216, "WHY", "answers `/why`: a row for each step that made the last reply"),
    ReplyKind(
        217,
        "ROOMS",
        "answers `/rooms`: a row for each room: its name, how many members are there now, and "
        "`passphrase` if it has one",
    ),
    ReplyKind(
        218,
        "WHO",
        "answers `/who`: a row for each member of the room, and for each person who reads along: "
        "the name, since when, `member` or `person`",
    ),
    ReplyKind(
        219,
        "FOUND",
        "answers `/find`: rows as in `215`, newest exchange first; then a row `searched`, the "
        "lowest number that was searched",
    ),
    ReplyKind(220, "READY", "a connection is accepted; the client's next line is the name"),
    ReplyKind(221, "GOODBYE", "answers `/quit`; the connection closes"),
    ReplyKind(
        222,
        "HELPLINES",
        "answers `/helplines`: rows `emergency`, `directory` and `helpline` (country, name, how to "
        "reach it); then the same as a sentence",
    ),
    ReplyKind(
        230,
        "WELCOME",
        "the session is open: rows `exchanges` (the number of the last one), `begun` (the time of "
        "the first one) and `notice`, if there are any, and `script` for a script of 1966 (title; "
        "where they are known year, place, maker); then the greeting",
    ),
    ReplyKind(
        231,
        "JOINED",
        "answers `/join`: what this client says is said in the room "
        "now; rows `room`, `exchanges` and `begun`, `member` for each member, `line` for each line "
        "of the last twenty",
    ),
    ReplyKind(
        234,
        "LEFT_ROOM",
        "answers `/leave` and `/private`: what this client says is said to the doctor alone again",
    ),
    ReplyKind(235, "PASSPHRASE_CHANGED", "the passphrase is set, changed or removed"),
    ReplyKind(236, "FORGOTTEN", "the history is erased; the session goes on with a new one"),
    ReplyKind(237, "UNCHANGED", "`/forget` or `/passphrase` was cancelled; nothing changed"),
    ReplyKind(
        238,
        "TAKEN_BACK",
        "one exchange is taken back, and its number stays: a row `number`",
    ),
    ReplyKind(
        250,
        "SAYS",
        "the doctor's reply to a line; before a careful one a row, `mark` and `care`",
    ),
    ReplyKind(
        251,
        "SAID",
        "the line is saved under the number in a row `number`; nobody answers at once, because it "
        "was said in a room or because a person has taken over",
    ),
    ReplyKind(
        331, "PASSPHRASE", "this patient has a passphrase; the client's next line is the passphrase"
    ),
    ReplyKind(
        332,
        "NEW_PASSPHRASE",
        "the client's next line is the new passphrase; an empty line removes the passphrase",
    ),
    ReplyKind(333, "REPEAT_PASSPHRASE", "the client's next line is the new passphrase again"),
    ReplyKind(
        336,
        "CONFIRM",
        "answers `/forget`: the name again erases, and after `/forget N`, which has a row "
        "`number`, that number again; any other line cancels",
    ),
    ReplyKind(
        421,
        "CLOSING",
        "the server closes this connection: a row `reason`, then the reason in words",
    ),
    ReplyKind(
        452,
        "NOT_SAVED",
        "the exchange could not be saved and was not recorded; the line can be sent again",
    ),
    ReplyKind(
        455,
        "WRONG_NUMBER",
        "answers `/as`: the line was not recorded, because its number is not the next one; a row "
        "`exchanges` has the last number",
    ),
    ReplyKind(500, "BAD_LINE", "the line was too long or not UTF-8; it was dropped"),
    ReplyKind(501, "BAD_ARGUMENT", "the command cannot use this argument"),
    ReplyKind(502, "NO_COMMAND", "there is no such command"),
    ReplyKind(
        503,
        "NOT_NOW",
        "this command needs an open session; or the room in which this client talked is closed for "
        "it, and nothing was said",
    ),
    ReplyKind(530, "WRONG_PASSPHRASE", "wrong passphrase; the client's next line is another try"),
    ReplyKind(
        532,
        "LOCK_UNREADABLE",
        "it cannot be read with certainty whether this history has a passphrase; it opens for "
        "nobody until the operator resets the passphrase",
    ),
    ReplyKind(
        553, "BAD_NAME", "this name cannot be used, and why; the client's next line is another"
    ),
)

_CODES: Final = {kind.name: kind.code for kind in REPLIES}
HELP: Final = _CODES["HELP"]
HISTORY: Final = _CODES["HISTORY"]
WHY: Final = _CODES["WHY"]
ROOMS: Final = _CODES["ROOMS"]
WHO: Final = _CODES["WHO"]
FOUND: Final = _CODES["FOUND"]
CHANGED: Final = _CODES["CHANGED"]
READY: Final = _CODES["READY"]
GOODBYE: Final = _CODES["GOODBYE"]
HELPLINES: Final = _CODES["HELPLINES"]
WELCOME: Final = _CODES["WELCOME"]
JOINED: Final = _CODES["JOINED"]
LEFT_ROOM: Final = _CODES["LEFT_ROOM"]
PASSPHRASE_CHANGED: Final = _CODES["PASSPHRASE_CHANGED"]
FORGOTTEN: Final = _CODES["FORGOTTEN"]
UNCHANGED: Final = _CODES["UNCHANGED"]
TAKEN_BACK: Final = _CODES["TAKEN_BACK"]
SAYS: Final = _CODES["SAYS"]
SAID: Final = _CODES["SAID"]
PASSPHRASE: Final = _CODES["PASSPHRASE"]
NEW_PASSPHRASE: Final = _CODES["NEW_PASSPHRASE"]
REPEAT_PASSPHRASE: Final = _CODES["REPEAT_PASSPHRASE"]
CONFIRM: Final = _CODES["CONFIRM"]
CLOSING: Final = _CODES["CLOSING"]
NOT_SAVED: Final = _CODES["NOT_SAVED"]
WRONG_NUMBER: Final = _CODES["WRONG_NUMBER"]
BAD_LINE: Final = _CODES["BAD_LINE"]
BAD_ARGUMENT: Final = _CODES["BAD_ARGUMENT"]
NO_COMMAND: Final = _CODES["NO_COMMAND"]
NOT_NOW: Final = _CODES["NOT_NOW"]
WRONG_PASSPHRASE: Final = _CODES["WRONG_PASSPHRASE"]
LOCK_UNREADABLE: Final = _CODES["LOCK_UNREADABLE"]
BAD_NAME: Final = _CODES["BAD_NAME"]


class Reason(StrEnum):
    """Why the server closes a connection: the second field of the row `reason` of a 421.

    A word is never used for another meaning; new ones may be added.
    """

    when: str

    def __new__(cls, word: str, when: str) -> Self:
        """Make a member that is its word; `when` is the row's second column."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.when = when
        return member

    IDLE = "idle", "no line came within the idle time"
    SLOW = "slow", "a line was begun but not completed within the idle time"
    NAME_TIMEOUT = "name-timeout", "the session was not open in time after connecting"
    TOO_MANY_TRIES = "too-many-tries", "too many names or passphrases that were refused"
    THROTTLED = (
        "throttled",
        "the passphrase was not checked: too many were wrong, or too many wait for a check",
    )
    PASSPHRASE_REQUIRED = "passphrase-required", "the server requires a passphrase; none was set"
    PASSPHRASE_CHANGED = "passphrase-changed", "another connection set or changed the passphrase"
    ERASED = "erased", "the history was erased by another connection or by the operator"
    REOPEN = "reopen", "the server must read the history again; connecting again does it"
    AWAY = "away", "the database that has the histories cannot be reached now"
    STOPPING = "stopping", "the server is stopping"
    FULL = "full", "the server has no connection, thread or descriptor left"
    ADDRESS_LIMIT = "address-limit", "too many connections, or new ones a second, from this address"
    FOREIGN = "foreign", "the client speaks another protocol, such as HTTP, TLS or SSH"
    FAULT = "fault", "the server failed; its log says more"


#: The row before a careful reply.
CARE_ROW: Final = ("mark", "care")
#: The mark of an exchange that was taken back, in the rows of a history.
MARK_OF_TAKEN_BACK: Final = "taken-back"
#: Replies whose next line is a secret: a client hides it and never stores it.
SECRET_NEXT: Final = frozenset({PASSPHRASE, NEW_PASSPHRASE, REPEAT_PASSPHRASE, WRONG_PASSPHRASE})
