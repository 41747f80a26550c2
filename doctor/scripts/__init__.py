"""The script language: its reader, its checker, and the scripts that ship."""

from doctor.scripts.catalog import NAMED_SCRIPTS, NamedScript, find_script, named_script
from doctor.scripts.loader import DEFAULT_SCRIPT, check, load, parse, read_file
from doctor.scripts.model import Script
from doctor.scripts.sexpr import ERROR, WARNING, ScriptFault

__all__ = [
    "DEFAULT_SCRIPT",
    "ERROR",
    "NAMED_SCRIPTS",
    "WARNING",
    "NamedScript",
    "Script",
    "ScriptFault",
    "check",
    "find_script",
    "load",
    "named_script",
    "parse",
    "read_file",
]
