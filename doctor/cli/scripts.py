"""`scripts`, `check` and `replay`: list scripts, find their faults, try them on histories."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.cli.command import (
    DONE,
    FAULT,
    SCRIPTS,
    USAGE,
    Subcommand,
    add_format,
    add_patients_option,
    script_path,
)
from doctor.cli.coverage import Coverage, read_lines, report
from doctor.cli.output import encode_json, screen_columns, warn
from doctor.cli.reading import find, read_each
from doctor.cli.rules import list_keywords, nearest_keyword, show_rules
from doctor.errors import ScriptError
from doctor.loading import load_machine
from doctor.machine import Visit
from doctor.patients.opening import open_archive
from doctor.scripts import ERROR, NAMED_SCRIPTS, ScriptFault, check, load, read_file
from doctor.text import escape, quantity, wrap

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator

    from doctor.history.transcript import Exchange


# --- scripts -------------------------------------------------------------------------------------


def run_scripts(args: Namespace) -> int:
    """Print the scripts that have a name."""
    if args.format == "json":
        print(
            encode_json(
                [
                    {
                        "name": script.name,
                        "title": script.title,
                        "year": script.year,
                        "place": script.place,
                        "maker": script.maker,
                        "source": script.source,
                        "terms": script.terms,
                        "file": str(script.path) if script.is_here else None,
                    }
                    for script in NAMED_SCRIPTS
                ],
                indent=2,
            )
        )
        return DONE
    for number, script in enumerate(NAMED_SCRIPTS):
        if number:
            print()
        print(f"{script.name:<8}{script.label}")
        file = escape(str(script.path)) if script.is_here else "not here"
        for head, text in (("source", script.source), ("terms", script.terms), ("file", file)):
            for line in wrap(f"{head}: {text}", max(screen_columns() - 8, 0)):
                print(f"        {line}")
    return DONE


# --- check ---------------------------------------------------------------------------------------


def _faults(path: Path) -> list[ScriptFault]:
    """Return the faults of a script file, those that keep it from being read included."""
    try:
        return check(read_file(path))
    except ScriptError as error:
        if not error.line:
            raise
        message = str(error).split(": ", 1)[-1]
        return [ScriptFault(error.line, error.column, ERROR, message, "correct the file")]


def run_check(args: Namespace) -> int:
    """Print the faults of script files, or what is asked about one script; status 2 for errors."""
    if args.keys or args.rule or args.coverage or args.patients:
        return _run_questions(args)
    found = [(path, fault) for path in args.file for fault in _faults(path)]
    errors = sum(fault.severity == ERROR for _, fault in found)
    warnings = len(found) - errors
    if args.format == "json":
        print(
            encode_json(
                [
                    {
                        "file": str(path),
                        "line": fault.line,
                        "column": fault.column,
                        "severity": fault.severity,
                        "message": fault.message,
                        "remedy": fault.remedy,
                    }
                    for path, fault in found
                ],
                indent=2,
            )
        )
    else:
        for path, fault in found:
            print(escape(f"{path}:{fault}"))
        summary = f"{quantity(errors, 'error')}, {quantity(warnings, 'warning')}"
        print(summary if found else "no faults", file=sys.stderr)
    if errors:
        return USAGE
    return FAULT if args.strict and warnings else DONE


def _run_questions(args: Namespace) -> int:
    """Print what is asked about one script: its keywords, a rule, what was used."""
    if len(args.file) != 1:
        raise ScriptError("give one script with --keys, --rule, --coverage and --patients")
    path = args.file[0]
    script = load(path)
    status = DONE
    if args.keys:
        for row in list_keywords(script):
            print(escape(row))
    if args.rule:
        rows = [*show_rules(script, args.rule)]
        for row in rows:
            print("\n".join(map(escape, row.split("\n"))))
        if not rows:
            near = nearest_keyword(script, args.rule)
            meant = f"; did you mean {near}?" if near else ""
            warn(f"{path.name} says nothing about {args.rule}{meant}")
            status = FAULT
    if args.coverage or args.patients:
        coverage = Coverage(load_machine(path))
        for lines in read_lines(args.coverage) if args.coverage else ():
            coverage.count_lines(lines)
        if args.patients:
            archive = open_archive(args.patients)
            for history in read_each(archive, archive.patients()):
                coverage.count_history(history.name, history.transcript)
        for row in report(path.name, script, coverage):
            print(escape(row))
    return status


def _add_check_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", type=script_path, nargs="+", metavar="FILE", help="The script files."
    )
    parser.add_argument(
        "--strict", action="store_true", help="Exit with status 1 if there are warnings."
    )
    parser.add_argument(
        "--keys", action="store_true", help="List the keywords of a script instead, by rank."
    )
    parser.add_argument(
        "--rule", metavar="WORD", help="Show what the script says about a word instead."
    )
    parser.add_argument(
        "--coverage",
        type=Path,
        metavar="FILE",
        help="Say the lines of a file, or of a dialogue, and show which rules they use.",
    )
    parser.add_argument(
        "--patients",
        metavar="WHERE",
        help="Say all lines of the saved histories in this directory, and show which rules they "
        "use.",
    )
    add_format(parser)


# --- replay --------------------------------------------------------------------------------------


def replayed(machine: Any, name: str, exchanges: Iterable[Exchange]) -> Iterator[tuple[Any, str]]:
    """Yield each exchange of a history with what `machine` would have answered to its line.

    The machine begins with the first line and goes on with its own state; it greets the patient
    where a session began.
    """
    state = machine.start()
    session, last_seen, count = 0, None, 0
    for exchange in exchanges:
        if exchange.session != session:
            session = exchange.session
            visit = Visit(name, session - 1, last_seen, count)
            state = machine.greet(state, visit, exchange.at).state
        response = machine.respond(state, exchange.patient, exchange.at)
        state = response.state
        last_seen, count = exchange.at, count + 1
        yield exchange, response.reply


def run_replay(args: Namespace) -> int:
    """Print what a script would have answered in saved histories."""
    machine = load_machine(args.file)
    archive = open_archive(args.patients)
    names = [find(archive, args.name)] if args.name else archive.patients()
    total = differing = 0
    values: list[dict[str, Any]] = []
    for history in read_each(archive, names):
        rows = list(replayed(machine, history.name, history.transcript))
        different = sum(exchange.doctor != reply for exchange, reply in rows)
        total += len(rows)
        differing += different
        if args.format == "json":
            values.append(_value(history.name, rows, different))
            continue
        print(escape(f"{history.name}: {different} of {len(rows)} replies differ"))
        for exchange, reply in rows:
            if exchange.doctor != reply:
                print(escape(f"  {exchange.number:>5}  > {exchange.patient}"))
                print(escape(f"         - {exchange.doctor}"))
                print(escape(f"         + {reply}"))
            elif not args.differences:
                print(escape(f"  {exchange.number:>5}  > {exchange.patient}"))
                print(escape(f"         = {reply}"))
    if args.format == "json":
        print(
            encode_json({"exchanges": total, "differing": differing, "patients": values}, indent=2)
        )
    else:
        print(f"in all: {differing} of {total} replies differ")
    return DONE


def _value(name: str, rows: list[tuple[Any, str]], different: int) -> dict[str, Any]:
    return {
        "patient": name,
        "differing": different,
        "exchanges": [
            {
                "number": exchange.number,
                "patient": exchange.patient,
                "answered": exchange.doctor,
                "would_answer": reply,
            }
            for exchange, reply in rows
        ],
    }


def _add_replay_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=script_path, metavar="FILE", help="The script to try.")
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="Replay only this patient's history (default: all)."
    )
    add_patients_option(parser)
    parser.add_argument(
        "--differences", action="store_true", help="Show only the replies that would differ."
    )
    add_format(parser)


COMMANDS = [
    Subcommand(
        "scripts",
        SCRIPTS,
        "List the scripts that have a name, with source, date and terms.",
        add_format,
        run_scripts,
        ("python -m doctor scripts", "python server.py --script 1965"),
    ),
    Subcommand(
        "check",
        SCRIPTS,
        "Find the faults of a script, each with line, column and remedy.",
        _add_check_arguments,
        run_check,
        (
            "python -m doctor check my.script",
            "python -m doctor check --strict scripts/*.script",
            "python -m doctor check my.script --rule mother",
            "python -m doctor check my.script --coverage lines.txt",
        ),
    ),
    Subcommand(
        "replay",
        SCRIPTS,
        "Show what a script would have answered in the saved histories.",
        _add_replay_arguments,
        run_replay,
        (
            "python -m doctor replay my.script Ada",
            "python -m doctor replay my.script --differences",
        ),
    ),
]
