"""Sanitizing by the same rules, side by side with other tools: wall time and size.

`python benchmarks/peers.py [--rows N] [--pg-anon PROGRAM] [--pynonymizer PROGRAM] [--pganonymize PROGRAM]
[--bauta PROGRAM]`; a tool that is not given is said to be missing. What a tool does not do by itself is done
for it and counted: the dump that it reads, the copy that it changes, the dump of what it leaves. Some take
minutes where others take seconds, so a round is of few rows unless told otherwise. Their
rules are in `peers`.
"""

import argparse
import json
import secrets
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from rig import Rig, Run, in_turn, options, report, rig, rounds
from sanitize import RULES, classic, sanitize

PEERS = Path(__file__).parent / "peers"
COPY = "benchmark_peer"
FEW = 200_000
numbers = count(1)


@contextmanager
def place_of(here: Rig) -> Generator[Path]:
    """Provide a directory, and remove it and the copy of the database."""
    place = here.directory / f"peer-{next(numbers)}"
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place)
        here.forget(COPY)


def pg_anon(here: Rig, program: Path, workers: int) -> Run:
    """Dump through the rules, as ours does; what it needs in the source is made before and dropped after."""
    user, host, port, key = _address(here)
    login = ("--db-host", host, "--db-port", port, "--db-user", user, "--db-user-password", key)
    database = ("--db-name", here.url.database)
    with place_of(here) as place:
        in_turn([[program, "init", *login, *database]], here.environment, place)
        out, rules = place / "out", PEERS / "pg_anon.json"
        dump = [program, "dump", *login, *database, "--prepared-sens-dict-file", rules, "--output-dir", out]
        tools = ["--pg-dump", here.client.program("pg_dump"), "--db-connections", str(workers)]
        try:
            return in_turn([[*dump, *tools, "--verbose", "error"]], here.environment, out)
        finally:
            here.query(
                here.url.database,
                "SET client_min_messages = error; DROP SCHEMA anon_funcs CASCADE; DROP EXTENSION pgcrypto",
            )


def pynonymizer(here: Rig, program: Path, _workers: int) -> Run:
    """Dump as SQL, and let it load, change and dump that; with two workers its own statements deadlock."""
    user, host, port, key = _address(here)
    with place_of(here) as place:
        raw, out = place / "raw.sql", place / "out.sql.gz"
        dump = [here.client.program("pg_dump"), "-d", here.conninfo(), "-f", raw]
        files = ["-i", raw, "-s", PEERS / "pynonymizer.yml", "-o", out]
        login = ["-d", host, "-P", port, "-n", COPY, "-u", user, "-p", key, "-w", "1"]
        environment = {**here.environment, "TQDM_DISABLE": "1"}
        environment["PATH"] = f"{here.client.directory}:{environment['PATH']}"
        return in_turn([dump, [program, "-t", "postgres", *files, *login]], environment, out)


def pganonymize(here: Rig, program: Path, workers: int) -> Run:
    """Make a copy, let it change that, and dump it."""
    user, host, port, key = _address(here)
    with place_of(here) as place:
        raw, out = place / "raw", place / "out"
        login = ["--dbname", COPY, "--user", user, "--host", host, "--port", port, "--password", key]
        change = [program, "--schema", PEERS / "pganonymize.yml", *login]
        steps = [*here.copying(COPY, workers, raw), change, here.dumping(COPY, out)]
        return in_turn(steps, here.environment, out)


def bauta(here: Rig, program: Path, workers: int) -> Run:
    """Make an empty copy, let it fill that through its masks, and dump it."""
    user, host, port, key = _address(here)
    with place_of(here) as place:
        schema, out, connections = place / "schema.sql", place / "out", place / "connections.yaml"
        login = {"type": "postgresql", "host": host, "port": int(port), "user": user, "password": key}
        databases = {"source": here.url.database, "copy": COPY}
        told = {name: {**login, "database": database} for name, database in databases.items()}
        connections.write_text(json.dumps(told))
        files = [
            "--jobs",
            PEERS / "bauta.yml",
            "--connections",
            connections,
            "--memory",
            place / "memory.yaml",
        ]
        steps = [
            [here.client.program("pg_dump"), "-s", "-d", here.conninfo(), "-f", schema],
            [*here.asking("postgres"), "-c", f"CREATE DATABASE {COPY}"],
            [*here.asking(COPY), "-f", schema],
            [program, "run", *files, "--force", "--quiet", "--workers", str(workers)],
            here.dumping(COPY, out),
        ]
        environment = {**here.environment, "MASKING_KEY": secrets.token_hex(32)}
        return in_turn(steps, environment, out)


def _address(here: Rig) -> tuple[str, str, str, str]:
    url = here.url
    return url.user, url.host, str(url.port), url.password.reveal() if url.password else ""


TOOLS: Mapping[str, Callable[[Rig, Path, int], Run]] = {
    "pg-anon": pg_anon,
    "pynonymizer": pynonymizer,
    "pganonymize": pganonymize,
    "bauta": bauta,
}


def at_hand(arguments: argparse.Namespace) -> dict[str, Path]:
    """Return the tools that were given, and say which were not."""
    given = {name: getattr(arguments, name.replace("-", "_")) for name in TOOLS}
    for name in (name for name, program in given.items() if program is None or not program.exists()):
        print(f"{name}: missing, not measured")
    return {name: program.absolute() for name, program in given.items() if program and program.exists()}


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__, rows=FEW, programs=tuple(TOOLS))
    tools, workers = at_hand(arguments), arguments.workers
    with rig(arguments) as here:
        ours = "snapharbor sanitize"
        cases = {
            ours: partial(sanitize, here, RULES, workers, scans=[]),
            "the classic way": partial(classic, here, RULES, workers),
            **{name: partial(TOOLS[name], here, program, workers) for name, program in tools.items()},
        }
        report(rounds(here, cases, arguments.rounds), to=ours)


if __name__ == "__main__":
    main()
