"""The command `/change`: a patient's own copy of the script, changed as CHANGE of 1965 did.

    /change TYPE HOW                    and SUBST, APPEND, ADD, RANK, DISPLA (doctor.eliza.change)
    /change * (COFFEE ((0) (BLACK?)))   a rule for a new keyword
    /change SCRIPT                      the whole script, to be copied
    /change SAVE NAME                   write it into the operator's directory, never over a file
    /change START                       the conversation goes on, as it does anyhow

The copy belongs to the patient in memory (`ActivePatient.machine`): all connections of that patient
have it, no other patient does, and it is gone when the last of them closes. What the patient said
stays, and so does the state: which answer comes next, and the memory.

**Bounds.** A script of more than `LARGEST` characters cannot be changed, nor become one; so many
copies are in memory at most, and so many files in the directory. The command is charged to the
client's share of a processor, as every command is.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from doctor.eliza import Eliza
from doctor.eliza.change import INSERT, NOT_RECOGNIZED, change, insert
from doctor.errors import BadArgument, UnknownCommand
from doctor.server import logs

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.eliza.machine import State
    from doctor.patients.patient import Patient
    from doctor.server.context import ServerContext

#: Characters of a script that may be changed; the DOCTOR of 1966 has 15,000.
LARGEST: Final = 1 << 16
#: Changed copies in memory at once, and scripts saved in the directory.
COPIES: Final = 1000
FILES: Final = 1000
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_FULL: Final = "THE SCRIPT IS AS LARGE AS IT MAY BE; NOTHING IS CHANGED"


def run(instruction: str, patient: Patient, context: ServerContext) -> list[str]:
    """Carry out one instruction; return the lines to print. BadArgument, UnknownCommand."""
    directory = context.settings.change_scripts
    if directory is None:
        raise UnknownCommand("nobody changes the script here: the server has no --change-scripts")
    active = patient.active
    with active.turn:
        doctor = patient.check()
        machine = context.store.machine_for(active)
        if not isinstance(machine, Eliza):
            raise BadArgument("only a script in the format of 1966 can be changed in a session")
        eliza: Eliza = machine
        text = machine.script.to_text()
        if len(text) > LARGEST:
            raise BadArgument("this script is too large to be changed in a session")
        name, _, rest = instruction.strip().partition(" ")
        if name.upper() == "SCRIPT" and not rest:
            return text.split("\n")
        if name.upper() == "SAVE":
            return [_save(text, directory, rest.strip(), patient.name)]
        if active.machine is None and _copies(context) >= COPIES:
            raise BadArgument("too many scripts are being changed now")
        if doctor.machine is not machine:
            doctor.attach(machine)
        state: State = doctor.state
        if name.startswith(INSERT):
            changed = insert(eliza, state, instruction)
        else:
            changed = change(eliza, state, instruction)
        if changed.machine is machine:
            return list(changed.lines)
        if len(changed.machine.script.to_text()) > LARGEST:
            return [_FULL]
        active.machine = changed.machine
        doctor.attach(changed.machine)
        doctor.move_on(changed.state)
        return list(changed.lines)


def _copies(context: ServerContext) -> int:
    return sum(active.machine is not None for active in context.store.actives())


def _save(text: str, directory: Path, name: str, patient: str) -> str:
    """Write a script to a new file of the operator's directory; return what to print."""
    if not _NAME.fullmatch(name):
        return f"{NOT_RECOGNIZED} (write SAVE NAME; a name has letters, digits, - and _)"
    path = directory / f"{name}.script"
    try:
        if sum(1 for _ in directory.glob("*.script")) >= FILES:
            return "NOT SAVED; THE TEACHER'S FOLDER IS FULL"
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(f"; Changed by {patient!a} in a session.\n\n{text}")
                file.flush()
            except OSError:
                with suppress(OSError):
                    path.unlink()
                raise
    except FileExistsError:
        return f"{name} EXISTS; CHOOSE ANOTHER NAME"
    except OSError as error:
        logs.warn("a changed script is not saved", path=str(path), why=str(error))
        return "NOT SAVED; THE SERVER CANNOT WRITE IT"
    logs.info("changed script saved", patient=patient, path=str(path))
    return f"SAVED AS {name}"
