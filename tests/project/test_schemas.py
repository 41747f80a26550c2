"""The schemas in docs/schemas: what programs may rely on, and all of it that there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from doctor.report.formats import (
    COLUMNS,
    FORMATS,
    ExportedHistory,
    ExportOptions,
)
from tests.support.fake_machine import FakeMachine
from tests.support.helpers import ROOT, Client, live_server
from tests.support.programs import doctor

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (ROOT / "docs" / "schemas").iterdir()
}


def check(name: str, value: Any) -> None:
    """Check a value by a schema."""
    Draft202012Validator(SCHEMAS[name]).validate(value)


def undocumented(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return the keys of objects that a schema does not describe."""
    return [key for key in value if key not in schema["properties"]]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    """Each file is a schema of the draft that it names."""
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_exports_are_what_their_schema_says(tmp_path: Path) -> None:
    """One history and a list of them are as described, and nothing in them is not described."""
    with live_server(tmp_path, machine=FakeMachine()) as server:
        for name in ("Ada", "Bob"):
            with Client(server) as client:
                client.enter(name)
                client.ask("hello, care")
                client.ask("two")
    one = doctor("export", "Ada", "--patients", tmp_path)
    everyone = doctor("export", "--all", "--patients", tmp_path)
    shown = doctor("show", "Ada", "--patients", tmp_path, "--format", "json")
    for ran in (one, everyone, shown):
        assert (ran.status, ran.err) == (0, "")
        check("export", json.loads(ran.out))
    described = SCHEMAS["export"]["$defs"]
    found = json.loads(one.out)
    assert not undocumented(found, described["history"])
    assert not undocumented(found["exchanges"][0], described["exchange"])
    assert len(found["exchanges"]) == 2


def test_the_schema_has_every_column() -> None:
    """A column of an export is described with the words of the table in the code."""
    properties = SCHEMAS["export"]["$defs"]["exchange"]["properties"]
    assert {name: each["description"] for name, each in properties.items()} == {
        column.name: column.meaning for column in COLUMNS
    }


def test_an_empty_export_is_one_too() -> None:
    """No history at all, and a history without an exchange, are exports."""
    nobody = "".join(FORMATS["json"]([], ExportOptions(all_patients=True)))
    check("export", json.loads(nobody))
    empty = ExportedHistory("Ada", None, None, 0, [])
    check("export", json.loads("".join(FORMATS["json"]([empty], ExportOptions()))))


def test_a_status_is_what_its_schema_says(tmp_path: Path) -> None:
    """The status of a server with patients is as described, and has nothing else in it."""
    with live_server(tmp_path) as server, Client(server) as ada, Client(server):
        ada.enter("Ada")
        ada.ask("I want to kill myself")
        ada.ask("/nonsense")
        ran = doctor("status", "--patients", tmp_path, "--json")
        assert (ran.status, ran.err) == (0, "")
        found = json.loads(ran.out)
    check("status", found)
    schema = SCHEMAS["status"]
    assert not undocumented(found, schema)
    for connection in found["connected"]:
        assert not undocumented(connection, schema["$defs"]["connection"])
    assert found["marked_lines"]
    assert found["refusals"] == {"502": 1}


def test_what_is_no_export_is_refused() -> None:
    """The schema finds a missing key, a number that is none and a time without its zone."""
    good: dict[str, Any] = {
        "patient": "Ada", "first_seen": None, "last_seen": None, "sessions": 0, "exchanges": [],
    }  # fmt: skip
    check("export", good)
    wrongs: tuple[dict[str, Any], ...] = (
        {"sessions": "1"},
        {"first_seen": "2026-03-03T10:12:00"},
        {"exchanges": [{}]},
    )
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            check("export", good | wrong)
    del good["patient"]
    with pytest.raises(ValidationError):
        check("export", good)
