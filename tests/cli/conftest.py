"""A command with a hand-built configuration: one small source, one destination that does not exist yet."""

import secrets
from collections.abc import Generator
from pathlib import Path

import pytest
from support.cli import CUSTOMERS, Command, Shop, written
from support.postgres import NewDatabase, execute, query

from snapharbor.engine.keypair import new_identity, new_signing_key, recipient_of
from snapharbor.engine.model.url import DatabaseUrl

FILL = (
    "CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL)",
    f"INSERT INTO customers SELECT n, 'real' || n || '@example.com' FROM generate_series(1, {CUSTOMERS}) n",
)
RULES = "UPDATE customers SET email = 'user' || id || '@example.test';"


def text_of(url: DatabaseUrl) -> str:
    """Return a URL with its password, as a configuration holds it."""
    password = url.password.reveal() if url.password else ""
    return f"postgres://{url.user}:{password}@/{url.database}?host={url.host}&port={url.port}"


@pytest.fixture
def shop(tmp_path: Path, new_database: NewDatabase) -> Generator[Shop]:
    """Return the command where target `shop` is configured; nothing was built yet."""
    source = new_database(*FILL)
    copy = source.on(f"copy_{secrets.token_hex(6)}")
    identity, signing = new_identity(), new_signing_key()
    written(tmp_path / "identity.txt", [identity.reveal()])
    written(tmp_path / "signing.pem", [signing.reveal()])
    written(tmp_path / "rules.sql", [RULES])
    written(
        tmp_path / "snapharbor.yml",
        [
            "keys: {identity: 'secret:file:identity.txt', signing: 'secret:file:signing.pem'}",
            f"defaults: {{working_directory: {tmp_path}/data}}",
            f"recipients: {{colleague: {{public_key: {recipient_of(new_identity())}}}}}",
            "targets:",
            "  shop:",
            "    snapshot: {src_url: '{{`SOURCE` | env}}', dst_url: '{{`COPY` | env}}'}",
            "    sanitize: {query_file: rules.sql}",
        ],
    )
    variables = {"SOURCE": text_of(source), "COPY": text_of(copy)}
    password = source.password.reveal() if source.password else secrets.token_hex(16)
    canaries = (password, identity.reveal(), signing.reveal().splitlines()[1], "real7@example.com")
    yield Shop(Command(tmp_path, variables, canaries), source, copy)
    templates = query(source, "SELECT datname FROM pg_database WHERE datname LIKE 'snapharbor\\_t\\_%'")
    for name in (copy.database, copy.database + "_b", *(str(name) for (name,) in templates)):
        execute(source.on("postgres"), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
