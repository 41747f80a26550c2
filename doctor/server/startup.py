"""How the program begins: its command line, its configuration, and what is wrong with it.

Used by `server.py`, in the main thread, before the server is made.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import doctor
from doctor import loading
from doctor.errors import ScriptError
from doctor.host import Host
from doctor.programs import Parser, as_called
from doctor.server import lifecycle, options
from doctor.server.network.tls import load_context
from doctor.text import escape_unprintable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from doctor.patients.store import MakeHost
    from doctor.server.settings import Settings


def parser() -> Parser:
    """Return the parser of the command line."""
    made = Parser(
        prog="server.py",
        description="Serve the doctor to many patients at once. Enter stops the server.",
    )
    made.add_argument("--version", action="version", version=f"doctor {doctor.__version__}")
    made.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="Read settings from this TOML file: the options' names without hyphens in front.",
    )
    made.add_argument(
        "--check-config",
        action="store_true",
        help="Check settings, script, helplines and certificates, say what is wrong, and end.",
    )
    made.add_completion()
    options.add_options(made)
    return made


def read_settings(given: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Return the settings of a command line, an environment and a file. Raises `BadSetting`."""
    named = given.config or environment.get(options.CONFIG)
    if not named:
        return options.from_options(given, environment)
    from doctor.server import config_file  # noqa: PLC0415 - most servers need no TOML

    names = [option.key for option in options.OPTIONS]
    return options.from_options(given, environment, config_file.read_file(Path(named), names))


def check(settings: Settings) -> int:
    """Check what settings name and say that all is well. Raises a `DoctorError` or OSError.

    It listens nowhere, opens no history and writes nothing.
    """
    machine = load_machine(settings)
    load_context(settings)
    for option in options.OPTIONS:
        if option.name in settings.given:
            print(f"{option.key}: {getattr(settings, option.name)}")
    print(f"These settings can be used; the script is {machine.script.name}.")
    return 0


def load_machine(settings: Settings) -> Any:
    """Return the machine that plays the settings' script. Raises `ScriptError` or OSError."""
    try:
        return loading.load_machine(
            settings.script, helplines=settings.helplines, step_limit=settings.machine_steps
        )
    except (RecursionError, MemoryError) as error:
        files = ", ".join(str(path) for path in (settings.script, settings.helplines) if path)
        raise ScriptError(f"{files}: too deep or too large to be read") from error


def say_why_not(error: Exception, where: Path | str = "") -> int:
    """Say in one line why the server does not start; return the exit status."""
    why = escape_unprintable(lifecycle.describe_error(error, where))
    with contextlib.suppress(OSError):
        print(as_called(f"server.py: {why}"), file=sys.stderr)
    return 2


def host_maker(settings: Settings) -> MakeHost | None:
    """Return what makes the host of rooms of a machine; None where there are no rooms."""
    if settings.rooms == "off":
        return None
    return lambda machine: Host(machine, settings.host_patience)
