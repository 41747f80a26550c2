"""A room in which a test plays several people and waits: `Room`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doctor.host import PATIENCE, Host
from doctor.loading import load_machine
from doctor.machine import Visit
from doctor.scripts import find_script
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
    from pathlib import Path

    from doctor.host import HostResponse

MACHINES: Final = {
    "shipped": load_machine(),
    "1966": load_machine(find_script("1966")),
    "fake": FakeMachine(),
}
HOSTS: Final[dict[str, Host[Any]]] = {name: Host(each) for name, each in MACHINES.items()}
HOST: Final = HOSTS["shipped"]
NOW: Final = 1e9
VISIT: Final = Visit("room", 0, None, 0)
DANGER: Final = "I want to kill myself."


class Room:
    """A room in a test: people come, speak and wait; `said` is what the host answered."""

    def __init__(self, *names: str, host: Host[Any] = HOST) -> None:
        self.host = host
        self.state = host.greet(host.start(), VISIT, NOW).state
        self.now = NOW
        self.last: HostResponse | None = None
        for name in names:
            self.take(host.came(self.state, name, self.now))

    def take(self, response: HostResponse) -> str:
        """Go on with the state of a response, and return what was said."""
        self.last, self.state = response, response.state
        return response.reply

    def say(self, name: str, line: str, seconds: float = 3.0) -> str:
        """Return what the host says at once to a line."""
        self.now += seconds
        return self.take(self.host.hear(self.state, name, line, self.now))

    def wait(self, seconds: float = PATIENCE) -> str:
        """Return what the host says after a silence."""
        self.now += seconds
        return self.take(self.host.wait(self.state, self.now))


class Session:
    """A session of a file: who says what, and how long nobody does; `told` is what the host said.

    `Ada comes in.`, `Ada leaves.` and `Ada: text` are events, `... 40` is a silence; a line takes
    twelve seconds and a little for each character.
    """

    def __init__(self, path: Path, host: Host[Any] = HOST) -> None:
        self.room = Room(host=host)
        self.told: list[str] = []
        self.answers: dict[str, str] = {}  #: what was said at once to a line
        self.lines = self.unasked = 0
        for line in filter(None, map(str.strip, path.read_text("utf-8").splitlines())):
            self._play(line)

    def _play(self, line: str) -> None:
        room = self.room
        if line.startswith("..."):
            self._pass(float(line[3:]))
        elif line.endswith((" comes in.", " leaves.")):
            name = line.split(maxsplit=1)[0]
            happened = room.host.came if line.endswith("in.") else room.host.left
            room.take(happened(room.state, name, room.now))
        else:
            name, text = line.split(": ", 1)
            self._pass(12 + len(text) / 8)
            self.lines += 1
            self.answers[text] = room.say(name, text, 0)
            self._tell(self.answers[text])

    def _pass(self, seconds: float) -> None:
        """Let time pass; the host speaks when it has waited long enough."""
        until = self.room.now + seconds
        due = self.room.host.wants_answer_at(self.room.state)
        if due is not None and due < until:
            self.unasked += 1
            self._tell(self.room.wait(due - self.room.now))
        self.room.now = until

    def _tell(self, said: str) -> None:
        self.told += [said] if said else []
