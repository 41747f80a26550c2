"""The console: plain lines through pipes, a prompt at a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from doctor.protocol import Notice, Reply, codes, notices
from tests.support.fake_server import FakeServer
from tests.support.helpers import waits_for_a_key

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 30


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A fake server on a port of its own."""
    with FakeServer() as fake:
        yield fake


def piped(
    server: FakeServer, text: str, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the console with a pipe on each stream."""
    return subprocess.run(
        [sys.executable, "-m", "client", "--console", "--port", str(server.port), *options],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=_PATIENCE,
        check=False,
    )


def test_a_pipe_gets_a_reply_on_a_line_each(server: FakeServer) -> None:
    """Standard output has only the doctor's lines; the status is 0."""
    done = piped(server, "I am sad.\nYes.\n", "--name", "Ada")
    assert done.stdout.splitlines() == [
        "How do you do. Please tell me your problem.",
        "Why do you say: I am sad.?",
        "Why do you say: Yes.?",
    ]
    assert done.returncode == 0
    assert "Anyone who gives this name" in done.stderr


def test_the_first_line_is_the_name_where_none_is_given(server: FakeServer) -> None:
    """Without `--name` the first line names the patient, as with nc."""
    assert piped(server, "Grace\nhello\n/quit\n").returncode == 0
    assert server.received == ["Grace", "hello", "/quit"]


def test_passphrase_is_the_next_line_of_a_pipe(server: FakeServer) -> None:
    """A locked history opens with the line after the name."""
    server.behaviour.passphrases["Ada"] = "engine"
    done = piped(server, "engine\nhello\n", "--name", "Ada")
    assert "Why do you say: hello?" in done.stdout
    assert "engine" not in done.stdout + done.stderr


def test_commands_are_passed_on_and_told_in_words(server: FakeServer) -> None:
    """`/why` and `/history` are answered by plain notices."""
    done = piped(server, "my mother\n/why\n/history 1\n/nonsense\n", "--name", "Ada")
    assert "* Keyword used: MY" in done.stderr
    assert "you  my mother" in done.stderr
    assert done.stderr.lower().count("there is no such command") == 1


def test_passphrases_are_asked_for_once(server: FakeServer) -> None:
    """Each request for a passphrase is one notice, and so is a wrong one."""
    done = piped(server, "/passphrase\nright\nright\n", "--name", "Ada")
    assert done.stderr.count("New passphrase (empty for none)") == 1
    assert done.stderr.lower().count("once more") == 1
    again = piped(server, "wrong\nright\n", "--name", "Ada")
    assert again.stderr.count("locked") == 1
    assert again.stderr.count("That is not this history's passphrase.") == 1
    assert "try again" not in again.stderr


def test_nobody_there_is_status_1(server: FakeServer) -> None:
    """A refused connection is one clear line and status 1."""
    server.close()
    done = piped(server, "hello\n", "--name", "Ada")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Is the server running?" in done.stderr


def test_a_line_that_was_not_recorded_is_status_1(server: FakeServer) -> None:
    """A refused line is reported on standard error and in the exit status."""
    server.behaviour.replies.append(Reply(codes.NOT_SAVED, "no room"))
    done = piped(server, "first\nsecond\n", "--name", "Ada")
    assert done.returncode == 1
    assert "could not be saved" in done.stderr
    assert "Why do you say: second?" in done.stdout


def test_a_line_that_is_too_long_is_not_sent(server: FakeServer) -> None:
    """A line over the protocol's limit is refused by the client, and the next one is sent."""
    done = piped(server, "x" * 5000 + "\nshort\n", "--name", "Ada")
    assert "bytes too long" in done.stderr
    assert server.received[1:2] == ["short"]


def test_it_goes_on_after_a_lost_connection(server: FakeServer) -> None:
    """A line cut off in the middle is answered once, and a notice says what happened."""
    server.behaviour.cut_after_recording = 0
    done = piped(server, "cut off\nafter\n", "--name", "Ada")
    assert done.returncode == 0
    assert "Connected again" in done.stderr
    assert [said for said, _, _ in server.histories["Ada"]] == ["cut off", "after"]
    assert done.stdout.count("Why do you say: cut off?") == 1


def test_what_is_not_text_becomes_text(server: FakeServer) -> None:
    """Bytes that are not UTF-8 do not stop the console."""
    done = subprocess.run(
        [sys.executable, "-m", "client", "--console", "--port", str(server.port), "--name", "Ada"],
        input=b"caf\xe9\n",
        capture_output=True,
        cwd=ROOT,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    assert server.received[1] == "caf\N{REPLACEMENT CHARACTER}"


def test_without_a_display_it_is_the_console(server: FakeServer) -> None:
    """Without a display there is a notice, and the same conversation in lines."""
    done = subprocess.run(
        [sys.executable, "-m", "client", "--port", str(server.port), "--name", "Ada"],
        input="hello\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "DISPLAY"},
        timeout=_PATIENCE,
        check=False,
    )
    assert "There is no display, so this is the console." in done.stderr
    assert "Why do you say: hello?" in done.stdout


def test_it_ends_when_nobody_reads_on(server: FakeServer) -> None:
    """If the reader of the pipe has left (`| head`), the console ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "client", "--console", "--port", str(server.port), "--name", "Ada"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as console:
        assert console.stdin
        assert console.stdout
        assert console.stdout.readline()  # the greeting
        console.stdout.close()
        console.stdin.write("one\ntwo\nthree\n")
        console.stdin.flush()
        assert console.wait(_PATIENCE) == 0


class Terminal:
    """The console in a pseudo terminal."""

    def __init__(self, server: FakeServer, **environment: str) -> None:
        self.text = ""
        self.read = 0
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "client", "--console", "--port", str(server.port)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm", **environment},
            start_new_session=True,
        )
        os.close(slave)

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self.master, text.encode())

    def until(self, text: str) -> None:
        """Read until a text appears after the one that was found before."""
        deadline = time.monotonic() + _PATIENCE
        while (found := self.text.find(text, self.read)) < 0:
            ready, _, _ = select.select([self.master], [], [], deadline - time.monotonic())
            assert ready, self.text
            self.text += os.read(self.master, 4096).decode()
        self.read = found + len(text)

    def end(self) -> int:
        """Wait for the end of the process and return its status."""
        return self.process.wait(_PATIENCE)

    def press(self, key: str) -> int:
        """Press Ctrl+C or Ctrl+D as soon as the prompt waits for it; return the status."""
        deadline = time.monotonic() + _PATIENCE
        while not waits_for_a_key(self.master, self.process.pid):
            assert time.monotonic() < deadline, self.text
            if select.select([self.master], [], [], 0.01)[0]:
                self.text += os.read(self.master, 4096).decode()
        if key == "\x03":
            self.process.send_signal(signal.SIGINT)
        else:
            self.type(key)
        return self.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


def test_a_terminal_has_a_prompt_and_labels(server: FakeServer) -> None:
    """A terminal has prompts, labels and colours, and does not show passphrases."""
    server.behaviour.passphrases["Ada"] = "engine"
    with Terminal(server) as terminal:
        terminal.until("Your name: ")
        terminal.type("Ada\n")
        terminal.until("Passphrase: ")
        terminal.type("engine\n")
        terminal.until("You: ")
        terminal.type("hello\n")
        terminal.until("Why do you say: hello?")
        terminal.until("You: ")
        assert terminal.press("\x04") == 0
    assert "engine" not in terminal.text
    assert "\x1b[36mDoctor: \x1b[0m" in terminal.text


def test_no_color_is_respected(server: FakeServer) -> None:
    """With NO_COLOR a terminal gets no colours, and Ctrl+C ends with status 0."""
    with Terminal(server, NO_COLOR="1") as terminal:
        terminal.until("Your name: ")
        terminal.type("Ada\n")
        terminal.until("You: ")
        assert terminal.press("\x03") == 0
    assert "\x1b[36m" not in terminal.text
    assert "Traceback" not in terminal.text


def test_a_terminal_is_told_at_once_and_keeps_what_is_typed(server: FakeServer) -> None:
    """A lost connection is a notice above the prompt; the typed text stays and is sent."""
    with Terminal(server) as terminal:
        terminal.until("Your name: ")
        terminal.type("Ada\n")
        terminal.until("You: ")
        terminal.type("half a li")
        terminal.until("half a li")
        server.close()
        terminal.until("was lost")
        terminal.until("You: half a li")
        server.open()
        terminal.until("Connected again")
        terminal.type("ne\n")
        terminal.until("Why do you say: half a line?")
        terminal.type("/quit\n")
        assert terminal.end() == 0
    assert [said for said, _, _ in server.histories["Ada"]] == ["half a line"]


def test_one_exchange_is_found_and_taken_back(server: FakeServer) -> None:
    """`/find` shows number, time and words; `/forget N` asks for N again and says what is gone."""
    text = "My sister.\nMy day.\n/find SISTER\n/forget 1\n1\n/history\n"
    done = piped(server, text, "--name", "Ada")
    assert "My sister." in done.stderr
    assert "say the number once more" in done.stderr
    assert "Number 1 is taken back" in done.stderr
    assert server.histories["Ada"][0][0] == ""
    assert done.returncode == 0


def test_a_person_is_told_from_the_doctor(server: FakeServer) -> None:
    """Who reads along is a notice, and what a person says has the name, above the prompt."""
    at = "2026-11-30T19:20:18.123+00:00"
    with Terminal(server) as terminal:
        terminal.until("Your name: ")
        terminal.type("Ada\n")
        terminal.until("You: ")
        server.flood(Notice(notices.READING, "", 0, at, "event", "Maria", "", "Maria reads along"))
        terminal.until("* Maria reads along")
        terminal.type("half a li")
        terminal.until("half a li")
        server.flood(Notice(notices.SAID, "", 0, at, "person", "Maria", "", "Hello, \u202eAda."))
        terminal.until("Maria (a person): ")
        terminal.until(r"Hello, \u202eAda.")
        terminal.until("You: half a li")
        server.behaviour.replies.append(
            Reply(codes.SAID, "Maria reads this and answers.", (("number", "1"),))
        )
        terminal.type("ne\n")
        terminal.until("You: ")
        terminal.type("/quit\n")
        assert terminal.end() == 0
    assert server.received[-2:] == ["half a line", "/quit"]
