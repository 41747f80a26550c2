"""The records window on a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.__main__ import parser
from client.records.window import RecordsWindow
from doctor.patients.opening import open_store
from tests.support.fake_machine import FakeMachine
from tests.support.screen import close_all, tk_garbage_stays_here, until

if TYPE_CHECKING:
    from tests.support.postgresql import Database


def test_the_records_window_shows_a_database(database: Database) -> None:
    """Patients are listed and what they said is shown, by the URL as the command line has it."""
    with open_store(database.url, FakeMachine()) as store:
        for name in ("Ada", "Bob"):
            with store.open(name) as patient:
                patient.say(f"I am {name}")
    given = parser().parse_args(["--records", "--patients", database.url]).patients
    assert given == database.url
    with tk_garbage_stays_here():
        window = RecordsWindow(given)
        try:
            until(window, lambda: set(window.list.get_children()) == {"Ada", "Bob"})
            window.list.selection_set("Bob")
            until(window, lambda: "1: I am Bob" in window.transcript.area.get("1.0", "end"))
        finally:
            close_all([window])
