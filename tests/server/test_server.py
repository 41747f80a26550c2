"""The server as its patients meet it: real sockets, real histories."""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from doctor.eliza import Eliza
from doctor.patients.opening import load
from doctor.protocol import BANNER, codes
from doctor.scripts import parse
from doctor.scripts.conventions import BUILT_IN
from doctor.server.affinity import Pinning
from tests.support.helpers import Client, live_server, until

if TYPE_CHECKING:
    from pathlib import Path


def test_a_visit_from_the_banner_to_goodbye(tmp_path: Path) -> None:
    """A patient is asked for a name, greeted, answered and seen off, and the history is kept."""
    with live_server(tmp_path) as server, Client(server) as ada:
        banner = ada.reply()
        assert (banner.code, banner.text[:8]) == (codes.READY, BANNER)
        welcome = ada.ask("Ada")
        assert welcome.code == codes.WELCOME
        assert welcome.field("exchanges") == "0"
        said = ada.ask("My mother hates me.")
        assert said.code == codes.SAYS
        assert ada.ask("/quit").code == codes.GOODBYE
        assert ada.closed()
    (exchange,) = load(tmp_path / "Ada.dat").history
    assert (exchange.patient, exchange.doctor) == ("My mother hates me.", said.text)


def test_a_returning_patient_finds_the_history(tmp_path: Path) -> None:
    """The second visit is told how much there is, and `/history` shows it with its numbers."""
    with live_server(tmp_path) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            ada.ask("hello")
            ada.ask("/quit")
        with Client(server) as ada:
            assert ada.enter("ada").field("exchanges") == "1"
            history = ada.ask("/history")
    assert [(row[0], row[4]) for row in history.rows] == [("1", "patient"), ("1", "doctor")]
    assert history.rows[0][5] == "hello"


def test_patients_talk_side_by_side(tmp_path: Path) -> None:
    """Twenty patients at once are each answered from their own history alone."""
    wrong: list[str] = []

    def visit(name: str, port: int) -> None:
        with Client(port) as patient:
            patient.enter(name)
            got = {patient.ask(f"{name} {number}").code for number in range(10)}
        if got != {codes.SAYS}:
            wrong.append(name)

    with live_server(tmp_path) as server:
        port = server.address[1]
        visits = [
            threading.Thread(target=visit, args=(f"patient {number}", port)) for number in range(20)
        ]
        for each in visits:
            each.start()
        for each in visits:
            each.join()
    assert not wrong
    for number in range(20):
        name = f"patient {number}"
        lines = [exchange.patient for exchange in load(tmp_path / f"{name}.dat").history]
        assert lines == [f"{name} {each}" for each in range(10)]


def test_one_patient_twice_at_once(tmp_path: Path) -> None:
    """Two connections of one patient share one history, each exchange numbered once."""
    with live_server(tmp_path) as server, Client(server) as here, Client(server) as there:
        here.enter("Ada")
        there.enter("ADA")
        here.ask("from here")
        there.ask("from there")
        rows = here.ask("/history").rows
    assert [row[5] for row in rows if row[4] == "patient"] == ["from here", "from there"]
    assert [row[0] for row in rows] == ["1", "1", "2", "2"]


def test_lines_sent_together_are_answered_in_order(tmp_path: Path) -> None:
    """A whole conversation in one packet gets its replies one by one, as a pipe into nc does."""
    with live_server(tmp_path) as server, Client(server) as ada:
        ada.send(b"Ada\r\none\ntwo\n/history\n//quit\n/quit\n")
        got = [ada.reply().code for _ in range(7)]
        assert got == [220, 230, 250, 250, 215, 250, 221]
    lines = [exchange.patient for exchange in load(tmp_path / "Ada.dat").history]
    assert lines == ["one", "two", "/quit"]


def test_everybody_who_leaves_is_forgotten_by_the_server(tmp_path: Path) -> None:
    """A connection that ends, politely or not, leaves no thread and no entry behind."""
    with live_server(tmp_path) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            assert [one["name"] for one in server.admin.status()["connected"]] == ["Ada"]
        until(lambda: not server.admin.status()["connected"], "the connection to end")


def test_a_script_that_loops_is_answered_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A line at which the script loops is answered, and one line of the log says who met it."""
    looping = parse(
        "(HELLO)(A (=A))(MEMORY A (0 = B)(0 = B)(0 = B)(0 = B))(NONE ((0) (PLEASE GO ON)))"
    )
    with live_server(tmp_path, machine=Eliza(looping)) as server, Client(server) as ada:
        ada.enter("Ada")
        assert ada.ask("a").text in BUILT_IN
        assert ada.ask("b").text == "PLEASE GO ON"
    stopped = [r for r in caplog.records if "stopped at a limit" in r.getMessage()]
    assert [r.levelname for r in stopped] == ["WARNING"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how a thread is scheduled")
def test_a_busy_process_keeps_to_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many clients it is on one processor and in batches, with few again as it was before."""
    monkeypatch.setattr("doctor.server.affinity.claim", lambda _: socket.socket())

    def found() -> tuple[set[int], int]:
        return os.sched_getaffinity(0), os.sched_getscheduler(0)

    before = found()
    pinning = Pinning("auto")
    pinning.adjust(100)
    busy = found()
    pinning.adjust(0)
    assert found() == before
    if len(before[0]) > 1 and before[1] == os.SCHED_OTHER:
        assert (len(busy[0]), busy[1]) == (1, os.SCHED_BATCH)
    else:
        assert busy == before
