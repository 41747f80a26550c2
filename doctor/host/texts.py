"""What the host of a room says: the HOST form of a script, and plain defaults.

    (HOST (NAMES doctor doc) (WELCOME (Welcome, NAME.) ...) (CONNECT (Earlier OTHER told ...)) ...)

`doctor.scripts.host_form` says which parts there are and what each text may have put in:

    NAME     whom the host speaks to          OTHER    another member
    OTHERS   several: "Ada and Ben"           QUOTE    a line in that member's own words

A script without the form, and every script of 1966, has the defaults. Where a script has some
parts only, the defaults stand for the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doctor.scripts.host_form import HOST, NAMES, PARTS, SLOTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.scripts.model import Item, Script

#: More people than this are not spoken to by their names.
MANY: Final = 4
EVERYBODY: Final = "everybody"
_SLOT: Final = re.compile(r"\b(" + "|".join(SLOTS) + r")\b")


class Texts:
    """What one script's host says. Immutable; shared by all threads."""

    __slots__ = ("_parts", "names")

    def __init__(self, script: Script | None) -> None:
        """Take the texts of a script; the defaults where it has none, or where there is none."""
        parts = {name: part.defaults for name, part in PARTS.items()}
        names: tuple[str, ...] = ("doctor", "doc")
        for form in script.extension(HOST) if script is not None else ():
            for item in form.items:
                if not isinstance(item, tuple) or not item:
                    continue
                texts = tuple(_joined(each) for each in item[1:] if isinstance(each, tuple))
                said = tuple(filter(None, texts))
                if item[0] == NAMES:
                    names = tuple(each for each in item[1:] if isinstance(each, str)) or names
                elif item[0] in parts and said:
                    parts[str(item[0])] = said
        self.names = names
        self._parts: Mapping[str, Sequence[str]] = parts

    def of(self, part: str) -> Sequence[str]:
        """Return the texts of a part, never none."""
        return self._parts[part]


def _joined(items: Sequence[Item]) -> str:
    return " ".join(item for item in items if isinstance(item, str))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its slots filled; empty where one has no value."""
    if any(not values.get(slot) for slot in _SLOT.findall(text)):
        return ""

    def value(found: re.Match[str]) -> str:
        # A quotation ends with a mark of its own, so what follows it begins a sentence.
        said, before = values[found[0]], text[: found.start()].removesuffix("QUOTE ").rstrip()
        begins = not before or before[-1] in ".?!:"
        return said[:1].upper() + said[1:] if begins and said == EVERYBODY else said

    return _SLOT.sub(value, text)


def called(names: Sequence[str]) -> str:
    """Return how several people are spoken to: by their names, unless they are many."""
    return listed(names) if len(names) <= MANY else EVERYBODY


def listed(names: Sequence[str]) -> str:
    """Return names as people say them: "Ada, Ben and Clara"; more than eight are counted."""
    if len(names) > 8:
        return f"{', '.join(names[:7])} and {len(names) - 7} others"
    *first, last = names or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def quoted(line: str) -> str:
    """Return a line between single quotation marks, closed by a mark of its own."""
    # A mark whose other half was left out opens nothing.
    said = line.replace('"', "'" if line.count('"') % 2 == 0 else "").strip()
    if said[-1:].isalnum():
        said += "."
    return f"\u2018{said}\u2019"
