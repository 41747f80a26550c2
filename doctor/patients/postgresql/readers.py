"""Know who reads along over all servers: `Readers`, the table `readers`.

    changed              the listener's thread writes this server's rows, and notifies the others
    forward, tell, ...   the listener's thread notifies one server or all; after the commit, many
                         exchanges by one notice, never in a commit
    attach, work, hear, bury    in the listener's thread, over its connection

A notice is `reading JSON`. It says who sends it and one thing of

    readers   look at the table
    said      [[key, number], ...]: exchanges of patients; their texts are read from the rows
    entry     [key, number, sentence]: an exchange by which a person said or did something
    done      [name, speaker, event, at, sentence]: the same for what is in no history
    event     anything else that readers are told

A server listens to all and to a channel of its own. The table is not logged: after a takeover by a
standby it is empty, and each server writes its own rows again. Rows of a server that has died are
deleted by whoever notices it (`room_members`).
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from doctor.history.transcript import MAX_NUMBER, Exchange
from doctor.patients.postgresql.maintenance import CHANNEL
from doctor.patients.postgresql.rows import exchange as exchange_of
from doctor.patients.postgresql.rows import to_milliseconds
from doctor.patients.shared_readers import RemoteReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.patients.postgresql.connection import DatabaseConnection
    from doctor.patients.postgresql.pool import Pool
    from doctor.patients.shared_readers import ReadingWatcher

#: How a notice about readers begins.
NOTICE: Final = "reading"
#: Exchanges that one notice names; a notice has at most 8,000 bytes.
_AT_ONCE: Final = 20
#: Things that wait to be told while the database is away; older ones are dropped.
_HELD: Final = 10_000
_ALL: Final = 0
#: Half a character, which no server writes and which could not be sent on.
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")

_OTHERS: Final = """
    select server, number, patient, person, since, marked, attends, announced, holds
    from readers where server <> %s order by since, server, number
"""
_DELETE_OTHERS: Final = "delete from readers where server = %s and number <> all(%s::bigint[])"
_WRITE: Final = """
    insert into readers
        (server, number, patient, person, since, marked, attends, announced, holds)
    values (%s, %s, %s, %s, to_timestamp(%s), %s, %s, %s, %s)
    on conflict (server, number) do update
    set patient = excluded.patient, announced = excluded.announced, holds = excluded.holds
"""
#: One person at a time claims a patient, so that exactly one holds.
_CLAIMING: Final = (
    "select pg_advisory_xact_lock(hashtextextended(%s, 'readers'::regclass::oid::int8))"
)
_HOLDER: Final = (
    "select person from readers where patient = %s and holds and (server, number) <> (%s, %s)"
)
_BURY: Final = "delete from readers where server = any(%s) returning 1"
_SAID: Final = """
    select p.name, e.number, e.at, e.session, e.line, e.reply, e.keyword, e.mark, e.speaker,
           e.responder, e.event
    from unnest(%s::text[], %s::bigint[]) with ordinality as s(key, number, place)
    join patients p on p.key = s.key join exchanges e on e.patient = p.id and e.number = s.number
    order by s.place
"""
# A notice must survive no crash: without this its commit would wait for the disk.
_NOTIFY: Final = (
    "select set_config('synchronous_commit', 'off', true), pg_notify(channel, payload) "
    "from unnest(%s::text[], %s::text[]) as n(channel, payload)"
)


class Readers:
    """See `doctor.patients.shared_readers.SharedReaders`."""

    def __init__(self, pool: Pool, server: int) -> None:
        """Take the number of this server's row in `servers`."""
        self._pool = pool
        self._server = server
        self._lock = threading.Lock()
        self._told: deque[tuple[int, dict[str, Any]]] = deque(maxlen=_HELD)
        self._is_wrong = False  # what is noted of this server may be wrong
        self._watcher: ReadingWatcher | None = None
        self._is_new = False  # the watcher was told of nobody yet
        #: Has the listener's thread call `work`; set by the storage.
        self.wake: Callable[[], None] = lambda: None

    # --- any thread ---

    def watch(self, watcher: ReadingWatcher) -> None:
        """Tell `watcher` from now on of other servers."""
        self._watcher = watcher
        self._is_new = True
        self.changed()

    def changed(self) -> None:
        """Have the others told who reads here now."""
        self._is_wrong = True
        self.wake()

    def claim(self, reader: RemoteReader) -> str:
        """Let a person of this server hold a patient, and return ""; or who holds already."""

        def work(connection: DatabaseConnection) -> str:
            with connection.transaction():
                connection.execute(_CLAIMING, [reader.wanted])
                asked = [reader.wanted, self._server, reader.number]
                found = connection.execute(_HOLDER, asked).fetchone()
                if found is not None:
                    return str(found[0])
                self._write(connection, reader._replace(holds=True))
            return ""

        return self._pool.run(work)

    def forward(self, server: int, patient: str, number: int) -> None:
        """Tell a server that the patient of this key has said something here."""
        self._put(server, {"said": [[patient, number]]})

    def tell_entry(self, patient: str, number: int, sentence: str) -> None:
        """Tell all servers of an exchange by which a person here said or did something."""
        self._put(_ALL, {"entry": [patient, number, sentence]})

    def tell_unrecorded(self, exchange: Exchange, patient: str, sentence: str) -> None:
        """Tell all servers of what a person here did where that is in no history."""
        told = [patient, exchange.speaker, exchange.event, exchange.at, sentence]
        self._put(_ALL, {"done": told})

    def tell(self, server: int, event: dict[str, Any]) -> None:
        """Tell a server of something else that has happened here."""
        self._put(server, {"event": event})

    def _put(self, server: int, what: dict[str, Any]) -> None:
        with self._lock:
            last = self._told[-1] if self._told else (-1, {})
            said = last[1].get("said", ())
            if last[0] == server and "said" in what and 0 < len(said) < _AT_ONCE:
                said += what["said"]
            else:
                self._told.append((server, what))
        self.wake()

    # --- the listener's thread ---

    def attach(self, connection: DatabaseConnection) -> None:
        """Begin with a new connection: write this server's rows, and read those of the others."""
        connection.execute(f"listen {_channel(self._server)}".encode())
        self._is_wrong = True
        self.work(connection)
        self._look(connection)

    def work(self, connection: DatabaseConnection) -> None:
        """Do what other threads have asked for, in that order: what was told first goes first."""
        is_wrong, self._is_wrong = self._is_wrong, False
        try:
            self._tell(connection, self._take())
            if is_wrong and self._watcher is not None:
                self._correct(connection, self._watcher.readers_here())
        except BaseException:
            self._is_wrong = is_wrong or self._is_wrong
            raise
        if self._is_new:
            self._is_new = False
            self._look(connection)

    def _take(self) -> list[tuple[int, dict[str, Any]]]:
        with self._lock:
            told = list(self._told)
            self._told.clear()
        return told

    def _tell(self, connection: DatabaseConnection, told: list[tuple[int, dict[str, Any]]]) -> None:
        if told:
            channels = [_channel(server) for server, _ in told]
            notices = [self._notice(what) for _, what in told]
            connection.execute(_NOTIFY, [channels, notices])

    def _notice(self, what: dict[str, Any]) -> str:
        return f"{NOTICE} {json.dumps({'from': self._server, **what}, ensure_ascii=False)}"

    def _correct(self, connection: DatabaseConnection, here: list[RemoteReader]) -> None:
        """Write this server's rows, and notify the others where any were changed."""
        numbers = [reader.number for reader in here]
        connection.execute(_DELETE_OTHERS, [self._server, numbers])
        for reader in here:
            self._write(connection, reader)
        self._tell(connection, [(_ALL, {"readers": len(here)})])

    def _write(self, connection: DatabaseConnection, reader: RemoteReader) -> None:
        _server, number, wanted, *rest = reader
        connection.execute(_WRITE, [self._server, number, wanted or "", *rest])

    def hear(self, text: str, connection: DatabaseConnection) -> None:
        """Take a notice about readers; ignore what cannot be read."""
        found, watcher = _parse(text.partition(" ")[2]), self._watcher
        if watcher is None or found.get("from") == self._server:
            return
        match found:
            case {"readers": _}:
                self._look(connection)
            case {"said": [*said]}:
                for name, exchange in self._read(connection, said):
                    watcher.hear_exchange(name, exchange)
            case {"entry": [patient, number, str(sentence)]}:
                for name, exchange in self._read(connection, [[patient, number]]):
                    watcher.hear_entry(name, exchange, sentence)
            case {"done": [str(name), str(person), str(event), float(at), str(sentence)]}:
                exchange = Exchange(0, at, 0, "", "", speaker=person, event=event)
                watcher.hear_entry(name, exchange, sentence)
            case {"event": {"what": str(_), "patient": str(_), "at": float(_), "fields": dict(_)}}:
                watcher.hear_event(found["event"])

    def _look(self, connection: DatabaseConnection) -> None:
        """Have the watcher told who reads at other servers."""
        if self._watcher is None:
            return
        rows = connection.execute(_OTHERS, [self._server]).fetchall()
        readers = [
            RemoteReader(server, number, wanted or None, who, to_milliseconds(at) / 1000, *rest)
            for server, number, wanted, who, at, *rest in rows
        ]
        self._watcher.hear_readers(readers)

    def _read(
        self, connection: DatabaseConnection, said: list[Any]
    ) -> Iterator[tuple[str, Exchange]]:
        found = [each for each in said if _is_reference(each)]
        keys, numbers = ([each[at] for each in found] for at in range(2))
        for name, *row in connection.execute(_SAID, [keys, numbers]).fetchall():
            yield name, exchange_of(row)

    def bury(self, connection: DatabaseConnection, dead: list[int]) -> None:
        """Delete the rows of servers that have died."""
        if dead and connection.execute(_BURY, [dead]).fetchall():
            self._tell(connection, [(_ALL, {"readers": 0})])
            self._look(connection)


def _parse(text: str) -> dict[str, Any]:
    """Return the JSON object of a notice, which any user of the database may have sent."""
    try:
        found = {} if _SURROGATE.search(text) else json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_reference(value: object) -> bool:
    """Return True if this names a patient and the number of an exchange."""
    match value:
        case [str(patient), int(number)]:
            return "\0" not in patient and 0 < number <= MAX_NUMBER
    return False


def _channel(server: int) -> str:
    """Return the channel of a server, or that of all."""
    return f"{CHANNEL}_{server}" if server else CHANNEL
