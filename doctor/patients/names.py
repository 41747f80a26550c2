r"""Check patients' names and turn them into file names and back.

Two names that look alike on paper are one patient's. So a name is taken as it prints, before
anything else is asked of it:

    what prints as nothing    goes: each character with Unicode's property
                              Default_Ignorable_Code_Point (zero width, bidi marks, variation
                              selectors, fillers)
    what prints as a blank    becomes a space, and several are one: general category Zs, and the
                              two blank symbols, U+2800 and U+1D159
    what is left              is trimmed, and composed (NFC)

Then it has 1 to 64 characters, does not begin with a combining mark (category M), which would print
on the character before it, and holds no control, format, surrogate, private-use, line- or
paragraph-separator character and none that replaces something else (U+FFFC, U+FFFD). Letters of
two scripts that look alike are not told apart by this, nor made one.

Two names are the same patient's where their keys are equal: NFC(casefold(NFC(name))).

Files may be older than these rules: `stored_name` asks less, so that every history there is can be
found, listed and renamed.

A file name is the name with whatever some file system cannot hold percent-encoded, byte by byte of
its UTF-8, and `.dat` behind it:

    % / \ : * ? [ ] " < > |          everywhere
    dots and spaces                  at either end
    CON PRN AUX NUL COM1 ... LPT9    the first character, also before a dot ("con.txt")

It is at most 200 bytes long before `.dat`, so that longer suffixes fit beside it:

    NAME.dat                         the history
    NAME.dat.new                     one that is being written
    NAME.dat.damaged-TIME            an original that was set aside
    NAME.dat.torn-TIME               what a crash left of the last write
    NAME.dat.unplaced-TIME           what did not belong to the file that was found

A file's name is UTF-8 on disk, whatever the locale of the program: in a locale of another encoding
`file_name` returns what the system turns into these bytes. So two programs agree on who has a file.

A file name is read back exactly: only what `file_name` would have made of the name that it decodes
to stands for a patient. So no pattern ever decides whose file something is.

Pure functions; any thread may call them.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from typing import Final
from urllib.parse import unquote_to_bytes

from doctor.errors import BadName
from doctor.text import as_printed

#: Characters in a name.
MAX_CHARACTERS: Final = 64
#: Bytes of a name once it is encoded as a file name, without its suffix.
MAX_BYTES: Final = 200

SUFFIX: Final = ".dat"
NEW: Final = ".new"

#: Whether the system takes the characters of a file name as UTF-8, so that nothing is to be done.
_UTF8: Final = sys.getfilesystemencoding().lower() in {"utf-8", "utf8"}

_FORBIDDEN_KINDS: Final = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Co": "a private-use character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
_STANDS_FOR: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
_UNSAFE: Final = frozenset('%/\\:*?[]"<>|')
_RESERVED: Final = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE
)
#: Names that need no encoding: nearly all, and quick to recognise.
_PLAIN: Final = re.compile(r"([A-Za-z0-9_-](?:[A-Za-z0-9 _-]{0,62}[A-Za-z0-9_-])?)\.dat")
_ASIDE: Final = re.compile(r"(?s)(.+)\.(?:new|(?:damaged|torn|unplaced)-\d{8}T\d{6}(?:-\d+)?)")


def clean_name(raw: str) -> str:
    """Return the name that a patient gave, as it prints; BadName where it cannot be one."""
    name = stored_name(as_printed(raw))
    if unicodedata.category(name[0])[0] == "M":
        raise BadName("a name cannot begin with a mark that belongs on a letter")
    if _STANDS_FOR in name:
        raise BadName("a name cannot hold what is no text")
    return name


def stored_name(raw: str) -> str:
    """Return a name that a file may have, trimmed and composed; BadName where none can."""
    name = unicodedata.normalize("NFC", raw.strip())
    if not name:
        raise BadName("a name has at least one character")
    if len(name) > MAX_CHARACTERS:
        raise BadName(f"a name has at most {MAX_CHARACTERS} characters, and this one {len(name)}")
    for character in name:
        kind = _FORBIDDEN_KINDS.get(unicodedata.category(character))
        if kind:
            raise BadName(f"a name cannot hold {kind} (U+{ord(character):04X})")
    if "\N{REPLACEMENT CHARACTER}" in name:
        # The wire puts it where a control character was; two such names would be one.
        raise BadName("a name cannot hold what is no text")
    if len(_encoded(name).encode()) > MAX_BYTES:
        raise BadName(f"this name takes more than {MAX_BYTES} bytes as a file name")
    return name


def key(name: str) -> str:
    """Return what is equal for every spelling of a patient's name."""
    if name.isascii():
        return name.lower()
    composed = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFC", composed.casefold())


def _encoded(name: str) -> str:
    last = len(name) - 1
    reserved = _RESERVED.match(name)
    pieces = []
    for at, character in enumerate(name):
        outer = at in {0, last} and character in ". "
        if character in _UNSAFE or outer or (reserved and at == 0):
            pieces += [f"%{byte:02X}" for byte in character.encode()]
        else:
            pieces.append(character)
    return "".join(pieces)


def file_name(name: str) -> str:
    """Return the name of the file that keeps this clean name's history."""
    written = name + SUFFIX
    if _PLAIN.fullmatch(written) and not _RESERVED.match(written):
        return written
    written = _encoded(name) + SUFFIX
    return written if _UTF8 else os.fsdecode(written.encode())


def patient_name(file: str) -> str | None:
    """Return the patient whose history a file of this name keeps; None where it keeps none."""
    plain = _PLAIN.fullmatch(file)
    if plain is not None and not _RESERVED.match(file):
        return plain[1]
    if not file.endswith(SUFFIX):
        return None
    try:
        file = unicodedata.normalize("NFC", file if _UTF8 else os.fsencode(file).decode())
        name = unquote_to_bytes(file.removesuffix(SUFFIX)).decode()
        return name if stored_name(name) == name and _encoded(name) + SUFFIX == file else None
    except (UnicodeError, BadName):
        return None


def owner(file: str) -> str | None:
    """Return the patient to whom a file of this name belongs: history, copy set aside or torn."""
    aside = _ASIDE.fullmatch(file)
    return patient_name(aside[1] if aside else file)
