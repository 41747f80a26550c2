"""When a program at a pseudo terminal waits for a key, so that the next one is not lost."""

from __future__ import annotations

import termios
from pathlib import Path


def waits_for_a_key(terminal: int, pid: int) -> bool:
    """Tell whether the prompt's editor of this process waits; `terminal` is our end.

    A prompt is printed earlier: a signal before that wait is noticed only with the next key, and
    Ctrl+D, typed while the terminal still collects lines, is no Ctrl+D any more.
    """
    if termios.tcgetattr(terminal)[3] & termios.ICANON:
        return False
    try:
        found = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True  # a system that does not say what the main thread does
    return found.rpartition(") ")[2].startswith("S")
