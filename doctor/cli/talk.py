"""`talk` and `reflect`: a conversation that is not saved, and lines with persons exchanged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from doctor.cli.command import (
    DONE,
    FAULT,
    TALK,
    USAGE,
    Subcommand,
    from_zero,
    positive,
    script_path,
)
from doctor.cli.dialogue import read_dialogue, replay
from doctor.cli.output import warn
from doctor.cli.talking import Talk, steps
from doctor.cli.teletype import SPEED, Teletype
from doctor.english.reflection import reflect
from doctor.errors import ScriptError
from doctor.loading import STEP_LIMIT, load_machine
from doctor.scripts import DEFAULT_SCRIPT
from doctor.text import escape, quantity, replace_controls

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator

    from doctor.doctor import AnyMachine

#: How a reply is explained: everything, or a line for each keyword used.
FULL, STEPS = "full", "steps"
#: What a visitor types at a teletype to see how the last reply was made.
HOW = "?"


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


def _lines(teletype: Teletype | None = None) -> Iterator[str]:
    """Yield the lines of standard input without their ends; prompt if a person types."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            while True:
                if teletype is not None:
                    teletype.ring()
                yield input("> ")
        except EOFError:
            return
    for line in sys.stdin:
        yield line.rstrip("\r\n")


def run_talk(args: Namespace) -> int:
    """Talk at the terminal, answer the lines of a pipe, or replay a dialogue."""
    if args.room:
        return _play_room(args)
    script = _ScriptFile(args.script, args.steps)
    talk = Talk(script.machine, args.name)
    teletype = None if args.teletype is None else Teletype(sys.stdout, args.teletype)
    show = _print if teletype is None else teletype.print
    if teletype is not None:
        teletype.title(args.script)
    if args.replay is not None:
        return _replay(talk, args, show)
    show(talk.greet())
    for raw in _lines(teletype):
        line = replace_controls(raw)
        if args.reload and script.reloaded():
            talk.restart(script.machine)
        if teletype is not None and line.strip() == HOW:
            _show_last(talk, show)
            continue
        if args.trace:
            _print_trace(talk, line, args.trace)
        for answer in talk.answer(line):
            show(answer)
        _warn_if_stopped(talk, args.steps)
    return DONE


def _play_room(args: Namespace) -> int:
    """Play a room from the lines of several people."""
    alone = [
        name for name in ("name", "trace", "reload", "replay", "teletype") if getattr(args, name)
    ]
    if alone:
        warn(f"--{alone[0]} is for a conversation with one patient; leave it out with --room")
        return USAGE
    from doctor.cli.room_talk import RoomTalk  # noqa: PLC0415 - most who talk are no room

    room = RoomTalk(load_machine(args.script, step_limit=args.steps))
    for raw in _lines():
        for shown in room.play(replace_controls(raw)):
            _print(shown)
    for shown in room.end():
        _print(shown)
    return DONE


def _print(text: str) -> None:
    print(text, flush=True)


def _print_trace(talk: Talk, line: str, kind: str) -> None:
    trace = talk.explain(line)
    if trace is None:
        return
    for row in steps(trace) if kind == STEPS else trace.text().splitlines():
        print(f"    {row}")


def _show_last(talk: Talk, show: Callable[[str], None]) -> None:
    """Show a visitor how the last reply was made."""
    trace = talk.explain_last()
    for row in trace.text().splitlines() if trace is not None else ("nothing was answered yet",):
        show(row.strip())


def _warn_if_stopped(talk: Talk, limit: int) -> None:
    """Say that the reply is a remark because the script did not come to an end."""
    if talk.stopped == "step limit":
        warn(f"(the script took more than {limit:,} links for this reply; --steps N allows more)")
    elif talk.stopped:
        warn(f"(the script was stopped: {talk.stopped})")


def _replay(talk: Talk, args: Namespace, show: Callable[[str], None]) -> int:
    """Replay a dialogue and mark what is answered otherwise; status 1 if anything is."""
    dialogue = read_dialogue(args.replay)
    differing = 0
    for each in replay(talk, dialogue):
        if each.said:
            show(f"> {escape(each.said)}")
        for line in each.answered:
            show(line if each.agrees else f"+ {line}")
        if not each.agrees:
            differing += 1
            for line in each.printed:
                show(f"- {escape(line)}")
        _warn_if_stopped(talk, args.steps)
    known = sum(bool(printed) for _, printed in dialogue)
    summary = f"{differing} of {quantity(known, 'answer')} differ"
    warn(f"{summary}; + is this script's, - the dialogue's" if differing else summary)
    return FAULT if differing else DONE


def _add_talk_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--script",
        type=script_path,
        default=DEFAULT_SCRIPT,
        metavar="SCRIPT",
        help="Use this script: a file, or a name that `python -m doctor scripts` lists "
        "(default: doctor).",
    )
    parser.add_argument(
        "--name", default="", metavar="NAME", help="Be greeted by this name as a new patient."
    )
    parser.add_argument(
        "--trace",
        nargs="?",
        choices=(FULL, STEPS),
        const=FULL,
        help="Show how each reply was made; `--trace=steps` shows one line for each keyword used.",
    )
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
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="Say the lines of a dialogue, which begin with '>', and mark the answers that differ.",
    )
    parser.add_argument(
        "--room",
        action="store_true",
        help="Play a room of several people from lines `Ada: text`, with the doctor as its host; "
        "`Ada leaves.`, `Ada comes in.`, and `...` for a silence.",
    )
    parser.add_argument(
        "--teletype",
        nargs="?",
        type=from_zero,
        const=SPEED,
        metavar="SPEED",
        help=f"Print like a teletype, SPEED characters a second (default: {SPEED}); a key prints "
        "the rest at once, 0 prints everything at once, and ? shows how a reply was made.",
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
            "python -m doctor talk --script 1966 --replay dialogue.txt --teletype",
            "echo 'My mother hates me.' | python -m doctor talk",
            "python -m doctor talk --room < session.txt",
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
