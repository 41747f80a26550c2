"""The standard streams of the console: lines above the prompt, and what is typed."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
import threading
from typing import Final

from client.model.language import tr
from doctor.text import escape

#: Colours of those who speak in rooms, in the order in which they first speak.
_COLOURS: Final = ("32", "35", "34", "31", "33")
_DOCTOR: Final = "36"


class InputEnded(Exception):
    """The input has ended."""


class Streams:
    """Prints from any thread, above the prompt if there is one; reads in the main thread.

    What a server sends may hold characters that turn the direction of others: they are escaped.
    """

    def __init__(self) -> None:
        self.in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self._colours = self.in_terminal and not os.environ.get("NO_COLOR")
        self._printing = threading.Lock()
        self._prompt = ""
        self._speakers: dict[str, str] = {}  # each with a colour
        for stream in (sys.stdin, sys.stdout):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="replace")
        if self.in_terminal:
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401, PLC0415 - gives `input` editing and recall

    # -- output --------------------------------------------------------------------------------

    def print_doctor(self, text: str) -> None:
        """Print a reply of the doctor, with a label in a terminal."""
        label = tr("Doctor: ") if self.in_terminal else ""
        self._print(self._colour(_DOCTOR, label) + escape(text), error=False)

    def print_said(self, who: str, text: str, where: str) -> None:
        """Print what somebody said, with the name; `where` is the conversation, "" for this one."""
        if who not in self._speakers:
            self._speakers[who] = _COLOURS[len(self._speakers) % len(_COLOURS)]
        colour = _DOCTOR if who == tr("Doctor") else self._speakers[who]
        label = f"[{where}] {who}: " if where else f"{who}: "
        self._print(self._colour(colour, escape(label)) + escape(text), error=False)

    def print_notice(self, text: str) -> None:
        """Print a notice on standard error."""
        with contextlib.suppress(OSError):  # without notices the conversation can still go on
            self._print(self._colour("33", f"* {escape(text)}"), error=True)

    def _colour(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours and text else text

    def _print(self, text: str, *, error: bool) -> None:
        with self._printing:
            stream = sys.stderr if error else sys.stdout
            before = "\r\x1b[K" if self._prompt else ""
            print(before + text, file=stream, flush=True)
            if self._prompt:
                print(self._prompt + _typed_so_far(), end="", file=sys.stdout, flush=True)

    # -- input ---------------------------------------------------------------------------------

    def change_prompt(self, prompt: str) -> None:
        """Show another prompt from the next notice on, if one is shown."""
        if self._prompt:
            self._prompt = prompt

    def read(self, prompt: str) -> str:
        """Read one line; raise `InputEnded` when there is none."""
        try:
            if not self.in_terminal:
                line = sys.stdin.readline()
                if not line:
                    raise InputEnded
                return line.rstrip("\r\n")
            self._prompt = prompt
            return input(prompt)
        except EOFError:
            print()
            raise InputEnded from None
        finally:
            self._prompt = ""

    def read_secret(self, prompt: str) -> str:
        """Read a line that is not shown; in a pipe it is the next one."""
        if not self.in_terminal:
            self.print_notice(prompt.rstrip(" \u00a0").removesuffix(":").rstrip(" \u00a0"))
            return self.read("")
        try:
            return getpass.getpass(prompt)
        except EOFError:
            raise InputEnded from None


def notify(text: str) -> None:
    """Print a notice before or after a conversation."""
    print(f"* {text}", file=sys.stderr, flush=True)


def discard_output() -> None:
    """Send what Python flushes at exit to the null device: it cannot be written."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _typed_so_far() -> str:
    """Return the text that is typed after the prompt so far."""
    try:
        import readline  # noqa: PLC0415 - not on every system
    except ImportError:
        return ""
    return readline.get_line_buffer()
