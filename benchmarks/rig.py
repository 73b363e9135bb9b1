"""What the benchmarks share: a server with the benchmark database, timed programs, medians.

Cases take turns, one run each per round, so that whatever else the machine does hits all of them alike.
Figures are ratios of medians; seconds of a shared machine mean nothing by themselves.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import anyio
from psycopg.conninfo import make_conninfo

from snapharbor.engine.database.postgres.cluster import throwaway_cluster
from snapharbor.engine.database.postgres.session import parameters
from snapharbor.engine.database.postgres.tools import CLIENT, SERVER, Toolbox, discover
from snapharbor.engine.model.settings import Programs
from snapharbor.engine.model.target import Limits
from snapharbor.engine.model.url import DatabaseUrl

SQL = Path(__file__).parent / "benchmark_db.sql"
# As an installed server comes, and not as a throw-away one, which may lose everything; autovacuum would come
# to one case and not to another.
SERVER_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "replica",
    "max_wal_senders": "10",
    "max_wal_size": "1GB",
    "max_connections": "100",
    "autovacuum": "off",
}
DATABASE, COPY = "benchmark", "benchmark_copy"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one case; `peak_mib` is the most memory of its process, `mib` what it left behind.

    The kernel counts the memory of this process, some 40 MiB, for every program that it starts. `cpu` are
    seconds of processor time, of the programs and of the server.
    """

    seconds: float
    peak_mib: float = 0.0
    mib: float = 0.0
    cpu: float = 0.0


def options(about: str | None, *, rows: int = 6_500_000, programs: Sequence[str] = ()) -> argparse.Namespace:
    """Parse the arguments that every benchmark has, and the places of programs that one wants beside."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument(
        "--url", help="an existing benchmark database; else one is made on a server of its own"
    )
    parser.add_argument("--rows", type=int, default=rows, help="rows of the largest table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--server", type=int, help="the server's major version; else the oldest installed")
    parser.add_argument("--directory", type=Path, help="where everything is kept; else a temporary place")
    parser.add_argument("--more-clients", type=Path, help="one more directory of client programs to try")
    for name in programs:
        parser.add_argument(f"--{name}", type=Path, metavar="PROGRAM", help=f"where {name} is")
    return parser.parse_args()


@contextmanager
def rig(arguments: argparse.Namespace) -> "Generator[Rig]":
    """Provide a filled database, and a place to work in that is removed afterwards."""
    boxes = anyio.run(discover)
    if arguments.more_clients:
        boxes = (*boxes, *anyio.run(discover, Programs(arguments.more_clients, "--more-clients")))
    with tempfile.TemporaryDirectory(dir=arguments.directory) as name:
        directory = Path(name)
        if arguments.url:
            yield Rig(DatabaseUrl.parse(arguments.url), boxes, directory)
            return
        servers = [box for box in boxes if box.has(SERVER) and arguments.server in (None, box.major)]
        with throwaway_cluster(servers[0], directory, settings=SERVER_SETTINGS) as cluster:
            found = Rig(cluster.url(DATABASE), boxes, directory)
            found.query("postgres", f"CREATE DATABASE {DATABASE}")
            found.fill(arguments.rows)
            yield found


@dataclass(frozen=True, slots=True)
class Rig:
    """A benchmark database and the programs around it."""

    url: DatabaseUrl
    boxes: Sequence[Toolbox]
    directory: Path

    @property
    def major(self) -> int:
        """The server's major version."""
        return int(self.query(self.url.database, "SHOW server_version_num")) // 10000

    @property
    def client(self) -> Toolbox:
        """The lowest client that fits."""
        return next(box for box in self.boxes if box.has(CLIENT) and box.major >= self.major)

    def conninfo(self, database: str | None = None) -> str:
        """Return how client programs reach a database; the password goes by the environment."""
        values = parameters(self.url.on(database or self.url.database), Limits())
        return make_conninfo("", **{key: value for key, value in values.items() if key != "password"})

    @property
    def environment(self) -> dict[str, str]:
        """The environment of client programs."""
        password = self.url.password.reveal() if self.url.password else ""
        return {**os.environ, "PGPASSWORD": password}

    def query(self, database: str, statement: str) -> str:
        """Run a statement with psql and return what it prints."""
        done = subprocess.run(
            [*self.asking(database), "-c", statement],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    def asking(self, database: str) -> list[str | Path]:
        """Return psql connected to a database, to which what it shall do is added."""
        return [self.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo(database)]

    def copying(self, database: str, workers: int, raw: Path) -> list[list[str | Path]]:
        """Return the steps that make a copy of the benchmark database the classic way, through a file."""
        restore = self.client.program("pg_restore")
        return [
            [self.client.program("pg_dump"), "-Fc", "-d", self.conninfo(), "-f", raw],
            [*self.asking("postgres"), "-c", f"CREATE DATABASE {database}"],
            [restore, f"-j{workers}", "--no-owner", "-d", self.conninfo(database), raw],
        ]

    def dumping(self, database: str, file: Path) -> list[str | Path]:
        """Return the step that dumps a copy."""
        return [self.client.program("pg_dump"), "-Fc", "-d", self.conninfo(database), "-f", file]

    def forget(self, database: str) -> None:
        """Drop a copy, and let the server write what waits."""
        self.query("postgres", f"DROP DATABASE IF EXISTS {database}")
        self.query("postgres", "CHECKPOINT")

    def server_cpu(self) -> float:
        """Return the processor seconds of all sessions that have ended, 0 for a server somewhere else."""
        pid = self.query("postgres", "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")
        return cpu_of(pid, children=True)

    @property
    def psql(self) -> Path:
        """Any psql."""
        return next(box.program("psql") for box in self.boxes if box.has(CLIENT))

    def fill(self, rows: int) -> None:
        """Make the benchmark database's tables."""
        argv = [self.psql, "-Xq", "-v", f"rows={rows}", "-f", SQL, "-d", self.conninfo()]
        subprocess.run(argv, env=self.environment, check=True)

    def harbor(self, place: Path, workers: int, rules: Path | None = None) -> "Harbor":
        """Configure snapharbor with the target `benchmark`, everything of it below one directory."""
        urls = {"src_url": self.address(self.url.database), "dst_url": self.address(COPY)}
        sanitize = {"sanitize": {"query_file": str(rules)}} if rules else {}
        return configured(place, {"cpus": workers, "snapshot": urls, **sanitize})

    def address(self, database: str) -> str:
        """Return a whole URL, password included, for a private file."""
        url = self.url
        password = quote(url.password.reveal(), safe="") if url.password else ""
        query = urlencode({"host": url.host, "port": url.port, **url.options})
        return f"postgres://{quote(url.user)}:{password}@/{database}?{query}"


@dataclass(frozen=True, slots=True)
class Harbor:
    """The command line with a configuration of its own."""

    config: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> Run:
        """Run one command; its megabytes are those of all files that it keeps."""
        argv = [sys.executable, "-m", "snapharbor", "--json", "--config", self.config, *arguments]
        return timed(argv, self.environment, self.config.parent)

    def told(self, *arguments: str) -> Any:
        """Run one command and return its result."""
        argv = [sys.executable, "-m", "snapharbor", "--json", "--config", self.config, *arguments]
        done = subprocess.run(argv, env=self.environment, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout.splitlines()[-1])["result"]


def configured(place: Path, target: Mapping[str, Any], more: str = "") -> Harbor:
    """Configure snapharbor with one target, everything of it below one directory."""
    place.mkdir(parents=True)
    # An installed program is compiled, which this would keep from happening here.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    harbor = Harbor(place / "snapharbor.yml", {**environment, "HOME": str(place)})
    harbor.run("config", "init")
    text = harbor.config.read_text().replace("targets: {}", f"targets: {json.dumps({DATABASE: target})}")
    place_of_work = f"defaults:\n  working_directory: {place / 'work'}\n"
    harbor.config.write_text(text.replace("defaults:\n", place_of_work) + more)
    return harbor


def timed(argv: Sequence[str | Path], environment: Mapping[str, str], place: Path) -> Run:
    """Run a program to its end beside a place, and weigh what then stands there."""
    started = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in argv], env=dict(environment), cwd=place.parent, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{argv[0]} failed")
    seconds = time.monotonic() - started
    files = [path for path in (place, *place.rglob("*")) if path.is_file()]
    size = sum({path.stat().st_ino: path.stat().st_size for path in files}.values())
    return Run(seconds, usage.ru_maxrss / 1024, size / (1 << 20), usage.ru_utime + usage.ru_stime)


def cpu_of(pid: str, *, children: bool) -> float:
    """Return the processor seconds of a process, or of its children that have ended, 0 if it is not here."""
    about = Path(f"/proc/{pid}/stat")
    if not about.exists():
        return 0.0
    numbers = about.read_text().rpartition(")")[2].split()
    first = 13 if children else 11
    return (int(numbers[first]) + int(numbers[first + 1])) / os.sysconf("SC_CLK_TCK")


def in_turn(steps: Iterable[Sequence[str | Path]], environment: Mapping[str, str], place: Path) -> Run:
    """Run programs one after the other; the megabytes are those that stand at a place in the end."""
    runs = [timed(argv, environment, place) for argv in steps]
    seconds, cpu = sum(run.seconds for run in runs), sum(run.cpu for run in runs)
    return Run(seconds, max(run.peak_mib for run in runs), runs[-1].mib, cpu)


class Measured(Protocol):
    """A server whose processor time counts."""

    def server_cpu(self) -> float: ...


def rounds(here: Measured, cases: Mapping[str, Callable[[], Run]], count: int) -> dict[str, list[Run]]:
    """Run every case once per round, in turns."""
    found: dict[str, list[Run]] = {name: [] for name in cases}
    for number in range(count):
        for name, case in cases.items():
            before = here.server_cpu()
            run = case()
            found[name].append(replace(run, cpu=run.cpu + here.server_cpu() - before))
            print(f"round {number + 1}: {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    return found


def median(runs: Sequence[Run], figure: str) -> float:
    """Return the median of one figure of several runs."""
    return statistics.median(getattr(run, figure) for run in runs)


def report(found: Mapping[str, Sequence[Run]], *, to: str) -> None:
    """Print a table: medians of every case against those of one of them."""

    def ratio(name: str, figure: str) -> str:
        mine, other = median(found[name], figure), median(found[to], figure)
        return f"{mine / other:.2f} x" if mine else ""

    print(
        f"| case | wall against {to} | range, s | processor time against it | size against it | memory, MiB |"
    )
    print("|---|---|---|---|---|---|")
    for name, runs in found.items():
        seconds = f"{min(run.seconds for run in runs):.1f} to {max(run.seconds for run in runs):.1f}"
        ratios = (ratio(name, "seconds"), seconds, ratio(name, "cpu"), ratio(name, "mib"))
        print(f"| {name} | {' | '.join(ratios)} | {median(runs, 'peak_mib'):.0f} |")
