"""A real primary and its streaming standby."""

import json
import os
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from snapharbor.engine.database.account import fitting_account
from snapharbor.engine.database.lease import remove
from snapharbor.engine.database.postgres.cluster import Cluster, throwaway_cluster
from snapharbor.engine.database.postgres.prepare import reachable
from snapharbor.engine.database.postgres.tools import Toolbox

from .postgres import TEMPLATES, Postgres

# A commit that asks for `synchronous_commit = remote_apply` is seen on the standby once it returns.
PRIMARY = {"wal_level": "replica", "max_wal_senders": "4", "synchronous_standby_names": "*"}


@pytest.fixture
def replicated(postgres: Postgres, tmp_path: Path) -> Generator[tuple[Postgres, Postgres]]:
    """Return a primary of the newest version and its standby."""
    tools = postgres.tools
    with (
        throwaway_cluster(tools, tmp_path, templates=TEMPLATES, settings=PRIMARY) as primary,
        _standby(primary, tools, tmp_path / "standby") as standby,
    ):
        yield Postgres(primary, tools), Postgres(standby, tools)


@contextmanager
def _standby(primary: Cluster, tools: Toolbox, directory: Path) -> Generator[Cluster]:
    account = fitting_account()
    directory = account.place(directory.parent) / directory.name
    directory.mkdir(mode=0o700)
    account.own(directory)
    sockets = account.own(Path(tempfile.mkdtemp(prefix="snapharbor-")))
    options = f"-c unix_socket_directories={sockets} -c listen_addresses= -c max_locks_per_transaction=512"
    server = Cluster(directory, str(sockets), primary.port, primary.password)

    def run(program: str, *arguments: str) -> None:
        """Run one of the programs; what it says is in the log."""
        argv = [*account.prefix, str(reachable(tools, account).program(program)), *arguments]
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": primary.password.reveal()}
        with (directory / "log").open("ab") as log:
            subprocess.run(argv, check=True, env=environment, stdout=log, stderr=log, cwd="/", timeout=60)

    data = str(directory / "data")
    try:
        place = json.dumps(primary.host)[1:-1]
        run("pg_basebackup", "-R", "-c", "fast", "-D", data, "-d", f"host={place} user=postgres")
        run("pg_ctl", "-D", data, "-w", "-o", options, "-l", str(directory / "server.log"), "start")
        try:
            yield server
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        remove(sockets)
        remove(directory)
