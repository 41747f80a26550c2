"""Streams at the control socket: how many, who may, how they end, and who waits for them."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from doctor import control
from doctor.control import ControlServer, ServerStream, open_stream, request
from doctor.control.server import STREAMS
from doctor.control.streams import TOO_SLOW
from doctor.errors import DoctorError, NotAllowed
from tests.control.operators import Operator
from tests.support.helpers import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Place:
    """A control socket whose streams repeat what they are told."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.streams: list[ServerStream] = []
        self.gate = threading.Event()
        self.server = ControlServer(directory, self.act, self.serve)

    def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Repeat a request."""
        return {"asked": asked}

    def serve(self, stream: ServerStream) -> None:
        """Repeat every command, fail where that is asked for."""
        if stream.asked.get("name") == "fail":
            raise NotAllowed("not now")
        if stream.asked.get("name") == "fault":
            raise ZeroDivisionError
        stream.tell("begun")
        self.streams.append(stream)
        for command in stream.commands():
            if command is None:
                stream.tell("alarm")
            elif command.get("do") == "wait":
                stream.alarm = time.monotonic() + 0.01
            elif command.get("do") == "stuck":
                assert self.gate.wait(PATIENCE)
            elif command.get("do") == "fault":
                raise ZeroDivisionError("a fault")
            else:
                stream.tell("done", **command)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Run a control socket."""
    found = Place(tmp_path)
    found.server.start()
    yield found
    found.gate.set()
    found.server.close()


def test_both_ways_in_order(place: Place) -> None:
    """Commands that come in pieces and many at once are each answered, in order."""
    with Operator(place.directory, do="watch") as one:
        lines = b"".join(b'{"do": "say", "number": %d}\n' % number for number in range(100))
        for at in range(0, len(lines), 7):
            one.send_bytes(lines[at : at + 7])
        assert [one.wait("done")["number"] for _ in range(100)] == list(range(100))
        one.do("say", text="ü" * 20_000)


@pytest.mark.parametrize("sent", [b"x", b"[]", b"[" * 60_000, b'{"a":' * 10_000, b"7" * 5000])
def test_nonsense_ends_no_stream(place: Place, sent: bytes) -> None:
    """What is no JSON object, however deep, is refused, and the next command is done."""
    with Operator(place.directory, do="watch") as one:
        one.send_bytes(sent + b"\n")
        assert one.wait("refused")["why"] == "the command is not a JSON object"
        assert one.do("say")["event"] == "done"


def test_an_alarm_comes_once(place: Place) -> None:
    """A stream whose alarm is set is woken at that time."""
    with Operator(place.directory, do="watch") as one:
        one.stream.send({"do": "wait"})
        assert one.wait("alarm")
        assert one.do("say")["event"] == "done"


def test_requests_wait_for_no_stream(place: Place) -> None:
    """Requests are answered while every stream there may be is busy; one more stream is refused."""
    operators = [Operator(place.directory, do="watch") for _ in range(STREAMS)]
    for one in operators:
        one.stream.send({"do": "stuck"})
    assert request(place.directory, {"do": "status"}) == {"asked": {"do": "status"}}
    with pytest.raises(NotAllowed, match=str(STREAMS)):
        open_stream(place.directory, {"do": "watch"})
    place.gate.set()
    operators.pop().leave()
    until(lambda: len(place.server._streams) < STREAMS, "the end of a stream")
    with Operator(place.directory, do="watch") as another:
        assert another.do("say")["event"] == "done"
    for one in operators:
        one.leave()
    until(lambda: not place.server._streams, "the end of all streams")


def test_who_reads_too_slowly_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who takes nothing delays nobody, gets what was held, and then hears why it ends."""
    monkeypatch.setattr("doctor.control.streams.HELD", 50)
    with open_stream(place.directory, {"do": "watch"}) as slow:
        until(lambda: place.streams, "the stream")
        stream, number = place.streams[0], 0
        while stream.tell("line", number=number, text="x" * 10_000):
            number += 1
            assert number < 10_000
        assert not stream.tell("line", number=-1)
        found = []
        while (event := slow.read()) is not None:
            found.append(event)
    assert [event["number"] for event in found[:-1]] == list(range(number))
    assert found[-1] == {"event": "end", "why": TOO_SLOW}
    assert number >= 50


def test_who_reads_nothing_at_the_end_is_not_waited_for(place: Place) -> None:
    """A stop waits for a stuck reader no longer than it was told to."""
    with open_stream(place.directory, {"do": "watch"}):
        until(lambda: place.streams, "the stream")
        for _ in range(100):
            place.streams[0].tell("line", text="x" * 10_000)
        began = time.monotonic()
        place.server.end_streams("stop", 0.05)
        assert time.monotonic() - began < PATIENCE / 2
        assert not place.server._streams


def test_an_end_is_told(place: Place) -> None:
    """What was put in before the end arrives before it, and nothing after it."""
    with Operator(place.directory, do="watch") as one:
        until(lambda: place.streams, "the stream")
        place.streams[0].tell("line")
        place.streams[0].end("enough")
        place.streams[0].tell("late")
        assert [one.next() for _ in range(3)] == [
            {"event": "line"},
            {"event": "end", "why": "enough"},
            None,
        ]


@pytest.mark.parametrize(("name", "error"), [("fail", NotAllowed), ("fault", OSError)])
def test_a_stream_that_is_refused(place: Place, name: str, error: type[Exception]) -> None:
    """The refusal is raised at the other end as that of a request is."""
    with pytest.raises(error):
        open_stream(place.directory, {"do": "watch", "name": name})
    until(lambda: not place.server._streams, "the end")


def test_a_fault_ends_one_stream(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the program ends its stream with a line about it, and is in the log."""
    with Operator(place.directory, do="watch") as one, Operator(place.directory, do="watch") as two:
        one.stream.send({"do": "fault"})
        assert one.next() == {"error": "", "why": "a fault"}
        assert one.next() is None
        assert two.do("say")["event"] == "done"
    assert "fault in a stream" in caplog.text


def test_another_user_gets_no_stream(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the system names as another user gets no stream."""
    monkeypatch.setattr("doctor.control.server.is_owner", lambda _: False)
    with pytest.raises(OSError, match="without an answer"):
        open_stream(place.directory, {"do": "watch"})
    assert not place.streams


def test_no_thread_is_left(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream whose thread cannot start is refused, and nothing of it is left."""

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(ServerStream, "start", fail)
        with pytest.raises(NotAllowed, match="out of threads"):
            open_stream(place.directory, {"do": "watch"})
    with Operator(place.directory, do="watch") as one:
        assert one.do("say")["event"] == "done"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"no json\n",
        b"[]\n",
        b'{"event": 1}',
        b'{"error": "NotAllowed"}\n',
        b"[" * 9000 + b"\n",
    ],
)
def test_a_server_of_another_kind(tmp_path: Path, said: bytes) -> None:
    """What is not the beginning of a stream is an error, never a wait without end."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / control.NAME))
        listener.listen(1)

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises((OSError, DoctorError)):
            open_stream(tmp_path, {"do": "watch"})
        thread.join(PATIENCE)


def test_what_a_reader_cannot_read(tmp_path: Path) -> None:
    """A line that is no JSON object in the middle of a stream is an error."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / control.NAME))
        listener.listen(1)

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                begun = json.dumps({"event": "begun"}).encode()
                connection.sendall(begun + b"\n" + b"[1]\n" + b"{\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with open_stream(tmp_path, {"do": "watch"}) as stream:
            for _ in range(2):
                with pytest.raises(OSError, match="cannot be read"):
                    stream.read()
            assert stream.read() is None
        thread.join(PATIENCE)
