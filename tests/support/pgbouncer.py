"""A real connection pooler before a test's server.

One that is installed is used; else Debian's package is unpacked below the checkout, which needs no rights
and changes nothing on the machine.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from snapharbor.engine.database.account import fitting_account
from snapharbor.engine.model.url import DatabaseUrl

UNPACKED = Path(__file__).parents[2] / ".cache" / "pgbouncer"
PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
CONFIGURATION = """
[databases]
* = host={url.host} port={url.port} user={url.user} password={password}
[pgbouncer]
listen_addr =
unix_socket_dir = {url.host}
listen_port = 6432
auth_type = any
pool_mode = {mode}
"""


@contextmanager
def pooled(
    url: DatabaseUrl, directory: Path, mode: Literal["session", "transaction", "statement"]
) -> Generator[DatabaseUrl]:
    """Run PgBouncer in a mode before the server of a URL, and yield the URL that leads through it."""
    assert url.password is not None
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(url=url, password=url.password.reveal(), mode=mode))
    argv = [*fitting_account().prefix, str(_program()), str(configuration)]
    libraries = os.pathsep.join({str(path.parent) for path in UNPACKED.rglob("*.so.*")})
    with subprocess.Popen(
        argv, stderr=subprocess.PIPE, text=True, env={**os.environ, "LD_LIBRARY_PATH": libraries}
    ) as child:
        assert child.stderr is not None
        try:
            assert any("process up" in line for line in child.stderr)
            yield replace(url, port=6432)
        finally:
            child.kill()


def _program() -> Path:
    if found := shutil.which("pgbouncer", path=PLACES):
        return Path(found)
    if not UNPACKED.exists():
        _unpack()
    return UNPACKED / "usr" / "sbin" / "pgbouncer"


def _unpack() -> None:
    """Fetch Debian's package with the libraries it names, and unpack them."""
    UNPACKED.parent.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=UNPACKED.parent))
    try:
        if os.geteuid() == 0:
            _run("apt-get", "update", "-qq", directory=fresh)
        depends = _run("apt-cache", "depends", "pgbouncer", directory=fresh)
        libraries = set(re.findall(r"Depends: (lib\S+)", depends)) - {"libc6"}
        _run("apt-get", "download", "-qq", "pgbouncer", *sorted(libraries), directory=fresh)
        for package in fresh.glob("*.deb"):
            _run("dpkg", "-x", str(package), ".", directory=fresh)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(fresh)
        pytest.fail("PgBouncer was not found and cannot be fetched: install the package `pgbouncer`.")
    with suppress(OSError):  # somebody else was faster
        fresh.rename(UNPACKED)


def _run(*argv: str, directory: Path) -> str:
    return subprocess.run(argv, cwd=directory, check=True, capture_output=True, text=True).stdout
