"""The questions asked before a window closes. Tk's thread alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable

    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter


def unsaid(owner: tk.Misc, painter: Painter, letters: Fonts, leave: Callable[[], object]) -> Dialog:
    """Ask whether to leave although lines wait that were never sent."""
    sheet = Dialog(owner, painter, letters, "Something was not said yet")
    sheet.add_text(
        "The connection is lost, and what you typed since could not be sent. It is not kept when "
        "this window closes."
    )
    sheet.add_button("Stay", sheet.away, primary=True)
    sheet.add_button("Leave", leave)
    sheet.show()
    return sheet


def others(
    owner: tk.Misc,
    painter: Painter,
    letters: Fonts,
    number: int,
    *,
    stay: Callable[[], object],
    stop: Callable[[], object],
) -> Dialog:
    """Ask whether to stop the doctor that was started here although others talk with it."""
    who = "one other person talks" if number == 1 else f"{number} others talk"
    sheet = Dialog(owner, painter, letters, "Stop the doctor too?")
    sheet.add_text(f"You started this doctor, and {who} with it now.")
    sheet.add_button("Leave it running", stay, primary=True)
    sheet.add_button("Stop it", stop)
    sheet.add_button("Stay", sheet.away)
    sheet.show()
    return sheet
