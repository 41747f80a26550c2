"""A room's Doctor goes on with a Host as a patient's does with a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from doctor.doctor import STATE_EVERY, Doctor
from doctor.history.snapshot import ROOM
from doctor.history.transcript import Exchange, HistoryCounts
from doctor.host import Host
from doctor.loading import load_machine
from doctor.scripts import find_script
from tests.support.varied_lines import varied_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.doctor import Answer, AnyMachine

NAMES: Final = ("Ada", "Ben", "Cleo", "Dan")


def entries(doctor: Doctor, host: Host[Any]) -> Iterator[Answer]:
    """Yield what is recorded in a room in which four people come, talk, wait and leave."""
    now = 1e9
    doctor.greeting(now)
    for number, line in enumerate(varied_lines()[::20]):
        name = NAMES[number % 7 % 4]
        now += 7.3111
        if number % 11 == 0:
            came = host.came(doctor.state, name, now)
            yield doctor.entry(now, came.state, speaker=name, event="came")
            if came.reply:
                yield doctor.entry(now, doctor.state, doctor=came.reply, keyword=came.keyword)
        elif number % 17 == 0:
            left = host.left(doctor.state, name, now)
            yield doctor.entry(now, left.state, speaker=name, event="left")
        said = line if number % 5 else f"Doctor, {line}"
        heard = host.hear(doctor.state, name, said, now)
        yield doctor.entry(
            now, heard.state, said, speaker=name, doctor=heard.reply, keyword=heard.keyword
        )
        if number % 3 == 0:
            now += 25
            waited = host.wait(doctor.state, now)
            if waited.reply:
                yield doctor.entry(now, waited.state, doctor=waited.reply, keyword=waited.keyword)


@pytest.mark.parametrize("script", ["doctor", "1966"])
def test_a_saved_state_and_what_was_said_since_give_the_state_of_a_room(script: str) -> None:
    """Whenever a room is cut off, the state saved last is replayed to that of the end."""
    host: Host[Any] = Host(load_machine(find_script(script)))
    machine = cast("AnyMachine", host)
    doctor = Doctor("Lounge", machine, kind=ROOM)
    saved, number, since, answered = b"", 0, list[Exchange](), 0
    for answer in entries(doctor, host):
        exchange = doctor.keep(answer)
        answered += bool(exchange.doctor)
        if doctor.state_is_due(exchange):
            saved, number, since = answer.pack_state(), exchange.number, []
            doctor.note_saved(number)
        else:
            since.append(exchange)
        assert len(since) < STATE_EVERY
        again = Doctor("Lounge", None, HistoryCounts(), kind=ROOM)
        again.take_up(doctor.script, saved, number)
        again.unreplayed = since
        again.attach(machine)
        assert again.pack_state() == doctor.pack_state()
        if exchange.doctor:
            why = doctor.why()
            assert why is not None
            assert why.rows()[-1] == ("reply", " ".join(exchange.doctor.split()))
    assert answered > 10


def test_a_state_of_a_room_is_made_of_its_transcript() -> None:
    """A room whose entries are all there can be made again from the first on."""
    host: Host[Any] = Host(load_machine())
    doctor = Doctor("Lounge", cast("AnyMachine", host), kind=ROOM)
    for answer in entries(doctor, host):
        doctor.keep(answer)
    assert doctor.state_from(doctor.history) == doctor.pack_state()
