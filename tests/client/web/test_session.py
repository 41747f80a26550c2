"""The page's side of the protocol passes the tests of the client's: exactly once in a browser too.

Each test of `test_session.py`, `test_rooms.py` and `test_answers.py` with a session is here too.
`Session` is an object in the browser: the class of `session.js`, each call a script. The scripts go
over the browser's debugging protocol, since there are thousands of them.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import json
import re
import urllib.request
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.client import connect

from client.model.exchange import HistoryEntry
from client.model.presence import PersonActivity
from client.model.transcript_line import TranscriptLine
from client.net import events
from client.net.session import Phase
from tests.client.net import test_answers as answers
from tests.client.net import test_rooms as rooms
from tests.client.net import test_session as scenarios
from tests.support.helpers import PATIENCE
from tests.support.web import live_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver
    from websockets.sync.client import ClientConnection

    from client.net.pending import Request
    from doctor.protocol import Reply

#: Loads the class, and makes functions that call it; an index names a session.
_USE = """
import("/session.js").then((module) => {
  const sessions = [];
  window.openSession = (name, explain) => sessions.push(new module.Session(name, { explain })) - 1;
  window.callSession = (index, calls) => {
    const results = calls.map(([method, given]) => sessions[index][method](...given));
    return JSON.stringify(results.at(-1) ?? null);
  };
  return true;
})
"""


class DebuggedPage:
    """The page, asked over the browser's debugging protocol."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression or of its promise."""
        number = next(self._numbers)
        given = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        asked = {"id": number, "method": "Runtime.evaluate", "params": given}
        self._socket.send(json.dumps(asked))
        answer: dict[str, Any] = {}
        while answer.get("id") != number:
            answer = json.loads(self._socket.recv(PATIENCE))
        assert "exceptionDetails" not in answer["result"], answer
        return answer["result"]["result"].get("value")


@contextlib.contextmanager
def debugged(browser: webdriver.Chrome) -> Iterator[DebuggedPage]:
    """Connect with the browser's only page."""
    at = browser.capabilities["goog:chromeOptions"]["debuggerAddress"]
    with urllib.request.urlopen(f"http://{at}/json", timeout=PATIENCE) as listed:
        (url,) = (
            each["webSocketDebuggerUrl"] for each in json.load(listed) if each["type"] == "page"
        )
    with connect(url, proxy=None, compression=None) as socket:
        yield DebuggedPage(socket)


class PageSession:
    """A session in the browser with the interface of `client.net.session.Session`."""

    page: DebuggedPage

    def __init__(self, name: str, *, explain: bool = False) -> None:
        """Make a session in the page."""
        #: Calls that return nothing; they are made together with the next one that does.
        self._delayed: list[tuple[str, tuple[Any, ...]]] = []
        self._index = self.page.evaluate(f"openSession({json.dumps(name)}, {json.dumps(explain)})")

    def _delay(self, method: str, *given: Any) -> None:
        self._delayed.append((method, given))

    def _call(self, method: str, *given: Any) -> Any:
        self._delay(method, *given)
        calls, self._delayed = self._delayed, []
        return json.loads(self.page.evaluate(f"callSession({self._index}, {json.dumps(calls)})"))

    @property
    def phase(self) -> Phase:
        """The state of the conversation."""
        return Phase[self._call("valueOf")["phase"]]

    def begin(self) -> None:
        """Reset the session for a new connection."""
        self._delay("begin")

    def disconnect(self) -> None:
        """End the connection."""
        self._delay("disconnect")

    def quit(self) -> None:
        """Leave."""
        self._delay("quit")

    def say(self, ident: int, text: str, room: str | None = None) -> None:
        """Queue what the patient typed."""
        self._delay("say", ident, text, room)

    def ask(self, request: Request) -> None:
        """Queue a request."""
        self._delay("ask", asdict(request))

    def answer(self, text: str) -> None:
        """Answer a question."""
        self._delay("answer", text)

    def next_line(self) -> str | None:
        """Return the line to send now."""
        line: str | None = self._call("nextLine")
        return line

    def take(self, reply: Reply) -> list[events.Event]:
        """Take one reply."""
        given = {"code": reply.code, "text": reply.text, "rows": reply.rows}
        return [_event(**each) for each in self._call("take", given)]


def _event(kind: str, **fields: Any) -> events.Event:
    if "entries" in fields:
        fields["entries"] = tuple(_entry(**each) for each in fields["entries"])
    if "entry" in fields:
        fields["entry"] = _entry(**fields["entry"])
    if "lines" in fields:
        fields["lines"] = tuple(_line(**each) for each in fields["lines"])
    if "what" in fields:
        fields |= {"what": PersonActivity[fields["what"]], "line": _line(**fields["line"])}
    for name in {"members", "script"} & set(fields):
        fields[name] = tuple(fields[name])
    if "rows" in fields:
        fields["rows"] = tuple(map(tuple, fields["rows"]))
    made: events.Event = getattr(events, kind)(**fields)
    return made


def _entry(at: str, **fields: Any) -> HistoryEntry:
    return HistoryEntry(at=datetime.fromisoformat(at), **fields)


def _line(at: str, **fields: Any) -> TranscriptLine:
    return TranscriptLine(at=datetime.fromisoformat(at), **fields)


@pytest.fixture(scope="module")
def page(one_browser: webdriver.Chrome) -> Iterator[DebuggedPage]:
    """The page, loaded, with its session class at hand."""
    with live_gateway(1) as gateway:
        one_browser.get(gateway.url)
        with debugged(one_browser) as found:
            assert found.evaluate(_USE)
            yield found
        one_browser.get("about:blank")


@pytest.fixture(autouse=True)
def session_of_the_page(page: DebuggedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the scenarios use a session in the browser."""
    monkeypatch.setattr(PageSession, "page", page, raising=False)
    for module in (answers, rooms, scenarios):
        monkeypatch.setattr(module, "Session", PageSession)


_OPENS = re.compile(r"\b(?:Session|opened|joined)\(")
for _name, _test in (vars(scenarios) | vars(answers) | vars(rooms)).items():
    if _name.startswith("test_"):
        _body = getattr(getattr(_test, "hypothesis", None), "inner_test", _test)
        if _OPENS.search(inspect.getsource(_body)):
            globals()[_name] = _test
