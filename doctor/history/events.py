"""What an exchange that is an event says to people; pure.

Saved transcripts, exports and the notices of live conversations use the same sentences.
"""

from __future__ import annotations

from typing import Final

#: By event; `{0}` is the name of who came, left, reads or answers.
_SENTENCES: Final = {
    "taken back": "taken back",
    "came": "{0} comes in",
    "left": "{0} leaves",
    "reading": "{0} reads along",
    "taken over": "{0} answers now in the doctor's place",
    "returned": "the doctor is back",
}


def describe_event(event: str, name: str) -> str:
    """Return what an event says; of one that a later program knows, its own name."""
    return _SENTENCES.get(event, event).replace("{0}", name)
