"""A source whose connections break while it is sanitized: it may be tried again, and nothing is left."""

import pytest
from support.faults import at, children
from support.postgres import execute
from support.small import MakeSmall, Small

from snapharbor.engine.model.errors import DatabaseUnreachable

pytestmark = pytest.mark.server

PEOPLE = (
    "CREATE TABLE people (id int PRIMARY KEY, mail text NOT NULL)",
    "INSERT INTO people SELECT n, 'ann' || n || '@corp' || n || '.de' FROM generate_series(1, 20000) AS n",
)
RULES = "UPDATE people SET mail = snapharbor.email(mail);"
END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND usename = '{}'"


def break_off(made: Small) -> None:
    execute(made.server.url, END.format(made.owner.database, made.source.user))


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_source_that_is_lost_in_the_middle_leaves_nothing_and_may_be_tried_again(
    make_small: MakeSmall, *, ephemeral: bool
) -> None:
    made = make_small(*PEOPLE, rules=RULES)
    with pytest.raises(DatabaseUnreachable) as caught:
        await made.sanitize(at("reading", lambda: break_off(made)), ephemeral=ephemeral)
    assert caught.value.retryable
    assert caught.value.hint
    async with made.harbor() as harbor:
        assert await harbor.snapshots() == []
        assert await harbor.services.ledger.leases() == []
        (job,) = await harbor.jobs()
    assert job.state == "failed"
    assert children(made.directory) == {}
    assert {path.name for path in made.directory.glob("tmp/*")} <= {"spool.lock"}
    done = await made.loaded(ephemeral=ephemeral)
    assert done.here("SELECT count(*) FROM people WHERE mail LIKE '%@example.com'") == [(20000,)]
