"""Database URLs as people write them, and what they are told when something is missing."""

import pytest

from snapharbor.engine.database.mysql.session import reached
from snapharbor.engine.model.errors import ConfigInvalid
from snapharbor.engine.model.url import DatabaseUrl


@pytest.mark.parametrize("option", ["host", "socket", "unix_socket"])
def test_a_socket_takes_the_place_of_a_host(option: str) -> None:
    url = DatabaseUrl.parse(f"mysql://ana@/shop?{option}=/run/mysqld/mysqld.sock")
    assert (url.host, url.database, url.user) == ("/run/mysqld/mysqld.sock", "shop", "ana")
    assert reached(url).socket == "/run/mysqld/mysqld.sock"


@pytest.mark.parametrize(
    ("text", "message", "shown"),
    [
        (
            "mariadb://ana:secret@/shop",
            "no host or no database name",
            "mariadb://user:password@host:3306/name",
        ),
        ("pg://host/", "no host or no database name", "pg://user:password@host:5432/name"),
        ("mysql://host:port/shop", "cannot be read", "mysql://user:password@host:3306/name"),
        ("//host:port/shop", "cannot be read", "postgres://user:password@host:5432/name"),
        ("oracle://host/shop", "`oracle` is not a database URL scheme", "mariadb"),
    ],
)
def test_what_is_no_url_is_answered_with_one_of_its_kind(text: str, message: str, shown: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        DatabaseUrl.parse(text)
    assert message in refused.value.message
    assert shown in refused.value.hint
    assert "secret" not in refused.value.message + refused.value.hint
