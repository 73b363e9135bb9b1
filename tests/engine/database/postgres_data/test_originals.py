"""Hashes of originals: those of many rows as one are those of each, and what the search computes itself."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from anyio import to_thread
from support.postgres import NewDatabase, Postgres, query
from support.snapshots import Bench

from snapharbor.engine.database.base import Hashing, SliceReader
from snapharbor.engine.database.postgres.originals import hashings
from snapharbor.engine.database.postgres.session import connect
from snapharbor.engine.database.postgres.slices import Cutting, read_leaves
from snapharbor.engine.database.wanted import Changed, Wanted
from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.proof.hashing import packed_address
from snapharbor.engine.proof.kernel import Gatherer, lookup3

SEED = 0x1234_5678_9ABC_DEF1
PEOPLE = TableName("public", "people")
GROUPED, BY_ROW = 140000, 130000
# Some three hundred pages, of which a part is empty.
TABLE = """
CREATE TABLE people (id int, name text, phone text, ip inet, net cidr, doc jsonb, note text, pad text);
ALTER TABLE people ALTER pad SET STORAGE PLAIN;
INSERT INTO people SELECT i, CASE WHEN i % 9 > 0 THEN 'Änn ' || 'MEYER-' || i END, '+49 (30) ' || 100000 + i,
  CASE WHEN i % 2 = 0 THEN '2001:db8::' || to_hex(i) ELSE '10.0.' || i % 200 || '.7/24' END::inet,
  set_masklen('10.0.0.0'::cidr, 8 + i % 8), jsonb_build_object('mail', 'p' || i || '@corp.example'),
  'call 0171 ' || 1000000 + i || ' or mail x' || i || '@corp.example', repeat('-', 700)
FROM generate_series(1, 3000) i;
DELETE FROM people WHERE id BETWEEN 500 AND 1500;
"""
COLUMNS = (
    Wanted("name", "text", ("full-name",)),
    Wanted("phone", "text", ("phone",)),
    Wanted("ip", "inet"),
    Wanted("net", "cidr"),
    Wanted("doc", "jsonb", ("email",), ("$.mail",)),
    Wanted("note", "text", ("free-text",)),
)
EVEN = Changed("people", ("people.id % 2 = 0",))


@pytest.fixture
def database(each_postgres: Postgres, new_database: NewDatabase) -> DatabaseUrl:
    return new_database(TABLE, "VACUUM people", server=each_postgres)


def gathered(reader: SliceReader, pieces: Sequence[Hashing]) -> Counter[int]:
    """Return the hashes that are kept, each with its flag as the last bit."""
    found = Counter[int]()
    for piece in pieces:
        gatherer = Gatherer(piece.flags, bytearray(1 << 12), bytearray(1 << 10))
        for block in reader.read(piece.piece):
            found.update(array("Q", gatherer.feed(block)))
        gatherer.finish()
    return found


async def hashes(
    bench: Bench, database: DatabaseUrl, version: int, *columns: Wanted
) -> tuple[Counter[int], str]:
    """Return the hashes of some columns as a server of that version is asked for them, and a question."""
    async with connect(database) as connection:
        leaves = await read_leaves(connection)
    cutting = Cutting(version, lambda _: (), {})
    pieces = [*hashings(leaves, {PEOPLE: columns}, seed=SEED, sources=cutting.sources)]
    async with bench.view(database) as view:
        with view.reader() as reader:
            return await to_thread.run_sync(gathered, reader, pieces), pieces[0].piece.text


@pytest.mark.parametrize("changed", [None, EVEN])
async def test_rows_one_by_one_give_the_same_hashes_as_many_at_once(
    bench: Bench, database: DatabaseUrl, changed: Changed | None
) -> None:
    columns = [replace(column, changed=changed) for column in COLUMNS]
    together, asked = await hashes(bench, database, GROUPED, *columns)
    alone, asked_alone = await hashes(bench, database, BY_ROW, *columns)
    assert together == alone
    # A name, a number and its digits, two addresses, a document, and a sentence with a mail and a number.
    assert together.total() > (8 if changed is None else 4) * 1900
    assert "string_agg(pg_catalog.int8send(pg_catalog.hashtext" in asked
    assert "LATERAL" not in asked_alone


async def test_the_source_hashes_addresses_and_texts_as_the_search_does(
    bench: Bench, database: DatabaseUrl
) -> None:
    found, _ = await hashes(bench, database, GROUPED, *COLUMNS[2:4])
    texts = query(database, "SELECT host(ip) || '/' || masklen(ip), net::text FROM people")
    values = [packed_address(str(text).encode()) for row in texts for text in row]
    assert found == Counter(lookup3(value, SEED) & ~1 for value in values)
    names, _ = await hashes(bench, database, GROUPED, COLUMNS[0])
    folded = [str(name).lower().encode() for (name,) in query(database, "SELECT name FROM people") if name]
    assert names == Counter(lookup3(name, SEED) | 1 for name in folded)
