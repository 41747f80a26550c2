"""The operator's command for lines that are met with care: what it is told, and its bounds."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from doctor.errors import BadSetting
from doctor.history.transcript import Exchange
from doctor.server import alerts, logs
from doctor.server.alerts import Alerts
from doctor.server.options import OPTIONS
from doctor.server.settings import Settings
from tests.support.helpers import PATIENCE, Client, until
from tests.support.programs import Server

if TYPE_CHECKING:
    from pathlib import Path

TELLS = (
    "import json, os, sys; file = open(sys.argv[1], 'a'); "
    "print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('ALERT_')}), file=file)"
)


def _command(code: str, *words: object) -> str:
    return " ".join(f"'{each}'" for each in (sys.executable, "-c", code.replace("'", '"'), *words))


def _told(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def _exchange(number: int = 1, mark: str = "care self plan", speaker: str = "") -> Exchange:
    return Exchange(number, 0.0, 1, "a line", "a reply", "CARE", mark, speaker)


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is logged as a warning."""
    found: list[str] = []
    monkeypatch.setattr(logs, "warn", lambda event, **fields: found.append(f"{event} {fields}"))
    return found


def test_a_server_tells_the_command(tmp_path: Path) -> None:
    """Name, kind, tier and time of a marked line reach a real command, and never the text."""
    out = tmp_path / "told"
    with Server(tmp_path / "patients", "--alert", _command(TELLS, out)) as server:
        with Client(server.port) as client:
            client.enter("-rf $(Ada)")
            client.ask("The weather is nice.")
            client.ask("I took all my sleeping pills just now")
        until(lambda: len(_told(out)) == 1)
        assert "met with care" in server.errors()
        assert server.stop() == 0
    (found,) = _told(out)
    assert found["ALERT_NAME"] == "-rf $(Ada)"
    assert (found["ALERT_KIND"], found["ALERT_TIER"]) == ("self", "act")
    assert found["ALERT_NUMBER"] == "2"
    assert found["ALERT_TIME"].endswith("+00:00")
    assert not any("pills" in value for value in found.values())


def test_the_text_is_told_where_the_operator_wants_it(tmp_path: Path) -> None:
    """With --alert-text the command is told what was said, and with neither option nothing runs."""
    out = tmp_path / "told"
    settings = Settings(alert=_command(TELLS, out), alert_text=True)
    every = Alerts(settings)
    every.tell("Ada", _exchange())
    until(lambda: len(_told(out)) == 1)
    every.close()
    assert _told(out)[0]["ALERT_TEXT"] == "a line"
    none = Alerts(Settings())
    none.tell("Ada", _exchange())
    assert none._thread is None


def test_a_member_of_a_room_is_named(tmp_path: Path, warned: list[str]) -> None:
    """In a room the one who spoke is told, and the room; a mark without a kind has none."""
    out = tmp_path / "told"
    every = Alerts(Settings(alert=_command(TELLS, out)))
    every.tell("lunch", _exchange(mark="care", speaker="Pip"))
    until(lambda: len(_told(out)) == 1)
    every.close()
    (found,) = _told(out)
    assert (found["ALERT_NAME"], found["ALERT_ROOM"]) == ("Pip", "lunch")
    assert (found["ALERT_KIND"], found["ALERT_TIER"]) == ("", "")
    assert len(warned) == 1


def test_a_command_that_hangs_is_killed_with_its_children(
    tmp_path: Path, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the command nor what it started outlives its time; the next alert is told."""
    monkeypatch.setattr(alerts, "LONGEST", 1.0)
    pids = tmp_path / "pids"
    hangs = (
        "import os, subprocess, sys, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        "open(sys.argv[1], 'a').write(f'{os.getpid()} {child.pid}\\n'); time.sleep(600)"
    )
    path = tmp_path / "hangs.py"
    path.write_text(hangs, encoding="utf-8")
    every = Alerts(Settings(alert=f"{sys.executable} {path} {pids}"))
    for number in (1, 2):
        every.tell("Ada", _exchange(number))
    until(lambda: sum("was killed" in each for each in warned) == 2)
    every.close()
    for pid in map(int, pids.read_text(encoding="utf-8").split()):
        until(lambda pid=pid: not _is_running(pid))  # type: ignore[misc]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_who_publishes_never_waits(warned: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """While the command is busy alerts wait up to a bound; more are told in the log alone."""
    monkeypatch.setattr(alerts, "MOST_WAITING", 5)
    gate = threading.Event()
    every = Alerts(Settings(alert="true"))
    monkeypatch.setattr(every, "_tell_command", lambda _told: gate.wait(PATIENCE))
    began = time.monotonic()
    for number in range(1, 21):
        every.tell(f"Ada {number}", _exchange(number))
    assert time.monotonic() - began < 5
    assert sum("alert not sent" in each for each in warned) in {14, 15}
    assert sum("met with care" in each for each in warned) == 20
    gate.set()
    every.close()
    every.close()


def test_a_flood_of_one_keeps_nobody_else_from_being_told_of(
    warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the command hangs one person's thousand lines leave room for others and graver ones."""
    gate, told = threading.Event(), list[str]()

    def tell(each: dict[str, str]) -> None:
        gate.wait(PATIENCE)
        told.append(f"{each['ALERT_NAME']} {each['ALERT_TIER']}")

    every = Alerts(Settings(alert="true"))
    monkeypatch.setattr(every, "_tell_command", tell)
    for number in range(1000):
        every.tell("Ada", _exchange(number, mark="care self wish"))
        every.tell("lunch", _exchange(number, mark="care self wish", speaker="Pip"))
    every.tell("Ada", _exchange(1001, mark="care self act"))
    every.tell("Bob", _exchange(1, mark="care self wish"))
    assert sum("met with care" in each for each in warned) == 2002
    gate.set()
    until(lambda: "Bob wish" in told)
    assert "Ada act" in told
    assert len(told) <= 2 * (alerts.MOST_OF_ONE + 1) + 2
    every.tell("Ada", _exchange(1002, mark="care self wish"))
    until(lambda: told[-1] == "Ada wish")
    assert not every._by_person
    every.close()


def test_a_command_that_cannot_run_is_logged(warned: list[str]) -> None:
    """A command that is not there, or fails, is said in the log and ends nothing."""
    every = Alerts(Settings(alert="/nowhere/no-such-command"))
    every.tell("Ada", _exchange())
    until(lambda: any("alert not sent" in each for each in warned))
    every.close()
    fails = Alerts(Settings(alert="false"))
    fails.tell("Ada", _exchange())
    until(lambda: any("status 1" in each for each in warned))
    fails.close()


@pytest.mark.parametrize("given", ["", "  ", "say 'it"])
def test_no_command(given: str) -> None:
    """What is no command is refused when the server starts."""
    (row,) = [each for each in OPTIONS if each.name == "alert"]
    with pytest.raises(BadSetting):
        row.read(given)
