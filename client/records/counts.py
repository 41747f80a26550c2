"""How much there is and how much was found, as sentences for the status line; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.model.language import plural, tr
from doctor.programs import as_called

if TYPE_CHECKING:
    from client.records.text_search import TextHits


#: Letters of a place that the status line shows; a longer one is shown from its end.
_PLACE_LETTERS: Final = 40


def shortened(place: str) -> str:
    """Return the end of a directory's path or a database's name that fits into the status line."""
    if len(place) <= _PLACE_LETTERS:
        return place
    return f"\N{HORIZONTAL ELLIPSIS}{place[1 - _PLACE_LETTERS :]}"


def of_directory(patients: int, marked: int, failed: int, place: str) -> str:
    """Return how many patients are in a directory, marked lines, and files that cannot be read."""
    text = plural("{number:,} patient in {place}", "{number:,} patients in {place}", patients)
    parts = [text.format(number=patients, place=shortened(place))]
    if marked:
        lines = plural("{number:,} marked line", "{number:,} marked lines", marked)
        parts.append(lines.format(number=marked))
    if failed:
        text = plural(
            "{number} file cannot be read; `{command}` shows why",
            "{number} files cannot be read; `{command}` shows why",
            failed,
        )
        command = as_called("python -m doctor verify")
        parts.append(text.format(number=failed, command=command))
    return "   \u00b7   ".join(parts)


def of_places(number: int) -> str:
    """Return how often a text was found in one history."""
    return plural("({number:,} found)", "({number:,} found)", number).format(number=number)


def of_hits(hits: TextHits) -> str:
    """Return what was found in how many histories, and that the search goes on."""
    number = sum(map(len, hits.hits.values()))
    places = plural("{number:,} place", "{number:,} places", number).format(number=number)
    number = len(hits.hits)
    where = plural("{number:,} history", "{number:,} histories", number).format(number=number)
    so_far = tr("{places} in {histories}; {searched} searched so far…")
    text = tr("{places} in {histories}") if hits.is_over else so_far
    return text.format(places=places, histories=where, searched=hits.searched)


def of_history(name: str, number: int, file: str) -> str:
    """Return how long the history of a patient is, and in which file."""
    text = plural(
        "{name}: {number:,} exchange in {file}", "{name}: {number:,} exchanges in {file}", number
    )
    return text.format(name=name, number=number, file=file)
