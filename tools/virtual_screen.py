"""A screen that nobody sees, for pictures and measurements: Xvfb, on a display of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def virtual_screen(size: str = "1024x800", dots: int = 96) -> Iterator[dict[str, str]]:
    """Run a screen of `size` pixels and `dots` an inch; yields the environment to use it with."""
    ready, number = os.pipe()
    command = ["Xvfb", "-displayfd", str(number), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        [*command, "-dpi", str(dots)], pass_fds=(number,), stderr=subprocess.DEVNULL
    ) as screen:
        os.close(number)
        with os.fdopen(ready) as said:
            display = said.readline().strip()
        try:
            yield {**os.environ, "DISPLAY": f":{display}"}
        finally:
            screen.terminate()
