"""Take the pictures of a supervisor's evening into docs/pictures.

    python tools/live_pictures.py [DIRECTORY]

A patient talks with the real server while somebody watches in the records window, is called by a
marked line, attends, and hands back. With a DIRECTORY all four steps are taken there, otherwise the
two of the documents. Needs Xvfb and ImageMagick's `import`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.virtual_screen import virtual_screen  # noqa: E402 - found only after the line above

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.records.window import RecordsWindow

#: The pictures of the documents.
WANTED = frozenset(
    {
        "live-watch-light",
        "live-marked-light",
        "live-attend-light",
        "live-attend-dark",
        "live-back-light",
    }
)
_PATIENCE = 20.0
_INSIDE = "DOCTOR_PICTURES_INSIDE"


class Visitor:
    """A patient who talks over a plain socket."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self.say(name, "230 ")

    def say(self, line: str, code: str = "25") -> None:
        """Say a line and wait for the reply."""
        self._socket.sendall(f"{line}\n".encode())
        while not (found := self._lines.readline()).startswith(code) or found[3] == "-":
            pass


def evening(target: Path, palette: str, wanted: Callable[[str], bool]) -> None:
    """Take the pictures of one evening in one palette."""
    from client.net.address import ServerAddress  # noqa: PLC0415 - needs the screen
    from client.net.local_server import LocalServer  # noqa: PLC0415 - the same
    from client.records.window import RecordsWindow  # noqa: PLC0415 - the same

    def shoot(scene: str) -> None:
        if wanted(f"{scene}-{palette}"):
            picture(window, target / f"{scene}-{palette}.png")

    with tempfile.TemporaryDirectory() as directory:
        server = LocalServer.start(ServerAddress("127.0.0.1", 0), Path(directory))
        try:
            port = server.address.port
            ada, charles = Visitor(port, "Ada Lovelace"), Visitor(port, "Charles")
            charles.say("The workmen are late again.")
            ada.say("My mother never listens to me.")
            window = RecordsWindow(Path(directory), palette)
            window.live.show()
            live = window.live
            until(window, lambda: live.layout.list.exists("Ada Lovelace"))
            live.layout.person.delete(0, "end")
            live.layout.person.insert(0, "Maria")
            live.layout.list.selection_set("Ada Lovelace")
            live.watch()
            until(window, lambda: "watch Ada" in window.status)
            ada.say("She would rather that I learned to sew.")
            until(window, lambda: shows(window, "learned to sew"))
            shoot("live-watch")
            ada.say("Some evenings I do not want to live any more.")
            until(window, lambda: "is marked" in window.status)
            until(window, lambda: shows(window, "to live any more"))
            shoot("live-marked")
            live.attend()
            until(window, lambda: "attend Ada" in window.status)
            live.hold()
            until(window, lambda: live.layout.buttons["hold"]["text"] == "Give back")
            say(window, "Ada, I am Maria, a person. I read what you said. Are you safe now?")
            ada.say("I am at home. I did not think that anybody read this.")
            until(window, lambda: shows(window, "anybody read this"))
            live.layout.line.insert(0, "I am glad that you answer. Shall I call you")
            shoot("live-attend")
            live.layout.line.delete(0, "end")
            live.hold()
            until(window, lambda: live.layout.buttons["hold"]["text"] == "Hold")
            ada.say("Thank you. I shall call my friend now.")
            until(window, lambda: shows(window, "call my friend"))
            shoot("live-back")
            window.close()
        finally:
            server.stop()


def say(window: RecordsWindow, text: str) -> None:
    """Say something and wait until it is shown."""
    window.live.layout.line.insert(0, text)
    window.live.say()
    until(window, lambda: shows(window, text))


def shows(window: RecordsWindow, text: str) -> bool:
    """Return True if a text is in the conversation that is shown."""
    return text in window.live.layout.area.get("1.0", "end")


def until(window: RecordsWindow, condition: Callable[[], object]) -> None:
    """Let the window work until a condition holds."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"the window did not reach the expected state: {window.status}")
        timer = window.after(10, lambda: None)
        window.tk.dooneevent(0)
        window.after_cancel(timer)


def picture(window: RecordsWindow, path: Path) -> None:
    """Take a picture of the window."""
    for _ in range(20):
        window.update()
        time.sleep(0.01)
    top = window.winfo_toplevel()
    area = f"{top.winfo_width()}x{top.winfo_height()}+0+0"
    take = ["import", "-window", "root", "-crop", area, "+repage", "-strip"]
    subprocess.run([*take, "+dither", "-colors", "160", f"png8:{path}"], check=True)
    print(path, flush=True)
    if window.faults:
        sys.exit(window.faults[0])


def main() -> int:
    """Take the pictures of the documents, or all of them into a directory."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    if os.environ.get(_INSIDE):
        for palette in ("light", "dark"):
            evening(target, palette, lambda name: len(sys.argv) > 1 or name in WANTED)
        return 0
    target.mkdir(parents=True, exist_ok=True)
    with virtual_screen("1024x800", 96) as environment:
        command = [sys.executable, __file__, *sys.argv[1:]]
        subprocess.run(command, env={**environment, _INSIDE: "1"}, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
