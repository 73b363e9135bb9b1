"""MariaDB, side by side with its own dump program: taking a snapshot, sanitizing it, loading it, and again.

`python benchmarks/mariadb.py --programs DIRECTORY [--rows N] [--rounds N]`. DIRECTORY is a `bin` with
`mariadb` and `mariadb-dump`, and beside it an `sbin` with the server. Ours is the command line as typed,
start-up included. The server is one of the private ones, so it waits for no disk.
"""

import argparse
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from rig import COPY, DATABASE, Harbor, Run, configured, cpu_of, report, rounds

from snapharbor.engine.database.mysql.cluster import Cluster, throwaway_cluster
from snapharbor.engine.database.mysql.servers import discover_servers
from snapharbor.engine.model.settings import Programs

TABLES, RULES = (Path(__file__).parent / f"mariadb_{name}.sql" for name in ("db", "rules"))
DUMP = "mariadb-dump, gzip"
numbers = count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """A server with the benchmark's database, client programs, and a directory to work in."""

    cluster: Cluster
    programs: Path
    directory: Path

    def server_cpu(self) -> float:
        """Return the processor seconds of the server so far."""
        return cpu_of((self.cluster.directory / "pid").read_text().strip(), children=False)

    def client(self, program: str, *arguments: str | Path) -> list[str | Path]:
        """Return how a client program is started."""
        return [self.programs / program, f"--defaults-file={self.directory / 'options'}", *arguments]

    def run(self, statements: str, database: str | None = None) -> None:
        """Run statements."""
        argv = self.client("mariadb", *([database] if database else []))
        subprocess.run(argv, input=statements.encode(), check=True, stdout=subprocess.DEVNULL)

    def fill(self, rows: int) -> None:
        """Make the benchmark's database."""
        url = self.cluster.url()
        assert url.password is not None
        options = (
            f"[client]\nuser={url.user}\npassword={url.password.reveal()}\nsocket={url.host}/mysqld.sock\n"
        )
        (self.directory / "options").write_text(options)
        self.run(f"CREATE DATABASE {DATABASE}")
        text = TABLES.read_text()
        for name, number in (("rows", rows), ("customers", rows // 6), ("purchases", rows // 4)):
            text = text.replace(f":{name}", str(number))
        self.run(text, DATABASE)

    def harbor(self, workers: int) -> Harbor:
        """Configure snapharbor, rules included."""
        url = self.cluster.url()
        assert url.password is not None
        start, end = f"mysql://{url.user}:{url.password.reveal()}@/", f"?host={url.host}"
        urls = {"src_url": f"{start}{DATABASE}{end}", "dst_url": f"{start}{COPY}{end}"}
        target = {
            "cpus": workers,
            "snapshot": urls,
            "sanitize": {"query_file": str(RULES)},
        }
        programs = f"\ndatabase_tools: {{mysql: {{bin: {self.programs}}}}}\n"
        return configured(self.directory / f"harbor-{next(numbers)}", target, programs)


def piped(steps: Sequence[Sequence[str | Path]], *, out: Path | None = None) -> Run:
    """Run programs that feed each other."""
    started = time.monotonic()
    with ExitStack() as stack:
        target = stack.enter_context(out.open("wb")) if out else subprocess.DEVNULL
        feeding = None
        running: list[subprocess.Popen[bytes]] = []
        for number, argv in enumerate(steps):
            last = number == len(steps) - 1
            child = subprocess.Popen(argv, stdin=feeding, stdout=target if last else subprocess.PIPE)
            feeding = child.stdout
            running.append(child)
        for child in running:
            if child.wait():
                raise SystemExit(f"{child.args!r} failed")
    size = out.stat().st_size / (1 << 20) if out else 0.0
    return Run(time.monotonic() - started, mib=size)


def dump(here: Place) -> Run:
    """Dump as people do."""
    program = here.client("mariadb-dump", "--single-transaction", "--quick", DATABASE)
    return piped([program, ["gzip"]], out=here.directory / "dump.gz")


def restore(here: Place) -> Run:
    """Load the dump as people do."""
    here.run("DROP DATABASE IF EXISTS benchmark_plain; CREATE DATABASE benchmark_plain")
    return piped([["gunzip", "-c", here.directory / "dump.gz"], here.client("mariadb", "benchmark_plain")])


def ours(here: Place, workers: int, *arguments: str) -> Run:
    """Run a command in a fresh place."""
    harbor = here.harbor(workers)
    try:
        return harbor.run(*arguments)
    finally:
        shutil.rmtree(harbor.config.parent)


def loads(here: Place, harbor: Harbor) -> Iterator[Run]:
    """Yield the first load, the one that keeps a template, and the one that copies it, again and again."""
    while True:
        here.run(f"DROP DATABASE IF EXISTS {COPY}")
        for name in kept(here):
            here.run(f"DROP DATABASE `{name}`")
        for _ in range(3):
            yield harbor.run("load", DATABASE, "--original", "--yes")


def kept(here: Place) -> list[str]:
    """Return the names of our templates."""
    argv = here.client("mariadb", "-BNe", "SHOW DATABASES LIKE 'snapharbor\\\\_t%'")
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--programs", type=Path, required=True, help="the directory of mariadb and mariadb-dump"
    )
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the largest table")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    servers = anyio.run(discover_servers, Programs(arguments.programs, "--programs"))
    with TemporaryDirectory() as name:
        directory = Path(name)
        with throwaway_cluster(servers[0], directory, templates=directory / "templates") as cluster:
            here = Place(cluster, arguments.programs, directory)
            here.fill(arguments.rows)
            workers = arguments.workers
            harbor = here.harbor(workers)
            harbor.run("build", DATABASE)
            loading = loads(here, harbor)
            cases = {
                DUMP: partial(dump, here),
                "snapharbor build": partial(ours, here, workers, "build", DATABASE),
                "snapharbor sanitize": partial(ours, here, workers, "sanitize", DATABASE, "--new", "--yes"),
                "gunzip, mariadb": partial(restore, here),
                "snapharbor load": partial(next, loading),
                "snapharbor load, which keeps a template": partial(next, loading),
                "snapharbor load, which copies it": partial(next, loading),
            }
            found = rounds(here, cases, arguments.rounds)
            report(found, to=DUMP)


if __name__ == "__main__":
    main()
