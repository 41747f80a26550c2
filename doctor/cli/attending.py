"""`watch` and `attend`: read conversations as they go on, and answer in one.

Both use a stream of the running server's control socket. `attend` at a terminal has two threads:
the main thread reads what is typed, another one prints what happens, above the prompt.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import signal
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from doctor import control
from doctor.cli.command import DONE, FAULT, SERVER, Subcommand, add_format
from doctor.cli.histories import ExchangeFormatter
from doctor.cli.output import Paint, screen_columns, wants_colour, warn
from doctor.cli.reading import as_utf8
from doctor.cli.status import add_server_options, server_directory
from doctor.history.transcript import Exchange
from doctor.text import escape, escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

_BELL: Final = "\a"
_HELP: Final = (
    "What you type is said to the patient under your name; // at the beginning says a /.",
    "/hold            answer in the doctor's place from now on",
    "/back            let the doctor answer again",
    "/history [N]     show the last N exchanges (20)",
    "/quit            leave; Ctrl+C and Ctrl+D do the same, and give back",
)


class LiveFormatter:
    """Turns events of a stream into lines; no character of a patient moves the cursor."""

    def __init__(self, *, names: bool) -> None:
        self._paint = Paint(on=wants_colour(sys.stdout))
        self._names = names
        self._formatters: dict[str, ExchangeFormatter] = {}
        self._shown: dict[str, int] = {}
        self._name = ""

    def lines(self, event: dict[str, Any]) -> Iterator[str]:
        """Yield the lines of an event; nothing for an exchange that was shown already."""
        name = str(event.get("name", ""))
        match event.get("event"):
            case "history":
                if event["exchanges"] and name in self._shown:
                    many = quantity(len(event["exchanges"]), "exchange")
                    yield self._note(f"the last {many}:")
                for each in event["exchanges"]:
                    self._shown[name] = max(self._shown.get(name, 0), each["number"])
                    yield from self._exchange(name, to_exchange(each))
            case "exchange" if not 0 < event["number"] <= self._shown.get(name, 0):
                self._shown[name] = event["number"] or self._shown.get(name, 0)
                yield from self._exchange(name, to_exchange(event))
            case "opened" | "closed":
                what = "is here" if event["event"] == "opened" else "has left"
                more = f"; {event['here']} connections now" if event["here"] > 1 else ""
                yield self._note(f"{escape_name(name)} {what}{more}")
            case "renamed":
                yield self._note(f"{escape_name(name)} is called {escape_name(event['new'])} now")
            case "erased":
                self._shown.pop(name, None)
                yield self._note(f"the history of {escape_name(name)} was erased; it begins anew")
            case "taken back":
                yield self._note(f"{escape_name(name)} took exchange {event['number']} back")
            case "waiting":
                seconds = event["seconds"]
                yield self._note(f"this waits for you; in {seconds:g} s the doctor answers again")
            case "end":
                yield self._note(str(event.get("why")))

    def _exchange(self, name: str, exchange: Exchange) -> Iterator[str]:
        if self._names and name != self._name:
            yield ""
            yield self._paint.strong(f"=== {escape_name(name)} ===")
        self._name = name
        formatter = self._formatters.get(name)
        if formatter is None:
            formatter = ExchangeFormatter(name, self._paint, screen_columns())
            self._formatters[name] = formatter
        yield from formatter.lines(exchange)

    def _note(self, text: str) -> str:
        return self._paint.quiet(f"* {escape(text)}")


def to_exchange(event: dict[str, Any]) -> Exchange:
    """Return the exchange that an event of a stream tells of."""
    return Exchange(
        event["number"],
        datetime.fromisoformat(event["at"]).timestamp(),
        event["session"],
        event["patient"],
        event["doctor"],
        "",
        event["mark"],
        event["speaker"],
        event["responder"],
        event["what"],
    )


# --- watch ----------------------------------------------------------------------------------------


def _add_watch_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="The patient (default: all).")
    add_server_options(parser)
    add_format(parser)
    _add_person(parser, "Tell patients that WHO reads along (default: your user name).")
    parser.add_argument(
        "--marked",
        action="store_true",
        help="Show only lines that the doctor marks as talk of danger.",
    )


def _add_person(parser: ArgumentParser, text: str) -> None:
    parser.add_argument("--as", dest="person", metavar="WHO", default=_user_name(), help=text)


def _user_name() -> str:
    """Return the name of the user who is logged in, or nothing."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def run_watch(args: Namespace) -> int:
    """Print what is said from now on, until Ctrl+C or the end of the server."""
    asked: dict[str, Any] = {"do": "watch", "as": as_utf8(args.person), "marked": args.marked}
    if args.name:
        asked["name"] = as_utf8(args.name)
    formatter = LiveFormatter(names=not args.name)
    rings = sys.stdout.isatty()
    try:
        with control.open_stream(server_directory(args), asked) as stream:
            if args.format == "text":
                who = escape_name(asked["name"]) if args.name else "all patients"
                absent = ", who is not here now" * (stream.begun.get("here") == 0)
                warn(f"watching {who}{absent}; Ctrl+C ends it")
            while (event := stream.read()) is not None:
                if args.format == "json":
                    print(json.dumps(event), flush=True)
                    continue
                for line in formatter.lines(event):
                    print(line, flush=True)
                if rings and event.get("mark"):
                    print(end=_BELL, flush=True)
    except KeyboardInterrupt:
        return DONE
    return FAULT


# --- attend ---------------------------------------------------------------------------------------


def _add_attend_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="The patient.")
    add_server_options(parser)
    _add_person(parser, "Speak under this name (default: your user name).")


class Attendance:
    """One person's session at a terminal, or with the lines of a pipe."""

    def __init__(self, stream: control.ControlStream, person: str) -> None:
        self._stream, self._person = stream, person
        self._in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self._formatter = LiveFormatter(names=False)
        self._printing = threading.Lock()
        self._prompt = ""
        self._holds = False
        self._others = ""
        self._ended = threading.Event()
        self._answered = threading.Semaphore(0)
        if self._in_terminal:
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401, PLC0415 - gives `input` editing and recall

    def run(self) -> int:
        """Attend until `/quit`, Ctrl+C, the end of the input or of the server."""
        printer = threading.Thread(target=self._print_events, name="events", daemon=True)
        printer.start()
        try:
            for line in self._lines():
                if not self._obey(line):
                    break
        except (KeyboardInterrupt, EOFError):
            pass
        is_over = self._ended.is_set()
        self._stream.end()
        printer.join()
        if self._in_terminal and not is_over:
            print()
        return FAULT if is_over else DONE

    def _lines(self) -> Iterator[str]:
        while not self._ended.is_set():
            if not self._in_terminal:
                line = sys.stdin.readline()
                if not line:
                    return
                yield line.rstrip("\r\n")
                continue
            try:
                self._prompt = f"{escape_name(self._person)}{' (holding)' * self._holds}: "
                yield input(self._prompt)
            finally:
                self._prompt = ""

    def _obey(self, line: str) -> bool:
        """Do what a line asks for; False where it is to leave."""
        if not line.startswith("/") or line.startswith("//"):
            if line.strip():
                self._ask({"do": "say", "text": line[1:] if line.startswith("//") else line})
            return True
        word, *rest = line.split()
        match word:
            case "/quit":
                return False
            case "/hold" | "/back":
                self._ask({"do": word[1:]})
            case "/history":
                number = int(rest[0]) if rest and rest[0].isdecimal() else 20
                self._ask({"do": "history", "n": number})
            case _:
                if word not in {"/help", "/"}:
                    self._print(f"* there is no command {escape(word)}; these are:")
                for text in _HELP:
                    self._print(f"* {text}")
        return True

    def _ask(self, command: dict[str, Any]) -> None:
        """Send a command and wait for its answer, which the other thread prints."""
        try:
            self._stream.send(command)
        except OSError:
            raise EOFError from None
        self._answered.acquire()

    def _print_events(self) -> None:
        """Print what happens until the stream ends; then end the main thread's waiting."""
        with contextlib.suppress(OSError):
            while (event := self._stream.read()) is not None:
                self._show(event)
        self._ended.set()
        self._answered.release()
        if self._prompt:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _show(self, event: dict[str, Any]) -> None:
        for line in self._formatter.lines(event):
            self._print(line)
        if event.get("mark") and self._in_terminal:
            with self._printing:
                print(end=_BELL, flush=True)
        match event.get("event"):
            case "readers":
                self._holds = event.get("holder") == self._person
                self._show_others(event)
            case "refused":
                self._print(f"* {escape(str(event.get('why')))}")
                self._answered.release()
            case "done":
                self._answered.release()

    def _show_others(self, event: dict[str, Any]) -> None:
        """Say who else reads, when that has changed."""
        people = {escape_name(str(one["as"])) for one in event["readers"]}
        others = ", ".join(sorted(people - {escape_name(self._person)}))
        if others != self._others:
            self._print(f"* also here: {others or 'nobody'}")
            self._others = others

    def _print(self, text: str) -> None:
        """Print one line, above the prompt if there is one."""
        with self._printing:
            print("\r\x1b[K" * bool(self._prompt) + text, flush=True)
            if self._prompt:
                print(self._prompt + _typed_so_far(), end="", flush=True)


def _typed_so_far() -> str:
    """Return the text that is typed after the prompt so far."""
    try:
        import readline  # noqa: PLC0415 - not on every system
    except ImportError:
        return ""
    return readline.get_line_buffer()


def run_attend(args: Namespace) -> int:
    """Read one patient's conversation and answer in it."""
    asked = {"do": "attend", "name": as_utf8(args.name), "as": as_utf8(args.person)}
    with control.open_stream(server_directory(args), asked) as stream:
        begun = stream.begun
        here = begun["here"]
        where = quantity(here, "connection") if here else "not connected now"
        name = escape_name(str(begun["name"]))
        warn(f"attending {name} ({where}) as {escape_name(str(begun['as']))}; /help shows more")
        return Attendance(stream, str(begun["as"])).run()


COMMANDS: Final = [
    Subcommand(
        "watch",
        SERVER,
        "Show what is said as it is said, of one patient or of all.",
        _add_watch_arguments,
        run_watch,
        (
            "python -m doctor watch",
            "python -m doctor watch Ada --as Maria",
            "python -m doctor watch --marked",
            "python -m doctor watch --format json",
        ),
    ),
    Subcommand(
        "attend",
        SERVER,
        "Read one patient's conversation and answer in it as a person.",
        _add_attend_arguments,
        run_attend,
        (
            "python -m doctor attend Ada --as Maria",
            "echo 'I am here. Call me on 7.' | python -m doctor attend Ada --as Maria",
        ),
    ),
]
