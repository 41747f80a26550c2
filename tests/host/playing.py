"""A room in which a test plays several people and waits: `Room`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doctor.host import PATIENCE, Host
from doctor.loading import load_machine
from doctor.machine import Visit
from doctor.scripts import find_script
from tests.support.fake_machine import FakeMachine

if TYPE_CHECKING:
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
