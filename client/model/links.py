"""Addresses of the web and telephone numbers in a text, which people open and copy; pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

#: An address of the web, and a telephone number: three digits or more, maybe in groups.
_ADDRESS: Final = re.compile(r"\b(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}\b(?:/[\w./-]*\w)?")
_NUMBER: Final = re.compile(
    r"(?<![\w.])\+?\d[\d -]*\d\d(?!\w)(?! (?:countries|languages|people|hours|days|years)\b)"
)


class TextLink(NamedTuple):
    """An address or a number in a text: where it is, and the address to open, "" for a number."""

    start: int
    end: int
    text: str
    url: str


def find_links(text: str) -> list[TextLink]:
    """Return the addresses and the numbers of a text, in their order."""
    found: list[TextLink] = []
    for match in _ADDRESS.finditer(text):
        url = match[0] if "://" in match[0] else f"https://{match[0]}"
        found.append(TextLink(*match.span(), match[0], url))
    taken = [(link.start, link.end) for link in found]
    found += [
        TextLink(*match.span(), match[0], "")
        for match in _NUMBER.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    return sorted(found)
