"""Kill the primary of a pair of databases under 50 patients who talk, ten times.

    python bench/failover.py [--kills 10] [--patients 50] [--asynchronous]

Each time a standby is promoted at once, and gets a new standby itself. Every patient remembers what
was answered. In the end every line is looked for: one that was answered and is not there is lost,
one that is there twice is doubled. Silence is the longest time in which nobody was answered. With
`--asynchronous` a commit does not wait for the standby: what is lost then is shown, not hidden.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from doctor.patients.postgresql.storage import PostgreSQLStorage  # noqa: E402 - the path first
from doctor.patients.store import PatientStore  # noqa: E402
from tests.support.fake_machine import FakeMachine  # noqa: E402
from tests.support.postgresql import Cluster, Database  # noqa: E402


class Talkers:
    """Patients who talk until they are told to end, each in a thread."""

    def __init__(self, store: PatientStore, number: int) -> None:
        self._store = store
        self.ending = threading.Event()
        self.answered: dict[str, list[str]] = {f"P{index}": [] for index in range(number)}
        self.broken: list[str] = []
        self.last = time.monotonic()
        self.silence = 0.0
        self.threads = [threading.Thread(target=self._talk, args=(name,)) for name in self.answered]

    def _talk(self, name: str) -> None:
        said = self.answered[name]
        with self._store.open(name) as patient:
            while not self.ending.is_set():
                line = f"{name} {len(said)}"
                try:
                    patient.say(line)
                except Exception as error:  # noqa: BLE001 - it is counted
                    self.broken.append(f"{name}: {error}")
                    return
                said.append(line)
                now = time.monotonic()
                self.silence, self.last = max(self.silence, now - self.last), now


def pair_with(primary: Cluster, *, wait: bool) -> Cluster:
    """Make and start a standby; return it once a commit waits for it, or once it is connected."""
    standby = Cluster()
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


def main() -> int:
    """Kill, promote, and count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--patients", type=int, default=50)
    parser.add_argument("--asynchronous", action="store_true")
    args = parser.parse_args()
    logging.disable()
    lost = doubled = broken = exchanges = 0
    silences: list[float] = []
    primary = Cluster()
    primary.make()
    primary.start()
    Database(primary, "doctor").make()
    try:
        for kill in range(args.kills):
            standby = pair_with(primary, wait=not args.asynchronous)
            Database(primary, "doctor").rows("truncate patients, exchanges")
            url = Database(primary, "doctor").url
            url = url.replace(str(primary.place), f"{primary.place},{standby.place}")
            with PatientStore(
                PostgreSQLStorage(url, answer=5.0, away=30.0), FakeMachine()
            ) as store:
                talkers = Talkers(store, args.patients)
                for thread in talkers.threads:
                    thread.start()
                time.sleep(1.0)
                talkers.silence, talkers.last = 0.0, time.monotonic()
                primary.kill()
                standby.run("pg_ctl", "promote", "-D", str(standby.data))
                time.sleep(3.0)
                talkers.ending.set()
                for thread in talkers.threads:
                    thread.join()
            lines = Database(standby, "doctor").rows("select line from exchanges")
            there = Counter(line for (line,) in lines)
            answered = [line for said in talkers.answered.values() for line in said]
            missing = sum(line not in there for line in answered)
            twice = sum(count > 1 for count in there.values())
            lost, doubled, broken = lost + missing, doubled + twice, broken + len(talkers.broken)
            exchanges += len(answered)
            silences.append(talkers.silence)
            print(
                f"kill {kill + 1}: {len(answered):,} answered, {missing} lost, {twice} doubled, "
                f"{len(talkers.broken)} broken, silence {talkers.silence:.2f} s",
                flush=True,
            )
            primary.remove()
            primary = standby
    finally:
        primary.remove()
    kind = "an asynchronous" if args.asynchronous else "a synchronous"
    print(
        f"{args.kills} kills with {kind} standby, {args.patients} patients: "
        f"{exchanges:,} answered, {lost} lost, {doubled} doubled, {broken} conversations broken, "
        f"silence {min(silences):.2f} to {max(silences):.2f} s"
    )
    return 1 if doubled or ((lost or broken) and not args.asynchronous) else 0


if __name__ == "__main__":
    sys.exit(main())
