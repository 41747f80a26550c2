"""The doctor's server as a first course in networks ends: a thread for each client, a pickle each.

    python examples/textbook/server.py [PORT]

It is kept plain on purpose, with the faults that such servers have. `docs/tour.md` shows each of
them, and how the server of this project mends it. Do not let anybody else connect to this one.
"""

import pickle
import socket
import sys
from pathlib import Path
from threading import Thread

from doctor import Doctor


class DoctorClientHandler(Thread):
    """Talks with one patient, from the name to the end of the connection."""

    def __init__(self, client):
        Thread.__init__(self)
        self.client = client

    def run(self):
        """Load the patient's doctor or make one, answer every line, and save at the end."""
        self.client.send(b"What is your name?\n")
        name = self.client.recv(1024).decode().strip()
        file = Path(name + ".dat")
        if file.exists():
            doctor = pickle.loads(file.read_bytes())
        else:
            doctor = Doctor(name)
        self.client.send(doctor.greeting().encode() + b"\n")
        while True:
            line = self.client.recv(1024).decode().strip()
            if not line:
                break
            self.client.send(doctor.reply(line).encode() + b"\n")
        with file.open("wb") as output:
            pickle.dump(doctor, output)
        self.client.close()


def main():
    """Accept clients for ever."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 5001
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(5)
    print("Textbook server listening on port", listener.getsockname()[1], flush=True)
    while True:
        DoctorClientHandler(listener.accept()[0]).start()


if __name__ == "__main__":
    main()
