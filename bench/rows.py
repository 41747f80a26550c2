"""Exchanges a second with histories in PostgreSQL, beside files and beside the plain way.

    python bench/rows.py [--clients 1,50,1000] [--scripts 1966,shipped] [--rounds 3] ...

Servers take turns in each round, and a ratio is taken within a round, to the plain server
(bench/plain_rows.py: a pool, an INSERT and a COMMIT for each line). PostgreSQL runs on the same
machine, with fsync; its own processor time for an exchange is printed too. `two` is two servers on
one database, each with half of the clients and on any processor; `one` is one such server. `paused`
is `rows` with `--commit-pause`: `--servers rows,paused --clients 50 --commit-pause 0.0003`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT)]

from bench import script_of_1966  # noqa: E402 - the path comes first
from bench.serving import allow_descriptors, describe_machine  # noqa: E402
from bench.throughput import Clients, Result  # noqa: E402
from tests.support.postgresql import Cluster, Database  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SERVERS = ("plain", "rows", "files", "one", "two", "paused")
PLAIN = "plain"


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[tuple[int, int]]:
    """Run a server; yield its port and its process."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline().rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def commands(
    name: str, database: Database, script: list[str], work: Path, pause: float
) -> list[list[str]]:
    """Return what starts the servers of one row of the table."""
    log = ["--log", str(work / "log")]
    if name == PLAIN:
        return [[sys.executable, str(HERE / "plain_rows.py"), database.url, *script[1:]]]
    server = [sys.executable, "server.py", "--port", "0", *script, *log]
    if name == "files":
        return [[*server, "--patients", tempfile.mkdtemp(dir=work)]]
    server += ["--patients", database.url]
    if name == "rows":
        return [server]
    if name == "paused":
        return [[*server, "--commit-pause", str(pause)]]
    return [[*server, "--cpu", "none"]] * (2 if name == "two" else 1)


class Spent(NamedTuple):
    """Microseconds of a processor for an exchange."""

    server: float
    database: float


class Measured(NamedTuple):
    """What was measured in one round."""

    result: Result
    spent: Spent
    batch: float  #: exchanges that the database committed at once


def processor_seconds(processes: Iterable[int]) -> float:
    """Return the processor time of these processes, as far as they live."""
    ticks = 0
    for process in processes:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2]
            ticks += sum(map(int, fields.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Bench:
    """One run: the database, the clients, and how long they talk."""

    def __init__(self, args: argparse.Namespace, cluster: Cluster, work: Path) -> None:
        self.args, self.cluster, self.work = args, cluster, work
        self.crowd = Clients("auto", work)

    def measure(self, name: str, clients: int, script: list[str]) -> Measured:
        """Return what the clients of one row of the table measured."""
        database = Database(self.cluster, "bench")
        database.make()
        results: list[Result] = []
        with contextlib.ExitStack() as stack:
            started = [
                stack.enter_context(running(command))
                for command in commands(name, database, script, self.work, self.args.commit_pause)
            ]
            share = max(clients // len(started), 1)

            def talk(port: int) -> None:
                results.append(self.crowd.talk(port, share, "varied", self.args, f"crowd {port}"))

            threads = [threading.Thread(target=talk, args=(port,)) for port, _ in started]
            before = self._spent(started)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            after = self._spent(started)
        batch = _exchanges_at_once(database, "said" if name == PLAIN else "exchanges")
        database.drop()
        return Measured(_joined(results), self._each(before, after, results), batch)

    def _spent(self, started: list[tuple[int, int]]) -> Spent:
        servers = processor_seconds(process for _, process in started)
        return Spent(servers, processor_seconds(self.cluster.processes()))

    def _each(self, before: Spent, after: Spent, results: list[Result]) -> Spent:
        """Return the time for one exchange; those of the warm-up cost too."""
        said = sum(one.rate for one in results) * (self.args.seconds + self.args.warm_up)
        return Spent(*((b - a) / max(said, 1.0) * 1e6 for a, b in zip(before, after, strict=True)))

    def print_table(self, clients: int, script: str) -> None:
        """Measure each server, round after round, and print a row for each."""
        words = ["--script", str(self.work / "size.script")] if script == "1966" else []
        found: dict[str, list[Measured]] = {n: [] for n in self.args.servers.split(",")}
        for _ in range(self.args.rounds):
            for name, results in found.items():
                results.append(self.measure(name, clients, words))
        print(f"\n{clients:,} clients, script {script}")
        print(
            "        exchanges/s   p50 ms   p99 ms   x plain (from, to)   server us  PostgreSQL us"
            "   batch"
        )
        for name, results in found.items():
            rates = [one.result.rate for one in results]
            base = [one.result.rate for one in found.get(PLAIN, results)]
            ratios = sorted(rate / max(other, 1.0) for rate, other in zip(rates, base, strict=True))
            print(
                f"{name:7} {statistics.median(rates):11,.0f} "
                f"{statistics.median(one.result.p50 for one in results):8.2f} "
                f"{statistics.median(one.result.p99 for one in results):8.1f}   "
                f"{statistics.median(ratios):7.2f} ({ratios[0]:.2f}, {ratios[-1]:.2f})   "
                f"{statistics.median(one.spent.server for one in results):9.1f}"
                f"{statistics.median(one.spent.database for one in results):15.1f}"
                f"{statistics.median(one.batch for one in results):8.1f}",
                f"{sum(one.result.failures for one in results) or ''}",
                flush=True,
            )


def _exchanges_at_once(database: Database, table: str) -> float:
    """Return how many exchanges the database committed by one transaction, on average."""
    rows = database.rows(f"select count(*), count(distinct xmin::text) from {table}")
    stored, commits = rows[0]
    return float(stored / max(commits, 1))


def _joined(results: list[Result]) -> Result:
    """Return the results of several servers as if they were one."""
    return Result(
        sum(one.rate for one in results),
        statistics.mean(one.p50 for one in results),
        max(one.p99 for one in results),
        sum(one.failures for one in results),
    )


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", default="1,50,1000", help="how many at once (1,50,1000)")
    parser.add_argument("--scripts", default="1966,shipped", help="who answers (1966,shipped)")
    parser.add_argument(
        "--servers", default=",".join(SERVERS[:-1]), help=f"of {', '.join(SERVERS)}"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="that are counted (3)")
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds before that (2)")
    parser.add_argument("--rounds", type=int, default=3, help="of all servers (3)")
    parser.add_argument("--commit-pause", type=float, default=0.0003, help="of paused (0.0003)")
    args = parser.parse_args()
    allow_descriptors()
    cluster = Cluster(("max_wal_size=4GB", "shared_buffers=128MB"))
    try:
        cluster.make()
        cluster.start()
        with tempfile.TemporaryDirectory(prefix="doctor-bench-") as place:
            work = Path(place)
            (work / "size.script").write_text(script_of_1966.text(), encoding="utf-8")
            bench = Bench(args, cluster, work)
            print(f"{describe_machine()}; clients: {bench.crowd}")
            for script in args.scripts.split(","):
                for clients in map(int, args.clients.split(",")):
                    bench.print_table(clients, script)
    finally:
        cluster.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
