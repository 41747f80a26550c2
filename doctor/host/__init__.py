"""The host of a room: what the doctor says among several people, and when; pure."""

from doctor.host.host import PATIENCE, WELCOME, Host, HostResponse
from doctor.host.state import HostState

__all__ = ["PATIENCE", "WELCOME", "Host", "HostResponse", "HostState"]
