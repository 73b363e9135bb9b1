"""Subsets on a real MariaDB server: what is taken, by whatever key, and that every reference holds."""

from dataclasses import replace

import pytest
from support.mariasubset import SOURCE, chosen, harbor_with, ids, load_subset, table
from support.mysql import NewSchema
from support.mysqlshop import MakeMysqlShop, MysqlShop
from support.shop import do

from snapharbor.engine.model.errors import ArgumentInvalid, ConfigInvalid, EngineError, SourceUnsuitable
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.subset import Referencing, Relation, Subset
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.places import strings
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

pytestmark = [pytest.mark.server, pytest.mark.both_products(long=True)]
# Keys are of numbers, of texts, of both; `item` has none.
TRADE = b"""
CREATE TABLE country (code varchar(9) PRIMARY KEY, name text);
CREATE TABLE customer (
  id int PRIMARY KEY, country varchar(9) NOT NULL REFERENCES country (code),
  referrer int REFERENCES customer (id)
);
CREATE TABLE product (id int PRIMARY KEY, maker varchar(9) NOT NULL REFERENCES country (code));
CREATE TABLE purchase (
  id int, year varchar(4), buyer int NOT NULL REFERENCES customer (id), PRIMARY KEY (year, id)
);
CREATE TABLE item (
  purchase int, year varchar(4), product int NOT NULL REFERENCES product (id),
  CONSTRAINT item_of FOREIGN KEY (year, purchase) REFERENCES purchase (year, id)
);
CREATE TABLE lonely (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO country SELECT concat('c', seq), concat('Country ', seq) FROM seq_0_to_9;
INSERT INTO customer SELECT seq, concat('c', seq % 5), IF(seq > 10, seq DIV 2, NULL) FROM seq_1_to_100;
INSERT INTO product SELECT seq, concat('c', 5 + seq % 5) FROM seq_1_to_50;
INSERT INTO purchase SELECT seq, 1 + seq % 2, 1 + seq % 100 FROM seq_1_to_300;
INSERT INTO item SELECT seq, 1 + seq % 2, 1 + seq % 50 FROM seq_1_to_300;
INSERT INTO lonely SELECT seq FROM seq_1_to_5;
"""


@pytest.fixture
def town(make_mysql_shop: MakeMysqlShop) -> MysqlShop:
    return make_mysql_shop(TRADE, name=SOURCE)


async def test_rows_that_refer_and_are_referred_to_come_along_by_any_kind_of_key(town: MysqlShop) -> None:
    await load_subset(town, Subset((chosen("customer", "customer.id = 40"),)))
    assert ids(town, "customer") == [(10,), (20,), (40,)]
    assert ids(town, "purchase", "id, buyer") == [(39, 40), (139, 40), (239, 40)]
    assert ids(town, "item", "purchase, product") == [(39, 40), (139, 40), (239, 40)]
    assert ids(town, "product") == [(40,)]
    assert ids(town, "country", "code") == [("c0",), ("c5",)]
    assert ids(town, "lonely") == []


async def test_a_key_to_another_database_is_not_followed(
    make_mysql_shop: MakeMysqlShop, new_schema: NewSchema
) -> None:
    other = new_schema("CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1)").database
    shop = make_mysql_shop(
        f"CREATE TABLE a (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES {other}.b (id));"
        "INSERT INTO a VALUES (1, 1), (2, 1)".encode(),
        name=SOURCE,
    )
    async with harbor_with(shop, Subset((chosen("a", "id = 1"),))) as harbor:
        told = await harbor.explain_subset("shop")
    assert (told.relations, [(one.table, one.after) for one in told.tables]) == (0, [(table("a"), 1)])


async def test_a_share_of_rows_is_the_same_every_time_and_another_with_another_key(town: MysqlShop) -> None:
    subset = Subset((chosen("purchase", percent=20.0),), referencing="none")
    taken: list[list[tuple[object, ...]]] = []
    for key in ("what this is keyed with", "what this is keyed with", "and with something else"):
        target = replace(town.target, subset=subset, rules=None)
        async with town.harbor(settings=town.settings(target, masking_key=Secret(key))) as harbor:
            await do(harbor, BuildRequest("shop", subset=True))
            await do(harbor, LoadRequest("shop", original=True))
        taken.append(ids(town, "purchase"))
    assert taken[0] == taken[1] != taken[2]
    assert 30 < len(taken[0]) < 90


CIRCLES = b"""
CREATE TABLE team (id int PRIMARY KEY, chief varchar(9));
CREATE TABLE person (
  id varchar(9) PRIMARY KEY, team int NOT NULL REFERENCES team (id),
  mentor varchar(9), FOREIGN KEY (mentor) REFERENCES person (id)
);
INSERT INTO team SELECT seq, NULL FROM seq_1_to_6;
INSERT INTO person SELECT seq, 1 + seq % 6, NULL FROM seq_1_to_30;
UPDATE person SET mentor = id - 1 WHERE id > 1;
UPDATE team SET chief = id;
ALTER TABLE team ADD FOREIGN KEY (chief) REFERENCES person (id);
CREATE TABLE old_note (about varchar(9) REFERENCES person (id));
INSERT INTO old_note VALUES ('30');
"""


async def test_circles_and_chains_are_followed(make_mysql_shop: MakeMysqlShop) -> None:
    shop = make_mysql_shop(CIRCLES, name=SOURCE)
    for copied, persons in (((table("old_note"),), 30), ((), 6)):
        await load_subset(shop, Subset((chosen("person", "id = '4'"),), copied=copied))
        assert ids(shop, "person", "0 + id") == [(float(number),) for number in range(1, persons + 1)]
        assert ids(shop, "team") == [(number,) for number in range(1, 7)]


async def test_rows_come_by_every_reference_or_by_any_or_not(make_mysql_shop: MakeMysqlShop) -> None:
    shop = make_mysql_shop(
        b"CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
        b"CREATE TABLE both_of (id char(1) PRIMARY KEY, a int REFERENCES a (id), b int REFERENCES b (id));"
        b"INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1), (2);"
        b"INSERT INTO both_of VALUES (1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 1, NULL), (5, NULL, NULL)",
        name=SOURCE,
    )
    begun = (chosen("a", "id = 1"), chosen("b", "id = 1"))
    expected: dict[Referencing, int] = {"every": 2, "any": 3, "none": 0}
    for referencing, rows in expected.items():
        async with harbor_with(shop, Subset(begun, referencing=referencing)) as harbor:
            told = await harbor.explain_subset("shop")
        assert [one.after for one in told.tables if one.table.name == "both_of"] == [rows]


async def test_what_refers_to_an_excluded_table_becomes_null_or_is_refused(town: MysqlShop) -> None:
    town.query(town.owner, "ALTER TABLE customer MODIFY country varchar(9)")
    begun = (chosen("customer", "id <= 20"),)
    excluded = Subset(begun, excluded=(table("country"), table("product"), table("item")))
    await load_subset(town, excluded)
    assert ids(town, "customer", "id, country") == [(number, None) for number in range(1, 21)]
    assert ids(town, "country", "code") == []
    async with harbor_with(town, replace(excluded, excluded=(table("country"),))) as harbor:
        with pytest.raises(SourceUnsuitable, match=r"rows of `town\.product` refer by `maker`"):
            await do(harbor, BuildRequest("shop", subset=True))


LOOSE = b"""
CREATE TABLE post (id int PRIMARY KEY, title text);
CREATE TABLE photo (id int PRIMARY KEY);
CREATE TABLE remark (id int PRIMARY KEY, kind varchar(9), about varchar(9));
CREATE TABLE basket (id int PRIMARY KEY, content longtext);
INSERT INTO post SELECT seq, concat('Post ', seq) FROM seq_1_to_9;
INSERT INTO photo SELECT seq FROM seq_1_to_9;
INSERT INTO remark SELECT seq, IF(seq % 2, 'photo', 'post'), seq FROM seq_1_to_9;
INSERT INTO basket VALUES (1, '{"items": [{"photo": 2}, {"photo": "3"}]}'), (2, '{"items": []}'), (3, NULL),
                          (4, '{"items": [{"photo": 7}, {"photo": null}]}'), (5, '3');
"""


async def test_relations_that_nobody_declared_lead_by_kind_and_out_of_documents(
    make_mysql_shop: MakeMysqlShop,
) -> None:
    shop = make_mysql_shop(LOOSE, name=SOURCE)
    to_post = Relation(
        "remark: post", table("remark"), ("about",), table("post"), ("id",), where="kind = 'post' -- only"
    )
    to_photo = replace(to_post, name="remark: photo", referenced=table("photo"), where="kind = 'photo'")
    held = Relation("basket", table("basket"), ("content",), table("photo"), ("id",), path="$.items[*].photo")
    added = (to_post, to_photo, held)
    await load_subset(shop, Subset((chosen("remark", "id IN (4, 5)"),), added=added))
    assert (ids(shop, "post"), ids(shop, "photo")) == ([(4,)], [(5,)])
    await load_subset(shop, Subset((chosen("basket", "id IN (1, 5)"),), added=added))
    assert (ids(shop, "photo"), ids(shop, "remark")) == ([(2,), (3,)], [])
    await load_subset(shop, Subset((chosen("photo", "id IN (3, 5)"),), added=added))
    assert (ids(shop, "basket"), ids(shop, "remark"), ids(shop, "photo")) == (
        [(1,)],
        [(3,), (5,)],
        [(2,), (3,), (5,)],
    )


async def test_a_budget_cuts_what_is_chosen_and_never_what_others_need(town: MysqlShop) -> None:
    subset = Subset((chosen("customer", "id > 50"),), budgets={table("customer"): 5, table("purchase"): 7})
    async with harbor_with(town, subset) as harbor:
        told = await harbor.explain_subset("shop")
        assert await harbor.explain_subset("shop") == told
    by_name = {one.table.name: one for one in told.tables}
    assert (by_name["customer"].why["chosen"], by_name["customer"].cut) == (5, 45)
    assert (by_name["purchase"].after, told.dangling) == (7, 0)


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_subset_is_sanitized_in_the_same_pass_or_in_a_copy(town: MysqlShop, ephemeral: bool) -> None:
    town.query(town.owner, "CREATE TABLE gift (id int PRIMARY KEY) AS SELECT * FROM lonely")
    town.query(town.owner, "ALTER TABLE purchase ADD (email varchar(99), gift int REFERENCES gift (id))")
    town.query(town.owner, "UPDATE purchase SET email = concat('m', id, '@corp.example'), gift = 1")
    rules = Rules(override_query="UPDATE purchase SET email = concat(gift IS NULL, '@example.com')")
    subset = Subset((chosen("customer", "id = 40"),), excluded=(table("gift"),))
    async with harbor_with(town, subset, rules) as harbor:
        made = await do(harbor, SanitizeRequest("shop", ephemeral=ephemeral, subset=True))
        kinds = [(one.manifest.kind, one.manifest.tags) for one in await harbor.snapshots("shop")]
        await do(harbor, LoadRequest("shop"))
    assert kinds == [("sanitized", ("subset",))] + [("original", ("subset",))] * ephemeral
    assert any(
        sentence.startswith("left out, rows that the subset") for sentence in strings(made["left_out"])
    )
    assert ids(town, "purchase", "id, email, gift") == [
        (number, "1@example.com", None) for number in (39, 139, 239)
    ]


async def test_a_subset_is_searched_for_what_all_rows_hold(town: MysqlShop) -> None:
    town.query(town.owner, "ALTER TABLE customer ADD (email varchar(99), about varchar(99))")
    town.query(
        town.owner,
        "UPDATE customer SET email = concat('m', id, '@corp.example'), about = 'm50@corp.example, elsewhere'",
    )
    rules = Rules(override_query="UPDATE customer SET email = concat('u', id, '@example.com')")
    async with harbor_with(town, Subset((chosen("customer", "id = 40"),)), rules) as harbor:
        made = await do(harbor, SanitizeRequest("shop", subset=True))
        found = (await harbor.snapshot(str(made["snapshot"]))).manifest.sanitization
    assert found is not None
    assert found.scan is not None
    hits = [f"{hit.place}.{hit.column}" for hit in found.scan.hits if hit.kind == "original"]
    assert hits == ["town.customer.about"]


async def test_what_is_wrong_is_refused_by_name_and_leaves_nothing(town: MysqlShop) -> None:
    for subset, error, said in (
        (Subset((chosen("custmer", "true"),)), ConfigInvalid, "custmer"),
        (Subset((chosen("customer", "sleep(1) IS NULL"),)), ConfigInvalid, "sleep"),
        (Subset((chosen("customer", "true) OR (true"),)), ConfigInvalid, "more than one"),
        (Subset((chosen("customer", "nothing = 1"),)), EngineError, r"town\.customer"),
        (Subset((chosen("item", percent=10.0),)), SourceUnsuitable, "no key"),
    ):
        async with harbor_with(town, subset) as harbor:
            with pytest.raises(error, match=said):
                await do(harbor, BuildRequest("shop", subset=True))
            assert await harbor.snapshots("shop") == []
    assert list((town.directory / "tmp").glob("spool-*")) == []


async def test_a_row_is_told_with_everything_that_brought_it_by_a_single_reader(town: MysqlShop) -> None:
    town.server.query(f"REVOKE RELOAD ON *.* FROM {town.source.user}@localhost")

    async def why(name: str, *key: str) -> tuple[str, ...]:
        return (await harbor.explain_subset("shop", row=(name, key))).row

    subset = Subset((chosen("customer", "id = 40"),), copied=(table("lonely"),))
    async with harbor_with(town, subset) as harbor:
        assert await why("customer", "40") == ("town.customer: chosen",)
        assert await why("customer", "41") == ("town.customer: not taken",)
        for name in ("lonely", "town.lonely"):
            assert await why(name, "1") == ("town.lonely: taken whole",)
        assert (await why("product", "40"))[1:] == (
            "town.item: refers to town.purchase (item_of)",
            "town.purchase: refers to town.customer (purchase_ibfk_1)",
            "town.customer: chosen",
        )
        assert len(await why("purchase", "2", "39")) == 2
        for name, key in (("customer", ("40x",)), ("customer", ("1", "2")), ("item", ("1",))):
            with pytest.raises(ArgumentInvalid):
                await why(name, *key)
