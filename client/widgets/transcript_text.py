"""The text of a transcript's items: as pieces with tags, and as plain text; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from client.model import dates
from client.model.exchange import CARE
from client.model.language import tr
from client.model.links import find_links
from client.model.transcript import Item, ItemKind, day_in_words
from doctor.text import one_line, paragraphs

if TYPE_CHECKING:
    from client.model.transcript import SpokenPart

#: A text, or the tags of the text before it.
Piece: TypeAlias = str | tuple[str, ...]

#: The separator of two sessions of one day.
_PAUSE: Final = "\u00b7   \u00b7   \u00b7\n"
#: The signs of those who speak in a room.
_SIGNS: Final = "\u25cf\u25b2\u25a0\u25c6\u2605\u25bc\u25d0\u25e9"
_GAP: Final = "  \u00b7  "


class Names(NamedTuple):
    """The names of those who speak, and whether everything is in capitals."""

    patient: str
    doctor: str
    capitals: bool = False


def on_screen(words: str) -> str:
    """Return words as lines on the screen, as many characters as they have: a line a paragraph."""
    return "\n".join(map(one_line, paragraphs(words)))


def in_capitals(text: str) -> str:
    """Return a text in capitals, as many characters as it has."""
    return "".join(big if len(big := letter.upper()) == 1 else letter for letter in text)


def pieces_of(item: Item, names: Names) -> list[Piece]:
    """Return the text of an item with its tags."""
    pieces = _pieces(item, names)
    if not names.capitals:
        return pieces
    return [in_capitals(piece) if isinstance(piece, str) else piece for piece in pieces]


def _pieces(item: Item, names: Names) -> list[Piece]:
    patient = item.speaker or names.patient
    doctor = item.responder or names.doctor
    match item.kind:
        case ItemKind.DAY:
            return [day_in_words(item.at) + "\n", ("day",)]
        case ItemKind.PAUSE:
            return [_PAUSE, ("day",)]
        case ItemKind.EVENT:
            words = f"{dates.clock(item.at)}{_GAP}{one_line(item.doctor)}\n"
            return [words, ("notice",)]
        case ItemKind.NOTICE:
            return [one_line(item.doctor) + "\n", ("notice",)]
        case ItemKind.TAKEN_BACK:
            return [f"{dates.clock(item.at)}{_GAP}{describe_taken_back(item)}\n", ("notice",)]
        case ItemKind.GREETING:
            return _reply(item, doctor)
        case ItemKind.PENDING:
            waits = tr("not answered yet")
            return _line(item, f"{patient}{_GAP}{waits}", (), ("waiting",))
        case ItemKind.UNSAID:
            return _line(item, f"{patient}{_GAP}{item.doctor}", ("failed",), ("waiting",))
    old = ("old",) if item.session else ()
    label = f"{_sign(item.speaker)}{patient}{_GAP}{dates.clock(item.at)}"
    line = _line(item, label, old, old) if item.patient else []
    return line + (_reply(item, doctor) if item.doctor or not item.patient else [])


def _sign(speaker: str) -> str:
    """Return a sign of this speaker's own, to tell several apart by more than colour."""
    return f"{_SIGNS[sum(speaker.encode()) % len(_SIGNS)]} " if speaker else ""


def describe_taken_back(item: Item) -> str:
    """Return what is shown of an exchange that was taken back."""
    return (
        tr("number {number} was taken back").format(number=item.number)
        if item.number
        else tr("this was taken back")
    )


def _line(
    item: Item, label: str, label_tags: tuple[str, ...], tags: tuple[str, ...]
) -> list[Piece]:
    return [label + "\n", ("who-said", *label_tags), *_words(item.patient, ("said", *tags))]


def _words(words: str, tags: tuple[str, ...]) -> list[Piece]:
    """Return what was said; its paragraphs are nearer to each other than to what follows."""
    *before, last = on_screen(words).split("\n")
    pieces: list[Piece] = []
    for paragraph in before:
        pieces += [f"{paragraph}\n", (*tags, "within")]
    return [*pieces, f"{last}\n", tags]


def _reply(item: Item, doctor: str) -> list[Piece]:
    old = ("old",) if item.session else ()
    label = f"{doctor}{_GAP}{dates.clock(item.at)}"
    if item.mark != CARE:
        return [label + "\n", ("who-doctor", *old), *_words(item.doctor, ("doctor", *old))]
    words = on_screen(item.doctor) + "\n"
    note = tr("people who can help")
    pieces: list[Piece] = [
        f"\u271a {label}{_GAP}{note}\n",
        ("who-care",),
    ]
    at = 0
    for link in find_links(words):
        pieces += [words[at : link.start], ("care", "doctor-words"), link.text]
        pieces += [("care", "doctor-words", "link")]
        at = link.end
    return [*pieces, words[at:], ("care", "doctor-words")]


def texts_between(item: Item, row: int, top: int, bottom: int, names: Names) -> list[str]:
    """Return the parts of an item in row `row` that are in these rows, as plain text."""
    parts: list[SpokenPart | None] = [
        part for part in item.parts if row + part.first <= bottom and row + part.last >= top
    ]
    if not item.parts:
        parts = [None]
    return list(filter(None, (_as_text(item, part, *names[:2]) for part in parts)))


def _as_text(item: Item, part: SpokenPart | None, patient: str, doctor: str) -> str:
    """Return a part of an item as plain text with name and time; None: an item without parts."""
    when = f"[{item.at.astimezone():%Y-%m-%d %H:%M}]"
    if part is None:
        is_told = item.kind in {ItemKind.NOTICE, ItemKind.TAKEN_BACK, ItemKind.EVENT}
        taken_back = item.kind is ItemKind.TAKEN_BACK
        words = describe_taken_back(item) if taken_back else item.doctor
        return f"{when} * {words}" if is_told else ""
    patient, doctor = item.speaker or patient, item.responder or doctor
    words = "\n".join(paragraphs(item.words(part)))
    if item.kind is ItemKind.UNSAID:
        return f"{when} {patient} ({item.doctor}): {words}"
    return f"{when} {patient if part.speaker == 'patient' else doctor}: {words}" if words else ""
