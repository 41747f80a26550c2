"""The settings as options, environment variables, help and tables for the documentation.

The setting `idle_time` is the option `--idle-time`, the variable `DOCTOR_IDLE_TIME`, and
`idle-time` in the file of `--config`. The command line wins over the environment, that over the
file, and that over the default. Everything here is made of the rows of
`doctor.server.settings.Settings`. Functions of what they are given; any thread may call them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from doctor.errors import BadSetting
from doctor.server.settings import Settings
from doctor.server.values import Group

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

#: The beginning of every environment variable of a setting.
PREFIX: Final = "DOCTOR_"
#: Where a file of settings is, if the command line does not say it.
CONFIG: Final = PREFIX + "CONFIG"
NONE: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Option:
    """One setting as it is shown and read."""

    name: str
    default: Any
    read: Callable[[str], Any]
    unit: str
    group: Group
    sentence: str
    code: int

    @property
    def key(self) -> str:
        """The key in a file of settings."""
        return self.name.replace("_", "-")

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return f"--{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def shown_default(self) -> str:
        """The default for people."""
        if self.default in (None, ""):
            return "none"
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    @property
    def help(self) -> str:
        """The sentence with unit and default, as `--help` shows it."""
        choice = "|" in self.unit or self.unit in {"file", "directory", "address", "port"}
        unit = "" if choice else f"{self.unit}; "
        return f"{self.sentence.removesuffix('.')} ({unit}default: {self.shown_default})."


OPTIONS: Final = tuple(
    Option(
        each.name,
        each.default,
        each.metadata["kind"].read,
        each.metadata["kind"].unit,
        each.metadata["group"],
        each.metadata["sentence"],
        each.metadata["code"],
    )
    for each in fields(Settings)
    if each.metadata
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting to a command line, group by group."""
    for group in Group:
        section = parser.add_argument_group(group)
        for option in OPTIONS:
            if option.group is not group:
                continue
            text = option.help.replace("%", "%%").replace("`", "")
            if isinstance(option.default, bool):
                section.add_argument(option.flag, action="store_const", const="yes", help=text)
            else:
                word = option.unit if "|" in option.unit else option.unit.upper().replace(" ", "-")
                section.add_argument(option.flag, metavar=word, help=text)


def from_options(
    options: argparse.Namespace, environment: Mapping[str, str], file: Mapping[str, str] = NONE
) -> Settings:
    """Return the settings of a parsed command line, an environment and a file's table.

    Raises `BadSetting`, which names the option or variable and says what it may be.
    """
    values: dict[str, Any] = {}
    for option in OPTIONS:
        text, where = getattr(options, option.name, None), option.flag
        if text is None:
            text, where = environment.get(option.variable), option.variable
        if text is None:
            text, where = file.get(option.key), f"--config: {option.key}"
        if text is None:
            continue
        try:
            values[option.name] = option.read(text)
        except BadSetting as error:
            raise BadSetting(f"{where}: {error}") from None
    if values.get("tls_key") and not values.get("tls_cert"):
        raise BadSetting("--tls-key: a key without --tls-cert protects nothing")
    return Settings(**values, given=frozenset(values))


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that begin like a setting's but are none; likely typing errors."""
    known = {option.variable for option in OPTIONS}
    known |= {CONFIG, "DOCTOR_CLIENT_CONFIG"}  # the last one is the client's
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def tables() -> str:
    """Return the tables of docs/operating.md, one for each group."""
    lines: list[str] = []
    for group in Group:
        lines += [f"### {group}", "", "| option | default | unit | past it | what it does |"]
        lines.append("| --- | --- | --- | --- | --- |")
        for option in OPTIONS:
            if option.group is group:
                default = "`patients/`" if option.name == "patients" else option.shown_default
                code = f"`{option.code}`" if option.code else ""
                unit = option.unit.replace("|", ", ")
                row = (f"`{option.flag}`", default, unit, code, option.sentence)
                lines.append(f"| {' | '.join(row)} |")
        lines.append("")
    return "\n".join(lines).strip()
