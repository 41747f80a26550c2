"""Open the window that a command line asks for: `run`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from client.model import dates, language, preferences
from client.net.address import ServerAddress
from client.ui.main_window import DoctorClient
from client.widgets.base_window import has_display

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Open the window that the command line asks for, until it is closed.

    Raises `NoDisplay`.
    """
    dates.use_locale()
    file = preferences.default_path()
    settings, notice = preferences.load(file)
    language.use(options.language or settings.language)
    settings = replace(settings, name=options.name or settings.name)
    address = ServerAddress(
        options.host or settings.host,
        options.port or settings.port,
        options.tls or settings.tls,
        options.ca or settings.authority,
    )
    if options.exhibit:
        from client.ui.museum import exhibit  # noqa: PLC0415 - seldom wanted

        return exhibit.run(address, settings.palette, options)
    with has_display():
        window = DoctorClient(settings, address, file, options.patients)
    if notice:
        window.tell(notice)
    if options.start and address.is_local:
        window.local_server.start()
    elif options.name:
        window.connect()
    window.close_on_signals()
    window.run_until_closed()
    window.local_server.finish()
    return 0
