"""Settings in a TOML file: `--config FILE`.

    port = 5001
    passphrases = "required"
    proxy-from = ["192.0.2.7", "2001:db8::/32"]

A key is the name of an option without its hyphens in front. The command line wins over the
environment, that over the file, and that over the default.
"""

from __future__ import annotations

import difflib
import tomllib
from typing import TYPE_CHECKING, Any, Final

from doctor import paths
from doctor.errors import BadSetting, describe

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

#: Bytes of a file; one with every setting and comments has about 10,000. The parser's time grows
#: with the square of what a key is nested in.
_MOST: Final = 1 << 16


def read_file(path: Path, names: Collection[str]) -> dict[str, str]:
    """Return the settings in a file by their names, as text. Raises `BadSetting`."""
    try:
        with paths.reading(path) as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise BadSetting(f"--config {describe(error, path)}") from error
    if len(data) > _MOST:
        raise BadSetting(f"--config {path}: more than {_MOST} bytes")
    try:
        table = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, too many digits
        raise BadSetting(f"--config {path}: not TOML: {error}") from None
    values = {}
    for key, value in table.items():
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise BadSetting(f"--config {path}: there is no setting {key!r}{hint}")
        values[key] = _as_text(value, f"--config {path}: {key}")
    return values


def _as_text(value: Any, where: str) -> str:
    """Return a value as the command line would have it. Raises `BadSetting`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = ",".join(value)
    if isinstance(value, int | float | str):
        try:
            text = str(value)
        except ValueError:  # too many digits
            raise BadSetting(f"{where}: the number is too long") from None
        if not text.isprintable():
            raise BadSetting(f"{where}: a control character, which no setting can hold")
        return text
    raise BadSetting(f"{where}: neither text, a number, true, false nor a list of texts")
