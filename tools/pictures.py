"""Take pictures of every screen of the client, light and dark, into docs/pictures.

    python tools/pictures.py [--only WORD] [--to DIRECTORY]

Needs Xvfb and ImageMagick's `import`. Each series of pictures is taken by a process of its own on a
virtual screen of its own: light, dark, high contrast, a small screen, a small screen with letters
twice as large, and full screen. The conversations are real ones with the real server; the times of
earlier sessions are invented.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from client.model import language  # noqa: E402 - found only after the line above
from tools.picture_histories import LAST, NAME, RIGHT_TO_LEFT, TODAY, write_histories  # noqa: E402 - the same
from tools.virtual_screen import virtual_screen  # noqa: E402 - the same

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.ui.main_window import DoctorClient
    from client.ui.museum.exhibit import Exhibit
    from client.widgets.base_window import BaseFrame

_PATIENCE = 20.0


@dataclass(frozen=True)
class Series:
    """Pictures taken on one screen: its size and resolution, the palette, which screens."""

    name: str
    palette: str
    size: str = "1024x800"
    dots: int = 96
    scenes: tuple[str, ...] = ()
    language: str = "en"


WINDOW = (
    "welcome conversation workings care find hebrew room thinking lost refused server passphrase "
    "erase keys privacy helplines about"
)
SMALL = "welcome conversation workings server find room"
SERIES = (
    Series("light", "light", scenes=(*WINDOW.split(), "records", "exhibit")),
    Series("dark", "dark", scenes=(*WINDOW.split(), "records", "exhibit")),
    Series(
        "contrast", "contrast", scenes=("conversation", "workings", "server", "records", "room")
    ),
    Series("small-200", "light", "800x600", 192, tuple(SMALL.split())),
    Series("german-200", "light", "800x600", 192, ("find", "room", "keys", "records"), "de"),
    Series("small", "light", "800x600", 96, ("conversation", "workings", "records")),
    Series("german", "light", "800x600", 96, ("workings",), "de"),
    Series("1965", "light", scenes=("teletype", "made", "attract")),
)


def main() -> int:
    """Take the pictures of every series, or one series inside its screen."""
    parser = argparse.ArgumentParser(description="Take pictures of every screen of the client.")
    parser.add_argument("--only", default="", metavar="WORD", help="series with this in their name")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures", metavar="DIRECTORY")
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        take(next(one for one in SERIES if one.name == options.inside), options.to)
        return 0
    options.to.mkdir(parents=True, exist_ok=True)
    for series in SERIES:
        if options.only in series.name:
            on_screen(series, options.to)
    return 0


def on_screen(series: Series, target: Path) -> None:
    """Run this program once more, on a virtual screen made for the series."""
    with virtual_screen(series.size, series.dots) as environment:
        subprocess.run(
            [sys.executable, __file__, "--inside", series.name, "--to", str(target)],
            env=environment,
            check=True,
        )


class Photographer:
    """Takes the pictures of one series; each method takes one and closes its window."""

    def __init__(self, series: Series, target: Path, directory: Path) -> None:
        self.series, self.target, self.directory = series, target, directory
        self.geometry = "" if series.size == Series.size else series.size
        self.patients = directory / "patients"

    # Parts of the scenes.

    def window(self, name: str = NAME, *, connect: bool = True, geometry: str = "") -> DoctorClient:
        """Return a window, connected unless that is not wanted."""
        from client.model.preferences import Preferences  # noqa: PLC0415 - needs the screen
        from client.ui.main_window import DoctorClient  # noqa: PLC0415 - the same

        settings = replace(Preferences(), name=name, palette=self.series.palette)
        settings = replace(settings, geometry=geometry or self.geometry)
        window = DoctorClient(settings, self.server.address, self.directory / "client.json")
        until(window, window.winfo_viewable)
        if connect:
            window.connect()
            until(window, lambda: window.presenter.state == "open")
            until(
                window,
                lambda: (
                    window.presenter.history_loader and window.presenter.history_loader.is_shown
                ),
            )
        return window

    def converse(self, window: DoctorClient, *lines: str) -> None:
        """Send some lines and wait for their replies and traces."""
        for line in lines:
            wanted = len(window.presenter.explainer) + 1
            window.view.input.put(line)
            window.view.input.send()
            until(window, lambda wanted=wanted: len(window.presenter.explainer) == wanted)  # type: ignore[misc]

    def shoot(self, window: BaseFrame, scene: str) -> None:
        """Take a picture of the window, with its dialog, and close it."""
        for _ in range(20):
            window.update()
            time.sleep(0.01)
        top = window.winfo_toplevel()
        # This screen has no window manager: each window is in the corner, the menu on top.
        dialog = getattr(getattr(window, "view", None), "dialog", None)
        shown = (top, dialog.window) if dialog is not None else (top,)
        low = max(each.winfo_rooty() + each.winfo_height() for each in shown)
        area = f"{top.winfo_width()}x{low}+0+0"
        path = self.target / f"{scene}-{self.series.name}.png"
        take = ["import", "-window", "root", "-crop", area, "+repage", "-strip"]
        # Few colours are enough, and the files are a third as large.
        take += ["+dither", "-colors", "160", f"png8:{path}"]
        subprocess.run(take, check=True)
        print(path, flush=True)
        if window.faults:
            sys.exit(window.faults[0])
        window.close()

    # The scenes.

    def welcome(self) -> None:
        """Before a name is given."""
        self.shoot(self.window("", connect=False), "welcome")

    def conversation(self) -> None:
        """A returning patient in conversation."""
        window = self.window()
        self.converse(window, *TODAY)
        window.view.input.put("It is not that I dislike sewing")
        self.shoot(window, "conversation")

    def workings(self) -> None:
        """How a reply was made."""
        window = self.window(geometry=self.geometry or "1000x730")
        self.converse(window, *TODAY, LAST)
        window.explain()
        self.shoot(window, "workings")

    def care(self) -> None:
        """A careful reply, paragraphs, and what was taken back."""
        window = self.window()
        self.converse(window, f"{TODAY[0]}\n\nI wrote this on two days.", "A line to take back.")
        number = window.view.transcript.entries()[-1].number
        window.presenter.send_command(f"/forget {number}")
        until(window, lambda: window.view.dialog is not None)
        window.view.close_dialog()
        window.presenter.answer(str(number))
        until(window, lambda: window.view.transcript.entries()[-1].mark == "taken-back")
        self.converse(window, "I want to die.")
        self.shoot(window, "care")

    def find(self) -> None:
        """A text that is looked for in the whole history."""
        window = self.window()
        self.converse(window, *TODAY)
        window.find()
        window.reading.finder.bar.entry.insert(0, "engine")
        window.reading.finder.search("engine")
        until(window, lambda: window.reading.finder.searched == 1)
        self.shoot(window, "find")

    def room(self) -> None:
        """A room with several people, beside the conversation with the doctor alone."""
        from tests.server.rooms.room_client import RoomClient  # noqa: PLC0415 - only here

        window = self.window()
        for name in ("Garden", "Library"):
            window.presenter.send(f"/join {name}")
            until(window, lambda name=name: window.presenter.rooms.shown == name)  # type: ignore[misc]
        window.presenter.rooms.show("Garden")
        port = self.server.address.port
        with RoomClient(port, "Charles") as charles, RoomClient(port, "Mary") as mary:
            for other, line in ((charles, "I have not slept well."), (mary, "Neither have I.")):
                other.join("Garden")
                other.say(line)
            mary.join("Library")
            mary.say("Is anybody here?")
            rooms = window.presenter.rooms
            until(
                window,
                lambda: any("Neither" in i.patient for i in rooms.transcript("Garden").items),
            )
            until(window, lambda: rooms.list.unread)
            window.presenter.send("Good morning. What keeps you awake?")
            self.shoot(window, "room")

    def hebrew(self) -> None:
        """Hebrew and Arabic, and how what is typed is read."""
        window = self.window("\u05e2\u05d3\u05d4")
        self.converse(window, *RIGHT_TO_LEFT[:-1])
        window.view.input.put(RIGHT_TO_LEFT[-1])
        self.shoot(window, "hebrew")

    def thinking(self) -> None:
        """A line that waits for its reply."""
        window = self.window()
        self.converse(window, TODAY[0])
        window.view.transcript.say(-1, TODAY[1], datetime.now().astimezone())
        window.presenter.show("thinking", language.tr("The doctor is thinking…"))
        self.shoot(window, "thinking")

    def lost(self) -> None:
        """A lost connection, with a line that waits."""
        from client.net.events import Lost  # noqa: PLC0415 - needs the screen

        window = self.window()
        self.converse(window, TODAY[0])
        window.presenter.take(Lost(language.tr("The connection was lost."), 4.0))
        window.view.transcript.say(-1, TODAY[1], datetime.now().astimezone())
        window.view.input.put("This line is not lost either")
        self.shoot(window, "lost")

    def refused(self) -> None:
        """No server answers."""
        window = self.window(connect=False)
        window.address = replace(window.address, port=1)
        window.connect()
        until(window, lambda: window.view.placeholder.is_shown and window.presenter.state == "off")
        self.shoot(window, "refused")

    def dialog_scene(self, scene: str, opened: Callable[[DoctorClient], object]) -> None:
        """A dialog in front of a conversation."""
        window = self.window()
        opened(window)
        until(
            window,
            lambda: window.view.dialog and window.view.dialog.window.winfo_viewable(),
        )
        self.shoot(window, scene)

    def server_dialog(self) -> None:
        """Choosing a server."""
        self.dialog_scene("server", lambda window: window.choose_server())

    def passphrase(self) -> None:
        """A new passphrase."""
        self.dialog_scene("passphrase", lambda window: window.set_passphrase())

    def erase(self) -> None:
        """Erasing a history."""
        self.dialog_scene("erase", lambda window: window.forget())

    def keys(self) -> None:
        """The keys."""
        self.dialog_scene("keys", lambda window: window.show_keys())

    def privacy(self) -> None:
        """The privacy statement."""
        self.dialog_scene("privacy", lambda window: window.show_privacy())

    def helplines(self) -> None:
        """Where to find help."""
        self.dialog_scene("helplines", lambda window: window.show_helplines())

    def about(self) -> None:
        """About the program."""
        self.dialog_scene("about", lambda window: window.show_about())

    def records(self) -> None:
        """The window for saved histories."""
        from client.records.window import RecordsWindow  # noqa: PLC0415 - needs the screen

        window = RecordsWindow(self.patients, self.series.palette)
        until(window, lambda: window.known and window.list.get_children())
        window.list.selection_set(NAME)
        until(window, lambda: window.transcript.items)
        self.shoot(window, "records")

    def exhibit(self) -> None:
        """The full screen for visitors."""
        from client.ui.museum.exhibit import Exhibit  # noqa: PLC0415 - needs the screen

        window = Exhibit(self.server.address, self.series.palette)
        until(window, lambda: window.presenter.state == "open" and window.view.transcript.items)
        for line in ("Hello! Are you a person?", "I have come here with my class."):
            window.view.input.put(line)
            window.view.input.send()
            until(window, lambda line=line: answered(window, line))  # type: ignore[misc]
        self.shoot(window, "exhibit")

    def teletype(self) -> None:
        """A script of 1965 in the window, which looks like a teletype then."""
        window = self.window("Ada Smith")
        self.converse(window, *TODAY, "Because I am sad.")
        window.view.input.put("Because she is always there.")
        window.view.input.send()
        begun = time.monotonic()
        until(window, lambda: time.monotonic() > begun + 2)
        self.shoot(window, "teletype")

    def made(self) -> None:
        """How an answer was made, in the full screen with a script of 1965."""
        from client.ui.museum.exhibit import Exhibit  # noqa: PLC0415 - needs the screen

        window = Exhibit(self.server.address, self.series.palette, speed=0)
        until(window, lambda: window.presenter.state == "open" and window.view.transcript.items)
        window.view.input.put("My mother hates me.")
        window.view.input.send()
        until(window, lambda: len(window.presenter.explainer))
        window.explain()
        self.shoot(window, "made")

    def attract(self) -> None:
        """What the full screen shows while nobody is there, on a green screen."""
        from client.ui.museum.exhibit import Exhibit  # noqa: PLC0415 - needs the screen

        window = Exhibit(self.server.address, self.series.palette, look="screen", speed=0)
        window.end_visit()
        until(window, window.view.transcript.last_reply)
        self.shoot(window, "attract")

    def all(self) -> None:
        """Take every scene of the series, with a server that runs meanwhile."""
        from client.net.address import ServerAddress  # noqa: PLC0415 - the same
        from client.net.local_server import LocalServer  # noqa: PLC0415 - needs the screen

        write_histories(self.directory / "histories")
        if self.series.name.isdecimal():
            os.environ["DOCTOR_SCRIPT"] = self.series.name
        for scene in self.series.scenes:
            # Each scene is somebody's next session after the same ones.
            shutil.rmtree(self.patients, ignore_errors=True)
            shutil.copytree(self.directory / "histories", self.patients)
            self.server = LocalServer.start(ServerAddress("127.0.0.1", 0), self.patients)
            try:
                getattr(self, {"server": "server_dialog"}.get(scene, scene))()
            finally:
                self.server.stop()


def answered(window: Exhibit, line: str) -> bool:
    """Return True if a line of the conversation on the screen was answered."""
    items = window.view.transcript.items
    return any(item.patient == line and item.doctor for item in items)


def until(widget: tk.Misc, condition: Callable[[], object]) -> None:
    """Let a window work until a condition holds."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("the window did not reach the expected state")
        timer = widget.after(10, lambda: None)
        widget.tk.dooneevent(0)
        widget.after_cancel(timer)


def take(series: Series, target: Path) -> None:
    """Take the pictures of one series on the screen of this process."""
    language.use(series.language)
    with tempfile.TemporaryDirectory() as directory:
        Photographer(series, target, Path(directory)).all()


if __name__ == "__main__":
    sys.exit(main())
