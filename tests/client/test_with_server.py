"""The client's conversation and window with the real server."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import pytest
import trustme

from client.net import events
from client.net.address import ServerAddress
from client.net.conversation import Conversation
from tests.server.network.test_tls import certificates
from tests.support.helpers import Client, live_server
from tests.support.listening import PATIENCE, Listening
from tests.support.screen import User, opened, shown, tk_garbage_stays_here, until

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_is_recorded_once_over_a_restart(tmp_path: Path) -> None:
    """The server restarts between lines; the history has each line once."""
    with live_server(tmp_path) as server:
        port = server.address[1]
        here = Listening(port)
        here.conversation.say("My mother hates me.")
        assert here.until(events.Answered).entry.number == 1
    lost = here.until(events.Lost)
    assert "ended this connection" in lost.why
    idents = [here.conversation.say("I was not done."), here.conversation.say("Not at all.")]
    with live_server(tmp_path, port=port):
        assert here.until(events.Welcomed).exchanges == 1
        answered = [here.until(events.Answered) for _ in idents]
        assert [(one.line, one.entry.number) for one in answered] == list(
            zip(idents, (2, 3), strict=True)
        )
        here.conversation.ask_history(10)
        said = [entry.patient for entry in here.until(events.HistoryPage).entries]
        assert said == ["My mother hates me.", "I was not done.", "Not at all."]
        here.end()


def test_a_history_renamed_meanwhile_is_told(tmp_path: Path) -> None:
    """After a renaming and a restart the client reports a different history."""
    with live_server(tmp_path) as server:
        port = server.address[1]
        here = Listening(port)
        here.conversation.say("My mother hates me.")
        here.until(events.Answered)
        server.context.store.rename("Ada", "Grace")
    here.until(events.Lost)
    with live_server(tmp_path, port=port) as server:
        welcomed = here.until(events.Welcomed)
        assert (welcomed.exchanges, welcomed.reconnected, welcomed.different) == (0, True, True)
        here.conversation.say("Who are you?")
        assert here.until(events.Answered).entry.number == 1
        here.end()
        with Client(server) as grace:
            assert grace.enter("Grace").field("exchanges") == "1"


def test_a_history_with_as_many_exchanges_is_known_by_its_beginning(tmp_path: Path) -> None:
    """A history that got the name of another one is not mistaken for it."""
    with live_server(tmp_path) as server:
        port = server.address[1]
        with Client(server) as ada, Client(server) as bob:
            for one, name in ((ada, "Ada"), (bob, "Bob")):
                one.enter(name)
                one.ask("My mother hates me.")
        here = Listening(port)
        assert here.until(events.Welcomed).exchanges == 1
        server.context.store.rename("Ada", "Grace")
        server.context.store.rename("Bob", "Ada")
    here.until(events.Lost)
    with live_server(tmp_path, port=port):
        welcomed = here.until(events.Welcomed)
        assert (welcomed.exchanges, welcomed.reconnected, welcomed.different) == (1, True, True)
        here.end()


def test_a_locked_history_opens_with_blanks_around_its_passphrase(tmp_path: Path) -> None:
    """A passphrase with blanks around it, set at a terminal, works in the client too."""
    with live_server(tmp_path) as server:
        with Client(server) as ada:
            ada.enter("Ada")
            for said in ("/passphrase", " two words ", " two words "):
                ada.ask(said)
        here = Listening(server.address[1])
        here.until(events.SecretWanted)
        here.conversation.answer(" two words ")
        assert here.until(events.Welcomed).exchanges == 0
        here.end()


def test_an_idle_line_rests_and_goes_on(tmp_path: Path) -> None:
    """After the server closed an idle connection, the next line opens a new one."""
    with live_server(tmp_path, idle_time=0.2) as server:
        here = Listening(server.address[1])
        here.until(events.Welcomed)
        here.until(events.Suspended)
        ident = here.conversation.say("I am back.")
        assert here.until(events.Answered).line == ident
        here.end()


def test_a_history_erased_elsewhere_ends_it(tmp_path: Path) -> None:
    """If another connection erases the history, this one ends and does not reconnect."""
    with live_server(tmp_path) as server:
        here = Listening(server.address[1])
        here.conversation.say("a secret")
        here.until(events.Answered)
        with Client(server) as phone:
            phone.enter("Ada")
            assert phone.ask("/forget").code == 336
            assert phone.ask("Ada").code == 236
            assert "erased" in here.until(events.Failed).why
        here.end()


def test_secrets_that_look_like_commands_are_secrets(tmp_path: Path) -> None:
    """A passphrase may begin with a slash; it opens the history the next time."""
    with live_server(tmp_path) as server:
        here = Listening(server.address[1])
        here.conversation.say("something to keep")
        here.until(events.Answered)
        here.conversation.say("/passphrase")
        for _ in range(2):
            here.until(events.SecretWanted)
            here.conversation.answer("/quit /quit")
        assert here.until(events.Replied).code == 235
        here.end()
        again = Listening(server.address[1])
        again.until(events.SecretWanted)
        again.conversation.answer("/quit /quit")
        assert again.until(events.Welcomed).exchanges == 1
        again.end()


def test_traces_of_the_real_doctor_fit_their_lines(tmp_path: Path) -> None:
    """The trace after a reply belongs to its line and contains the reply."""
    with live_server(tmp_path) as server:
        here = Listening(server.address[1], explain=True)
        here.conversation.say("My mother\tnever listens to me.")
        answered = here.until(events.Answered)
        trace = here.until(events.TraceFound)
        assert ("reply", answered.entry.doctor) in trace.rows
        assert trace.rows[0][0] == "line"
        here.end()


def test_a_conversation_over_tls(tmp_path: Path) -> None:
    """A trusted certificate opens a TLS connection; another one is refused with a sentence."""
    authority, other = trustme.CA(), trustme.CA()
    identity = authority.issue_cert("localhost", "127.0.0.1")
    for name, blob in (
        ("key.pem", identity.private_key_pem),
        ("cert.pem", identity.cert_chain_pems[0]),
        ("ca.pem", authority.cert_pem),
        ("other.pem", other.cert_pem),
    ):
        blob.write_to_path(tmp_path / name)
    wanted = {"tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    with live_server(tmp_path / "patients", **wanted) as server:
        for trusted, kind in (("ca.pem", events.Answered), ("other.pem", events.Failed)):
            found: queue.SimpleQueue[object] = queue.SimpleQueue()
            port = server.address[1]
            address = ServerAddress("localhost", port, tls=True, authority=str(tmp_path / trusted))
            conversation = Conversation(address, "Ada", found.put)
            conversation.start()
            conversation.say("hello")
            event = found.get(timeout=PATIENCE)
            while not isinstance(event, kind):
                event = found.get(timeout=PATIENCE)
            if isinstance(event, events.Failed):
                assert "cannot be trusted" in event.why
            conversation.close(PATIENCE)


def test_the_status_line_knows_of_the_passphrase(tmp_path: Path) -> None:
    """The status line shows whether there is a passphrase, also after every change."""
    with tk_garbage_stays_here(), live_server(tmp_path / "patients") as server:
        window = opened(tmp_path / "client.json", server.address[1], "Ada")
        presenter = window.presenter
        until(window, lambda: presenter.state == "open")
        for ask, answers, hint in (
            (window.set_passphrase, ("right", "right"), "Passphrase set"),
            (window.set_passphrase, ("right", "", ""), "No passphrase"),
            (window.set_passphrase, ("right", "right"), "Passphrase set"),
            (window.forget, ("Ada",), "No passphrase"),
        ):
            ask()
            for answer in answers:
                until(window, lambda: presenter.view.dialog)
                assert presenter.conversation is not None
                presenter.view.close_dialog()
                presenter.conversation.answer(answer)
            until(window, lambda hint=hint: presenter.view.layout.hint["text"] == hint)  # type: ignore[misc]
        conversation = presenter.conversation
        window.leave()
        assert conversation is not None
        conversation.close(PATIENCE)
        assert not window.faults


def test_speaking_plainly_with_a_server_of_tls(tmp_path: Path) -> None:
    """A client without TLS is told that the server may use it, and how to use it."""
    path, _trust = certificates(tmp_path)
    with live_server(tmp_path / "patients", tls_cert=path, handshake_time=0.2) as server:
        here = Listening(server.address[1])
        assert "--tls" in here.until(events.Failed).why
        here.end()


def test_two_visits_by_hand(tmp_path: Path) -> None:
    """On a second visit the window shows the first session, and the doctor knows the name."""
    with tk_garbage_stays_here(), live_server(tmp_path / "patients") as server:
        for visit in (1, 2):
            window = opened(tmp_path / "client.json", server.address[1], "Ada Lovelace")
            until(window, lambda window=window: window.presenter.state == "open")  # type: ignore[misc]
            if visit == 2:
                until(window, lambda window=window: "My mother" in shown(window))  # type: ignore[misc]
                text = shown(window)
                assert text.index("My mother hates me.") < text.rindex("Ada Lovelace")
            user = User(window)
            user.focus(window.layout.input)
            user.write("My mother hates me." if visit == 1 else "She still does.")
            user.press("Return")
            view = window.view.transcript
            until(window, lambda view=view: view.items[-1].number == visit)  # type: ignore[misc] # noqa: B023
            conversation = window.presenter.conversation
            window.leave()
            assert conversation is not None
            conversation.close(PATIENCE)
            assert not window.faults


@pytest.mark.parametrize("name", ["", "x" * 65, "/help", "\u202e"])
def test_names_that_cannot_be_used_are_explained(tmp_path: Path, name: str) -> None:
    """A refused name ends the conversation with the reason; a name with a slash is no command."""
    with live_server(tmp_path) as server:
        here = Listening(server.address[1], name)
        if name == "/help":
            here.until(events.Welcomed)
        else:
            assert here.until(events.Failed).code == 553
        here.end()
