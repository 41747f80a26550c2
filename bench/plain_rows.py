"""A doctor on PostgreSQL as a user would write it: a pool, an INSERT and a COMMIT for each line.

    python bench/plain_rows.py URL [SCRIPT]      prints its port

A thread for each connection, psycopg's pool, the doctor's own machine, the state beside each
exchange.
bench/rows.py measures the doctor's server against it.
"""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from psycopg_pool import ConnectionPool  # noqa: E402 - the path comes first

from doctor.doctor import AnyMachine, Doctor  # noqa: E402
from doctor.loading import load_machine  # noqa: E402

#: Connections to the database.
POOL = 10
#: Seconds that a thread waits for one of them.
PATIENCE = 120.0
TABLE = """
    create table if not exists said (
        patient text, number bigint, session int, at timestamptz, line text, reply text,
        keyword text, mark text, state bytea, primary key (patient, number))
"""
INSERT = (
    "insert into said values (%s, %s, %s, to_timestamp(%s), %s, %s, %s, %s, %s) "
    "on conflict (patient, number) do nothing"
)


def talk(client: socket.socket, machine: AnyMachine, pool: ConnectionPool) -> None:
    """Talk with one client until it leaves."""
    with client, client.makefile("rb") as lines:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(b"220 name?\n")
        doctor = Doctor(lines.readline().decode().strip(), machine)
        client.sendall(b"230 " + doctor.greeting(0.0).encode() + b"\n")
        for line in lines:
            if line.startswith(b"/quit"):
                break
            answer = doctor.reply(line.decode().strip(), 0.0)
            said = answer.exchange
            values = (
                doctor.name, said.number, said.session, said.at, said.patient, said.doctor,
                said.keyword, said.mark, answer.pack_state(),
            )  # fmt: skip
            with pool.connection(PATIENCE) as connection:  # commits at its end
                connection.execute(INSERT, values)
            doctor.keep(answer)
            client.sendall(b"250 " + answer.text.encode() + b"\n")


def main() -> None:
    """Serve until killed."""
    machine = load_machine(Path(sys.argv[2])) if len(sys.argv) > 2 else load_machine()
    pool = ConnectionPool(sys.argv[1], min_size=POOL, max_size=POOL, open=True)
    with pool.connection(PATIENCE) as connection:
        connection.execute(TABLE)
    threading.stack_size(256 * 1024)
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=talk, args=(client, machine, pool), daemon=True).start()


if __name__ == "__main__":
    main()
