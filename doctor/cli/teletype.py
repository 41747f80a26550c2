"""A teletype at the terminal: capitals, ten characters a second, the bell.

A Model 33 printed ten characters a second on lines of 72. Any key prints the rest of a text
at once, and a speed of 0 prints everything at once. Where standard output is no terminal there is
neither waiting nor bell.
"""

from __future__ import annotations

import os
import select
import sys
import textwrap
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from doctor.scripts import named_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TextIO

    Pause: TypeAlias = Callable[[float], bool]

#: Characters a second, and characters on a line, of a Teletype Model 33.
SPEED: Final = 10
COLUMNS: Final = 72
BELL: Final = "\a"


class Teletype:
    """Prints as a teletype did; `listen` notices keys while a text is printed."""

    def __init__(
        self,
        out: TextIO,
        speed: int = SPEED,
        listen: Callable[[], AbstractContextManager[Pause]] | None = None,
    ) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._delay = 1 / speed if speed and self._is_terminal else 0.0
        self._listen = listen or listen_for_keys

    def title(self, script: Path) -> None:
        """Print what is played: title, year, place and maker."""
        known = named_script(script)
        rows = (
            [known.title, f"{known.place}, {known.year}", known.maker] if known else [script.name]
        )
        for row in rows:
            self._out.write(f"{row.upper().center(COLUMNS).rstrip()}\n")
        self._out.write(
            "\n" + "TYPE ? TO SEE HOW AN ANSWER WAS MADE".center(COLUMNS).rstrip() + "\n\n"
        )
        self._out.flush()

    def print(self, text: str) -> None:
        """Print a text in capitals, character by character; a key prints the rest at once."""
        lines = textwrap.wrap(text.upper(), COLUMNS, break_on_hyphens=False)
        text = "\n".join(lines) + "\n"
        if self._delay:
            with self._listen() as pause:
                while text:
                    self._out.write(text[0])
                    self._out.flush()
                    text = text[1:]
                    if pause(self._delay):
                        break
        self._out.write(text)
        self._out.flush()

    def ring(self) -> None:
        """Ring the bell: it is the patient's turn to type."""
        if self._is_terminal:
            self._out.write(BELL)
            self._out.flush()


@contextmanager
def listen_for_keys() -> Iterator[Pause]:
    """Yield a function that waits some seconds and returns True if a key was pressed meanwhile.

    The key is taken, so that it is no part of the next line. Without a terminal to type at, or on a
    system that cannot read single keys, it only waits.
    """
    try:
        import termios  # noqa: PLC0415 - only some systems have it
        import tty  # noqa: PLC0415 - the same
    except ImportError:
        yield _wait
        return
    if not sys.stdin.isatty():
        yield _wait
        return
    descriptor = sys.stdin.fileno()

    def is_pressed(seconds: float) -> bool:
        return bool(select.select([descriptor], [], [], seconds)[0])

    def pause(seconds: float) -> bool:
        if not is_pressed(seconds):
            return False
        while os.read(descriptor, 1) == b"\x1b" and is_pressed(0):
            os.read(descriptor, 16)  # an arrow or a function key: an escape and more
        return True

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSADRAIN)
    try:
        yield pause
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _wait(seconds: float) -> bool:
    time.sleep(seconds)
    return False
