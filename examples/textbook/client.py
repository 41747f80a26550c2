"""The patient's end of the textbook's server: a line is sent, and a reply is waited for.

    python examples/textbook/client.py [PORT]

An empty line, or the end of the input, ends the conversation.
"""

import socket
import sys


def main():
    """Print what the server says, and send what is typed."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 5001
    with socket.create_connection(("127.0.0.1", port)) as server:
        while True:
            message = server.recv(1024).decode()
            if not message:
                break
            print(message, end="", flush=True)
            line = sys.stdin.readline().strip()
            if not line:
                break
            server.send(line.encode() + b"\n")


if __name__ == "__main__":
    main()
