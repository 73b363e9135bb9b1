"""Accounts on a MariaDB server with the rights of docs/guides/privileges-mysql.md, and no more."""

import re
import secrets
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.url import DatabaseUrl

from .mysql import MysqlServer

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "privileges-mysql.md"

Account = Callable[..., DatabaseUrl]


@pytest.fixture
def account(mysql: MysqlServer) -> Generator[Account]:
    """Make accounts: `account(url, *blocks, server=…)` has the rights of blocks of the page on a database."""
    made: list[tuple[MysqlServer, str]] = []

    def make(url: DatabaseUrl, *blocks: str, server: MysqlServer = mysql) -> DatabaseUrl:
        name, password = f"few_{secrets.token_hex(4)}", secrets.token_hex(12)
        server.query(f"CREATE USER {name}@localhost IDENTIFIED BY '{password}'")
        made.append((server, name))
        for block in blocks:
            for statement in filter(str.strip, page_block(block).split(";")):
                named = re.sub(r"'snapharbor_\w+'@'%'", f"{name}@localhost", statement)
                named = named.replace("`shop`", f"`{url.database}`")
                server.query(named.replace("shop\\_dev", url.database.replace("_", "\\_")))
        return replace(server.url.on(url.database), user=name, password=Secret(password))

    yield make
    for server, name in made:
        server.query(f"DROP USER {name}@localhost")


def page_block(name: str) -> str:
    """Return an SQL block of the page, exactly as it stands there."""
    found = re.search(rf"<!-- block: {name} -->\n```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None, f"the page has no block `{name}`"
    return found[1]
