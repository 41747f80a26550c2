"""Wrong passphrases that owners are to be told of, from a clean stop to the next start.

The file `.wrong-passphrases` in the patients directory has a line for each history: a digest of its
name and a number. It is written when the server stops, and removed when it was read. A digest, so
that a history that is erased meanwhile leaves no name behind. Nothing depends on the file: where it
cannot be read or written the owners hear a smaller number.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Final

from doctor.server import logs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE: Final = ".wrong-passphrases"
#: Bytes of the file that are read: more than are written.
_MOST: Final = 1 << 20
_LINE: Final = re.compile(r"([0-9a-f]{32}) ([0-9]{1,9})")


def read(directory: Path) -> dict[str, int]:
    """Return what an earlier server wrote, by digest, and remove it."""
    path = directory / FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            text = file.read(_MOST).decode("ascii", "replace")
        path.unlink()
    except OSError:
        return {}
    found = map(_LINE.fullmatch, text.splitlines())
    return {each[1]: int(each[2]) for each in found if each}


def write(directory: Path, counts: Mapping[str, int]) -> None:
    """Write the numbers for the next server."""
    if not counts or not directory.is_dir():
        return
    path, draft = directory / FILE, directory / f"{FILE}.new"
    try:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{digest} {number}\n" for digest, number in counts.items())
        draft.replace(path)
    except OSError as error:
        why = f"{path}: {error.strerror}"
        logs.warn("owners will not be told of wrong passphrases before this stop", why=why)
        with contextlib.suppress(OSError):
            draft.unlink()
