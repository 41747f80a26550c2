"""The script language: its reader, its checker, and the scripts that ship."""

from doctor.scripts.loader import DEFAULT_SCRIPT, check, load, parse, read_file
from doctor.scripts.model import Script
from doctor.scripts.sexpr import ERROR, WARNING, ScriptFault

__all__ = [
    "DEFAULT_SCRIPT",
    "ERROR",
    "WARNING",
    "Script",
    "ScriptFault",
    "check",
    "load",
    "parse",
    "read_file",
]
