"""The look of a teletype: capitals, ten characters a second, a bell.

    auto      for the scripts of 1966, which the server's greeting names; on paper
    paper     ink on paper, whatever answers
    screen    green letters on a dark screen
    off       never

A reply is in the transcript at once, so that it can be copied, read out and saved; what is not
printed yet has a tag that hides it. Any key prints the rest, and a speed of 0 prints at once.
Everything here runs in Tk's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from client.net import events
from client.widgets.right_to_left import first_read
from client.widgets.teletype_palettes import TELETYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.net.events import Event
    from client.ui.conversation_view import ConversationView
    from client.widgets.palette import Palette

#: Characters a second of a Teletype Model 33.
SPEED: Final = 10
_HIDDEN: Final = "not-printed"


def _nothing() -> None:
    """Do nothing: the end of what nobody waits for."""


class TeletypeLook:
    """The look of one window; `usual` gives it its own colours and typeface again."""

    def __init__(self, view: ConversationView, usual: Callable[[], object] = _nothing) -> None:
        self._view = view
        self._area = view.layout.transcript
        self._usual = usual
        self._choice = "auto"
        #: What the greeting says of a script of 1966: title, year, place, maker; else nothing.
        self.script: tuple[str, ...] = ()
        self.speed = SPEED
        self._timer = ""
        self._then: Callable[[], object] = _nothing
        #: The look that is shown: "paper", "screen", or "" for none.
        self.look = ""
        self._area.tag_configure(_HIDDEN, elide=True)
        self._area.winfo_toplevel().bind("<Key>", lambda _event: self.finish(), add=True)

    @property
    def palette(self) -> Palette | None:
        """The colours of the look that is shown, None for the usual ones."""
        return TELETYPES.get(self.look)

    @property
    def label(self) -> str:
        """What a museum's label says of the script: title, year, place and maker."""
        return "  \u00b7  ".join(filter(None, self.script))

    def choose(self, choice: str) -> None:
        """Use one of the looks above from now on; lines that are shown keep their letters."""
        self._choice = choice
        self.apply()

    def set_speed(self, speed: int) -> None:
        """Print so many characters a second from now on; 0 prints at once."""
        self.speed = speed
        self.finish()

    def apply(self) -> None:
        """Show the look that is chosen, or the usual one."""
        wanted = {"auto": "paper" if self.script else "", "off": ""}.get(self._choice, self._choice)
        was, self.look = self.look, wanted
        self._view.transcript.capitals = bool(wanted)
        if wanted:
            self._view.fonts.choose("mono")
            self._view.colour(TELETYPES[wanted])
            self._view.apply_fonts()
        elif was:
            self.finish()
            self._usual()

    def before(self, event: Event) -> None:
        """Take up what a greeting says of the script, before it is shown."""
        if isinstance(event, events.Welcomed):
            self.script = event.script
            self.apply()

    def after(self, event: Event) -> None:
        """Print what an event brought."""
        if isinstance(event, events.Answered) or (
            isinstance(event, events.Welcomed) and not event.reconnected
        ):
            self.print_last()

    def print_last(self, then: Callable[[], object] = _nothing) -> None:
        """Print the last reply that is in the transcript, then call `then`."""
        self.finish()
        found = self._area.tag_prevrange("doctor", "end")
        if not (self.look and self.speed and found):
            then()
            return
        self._then = then
        self._area.tag_add(_HIDDEN, found[0], f"{found[1]} - 1 chars")
        self._timer = self._area.after(round(1000 / self.speed), self._print)

    def finish(self) -> None:
        """Print the rest at once."""
        if not self._timer:
            return
        self._area.after_cancel(self._timer)
        self._area.tag_remove(_HIDDEN, "1.0", "end")
        self._end()

    def stop(self) -> None:
        """Print nothing more, and call nobody: the transcript is cleared."""
        if self._timer:
            self._area.after_cancel(self._timer)
        self._timer, self._then = "", _nothing

    def _print(self) -> None:
        hidden = self._area.tag_nextrange(_HIDDEN, "1.0")
        if hidden:
            first, last = map(str, hidden)
            self._area.tag_remove(_HIDDEN, first_read(self._area, first, last))
            self._view.transcript.text_view.stay_at_end()
            self._timer = self._area.after(round(1000 / self.speed), self._print)
        else:
            self._end()

    def _end(self) -> None:
        then, self._timer, self._then = self._then, "", _nothing
        self._view.transcript.text_view.stay_at_end()
        self._area.bell()
        then()
