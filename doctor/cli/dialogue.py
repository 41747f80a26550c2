"""Dialogues as text files, and how a script answers them: `talk --replay FILE`.

; a comment
HOW DO YOU DO              what the doctor says first; may be left out
> Men are all alike.       what the patient says
IN WHAT WAY                what the doctor answered, in one line or several
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doctor import paths
from doctor.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.cli.talking import Talk

_SAID, _COMMENT = ">", ";"
#: A dialogue file longer than this is none.
_MAX_BYTES = 1 << 24


class Replayed(NamedTuple):
    """One line of a dialogue: what was said, what was answered then, and what is answered now."""

    said: str
    printed: tuple[str, ...]
    answered: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """True if the two answers are the same, or none is known."""
        return not self.printed or _words(self.printed) == _words(self.answered)


def read_dialogue(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Return what was said and answered; the first is the greeting, said to an empty line.

    Raises `ScriptError` for a file that cannot be read or is no dialogue.
    """
    try:
        with paths.reading(path) as file:
            text = file.read(_MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise ScriptError(f"cannot read the dialogue {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScriptError(f"the dialogue {path} is not UTF-8; save it as UTF-8") from error
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        if line.startswith(_SAID):
            found.append((line[1:].strip(), []))
        elif line.strip() and not line.startswith(_COMMENT):
            found[-1][1].append(line.strip())
    if len(found) == 1:
        raise ScriptError(f"{path} is no dialogue: a line of the patient begins with '>'")
    return [(said, tuple(answered)) for said, answered in found]


def replay(talk: Talk, dialogue: list[tuple[str, tuple[str, ...]]]) -> Iterator[Replayed]:
    """Yield the greeting and each line of a dialogue with what the conversation answers."""
    _, greeting = dialogue[0]
    yield Replayed("", greeting, (talk.greet(),))
    for said, printed in dialogue[1:]:
        yield Replayed(said, printed, tuple(talk.answer(said)))


def _words(lines: tuple[str, ...]) -> list[str]:
    return " ".join(lines).split()
