"""`status` and `stop`: show what the running server does, and stop it."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from doctor import control
from doctor.cli.command import (
    DONE,
    FAULT,
    SERVER,
    Subcommand,
    add_format,
    add_patients_option,
    positive,
)
from doctor.cli.reading import tell_waiting
from doctor.errors import NoServer
from doctor.patients.opening import is_database, location, open_archive
from doctor.text import escape, escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

#: Patients that one screen of `status` names.
_SHOWN: Final = 20


def _add_server_options(parser: ArgumentParser) -> None:
    add_patients_option(parser)
    parser.add_argument(
        "--port",
        type=positive,
        metavar="N",
        help="Ask the server on this port, where --patients is a URL and several servers run here.",
    )


def _server_directory(args: Namespace) -> Path:
    """Return the directory in which the server that is meant has its control socket."""
    if is_database(args.patients):
        return control.running(args.port)
    return location(args.patients)


def _add_status_arguments(parser: ArgumentParser) -> None:
    _add_server_options(parser)
    parser.add_argument(
        "--watch", action="store_true", help="Print it again every second, until Ctrl+C."
    )
    add_format(parser)


def run_status(args: Namespace) -> int:
    """Print what the running server does, once or every second."""
    try:
        directory = _server_directory(args)
        while True:
            found = control.request(directory, {"do": "status"})
            text = json.dumps(found) if args.format == "json" else "\n".join(_lines(found))
            if args.watch and args.format == "text" and sys.stdout.isatty():
                text = "\x1b[H\x1b[2J" + text
            print(text, flush=True)
            if not args.watch:
                return DONE
            time.sleep(1.0)
    except KeyboardInterrupt:
        return DONE
    except NoServer as error:
        print(f"python -m doctor status: {error}", file=sys.stderr)
        if not is_database(args.patients):
            tell_waiting(open_archive(args.patients))
        return FAULT


def _format_span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _lines(found: dict[str, Any]) -> list[str]:
    """Return a status as lines for people."""
    connected = found["connected"]
    refusals = ", ".join(f"{code}: {count}" for code, count in found["refusals"].items())
    lines = [
        (
            f"Doctor server on {found['address']}, process {found['process']}, "
            f"up {_format_span(found['seconds'])}, script {escape(found['script'])}"
        ),
        (
            f"connected  {len(connected)}   in all "
            f"{quantity(found['connections_total'], 'connection')}, "
            f"{quantity(found['sessions_total'], 'session')}"
        ),
        (
            f"exchanges  {found['exchanges_total']}   {found['exchanges_per_second']:.1f} a second "
            "in the last minute"
        ),
        (
            f"replies    half within {found['reply_median'] * 1000:g} ms, "
            f"99 in 100 within {found['reply_99'] * 1000:g} ms"
        ),
        f"refused    {refusals or 'nothing'}",
        (
            f"process    {quantity(found['threads'], 'thread')}, "
            f"{found['resident_bytes'] >> 20} MiB in memory"
        ),
    ]
    now = time.time()
    lines += [
        f"  {escape_name(one['name']) or '(no name yet)'}  from {one['address']}  "
        f"for {_format_span(now - one['since'])}, {quantity(one['exchanges'], 'exchange')}"
        for one in connected[:_SHOWN]
    ]
    if len(connected) > _SHOWN:
        lines.append(f"  and {len(connected) - _SHOWN} more")
    return lines


def run_stop(args: Namespace) -> int:
    """Stop the running server and wait for its end."""
    try:
        directory = _server_directory(args)
        running = control.request(directory, {"do": "status"})
        control.request(directory, {"do": "stop"})
    except NoServer as error:
        print(f"python -m doctor stop: {error}", file=sys.stderr)
        return FAULT
    if not _wait_until_stopped(directory, args.wait):
        print(
            f"process {running['process']} is still stopping; "
            "ask again with `python -m doctor status`",
            file=sys.stderr,
        )
        return FAULT
    print(f"The server on {running['address']} has stopped.")
    return DONE


def _wait_until_stopped(directory: Path, seconds: float) -> bool:
    """Wait until no server answers for this directory; return False if one still does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            control.request(directory, {"do": "status"}, seconds=1.0)
        except NoServer:
            return True
        except OSError:
            pass  # the server is busy with stopping
        time.sleep(0.05)
    return False


def _add_stop_arguments(parser: ArgumentParser) -> None:
    _add_server_options(parser)
    parser.add_argument(
        "--wait",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="Wait this long for its end (default: 30).",
    )


COMMANDS: Final = [
    Subcommand(
        "status",
        SERVER,
        "Show who is connected and how fast the server answers.",
        _add_status_arguments,
        run_status,
        ("python -m doctor status", "python -m doctor status --watch"),
    ),
    Subcommand(
        "stop",
        SERVER,
        "Stop the running server; patients get their last replies first.",
        _add_stop_arguments,
        run_stop,
        ("python -m doctor stop",),
    ),
]
