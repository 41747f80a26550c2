"""Check the HOST form of a modern script: what the doctor says in a room of several people.

Nothing here keeps a script from being played: what is wrong is not said, and a default stands in.

    (HOST (WELCOM (Welcome, NAME.)))      an unknown part
    (HOST (WELCOME (Here is OTHER.)))     a slot that is not known when this part is said
    (HOST (CARE (Thank you. HELPLINES)))  helplines before everybody; they go to the one alone
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doctor.scripts.host_form import HOST, NAMES, PARTS, SLOTS
from doctor.scripts.model import PlacedItems, Position
from doctor.scripts.sexpr import WARNING, ScriptFault
from doctor.scripts.similar import nearest

if TYPE_CHECKING:
    from doctor.scripts.model import Extension, Item, Script

#: Slots of other forms, which are said as they stand here.
_ELSEWHERE: Final = frozenset(("MEMORY", "WHEN", "TOPIC", "HELPLINES"))
_MARKS: Final = ".,?!:;\"'"


def review_host(script: Script) -> list[ScriptFault]:
    """Return the warnings about the HOST forms of a script."""
    return [fault for form in script.extension(HOST) for fault in _review_form(form)]


def _review_form(form: Extension) -> list[ScriptFault]:
    faults: list[ScriptFault] = []
    seen: set[str] = set()
    for item in form.items:
        if isinstance(item, str):
            faults.append(_fault(form, f"{item} has no meaning in HOST", "put it into a part"))
            continue
        name = item[0] if item and isinstance(item[0], str) else ""
        if name != NAMES and name not in PARTS:
            near = nearest(name, [NAMES, *PARTS]) or "a part that docs/host.md lists"
            message = f"HOST has an unknown part: {name or '(...)'}"
            faults.append(_fault(item, message, f"write {near}"))
            continue
        if name in seen:
            faults.append(_fault(item, f"HOST has {name} twice", "join the two"))
        seen.add(name)
        faults += _review_names(item) if name == NAMES else _review_part(name, item)
    return faults


def _review_names(part: tuple[Item, ...]) -> list[ScriptFault]:
    if len(part) > 1 and all(isinstance(each, str) for each in part[1:]):
        return []
    return [_fault(part, "NAMES lists no words", "write (NAMES doctor doc)")]


def _review_part(name: str, part: tuple[Item, ...]) -> list[ScriptFault]:
    faults = []
    texts = [each for each in part[1:] if isinstance(each, tuple) and each]
    loose = next((each for each in part[1:] if isinstance(each, str)), "")
    if loose:
        message = f"{loose} is between the texts of HOST {name}, and is not said"
        faults.append(_fault(part, message, "put each text in parentheses"))
    if not texts:
        remedy = f"give it one: ({name} ({PARTS[name].defaults[0].split('.')[0]}.))"
        faults.append(_fault(part, f"HOST {name} has no text", remedy))
    for text in texts:
        where = text if isinstance(text, PlacedItems) else part
        for word in {str(each).strip(_MARKS) for each in text}:
            if word in SLOTS and word not in PARTS[name].slots:
                message = f"{word} is not known in HOST {name}, so this text is never said"
                known = " or ".join(PARTS[name].slots)
                remedy = f"use {known}" if known else "say it without"
                faults.append(_fault(where, message, remedy))
            elif word in _ELSEWHERE:
                message = f"{word} is no slot of HOST, and is said as it is"
                faults.append(_fault(where, message, "say it without"))
    return faults


def _fault(where: Extension | tuple[Item, ...], message: str, remedy: str) -> ScriptFault:
    position = getattr(where, "position", Position())
    return ScriptFault(position.line, position.column, WARNING, message, remedy)
