"""The control socket, by which an operator asks a running server; both of its ends."""

from doctor.control.places import NAME, make_directory, running
from doctor.control.requests import ControlStream, open_stream, request
from doctor.control.server import ControlServer
from doctor.control.streams import ServerStream

__all__ = [
    "NAME",
    "ControlServer",
    "ControlStream",
    "ServerStream",
    "make_directory",
    "open_stream",
    "request",
    "running",
]
