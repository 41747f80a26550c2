"""Print what programs of this computer log by UDP, each message as it comes.

python examples/remote_log.py 5140                  (one terminal)
python server.py --log syslog:127.0.0.1:5140        (another)
"""

import socket
import sys

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 5140))
print("waiting at port", receiver.getsockname()[1], flush=True)
while True:
    message, sender = receiver.recvfrom(65536)
    text = message.decode("utf-8", "replace")
    shown = "".join(character if character.isprintable() else "?" for character in text)
    print(sender[0], shown, flush=True)
