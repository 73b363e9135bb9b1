"""What a source publishes stays there, and stops neither a copy nor a load."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.postgres import Age, Postgres, execute
from support.small import MakeSmall

from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest

pytestmark = pytest.mark.server

# Updates of a table without a key are refused while it publishes them.
PUBLISHED = (
    "CREATE TABLE people (id int, mail text)",
    "INSERT INTO people VALUES (1, 'ann@corp.de'), (2, 'bob@corp.de')",
    "CREATE PUBLICATION everything FOR ALL TABLES",
    "CREATE PUBLICATION mails FOR TABLE people",
)
COUNTED = "SELECT count(*), count(mail), (SELECT count(*) FROM pg_publication) FROM people"


@pytest.mark.parametrize("age", ["newest", "oldest"])
async def test_publications_stop_no_copy(
    make_small: MakeSmall, start_postgres: Callable[[Age], Postgres], age: Age
) -> None:
    made = make_small(*PUBLISHED, rules="UPDATE people SET mail = NULL", server=start_postgres(age))
    assert (await made.loaded(ephemeral=True)).here(COUNTED) == [(2, 0, 0)]


async def test_a_load_needs_no_superuser_for_them(make_small: MakeSmall, loader: DatabaseUrl) -> None:
    made = make_small(*PUBLISHED)
    loaded = replace(made, destination=loader.on(made.destination.database))
    await loaded.do(BuildRequest("shop"))
    try:
        await loaded.do(LoadRequest("shop", original=True))
        assert loaded.here(COUNTED) == [(2, 2, 0)]
    finally:
        execute(made.server.url, f"DROP DATABASE IF EXISTS {made.destination.database} WITH (FORCE)")
