"""The window for histories as a program: its settings, its language and its directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.model import dates, language, preferences
from client.records.window import RecordsWindow
from client.widgets.base_window import has_display
from doctor.programs import default_patients

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Show the histories until the window is closed. Raises `NoDisplay`."""
    settings, _ = preferences.load(preferences.default_path())
    language.use(options.language or settings.language)
    dates.use_locale()
    directory = options.patients or default_patients()
    with has_display():
        window = RecordsWindow(directory, settings.palette, settings.size)
    window.close_on_signals()
    window.mainloop()
    return 0
