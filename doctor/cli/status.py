"""`status` and `stop`: show what the running server does, and stop it."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

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
from doctor.cli.output import warn
from doctor.cli.reading import tell_waiting
from doctor.errors import NoServer, NotAllowed
from doctor.patients.opening import is_database, location, open_archive
from doctor.report.moments import moment
from doctor.text import escape, escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

#: Patients that one screen of `status` names.
_SHOWN: Final = 20
#: Marked lines that it names, the last ones.
_MARKED_SHOWN: Final = 5


def add_server_options(parser: ArgumentParser) -> None:
    """Give a command the options that say which running server is meant."""
    add_patients_option(parser)
    parser.add_argument(
        "--port",
        type=positive,
        metavar="N",
        help="Ask the server on this port, where --patients is a URL and several servers run here.",
    )


def server_directory(args: Namespace) -> Path:
    """Return the directory in which the server that is meant has its control socket."""
    if is_database(args.patients):
        return control.running(args.port)
    return location(args.patients)


def _add_status_arguments(parser: ArgumentParser) -> None:
    add_server_options(parser)
    parser.add_argument(
        "--watch", action="store_true", help="Print it again every second, until Ctrl+C."
    )
    add_format(parser)


def run_status(args: Namespace) -> int:
    """Print what the running server does, once or every second."""
    try:
        directory = server_directory(args)
        if args.watch:
            _watch_status(args, directory)
        _print_status(args, directory)
    except KeyboardInterrupt:
        return DONE
    except NoServer as error:
        warn(f"python -m doctor status: {error}")
        if not is_database(args.patients):
            tell_waiting(open_archive(args.patients))
        return FAULT
    return DONE


def _print_status(args: Namespace, directory: Path) -> dict[str, Any]:
    found = control.request(directory, {"do": "status"})
    text = json.dumps(found) if args.format == "json" else "\n".join(_lines(found))
    if args.watch and args.format == "text" and sys.stdout.isatty():
        text = "\x1b[H\x1b[2J" + text
    print(text, flush=True)
    return found


def _watch_status(args: Namespace, directory: Path) -> NoReturn:
    """Print the status every second, and at once when a line is marked."""
    marked = threading.Event()
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(control.open_stream(directory, {"do": "live"}))
        except NotAllowed:
            pass  # too many people watch: then a marked line is shown a little later
        else:
            reader = threading.Thread(target=_wait_for_marks, args=(stream, marked), daemon=True)
            reader.start()
            stack.callback(reader.join)
            stack.callback(stream.end)
        while True:
            _print_status(args, directory)
            if marked.wait(1.0) and args.format == "text" and sys.stdout.isatty():
                print(end="\a", flush=True)
            marked.clear()


def _wait_for_marks(stream: control.ControlStream, marked: threading.Event) -> None:
    """Set an event whenever a line is marked, until the stream ends."""
    with contextlib.suppress(OSError):
        while (event := stream.read()) is not None:
            if event.get("mark"):
                marked.set()


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
    lines += [_format_marked(one) for one in found["marked_lines"][-_MARKED_SHOWN:]]
    lines += [_format_connection(one, now) for one in connected[:_SHOWN]]
    if len(connected) > _SHOWN:
        lines.append(f"  and {len(connected) - _SHOWN} more")
    return lines


def _format_marked(line: dict[str, Any]) -> str:
    when = f"{moment(line['at']):%d %b %H:%M:%S}"
    return f"marked     {escape_name(line['name'])}, exchange {line['number']}, {when}"


def _format_connection(one: dict[str, Any], now: float) -> str:
    name = escape_name(one["name"] or "") or "(no name yet)"
    said = quantity(one["exchanges"], "exchange")
    text = f"  {name}  from {one['address']}  for {_format_span(now - one['since'])}, {said}"
    readers = [escape_name(each["as"]) for each in one.get("readers", ())]
    if readers:
        text += f", read by {' and '.join(sorted(set(readers)))}"
    if one.get("holder"):
        text += f", answered by {escape_name(one['holder'])}"
    return text


def run_stop(args: Namespace) -> int:
    """Stop the running server and wait for its end."""
    try:
        directory = server_directory(args)
        running = control.request(directory, {"do": "status"})
        control.request(directory, {"do": "stop"})
    except NoServer as error:
        warn(f"python -m doctor stop: {error}")
        return FAULT
    if not _wait_until_stopped(directory, args.wait):
        warn(
            f"process {running['process']} is still stopping; "
            "ask again with `python -m doctor status`"
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
    add_server_options(parser)
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
