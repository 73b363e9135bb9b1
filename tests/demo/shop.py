"""The sample shop: a private server, a role that only reads, a configuration, and rows to look at."""

import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from anyio import to_thread

from snapharbor.engine.database.postgres import cluster
from snapharbor.engine.database.postgres.session import parameters, session
from snapharbor.engine.database.postgres.tools import Toolbox, choose_server, discover
from snapharbor.engine.database.process import run
from snapharbor.engine.keypair import new_identity, new_signing_key, recipient_of
from snapharbor.engine.model.errors import DatabaseFailed
from snapharbor.engine.model.target import Limits
from snapharbor.engine.model.url import DatabaseUrl

FILES = Path(__file__).parent
HERE = Path(os.environ.get("DEMO_DIRECTORY", FILES.parent.parent / ".demo"))
OLDEST = 15
KEEPS_NO_EMAIL = "payload - 'ip' || jsonb_build_object('who', 'user' || id || '@example.com')"
KEEPS_EMAIL = "payload - 'ip'"
ROLES = """
CREATE ROLE reader LOGIN PASSWORD '{reader}';
GRANT pg_read_all_data TO reader;
DO $$
BEGIN
    EXECUTE (SELECT string_agg(format('GRANT SELECT ON LARGE OBJECT %s TO reader;', oid), '')
               FROM pg_largeobject_metadata);
END $$;
CREATE ROLE loader LOGIN CREATEDB PASSWORD '{loader}';
"""
CONFIG = """\
# Written by the demo. Secrets stand in files of mode 0600 beside it.
keys:
  identity: secret:file:keys/identity.txt
  signing: secret:file:keys/signing.pem
defaults:
  working_directory: {here}/data
recipients:
  colleague:
    public_key: {colleague}
protected: ["*prod*"]
targets:
  shop:
    name: The sample shop
    cpus: 2
    snapshot:
      src_url: secret:file:keys/source.url
      dst_url: secret:file:keys/copy.url
      schema_config:
        use_default_schema: false
    sanitize:
      query_file: {rules}
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the demo needs to know of its surroundings."""

    source: DatabaseUrl
    copy: DatabaseUrl
    config: Path
    rules: Path
    version: str
    count: int


async def prepare() -> Shop:
    """Make everything anew below `.demo` and return it."""
    await to_thread.run_sync(_clear)
    box, port = await programs(), _free_port()
    server = await to_thread.run_sync(lambda: cluster.create(HERE / "cluster", box, port=port))
    passwords = {"reader": secrets.token_urlsafe(12), "loader": secrets.token_urlsafe(12)}
    await psql(box, server.url(), "CREATE DATABASE shop")
    await psql(box, server.url("shop"), FILES / "shop.sql")
    roles = ROLES.format(**passwords)
    await psql(box, server.url("shop"), roles)
    return Shop(
        source=server.url("shop"),
        copy=server.url("shop_copy"),
        config=_configure(port, passwords),
        rules=HERE / "rules.sql",
        version=f"PostgreSQL {box.version}",
        count=await to_thread.run_sync(count, server.url("shop")),
    )


def _clear() -> None:
    remove()
    for directory in (HERE, HERE / "cluster", HERE / "data"):
        directory.mkdir(mode=0o700)


def remove() -> None:
    """End the demo's server, if there is one, and remove everything it made."""
    cluster.destroy(HERE / "cluster")
    shutil.rmtree(HERE, ignore_errors=True)


async def psql(box: Toolbox, url: DatabaseUrl, what: str | Path) -> None:
    """Run a statement or a file."""
    with session(url, Limits(), HERE / "data") as opened:
        command = ["--file", str(what)] if isinstance(what, Path) else ["--command", what]
        argv = [box.program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "--dbname", opened.conninfo, *command]
        done = await run(argv, env=opened.environment)
    if done.code:
        raise DatabaseFailed(done.stderr)


def rows(url: DatabaseUrl, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with psycopg.connect(**cast(Any, parameters(url, Limits()))) as connection:
        return connection.execute(query.encode()).fetchall()


async def programs() -> Toolbox:
    """Return the installed server's programs if they are new enough, else the embedded one's."""
    boxes = await discover()
    installed = [box for box in boxes if box.origin != "embedded" and box.major >= OLDEST]
    return choose_server(installed if any(box.has(("postgres", "initdb")) for box in installed) else boxes)


def _configure(port: int, passwords: Mapping[str, str]) -> Path:
    place = f"127.0.0.1:{port}"
    (HERE / "keys").mkdir(mode=0o700)
    for name, content in (
        ("identity.txt", new_identity().reveal()),
        ("signing.pem", new_signing_key().reveal()),
        ("source.url", f"postgres://reader:{passwords['reader']}@{place}/shop"),
        ("copy.url", f"postgres://loader:{passwords['loader']}@{place}/shop_copy"),
    ):
        _write(HERE / "keys" / name, content)
    colleague = recipient_of(new_identity())
    write_rules(HERE / "rules.sql", leaking=True)
    text = CONFIG.format(here=HERE, rules=HERE / "rules.sql", colleague=colleague)
    return _write(HERE / "snapharbor.yml", text)


def write_rules(file: Path, *, leaking: bool = False) -> None:
    """Write the rules; `leaking` ones leave the e-mail in an event's payload."""
    rules = (FILES / "rules.sql").read_text()
    if leaking:
        rules = rules.replace(KEEPS_NO_EMAIL, KEEPS_EMAIL)
        assert KEEPS_EMAIL in rules
    _write(file, rules)


def _write(file: Path, content: str) -> Path:
    file.touch(mode=0o600)
    file.write_text(content)
    return file


def count(url: DatabaseUrl) -> int:
    """Return how many rows the tables hold; those of a partition are counted in it alone."""
    tables = rows(
        url,
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'",
    )
    counts = " UNION ALL ".join(f"SELECT count(*) FROM {name}" for (name,) in tables)
    return int(rows(url, f"SELECT sum(count) FROM ({counts}) AS counted")[0][0])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
