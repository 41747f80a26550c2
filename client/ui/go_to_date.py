"""Go to a date: asks for a day, and finds the first exchange of it. Tk's thread only.

The exchanges are in the order of their times, so the server is asked for one of them at a time, in
the middle of where it can be: seventeen questions for a history of 100,000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.model import dates
from client.model.language import tr
from client.model.transcript import day
from client.widgets.dialogs import Dialog

if TYPE_CHECKING:
    import tkinter as tk
    from collections.abc import Callable
    from datetime import date

    from client.net.events import HistoryPage
    from client.widgets.fonts import Fonts
    from client.widgets.palette import Painter


def ask_day(
    owner: tk.Misc, painter: Painter, fonts: Fonts, shown: date, use: Callable[[date], object]
) -> Dialog:
    """Ask for a day; `use` gets it. `shown` is the day that is on the screen."""
    dialog = Dialog(owner, painter, fonts, tr("Go to a date"))
    label = tr("The day, for example {day}").format(day=dates.short(shown))
    entry = dialog.add_entry(label, dates.short(shown))
    entry.select_range(0, "end")
    show_error = dialog.add_error()

    def accept() -> None:
        wanted = dates.parse_day(entry.get())
        if wanted is None:
            show_error(
                tr("Write the day as {day}, or as year-month-day.").format(day=dates.short(shown))
            )
            return
        dialog.close()
        use(wanted)

    dialog.add_button(tr("Go"), accept, primary=True)
    dialog.add_button(tr("Cancel"), dialog.dismiss)
    dialog.show()
    return dialog


class DateSearch:
    """Finds the first exchange of a day or, if there is none, the next after it.

    `request(before)` requests the last exchange below that number, `found` gets a number; 0: what
    there is was said before that day. It also gets a sentence if nothing was said on the day.
    """

    def __init__(
        self, request: Callable[[int], object], found: Callable[[int, str], object]
    ) -> None:
        self._request, self._found = request, found
        self._wanted: date | None = None
        self._low = self._high = 0

    def begin(self, wanted: date, last: int) -> None:
        """Find a day in a history whose last exchange has this number."""
        # All up to `low` are before the day; `high` and what follows are not, or are not there.
        self._wanted, self._low, self._high = wanted, 0, last + 1
        self._found_day: date | None = None
        self._last = last
        self._go_on()

    def take(self, page: HistoryPage) -> None:
        """Take the exchange that was requested."""
        if self._wanted is None:
            return
        entry = page.entries[-1] if page.entries else None
        if entry is None or entry.number <= self._low:
            self._low = page.before - 1  # numbers may be missing
        elif day(entry.at) < self._wanted:
            self._low = page.before - 1
        else:
            self._high, self._found_day = entry.number, day(entry.at)
        self._go_on()

    def stop(self) -> None:
        """Look no further."""
        self._wanted = None

    def _go_on(self) -> None:
        if self._high - self._low > 1:
            self._request((self._low + self._high) // 2 + 1)
        else:
            number = self._high if self._high <= self._last else 0
            sentence = self._describe() if number else ""
            self._wanted = None
            self._found(number, sentence)

    def _describe(self) -> str:
        """Return what is shown instead of the day that was wanted, "" if it is that day."""
        if self._found_day is None or self._found_day == self._wanted:
            return ""
        shown = dates.short(self._found_day)
        if self._high == 1:
            return tr("Your history begins on {day}: this is its first entry.").format(day=shown)
        return tr("Nothing was said on that day. The next entry is of {day}.").format(day=shown)
