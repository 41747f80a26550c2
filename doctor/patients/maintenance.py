"""Perform what an operator asks of histories: one table for server and command line.

    request                                      answer
    {"do": "forget", "name": NAME}               {}
    {"do": "rename", "name": OLD, "new": NEW}    {}
    {"do": "repair", "name": NAME}               {"before": exchanges, "after": exchanges}
    {"do": "passphrase", "name": NAME}           {}; the passphrase is taken off

Where a server runs it performs the request (`doctor.server.admin`), since it holds these patients
in memory; where none does the command line opens the store itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doctor.errors import DoctorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from doctor.patients.store import PatientStore

    Request = Mapping[str, Any]


def _forget(store: PatientStore, name: str, _asked: Request) -> dict[str, Any]:
    store.forget(name)
    return {}


def _rename(store: PatientStore, name: str, asked: Request) -> dict[str, Any]:
    store.rename(name, str(asked.get("new", "")))
    return {}


def _repair(store: PatientStore, name: str, _asked: Request) -> dict[str, Any]:
    return store.repair(name)._asdict()


def _passphrase(store: PatientStore, name: str, _asked: Request) -> dict[str, Any]:
    store.reset_passphrase(name)
    return {}


OPERATIONS: Final[dict[str, Callable[[PatientStore, str, Request], dict[str, Any]]]] = {
    "forget": _forget,
    "rename": _rename,
    "repair": _repair,
    "passphrase": _passphrase,
}


def perform(store: PatientStore, asked: Request) -> dict[str, Any]:
    """Do what is asked and return the answer. Raises a `DoctorError` or OSError."""
    operation = OPERATIONS.get(str(asked.get("do")))
    if operation is None:
        raise DoctorError(f"the server cannot {asked.get('do')!r}")
    return operation(store, str(asked.get("name", "")), asked)
