"""`verify`, `repair`, `forget`, `rename` and `passphrase`: check and change histories.

A server that uses the directory holds these patients in memory, so the change goes through it. If
no server runs, the command takes the lock of the directory for as long as the change needs.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from doctor import control
from doctor.cli.command import (
    CHANGE,
    DONE,
    FAULT,
    READ,
    Subcommand,
    add_format,
    add_patients_option,
)
from doctor.cli.output import encode_json, progress, warn
from doctor.cli.reading import as_utf8, choose, find, tell_waiting
from doctor.errors import DoctorError, NoServer, StoreLocked, UnknownPatient
from doctor.patients.maintenance import perform
from doctor.patients.names import clean_name, key
from doctor.patients.opening import is_database, location, open_archive, open_store
from doctor.text import escape, escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from pathlib import Path

    from doctor.patients.base import Archive, Verified

# --- verify ---------------------------------------------------------------------------------------


def _add_verify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help="Check only these patients' histories (default: all).",
    )
    add_patients_option(parser)
    add_format(parser)


def _verify_each(archive: Archive, names: list[str]) -> Iterator[Verified]:
    for name in progress(names, len(names), "checking"):
        try:
            yield archive.verify(name)
        except UnknownPatient:
            continue  # forgotten since the names were listed


def _verified_value(checked: Verified) -> dict[str, Any]:
    """Return what was found in a history as a JSON object."""
    return {
        "file": PurePath(checked.place).name,
        "patient": checked.name,
        "sound": checked.sound,
        "exchanges": checked.exchanges,
        "damage": [fault._asdict() for fault in checked.faults],
        "torn": checked.torn,
        "missing": [list(gap) for gap in checked.gaps],
    }


def run_verify(args: Namespace) -> int:
    """Check every byte of the histories; status 1 if one is damaged."""
    archive = open_archive(args.patients)
    tell_waiting(archive)
    checked = list(_verify_each(archive, choose(archive, args)))
    damaged = sum(not each.sound for each in checked)
    wrong = [] if args.name else archive.faults()
    aside = [] if args.name else [PurePath(place).name for _, place in archive.set_aside()]
    if args.format == "json":
        files = [_verified_value(each) for each in checked]
        found = {"files": files, "damaged": damaged, "set_aside": aside, "faults": wrong}
        print(encode_json(found, indent=1))
        return FAULT if damaged or wrong else DONE
    for each in checked:
        for line in _verified_lines(each):
            print(line)
    for sentence in wrong:
        print(escape(sentence))
    if aside:
        copies = quantity(len(aside), "copy", "copies")
        print(f"{copies} of damaged files set aside by earlier runs")
    sound = len(checked) - damaged
    what = (
        quantity(len(checked), "history", "histories")
        if is_database(args.patients)
        else quantity(len(checked), "file")
    )
    print(f"{what} checked, {sound:,} sound, {damaged:,} damaged")
    if damaged:
        warn("`python -m doctor repair NAME` saves what is sound in a damaged file")
    return FAULT if damaged or wrong else DONE


def _verified_lines(checked: Verified) -> Iterator[str]:
    """Yield what is to be said about a history; nothing for a sound one."""
    place = escape(checked.place)
    for fault in checked.faults:
        where = "" if fault.offset is None else f"at byte {fault.offset}: "
        yield f"{place}: {where}{escape(fault.what)}"
    if checked.faults:
        yield f"{place}: {quantity(checked.exchanges, 'exchange')} can be read"
    for first, last in checked.gaps:
        missing = f"exchange {first} is" if first == last else f"exchanges {first} to {last} are"
        yield f"{place}: {missing} missing, lost to an earlier damage"
    if checked.torn:
        yield f"{place}: {quantity(checked.torn, 'byte')} of an unfinished write at the end"


# --- changes --------------------------------------------------------------------------------------

#: Seconds to wait for a server that is starting: it locks the directory before it can be asked.
_STARTING: Final = 10.0


def request_change(where: str, asked: dict[str, str]) -> dict[str, Any]:
    """Ask the running server for a change, or make it if none runs; return the answer.

    In a database it is made at once: the servers that use it see the change.
    StoreLocked if another process keeps the directory for longer than a server takes to start.
    """
    if is_database(where):
        return _change_alone(where, asked)
    directory = location(where)
    until = time.monotonic() + _STARTING
    while True:
        try:
            return control.request(directory, asked)
        except NoServer:
            pass
        try:
            return _change_alone(directory, asked)
        except StoreLocked:
            if time.monotonic() > until:
                raise
        time.sleep(0.1)


def _change_alone(where: str | Path, asked: dict[str, str]) -> dict[str, Any]:
    from doctor.loading import load_machine  # noqa: PLC0415 - reading commands start without it

    log, noted = logging.getLogger("doctor.cli"), _Notes()
    log.propagate = False
    log.addHandler(noted)
    try:
        with open_store(where, load_machine(), log=log) as store:
            answer = perform(store, asked)
    finally:
        log.removeHandler(noted)
    for text in noted.texts:
        warn(f"warning: {text}")
    return answer


class _Notes(logging.Handler):
    """What the store logs, to be told after a change; if that fails its error says enough."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self.texts.append(record.getMessage())


def _find_name(args: Namespace) -> str:
    """Return the patient's name as it is stored; UnknownPatient if there is none."""
    return find(open_archive(args.patients), args.name)


def _add_one_patient(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="The patient.")
    add_patients_option(parser)


def run_repair(args: Namespace) -> int:
    """Write a history again from everything that is sound in it and in copies of it."""
    name = _find_name(args)
    answer = request_change(args.patients, {"do": "repair", "name": name})
    before, after = int(answer.get("before", 0)), int(answer.get("after", 0))
    gained = f", {after - before:,} of them from copies that were set aside"
    total = quantity(after, "exchange")
    print(f"repaired the history of {escape_name(name)}: {total}{gained if after > before else ''}")
    return DONE


def _add_forget_arguments(parser: ArgumentParser) -> None:
    _add_one_patient(parser)
    parser.add_argument("--yes", action="store_true", help="Erase without asking.")


def run_forget(args: Namespace) -> int:
    """Erase everything about a patient, after asking."""
    name = _find_name_or_copy(args)
    if not args.yes:
        print(f"This erases everything about {escape_name(name)} for ever, copies set aside too.")
        print("Type the name again to erase it: ", end="", flush=True)
        answer = sys.stdin.readline().strip()
        if key(answer) != key(name) and answer.lower() != "yes":
            print("\nnothing was erased")
            return FAULT
    request_change(args.patients, {"do": "forget", "name": name})
    print(f"forgot {escape_name(name)}")
    return DONE


def _find_name_or_copy(args: Namespace) -> str:
    """Return the name of a patient of whom anything is stored, even if only a copy set aside."""
    try:
        return _find_name(args)
    except UnknownPatient:
        wanted = {key(name.strip()) for name in (args.name, as_utf8(args.name))}
        for patient, _ in open_archive(args.patients).set_aside():
            if key(patient) in wanted:
                return patient
        raise


def _add_rename_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="OLD", help="The patient.")
    parser.add_argument("new", metavar="NEW", help="The new name.")
    add_patients_option(parser)


def run_rename(args: Namespace) -> int:
    """Give a history another name."""
    name, new = _find_name(args), clean_name(args.new)
    request_change(args.patients, {"do": "rename", "name": name, "new": new})
    print(f"{escape_name(name)} is now {escape(new)}")
    return DONE


def _add_passphrase_arguments(parser: ArgumentParser) -> None:
    _add_one_patient(parser)
    parser.add_argument(
        "--reset",
        action="store_true",
        help="Remove the passphrase, also if its state cannot be read.",
    )


def run_passphrase(args: Namespace) -> int:
    """Remove a passphrase."""
    if not args.reset:
        raise DoctorError(
            "add --reset to remove the passphrase; a patient sets one with /passphrase in the chat"
        )
    name = _find_name(args)
    request_change(args.patients, {"do": "passphrase", "name": name})
    print(f"the history of {escape_name(name)} opens without a passphrase now")
    return DONE


COMMANDS = [
    Subcommand(
        "verify",
        READ,
        "Check every byte of the histories (status 1 if one is damaged).",
        _add_verify_arguments,
        run_verify,
        ("python -m doctor verify", "python -m doctor verify Ada --format json"),
    ),
    Subcommand(
        "repair",
        CHANGE,
        "Save what is sound in a damaged history, copies set aside included.",
        _add_one_patient,
        run_repair,
        ("python -m doctor repair Ada",),
    ),
    Subcommand(
        "forget",
        CHANGE,
        "Erase everything about a patient (asks first).",
        _add_forget_arguments,
        run_forget,
        ("python -m doctor forget Ada", "python -m doctor forget Ada --yes"),
    ),
    Subcommand(
        "rename",
        CHANGE,
        "Give a history another name.",
        _add_rename_arguments,
        run_rename,
        ('python -m doctor rename Ada "Ada Lovelace"',),
    ),
    Subcommand(
        "passphrase",
        CHANGE,
        "Remove a patient's passphrase.",
        _add_passphrase_arguments,
        run_passphrase,
        ("python -m doctor passphrase Ada --reset",),
    ),
]
