"""Take the primary database, or a doctor server, away from under 50 patients who talk.

    python bench/failover.py [kill|freeze|switchover|server] [--rounds 10] [--patients 50]

    kill         kill the primary, promote its standby at once
    freeze       stop the primary's processes, promote the standby, and let the old primary go on
    switchover   let Patroni change the roles of the two, where Patroni and etcd are installed
    server       kill one of two doctor servers on one database; its patients go to the other one

Every patient remembers what was answered. In the end every line is looked for: one that was
answered and is not there is lost, one that is there twice is doubled. Silence is the longest time
in which nobody was answered. With `--asynchronous` a commit does not wait for the standby, which is
a moment behind when the primary is killed: what is lost then is shown, not hidden.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from bench.patroni import PatroniPair  # noqa: E402 - the path comes first
from bench.rows import running  # noqa: E402
from bench.talkers import DirectTalkers, NetworkTalkers  # noqa: E402
from tests.support.postgresql import Cluster, Database  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.talkers import Talkers

#: Seconds of talk before and after what happens, and until somebody must be answered again.
TALK, PATIENCE = 1.0, 120.0
#: How often a standby asks for what it lacks. A promotion may have to wait for that; PostgreSQL's
#: own 5 s were the whole silence of every third takeover.
RETRY = "200ms"
#: Seconds for which an asynchronous standby gets nothing before its primary is lost.
LAG = 0.2


class Round(NamedTuple):
    """What one round came to."""

    answered: int
    lost: int
    doubled: int
    broken: int  #: conversations that ended with an error
    silence: float  #: seconds


def pair_with(primary: Cluster, *, wait: bool) -> Cluster:
    """Make and start a standby; return it once a commit waits for it, or once it is connected."""
    standby = Cluster((f"wal_retrieve_retry_interval={RETRY}",))
    standby.copy(primary)
    standby.start()
    database = Database(primary, "public")
    names = "'*'" if wait else "''"
    database.rows(f"alter system set synchronous_standby_names = {names}")
    database.rows("select pg_reload_conf()")
    wanted = "sync" if wait else "async"
    while not database.rows(
        "select 1 from pg_stat_replication where state = 'streaming' and sync_state = %s", wanted
    ):
        time.sleep(0.02)
    return standby


def talk_through(talkers: Talkers, happen: Callable[[], None]) -> None:
    """Let the patients talk before, while and after something happens."""
    talkers.start()
    time.sleep(TALK)
    talkers.silence, talkers.last = 0.0, time.monotonic()
    happen()
    told = talkers.count()
    until = time.monotonic() + PATIENCE
    while talkers.count() < told + len(talkers.answered) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(TALK)
    talkers.end()


def outcome(talkers: Talkers, database: Database) -> Round:
    """Look for every line that was answered."""
    there = Counter(line for (line,) in database.rows("select line from exchanges"))
    answered = [line for said in talkers.answered.values() for line in said]
    return Round(
        len(answered),
        sum(line not in there for line in answered),
        sum(count > 1 for count in there.values()),
        len(talkers.broken),
        talkers.silence,
    )


class Scenario(Protocol):
    """Something that happens, round after round."""

    def play(self, patients: int) -> Round:
        """Play one round."""

    def close(self) -> None:
        """Stop and remove everything."""


class TakeOver:
    """The primary is killed or frozen, and its standby promoted."""

    def __init__(self, *, freeze: bool, wait: bool) -> None:
        self._freeze, self._wait = freeze, wait
        self._primary = Cluster()
        self._primary.make()
        self._primary.start()
        Database(self._primary, "doctor").make()

    def play(self, patients: int) -> Round:
        """See `Scenario`."""
        primary, standby = self._primary, pair_with(self._primary, wait=self._wait)
        database = Database(primary, "doctor")
        database.rows("truncate patients, exchanges")
        url = database.url.replace(str(primary.place), f"{primary.place},{standby.place}")

        def happen() -> None:
            if not self._wait:
                _stop_sending(database)
            if self._freeze:
                primary.signal(signal.SIGSTOP)
            else:
                primary.kill()
            standby.run("pg_ctl", "promote", "-D", str(standby.data))
            if self._freeze:
                time.sleep(TALK)
                primary.signal(signal.SIGCONT)

        talkers = DirectTalkers(url, patients)
        talk_through(talkers, happen)
        self._primary = standby
        primary.remove()
        return outcome(talkers, Database(standby, "doctor"))

    def close(self) -> None:
        """See `Scenario`."""
        self._primary.remove()


def _stop_sending(primary: Database) -> None:
    """Let the standby be behind, as one on another machine may be."""
    for (sender,) in primary.rows("select pid from pg_stat_replication"):
        os.kill(sender, signal.SIGSTOP)
    time.sleep(LAG)


class Switchover:
    """Patroni changes the roles of primary and standby."""

    def __init__(self) -> None:
        self._pair = PatroniPair()
        self._pair.database().make()

    def play(self, patients: int) -> Round:
        """See `Scenario`."""
        self._pair.wait_until_paired()
        self._pair.database().rows("truncate patients, exchanges")
        talkers = DirectTalkers(self._pair.database().url, patients)
        talk_through(talkers, self._pair.switch_over)
        return outcome(talkers, self._pair.database())

    def close(self) -> None:
        """See `Scenario`."""
        self._pair.remove()


class ServerLoss:
    """One of two doctor servers is killed; its patients go to the other."""

    def __init__(self) -> None:
        self._cluster = Cluster()
        self._cluster.make()
        self._cluster.start()
        Database(self._cluster, "doctor").make()

    def play(self, patients: int) -> Round:
        """See `Scenario`."""
        database = Database(self._cluster, "doctor")
        database.rows("truncate patients, exchanges")
        with tempfile.TemporaryDirectory(prefix="doctor-bench-") as work:
            command = [sys.executable, "server.py", "--port", "0", "--patients", database.url]
            command += ["--log", str(Path(work) / "log")]
            with running(command) as (first, process), running(command) as (second, _):
                talkers = NetworkTalkers([first, second], patients)
                talk_through(talkers, lambda: os.kill(process, signal.SIGKILL))
        return outcome(talkers, database)

    def close(self) -> None:
        """See `Scenario`."""
        self._cluster.remove()


def scenario(args: argparse.Namespace) -> Scenario:
    """Return what is asked for."""
    match args.what:
        case "switchover":
            return Switchover()
        case "server":
            return ServerLoss()
    return TakeOver(freeze=args.what == "freeze", wait=not args.asynchronous)


def main() -> int:
    """Play, and count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    kinds = ("kill", "freeze", "switchover", "server")
    parser.add_argument("what", nargs="?", default="kill", choices=kinds)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--patients", type=int, default=50)
    parser.add_argument("--asynchronous", action="store_true")
    args = parser.parse_args()
    if args.what == "switchover" and not (shutil.which("patroni") and shutil.which("etcd")):
        print("switchover: install Patroni and etcd first (Debian: patroni, etcd-server)")
        return 2
    logging.disable()
    rounds: list[Round] = []
    playing = scenario(args)
    try:
        for number in range(1, args.rounds + 1):
            one = playing.play(args.patients)
            rounds.append(one)
            print(
                f"{args.what} {number}: {one.answered:,} answered, {one.lost} lost, "
                f"{one.doubled} doubled, {one.broken} broken, silence {one.silence:.2f} s",
                flush=True,
            )
    finally:
        playing.close()
    answered, lost, doubled, broken, _ = map(sum, zip(*rounds, strict=True))
    silences = [one.silence for one in rounds]
    kind = ", an asynchronous standby" if args.asynchronous else ""
    print(
        f"{args.what} x {args.rounds}{kind}, {args.patients} patients: "
        f"{answered:,.0f} answered, {lost} lost, {doubled} doubled, {broken} conversations broken, "
        f"silence {min(silences):.2f} to {max(silences):.2f} s"
    )
    return 1 if doubled or ((lost or broken) and not args.asynchronous) else 0


if __name__ == "__main__":
    sys.exit(main())
