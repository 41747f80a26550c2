"""The console as a program: with a server that runs, or one that it starts itself."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from client.console.streams import notify
from client.console.talking import Console
from client.model.language import plural, tr
from client.net.address import ServerAddress
from client.net.local_server import LocalServer, ProbeResult, StartError, probe, server_command
from doctor.programs import as_called
from doctor.protocol import PORT

if TYPE_CHECKING:
    import argparse

_YES = ("y", "j", "o", "s")


def run(options: argparse.Namespace) -> int:
    """Run the console as the command line asks; return the exit status.

    Without `--console` the reason is that there is no display, and a notice says so. With `--start`
    a server is started if none is running, and stopped at the end unless others use it. If there is
    no terminal either, the server runs in the foreground instead.
    """
    address = ServerAddress(
        options.host or "127.0.0.1", options.port or PORT, options.tls, options.ca
    )
    found = probe(address) if options.start and address.is_local else None
    if not options.console:
        if found is ProbeResult.NOTHING and not (sys.stdin and sys.stdin.isatty()):
            notify(tr("No display and no terminal: this is the server; Ctrl+C stops it."))
            os.execv(sys.executable, server_command(address, options.patients))  # noqa: S606 - ours
        notify(tr("There is no display, so this is the console."))
    if found is None:
        return Console(address, options.name).run()
    if found is ProbeResult.OTHER_PROGRAM:
        notify(
            tr(
                "Another program, which is not a doctor, answers at {address}; use another --port."
            ).format(address=address)
        )
        return 1
    if found is ProbeResult.DOCTOR:
        return Console(address, options.name).run()
    try:
        started = LocalServer.start(address, options.patients)
    except StartError as error:
        notify(str(error))
        return 1
    notify(tr("A doctor was started at {address}.").format(address=started.address))
    try:
        return Console(started.address, options.name).run()
    finally:
        _stop(started)


def _stop(started: LocalServer) -> None:
    """Stop the server that was started here, unless others use it and it should go on.

    Where nobody can be asked, it goes on for the others.
    """
    others = started.count_connections()
    if others and sys.stdin.isatty():
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            question = plural(
                "{number} other is talking with this doctor. Stop it anyway? [y/N] ",
                "{number} others are talking with this doctor. Stop it anyway? [y/N] ",
                others,
            ).format(number=others)
            # The letters of every language's "yes"; the question names that of its own.
            others = 0 if input(question).strip().lower().startswith(_YES) else others
    if others:
        started.leave_running()
        stop = as_called("python -m doctor stop")
        notify(
            tr("The doctor keeps running for the others; `{command}` stops it.").format(
                command=stop
            )
        )
    else:
        started.stop()
