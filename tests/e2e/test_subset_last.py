"""Subsets of tables that only refer: read by what their rows refer to, exactly those that are explained."""

import pytest
from support.postgres import Postgres, query
from support.subset import MakeTown, chosen, harbor_with, ids, load_subset

from snapharbor.engine.model.subset import Subset
from snapharbor.engine.model.target import Rules

pytestmark = pytest.mark.server

VISITS = """
CREATE TABLE guest (id int PRIMARY KEY, email text, brought_by int REFERENCES guest);
CREATE TABLE visit (
  day int, guest int REFERENCES guest, note text, long text GENERATED ALWAYS AS (note || '!') STORED
) PARTITION BY LIST (day);
CREATE TABLE visit_1 PARTITION OF visit FOR VALUES IN (1);
CREATE TABLE visit_2 PARTITION OF visit FOR VALUES IN (2);
CREATE TABLE stay (guest int REFERENCES guest, hotel int);
INSERT INTO guest SELECT i, 'g' || i, CASE WHEN i > 5 THEN i - 5 END FROM generate_series(1, 20) i;
INSERT INTO visit SELECT 1 + i % 2, 1 + i % 20, 'note ' || i FROM generate_series(0, 199) i;
INSERT INTO visit VALUES (1, NULL, 'nobody');
INSERT INTO stay SELECT i, i FROM generate_series(1, 20) i;
"""


@pytest.mark.parametrize("rules", [None, Rules(override_query="UPDATE guest SET email = 'x' || id")])
async def test_rows_that_nothing_refers_to_are_those_of_what_was_chosen(
    each_postgres: Postgres, make_town: MakeTown, rules: Rules | None
) -> None:
    shop = make_town(each_postgres, VISITS)
    subset = Subset((chosen("guest", where="id IN (11, 12)"),), batch=1)
    await load_subset(shop, subset, rules)
    # Guests 6, 7, 1 and 2 come as others refer to them, and bring nothing.
    assert ids(shop, "guest") == [(1,), (2,), (6,), (7,), (11,), (12,)]
    taken = "SELECT day, guest, count(*), count(DISTINCT long) FROM visit GROUP BY 1, 2 ORDER BY 1, 2"
    assert query(shop.destination, taken) == [(1, 11, 10, 10), (2, 12, 10, 10)]
    assert ids(shop, "stay", "guest") == [(11,), (12,)]
    async with harbor_with(shop, subset) as harbor:
        told = await harbor.explain_subset("shop")
        (snapshot, *_) = await harbor.snapshots()
    counts = {one.table: one.after for one in told.tables}
    assert counts == {one.name: one.rows for one in snapshot.manifest.tables if one.name in counts}
    lacking = " ".join(snapshot.manifest.left_out)
    assert "visit_1" in lacking
    assert "stay" in lacking
