"""Three servers to measure the doctor's against; each speaks as much of the protocol as it must.

    python bench/peers.py echo|durable|textbook [DIRECTORY]      prints its port

echo       a bare thread-per-connection echo: what threads and sockets alone cost, the ceiling
durable    the same, each line appended to the patient's file and synced before it is sent back:
           the ceiling of a server that promises what the doctor's promises, done the plain way
textbook   the server of the case study that courses teach, in its own manner: `listen(5)`, a
           buffer for each read, a reply chosen at random, the history pickled at the end alone
"""

from __future__ import annotations

import os
import pickle
import random
import socket
import sys
import threading
from pathlib import Path


def echo(connection: socket.socket) -> None:
    """Send every line back."""
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"220 name?\n")
        connection.recv(4096)
        connection.sendall(b"230 welcome\n")
        while data := connection.recv(1024):
            if data.startswith(b"/quit"):
                connection.sendall(b"221 goodbye\n")
                return
            connection.sendall(b"250 " + data)


def durable(connection: socket.socket, directory: Path) -> None:
    """Send every line back once it is on disk, in a file of this patient's that stays open."""
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"220 name?\n")
        name = connection.recv(4096).decode().strip()
        file = os.open(directory / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        connection.sendall(b"230 welcome\n")
        while data := connection.recv(1024):
            if data.startswith(b"/quit"):
                connection.sendall(b"221 goodbye\n")
                break
            os.write(file, data)
            os.fdatasync(file)
            connection.sendall(b"250 " + data)
        os.close(file)


HEDGES = ("Please tell me more.", "Many of my patients tell me the same thing.", "Please go on.")
QUALIFIERS = ("Why do you say that ", "You seem to think that ", "Can you explain why ")
PERSONS = {"i": "you", "me": "you", "my": "your", "am": "are", "mine": "yours", "you": "I"}


class TextbookDoctor:
    """A doctor as a first course builds it: hedges, qualifiers, a list of what was said."""

    def __init__(self) -> None:
        self.history: list[str] = []

    def reply(self, sentence: str) -> str:
        """Return a hedge, an earlier sentence, or the sentence turned round by single words."""
        choice = random.randint(1, 5)
        if choice == 1:
            answer = random.choice(HEDGES)
        elif choice == 2 and len(self.history) > 3:
            answer = "Earlier you said that " + turned(random.choice(self.history))
        else:
            answer = random.choice(QUALIFIERS) + turned(sentence)
        self.history.append(sentence)
        return answer


def turned(sentence: str) -> str:
    """Turn a sentence round, word by word."""
    return " ".join(PERSONS.get(word.lower(), word) for word in sentence.split())


def textbook(connection: socket.socket, directory: Path) -> None:
    """Talk as the textbook's handler does; what was said is saved when the patient leaves."""
    connection.send(b"220 name?\n")
    name = connection.recv(1024).decode().strip()
    path = directory / f"{name}.dat"
    doctor = pickle.loads(path.read_bytes()) if path.exists() else TextbookDoctor()
    connection.send(b"230 welcome\n")
    while True:
        message = connection.recv(1024).decode().strip()
        if not message or message == "/quit":
            connection.send(b"221 goodbye\n")
            connection.close()
            path.write_bytes(pickle.dumps(doctor))
            return
        connection.send(b"250 " + doctor.reply(message).encode() + b"\n")


def main() -> None:
    """Serve until killed."""
    kind = sys.argv[1]
    where = () if kind == "echo" else (Path(sys.argv[2]),)
    talk = {"echo": echo, "durable": durable, "textbook": textbook}[kind]
    threading.stack_size(256 * 1024)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(5 if kind == "textbook" else 4096)
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=talk, args=(connection, *where), daemon=True).start()  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
