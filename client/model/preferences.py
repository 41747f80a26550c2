"""The window's settings; never a passphrase, never a word of a conversation.

The file is JSON in the user's configuration directory. It is written to a temporary file, read back
and renamed, so that a crash leaves the old file. A damaged file is renamed, not overwritten, and
the window uses its defaults.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from client.model.language import LANGUAGES, tr
from doctor.protocol import PORT

if TYPE_CHECKING:
    from typing import Self

#: The font sizes of zooming, in points.
SIZES: Final = (8, 9, 10, 11, 12, 14, 16, 18, 21, 24, 28, 32)
PALETTES: Final = ("system", "light", "dark", "contrast")
#: "": that of each speaker is another.
TYPEFACES: Final = ("", "sans", "serif", "mono")
#: The looks of a teletype: "auto" is for scripts of 1966 alone.
LOOKS: Final = ("auto", "paper", "screen", "off")
#: Characters a second that it prints; 0 prints at once.
SPEEDS: Final = (0, 10, 30)


@dataclass(frozen=True, slots=True)
class Preferences:
    """All settings as one value; `geometry` is Tk's, "" at first."""

    name: str = ""
    host: str = "127.0.0.1"
    port: int = PORT
    tls: bool = False
    authority: str = ""
    palette: str = "system"
    size: int = 11
    geometry: str = ""
    workings: bool = False
    typeface: str = ""
    spelling: bool = True
    teletype: str = "auto"
    print_speed: int = 10
    #: A code such as "de"; "" is the system's language.
    language: str = ""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; ignore unknown fields. Raises `ValueError`."""
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError("preferences are not an object")  # noqa: TRY004 - as json's own
        default = cls()
        known = {}
        for entry in fields(cls):
            value = found.get(entry.name, getattr(default, entry.name))
            if type(value) is not type(getattr(default, entry.name)):
                raise ValueError(f"{entry.name} is of another kind")
            known[entry.name] = value
        made = cls(**known)
        if made.typeface not in TYPEFACES:
            made = replace(made, typeface="")
        if made.teletype not in LOOKS or made.print_speed not in SPEEDS:
            made = replace(made, teletype="auto", print_speed=10)
        if made.language not in LANGUAGES:
            made = replace(made, language="")
        if made.palette not in PALETTES or not 0 < made.port < 65536:
            raise ValueError("a value is out of its range")
        return replace(made, size=min(SIZES, key=lambda size: abs(size - made.size)))

    def to_json(self) -> str:
        """Return the preferences as text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"


def default_path() -> Path:
    """Return the settings file: `DOCTOR_CLIENT_CONFIG`, or the system's standard one."""
    named = os.environ.get("DOCTOR_CLIENT_CONFIG")
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - the console needs nothing installed

    return user_config_path("doctor-chat", appauthor=False) / "client.json"


def load(path: Path) -> tuple[Preferences, str]:
    """Read the settings; return them and a notice, "" if all is well."""
    try:
        return Preferences.from_json(path.read_text(encoding="utf-8")), ""
    except FileNotFoundError:
        return Preferences(), ""
    except OSError as error:
        return Preferences(), tr("The settings cannot be read: {strerror}.").format(
            strerror=error.strerror
        )
    except (ValueError, RecursionError):
        damaged = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        with contextlib.suppress(OSError):
            path.replace(damaged)
        return Preferences(), tr(
            "The settings were damaged; the file was renamed to {name}."
        ).format(name=damaged.name)


def save(path: Path, preferences: Preferences) -> str:
    """Write the settings; return why they could not be written, or ""."""
    temporary = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(preferences.to_json(), encoding="utf-8")
        if Preferences.from_json(temporary.read_text(encoding="utf-8")) == preferences:
            temporary.replace(path)
            return ""
        reason = tr("they read back differently")
    except (OSError, ValueError) as error:
        reason = str(error)
    with contextlib.suppress(OSError):
        temporary.unlink()
    return tr("The settings could not be saved: {reason}.").format(reason=reason)
