"""`python -m client`: talk with a doctor in a window, at the terminal, or in browsers."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import doctor
from client.model import language
from client.model.language import tr
from client.web.options import add_options as add_web_options
from doctor.programs import Parser
from doctor.protocol import PORT


def parser() -> Parser:
    """Return the parser of the command line."""
    made = Parser(
        prog="python -m client",
        description=tr("Talk with a doctor, in a window, at the terminal or in a browser."),
        epilog="examples:"
        "\n  python -m client --name Ada"
        "\n  python -m client --console --port 5001"
        "\n  python -m client --web --server 127.0.0.1:5000"
        "\n  printf 'Ada\\nMy mother hates me.\\n/quit\\n' | python -m client --console",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--host", help=tr("host of the server (default: the last one used, or 127.0.0.1)")
    )
    made.add_argument(
        "--port",
        type=_port,
        help=tr("port of the server (default: the last one used, or {port})").format(port=PORT),
    )
    made.add_argument("--name", default="", help=tr("your name; the client connects at once"))
    made.add_argument("--tls", action="store_true", help="use TLS")
    made.add_argument(
        "--ca", metavar="FILE", default="", help=tr("file of certificates to trust, with --tls")
    )
    made.add_argument(
        "--start",
        action="store_true",
        help=tr("start a server on this computer if none is running"),
    )
    kind = made.add_mutually_exclusive_group()
    kind.add_argument(
        "--console", action="store_true", help=tr("plain text lines instead of a window")
    )
    kind.add_argument(
        "--exhibit", action="store_true", help=tr("full screen, for visitors of an exhibition")
    )
    kind.add_argument("--records", action="store_true", help=tr("show the saved histories"))
    kind.add_argument("--web", action="store_true", help=tr("serve a page for browsers"))
    add_exhibit_options(made)
    made.add_argument(
        "--language",
        choices=tuple(language.LANGUAGES),
        default="",
        help=tr("language of the client's own texts (default: the system's)"),
    )
    made.add_argument(
        "--patients", type=_histories, metavar="DIR", help=tr("directory of the histories")
    )
    add_web_options(made)
    made.add_completion()
    made.add_argument("--version", action="version", version=f"doctor {doctor.__version__}")
    return made


def add_exhibit_options(made: argparse.ArgumentParser) -> None:
    """Add the options of `--exhibit`."""
    made.add_argument(
        "--idle",
        type=_seconds,
        default=120,
        metavar="SECONDS",
        help=tr(
            "with --exhibit: seconds without a key or the mouse until it is for the next visitor "
            "(default: 120)"
        ),
    )
    made.add_argument(
        "--look",
        choices=("auto", "paper", "screen", "off"),
        default="auto",
        help=tr(
            "with --exhibit: a teletype for scripts of 1966 (auto), on paper, on a green screen, "
            "or none (default: auto)"
        ),
    )
    made.add_argument(
        "--print-speed",
        type=int,
        choices=(0, 10, 30),
        default=10,
        help=tr(
            "with --exhibit: characters a second of the teletype; 0 prints at once (default: 10)"
        ),
    )
    made.add_argument(
        "--leave-word",
        default="",
        metavar="WORD",
        help=tr("with --exhibit: ask for this word after Escape was held, and close only then"),
    )


def _seconds(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) <= 86_400:
        return int(text)
    raise argparse.ArgumentTypeError(tr("the time is a number of seconds from 1 to 86400"))


def _histories(text: str) -> Path | str:
    """Return a directory, or the URL of a database as it was given: a path has no `//`."""
    return text if "://" in text else Path(text)


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(tr("a port is a number from 1 to 65535"))


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; return the exit status: 0, 1, or 2 for wrong options.

    Ctrl+C ends the program as that signal does, without a traceback.
    """
    _open_closed_streams()
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _open_closed_streams() -> None:
    """Open the null device for each standard stream that is closed.

    Otherwise a socket or a file would get its number, and the stream's object would be None.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - a descriptor, open until the end


def _run(arguments: list[str] | None) -> int:
    language.use(_named_language(sys.argv[1:] if arguments is None else arguments))
    options = parser().parse_args(arguments)
    if options.ca and not Path(options.ca).is_file():
        print(tr("client: there is no file {ca}").format(ca=options.ca), file=sys.stderr)
        return 2
    if options.web:
        try:
            from client.web import run as web  # noqa: PLC0415 - only this needs `websockets`

            return web.run(options)
        except ImportError as error:
            print(f"client: {_remedy(error)}", file=sys.stderr)
            return 1
    if not options.console:
        try:
            from client.ui import program  # noqa: PLC0415 - the console needs no Tk
            from client.widgets import base_window  # noqa: PLC0415 - the console needs no Tk

            if options.records:
                from client.records import program as records  # noqa: PLC0415 - only the operator needs it

                return records.run(options)
            return program.run(options)
        except ImportError as error:
            print(
                tr("client: {error}, or use --console").format(error=_remedy(error)),
                file=sys.stderr,
            )
            return 1
        except base_window.NoDisplay:
            if options.exhibit or options.records:
                print(tr("client: there is no display"), file=sys.stderr)
                return 1
    from client import console  # noqa: PLC0415 - the window needs no console

    return console.run(options)


def _named_language(arguments: list[str]) -> str:
    """Return the language that the command line names: its help is in that language already."""
    for at, each in enumerate(arguments):
        name, _, value = each.partition("=")
        if name == "--language":
            found = value or "".join(arguments[at + 1 : at + 2])
            return found if found in language.LANGUAGES else ""
    return ""


def _remedy(error: ImportError) -> str:
    package = (error.name or "").partition(".")[0]
    if package in {"tkinter", "_tkinter"}:
        return tr("this Python has no Tk: install python3-tk (Debian) or python-tk (Homebrew)")
    if package in {"breezypythongui", "platformdirs"}:
        return tr(
            "the window needs {package}: pip install breezypythongui==1.1.2 platformdirs"
        ).format(package=package)
    if package == "websockets":
        return tr("the page needs websockets: pip install websockets==17.4")
    raise error


if __name__ == "__main__":
    sys.exit(main())
