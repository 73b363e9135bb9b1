"""A real connection pooler before a test's server."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from snapharbor.engine.database.postgres.account import fitting_account
from snapharbor.engine.model.url import DatabaseUrl

CONFIGURATION = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr =
unix_socket_dir = {directory}
listen_port = 6432
auth_type = any
pool_mode = {mode}
"""


@contextmanager
def pooled(
    url: DatabaseUrl, directory: Path, mode: Literal["session", "transaction", "statement"]
) -> Generator[DatabaseUrl]:
    """Run PgBouncer in a mode before the server of a URL, and yield the URL that leads through it."""
    program = shutil.which(
        "pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
    )
    if program is None:
        pytest.fail("PgBouncer was not found: run `make setup` to install it.")
    assert url.password is not None
    sockets = Path(url.host)
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(
        CONFIGURATION.format(
            host=url.host,
            port=url.port,
            user=url.user,
            password=url.password.reveal(),
            directory=sockets,
            mode=mode,
        )
    )
    argv = [*fitting_account().prefix, program, str(configuration)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        try:
            assert any("process up" in line for line in child.stderr)
            yield replace(url, port=6432)
        finally:
            child.kill()
