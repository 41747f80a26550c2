"""`talk` and `reflect`: a conversation that is not saved, and lines with persons exchanged."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from doctor.cli.command import DONE, TALK, Subcommand, positive, script_path
from doctor.english.reflection import reflect
from doctor.errors import ScriptError
from doctor.loading import STEP_LIMIT, load_machine
from doctor.machine import Visit
from doctor.scripts import DEFAULT_SCRIPT
from doctor.text import replace_controls

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.doctor import AnyMachine

#: Who talks here: somebody who never talked before.
_VISITOR = Visit(name="", sessions=0, last_seen=None, exchanges=0)


class _ScriptFile:
    """A script file, its machine, and whether the file has changed since it was read."""

    def __init__(self, path: Path, step_limit: int) -> None:
        self.path = path
        self._step_limit = step_limit
        self._stamp = self._look()
        self.machine: AnyMachine = load_machine(path, step_limit=step_limit)

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None  # an editor is replacing it; look again at the next line
        return found.st_mtime_ns, found.st_size, found.st_ino

    def reloaded(self) -> bool:
        """Read the file again if it changed; if it has faults, warn and keep the old script."""
        stamp = self._look()
        if stamp is None or stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self.machine = load_machine(self.path, step_limit=self._step_limit)
        except ScriptError as error:
            print(
                f"{error}; the script is not changed until that is corrected",
                file=sys.stderr,
                flush=True,
            )
            return False
        print(f"{self.path.name} was read again", file=sys.stderr, flush=True)
        return True


def _lines() -> Iterator[str]:
    """Yield the lines of standard input without their ends; prompt if a person types."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            while True:
                yield input("> ")
        except EOFError:
            return
    for line in sys.stdin:
        yield line.rstrip("\r\n")


def run_talk(args: Namespace) -> int:
    """Talk at the terminal, or answer the lines of a pipe."""
    script = _ScriptFile(args.script, args.steps)
    state = script.machine.start()
    greeting = script.machine.greet(state, _VISITOR, time.time())
    state = greeting.state
    print(greeting.reply, flush=True)
    for raw in _lines():
        line = replace_controls(raw)
        if args.reload and script.reloaded():
            state = script.machine.start()
        now = time.time()
        if args.trace:
            for row in script.machine.explain(state, line, now).text().splitlines():
                print(f"    {row}")
        response = script.machine.respond(state, line, now)
        state = response.state
        print(response.reply, flush=True)
    return DONE


def _add_talk_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--script",
        type=script_path,
        default=DEFAULT_SCRIPT,
        metavar="SCRIPT",
        help="Use this script: a file, or a name that `python -m doctor scripts` lists "
        "(default: doctor).",
    )
    parser.add_argument("--trace", action="store_true", help="Show how each reply was made.")
    parser.add_argument(
        "--reload",
        action="store_true",
        help="Read the script again when its file has changed; the conversation starts again.",
    )
    parser.add_argument(
        "--steps",
        type=positive,
        default=STEP_LIMIT,
        metavar="N",
        help=f"Limit the links and PREs that one reply may use (default: {STEP_LIMIT}).",
    )


def run_reflect(args: Namespace) -> int:
    """Print each line of standard input reflected."""
    del args
    for raw in _lines():
        print(reflect(replace_controls(raw)), flush=True)
    return DONE


def _add_no_arguments(parser: ArgumentParser) -> None:
    del parser


COMMANDS = [
    Subcommand(
        "talk",
        TALK,
        "Talk at this terminal; nothing is saved (Ctrl+D ends it).",
        _add_talk_arguments,
        run_talk,
        (
            "python -m doctor talk",
            "python -m doctor talk --script 1965",
            "python -m doctor talk --script my.script --reload --trace",
            "echo 'My mother hates me.' | python -m doctor talk",
        ),
    ),
    Subcommand(
        "reflect",
        TALK,
        "Reflect each line: I think you hate me -> you think I hate you.",
        _add_no_arguments,
        run_reflect,
        ("echo 'I think you hate me' | python -m doctor reflect",),
    ),
]
