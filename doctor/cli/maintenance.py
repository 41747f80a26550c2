"""`verify`, and what changes histories from outside: `repair`, `forget`, `rename`, `passphrase`.

A change goes through the server that owns the directory, where one runs; where none does, the
command takes the directory's lock for as long as the change needs. Never past a running server:
it holds these patients in memory.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final

from doctor import control
from doctor.cli.command import DONE, FAULT, Command, add_patients_option
from doctor.cli.output import encode_json, progress
from doctor.cli.reading import add_format, chosen_paths, find
from doctor.errors import DoctorError, NoServer, StoreLocked, UnknownPatient
from doctor.patients.files import disk
from doctor.patients.maintenance import perform
from doctor.patients.names import clean_name, key, owner, patient_name
from doctor.patients.opening import open_store
from doctor.text import escape, escape_name, quantity

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

# --- verify ---------------------------------------------------------------------------------------


def _verify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help="these patients' files (default: all)"
    )
    add_patients_option(parser)
    add_format(parser)


def _verified(path: Path) -> dict[str, Any] | None:
    """Return what is to be said of a patient's file, None where it was forgotten meanwhile."""
    said: dict[str, Any] = {"file": path.name, "patient": patient_name(path.name)}
    try:
        contents = disk.read(path)
    except UnknownPatient:
        return None
    except (DoctorError, OSError) as error:
        fault = {"offset": getattr(error, "offset", 0), "what": str(error)}
        return said | {"sound": False, "exchanges": 0, "damage": [fault], "torn": 0}
    damage = [{"offset": each.start, "what": each.what} for each in contents.damage]
    if not contents.lock_known:
        damage.append({"offset": 0, "what": "whether a passphrase locks it cannot be told"})
    return said | {
        "sound": not damage,
        "exchanges": len(contents.history),
        "damage": damage,
        "torn": contents.torn,
    }


def run_verify(args: Namespace) -> int:
    """Check every byte of the files; status 1 where one is damaged."""
    chosen = chosen_paths(args)
    checked = []
    for path in progress(chosen, len(chosen), "checking"):
        said = _verified(path)
        if said is not None:
            checked.append(said)
    damaged = [said for said in checked if not said["sound"]]
    aside = [] if args.name else _set_aside(args.patients)
    if args.format == "json":
        print(
            encode_json({"files": checked, "damaged": len(damaged), "set_aside": aside}, indent=1)
        )
        return FAULT if damaged else DONE
    for said in checked:
        file = escape(str(args.patients / said["file"]))
        for fault in said["damage"]:
            print(f"{file}: at byte {fault['offset']}: {escape(fault['what'])}")
        if said["damage"]:
            print(f"{file}: {quantity(said['exchanges'], 'exchange')} can be read")
        if said["torn"]:
            print(f"{file}: {quantity(said['torn'], 'byte')} of an unfinished write at the end")
    if aside:
        print(
            f"{quantity(len(aside), 'copy', 'copies')} of damaged files set aside by earlier runs"
        )
    sound = len(checked) - len(damaged)
    print(f"{quantity(len(checked), 'file')} checked, {sound:,} sound, {len(damaged):,} damaged")
    return FAULT if damaged else DONE


def _set_aside(directory: Path) -> list[str]:
    """Return the names of the copies that were set aside."""
    return sorted(
        path.name
        for path in directory.iterdir()
        if owner(path.name) is not None and patient_name(path.name) is None
    )


# --- changes --------------------------------------------------------------------------------------

#: Seconds to wait for a server that is starting: it has the directory before it can be asked.
_STARTING: Final = 10.0


def _change(directory: Path, asked: dict[str, str]) -> dict[str, Any]:
    """Have the running server do something, or do it where none runs; returns what came of it.

    StoreLocked where somebody else keeps the directory for longer than a server takes to start.
    """
    until = time.monotonic() + _STARTING
    while True:
        try:
            return control.request(directory, asked)
        except NoServer:
            pass
        try:
            return _alone(directory, asked)
        except StoreLocked:
            if time.monotonic() > until:
                raise
        time.sleep(0.1)


def _alone(directory: Path, asked: dict[str, str]) -> dict[str, Any]:
    with open_store(directory, _machine()) as store:
        return perform(store, asked)


def _machine() -> Any:
    """Return a machine for the store to be made with; what is done here lets it say nothing."""
    from doctor.loading import load_machine  # noqa: PLC0415 - the same

    return load_machine()


def _there(args: Namespace) -> str:
    """Return the patient's name as it was first given; UnknownPatient where there is none."""
    path = find(args.patients, args.name)
    return patient_name(path.name) or str(args.name)


def _one_patient(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the patient")
    add_patients_option(parser)


def run_repair(args: Namespace) -> int:
    """Write a file anew from all that is sound in it and in copies of it."""
    name = _there(args)
    done = _change(args.patients, {"do": "repair", "name": name})
    more = int(done.get("after", 0)) - int(done.get("before", 0))
    gained = f", {more:,} of them from copies that were set aside" if more > 0 else ""
    total = quantity(int(done.get("after", 0)), "exchange")
    print(f"repaired the history of {escape_name(name)}: {total}{gained}")
    return DONE


def _forget_arguments(parser: ArgumentParser) -> None:
    _one_patient(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run_forget(args: Namespace) -> int:
    """Remove every trace of a patient, after asking."""
    name = _remembered(args)
    if not args.yes:
        print(
            f"This erases all that is kept of {escape_name(name)} for good, copies set aside too."
        )
        print("Type the name once more to erase it: ", end="", flush=True)
        answer = sys.stdin.readline().strip()
        if key(answer) != key(name) and answer.lower() != "yes":
            print("\nnothing was erased" if not answer else "nothing was erased")
            return FAULT
    _change(args.patients, {"do": "forget", "name": name})
    print(f"forgot {escape_name(name)}")
    return DONE


def _remembered(args: Namespace) -> str:
    """Return the name of a patient of whom anything is kept, if it is only a copy set aside."""
    try:
        return _there(args)
    except UnknownPatient:
        wanted = key(args.name.strip())
        for left in _set_aside(args.patients):
            whose = owner(left)
            if whose is not None and key(whose) == wanted:
                return whose
        raise


def _rename_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="OLD", help="the patient")
    parser.add_argument("new", metavar="NEW", help="the new name")
    add_patients_option(parser)


def run_rename(args: Namespace) -> int:
    """Give a history another name."""
    name, new = _there(args), clean_name(args.new)
    _change(args.patients, {"do": "rename", "name": name, "new": new})
    print(f"{escape_name(name)} is now {escape(new)}")
    return DONE


def _passphrase_arguments(parser: ArgumentParser) -> None:
    _one_patient(parser)
    parser.add_argument(
        "--reset", action="store_true", help="take the passphrase off, one that is unreadable too"
    )


def run_passphrase(args: Namespace) -> int:
    """Take a passphrase off."""
    if not args.reset:
        raise DoctorError("a patient sets a passphrase with /passphrase; --reset takes it off")
    name = _there(args)
    _change(args.patients, {"do": "passphrase", "name": name})
    print(f"the history of {escape_name(name)} opens without a passphrase now")
    return DONE


COMMANDS = [
    Command(
        "verify",
        "check every byte of the files; status 1 where one is damaged",
        _verify_arguments,
        run_verify,
        ("python -m doctor verify", "python -m doctor verify Ada --format json"),
    ),
    Command(
        "repair",
        "write a damaged file anew from all that is sound, copies set aside included",
        _one_patient,
        run_repair,
        ("python -m doctor repair Ada",),
    ),
    Command(
        "forget",
        "erase every trace of a patient (asks first)",
        _forget_arguments,
        run_forget,
        ("python -m doctor forget Ada", "python -m doctor forget Ada --yes"),
    ),
    Command(
        "rename",
        "give a history another name",
        _rename_arguments,
        run_rename,
        ('python -m doctor rename Ada "Ada Lovelace"',),
    ),
    Command(
        "passphrase",
        "take a patient's passphrase off",
        _passphrase_arguments,
        run_passphrase,
        ("python -m doctor passphrase Ada --reset",),
    ),
]
