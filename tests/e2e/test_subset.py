"""Subsets on a real server: what is taken, what it is made of, and that every key holds."""

from dataclasses import replace

import pytest
from support.postgres import Postgres, query
from support.shop import do
from support.subset import MakeTown, chosen, harbor_with, ids, load_subset, table

from snapharbor.engine.model.errors import ArgumentInvalid, ConfigInvalid, EngineError, SourceUnsuitable
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.subset import Relation, Subset
from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.places import strings
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, SanitizeRequest

pytestmark = pytest.mark.server

TRADE = """
CREATE TABLE country (code text PRIMARY KEY, name text);
CREATE TABLE customer (
  id int PRIMARY KEY, country text NOT NULL REFERENCES country, referrer int REFERENCES customer
);
CREATE TABLE product (id int PRIMARY KEY, maker text NOT NULL REFERENCES country);
CREATE TABLE purchase (
  id int, year int, buyer int NOT NULL REFERENCES customer, PRIMARY KEY (year, id)
) PARTITION BY LIST (year);
CREATE TABLE purchase_1 PARTITION OF purchase FOR VALUES IN (1);
CREATE TABLE purchase_2 PARTITION OF purchase FOR VALUES IN (2);
CREATE TABLE item (
  purchase int, year int, product int NOT NULL REFERENCES product,
  FOREIGN KEY (year, purchase) REFERENCES purchase (year, id)
);
CREATE TABLE lonely (id int PRIMARY KEY);
INSERT INTO country SELECT 'c' || i, 'Country ' || i FROM generate_series(0, 9) i;
INSERT INTO customer SELECT i, 'c' || i % 5, CASE WHEN i > 10 THEN i / 2 END FROM generate_series(1, 100) i;
INSERT INTO product SELECT i, 'c' || 5 + i % 5 FROM generate_series(1, 50) i;
INSERT INTO purchase SELECT i, 1 + i % 2, 1 + i % 100 FROM generate_series(1, 300) i;
INSERT INTO item SELECT i, 1 + i % 2, 1 + i % 50 FROM generate_series(1, 300) i;
INSERT INTO lonely SELECT generate_series(1, 5);
"""


async def test_rows_that_refer_and_are_referred_to_come_along(
    each_postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(each_postgres, TRADE)
    await load_subset(shop, Subset((chosen("customer", where="customer.id = 40"),)))
    assert ids(shop, "customer") == [(10,), (20,), (40,)]
    assert ids(shop, "purchase", "id, buyer") == [(39, 40), (139, 40), (239, 40)]
    assert ids(shop, "item", "purchase, product") == [(39, 40), (139, 40), (239, 40)]
    assert ids(shop, "product") == [(40,)]
    assert ids(shop, "country", "code") == [("c0",), ("c5",)]
    assert ids(shop, "lonely") == []


async def test_a_share_of_rows_is_the_same_every_time_and_another_with_another_key(
    postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(postgres, TRADE)
    subset = Subset((chosen("customer", percent=20.0),))
    taken: list[list[tuple[object, ...]]] = []
    for key in ("what this is keyed with", "what this is keyed with", "and with something else"):
        target = replace(shop.target, subset=subset, rules=None)
        async with shop.harbor(settings=shop.settings(target, masking_key=Secret(key))) as harbor:
            await do(harbor, BuildRequest("shop", subset=True))
            await do(harbor, LoadRequest("shop", original=True))
        taken.append(ids(shop, "customer"))
    assert taken[0] == taken[1] != taken[2]
    assert 10 < len(taken[0]) < 60


CIRCLES = """
CREATE TABLE team (id int PRIMARY KEY, lead int);
CREATE TABLE person (id int PRIMARY KEY, team int NOT NULL REFERENCES team, mentor int REFERENCES person);
ALTER TABLE team ADD FOREIGN KEY (lead) REFERENCES person DEFERRABLE;
CREATE TABLE old_note (id int PRIMARY KEY, about int);
INSERT INTO team SELECT i FROM generate_series(1, 6) i;
INSERT INTO person SELECT i, 1 + i % 6, CASE WHEN i > 1 THEN i - 1 END FROM generate_series(1, 30) i;
UPDATE team SET lead = id;
INSERT INTO old_note VALUES (1, 30), (2, 99);
ALTER TABLE old_note ADD FOREIGN KEY (about) REFERENCES person NOT VALID;
"""


async def test_circles_and_chains_are_followed_and_keys_that_are_not_valid_come_back_so(
    each_postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(each_postgres, CIRCLES)
    await load_subset(
        shop, Subset((chosen("person", where="public.person.id = 4"),), copied=(table("old_note"),))
    )
    assert ids(shop, "person") == [(number,) for number in range(1, 31)]
    assert ids(shop, "team") == [(number,) for number in range(1, 7)]
    assert ids(shop, "old_note") == [(1,), (2,)]
    await load_subset(shop, Subset((chosen("person", where="id = 4"),), referencing="none"))
    assert ids(shop, "person") == [(number,) for number in range(1, 7)]


async def test_rows_come_by_every_reference_or_by_any_or_not(postgres: Postgres, make_town: MakeTown) -> None:
    shop = make_town(
        postgres,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
        "CREATE TABLE both_of (id int PRIMARY KEY, a int REFERENCES a, b int REFERENCES b);"
        "INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1), (2);"
        "INSERT INTO both_of VALUES (1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 1, NULL), (5, NULL, NULL)",
    )
    begun = (chosen("a", where="id = 1"), chosen("b", where="id = 1"))
    for referencing, expected in (("every", [1, 4]), ("any", [1, 2, 4]), ("none", [])):
        await load_subset(shop, Subset(begun, referencing=referencing))  # type: ignore[arg-type]
        assert ids(shop, "both_of") == [(number,) for number in expected]


async def test_what_refers_to_an_excluded_table_becomes_null_or_is_refused(
    postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(postgres, TRADE, "ALTER TABLE customer ALTER country DROP NOT NULL")
    begun = (chosen("customer", where="id <= 20"),)
    excluded = Subset(begun, excluded=(table("country"), table("product"), table("item")))
    await load_subset(shop, excluded)
    assert query(shop.destination, "SELECT count(*), count(country) FROM customer") == [(20, 0)]
    assert ids(shop, "country", "code") == []
    async with harbor_with(shop, replace(excluded, excluded=(table("country"),))) as harbor:
        with pytest.raises(SourceUnsuitable, match=r"rows of `public\.product` refer by `maker`"):
            await do(harbor, BuildRequest("shop", subset=True))


async def test_an_excluded_relation_is_not_followed_and_its_columns_become_null(
    postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(postgres, TRADE)
    subset = Subset((chosen("customer", where="id = 40"),), ignored=((table("customer"), table("customer")),))
    await load_subset(shop, subset)
    assert ids(shop, "customer", "id, referrer") == [(40, None)]
    async with harbor_with(shop, replace(subset, ignored=((table("customer"), table("country")),))) as harbor:
        with pytest.raises(ConfigInvalid, match="whose columns cannot be NULL"):
            await do(harbor, BuildRequest("shop", subset=True))


LOOSE = """
CREATE TABLE post (id int PRIMARY KEY, title text);
CREATE TABLE photo (id int PRIMARY KEY);
CREATE TABLE remark (id int PRIMARY KEY, kind text, about text);
CREATE TABLE basket (id int PRIMARY KEY, content jsonb);
INSERT INTO post SELECT i, 'Post ' || i FROM generate_series(1, 9) i;
INSERT INTO photo SELECT generate_series(1, 9);
INSERT INTO remark SELECT i, CASE WHEN i % 2 = 0 THEN 'post' ELSE 'photo' END, i FROM generate_series(1, 9) i;
INSERT INTO basket VALUES (1, '{"items": [{"photo": 2}, {"photo": "3"}]}'), (2, '{"items": []}'), (3, NULL),
                          (4, '{"items": [{"photo": 7}, {"photo": null}]}');
"""


async def test_relations_that_nobody_declared_lead_by_kind_and_out_of_documents(
    postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(postgres, LOOSE)
    to_post = Relation(
        "remark: post", table("remark"), ("about",), table("post"), ("id",), where="kind = 'post'"
    )
    to_photo = replace(to_post, name="remark: photo", referenced=table("photo"), where="kind = 'photo'")
    held = Relation("basket", table("basket"), ("content",), table("photo"), ("id",), path="$.items[*].photo")
    added = (to_post, to_photo, held)
    await load_subset(shop, Subset((chosen("remark", where="id IN (4, 5)"),), added=added))
    assert (ids(shop, "post"), ids(shop, "photo")) == ([(4,)], [(5,)])
    await load_subset(shop, Subset((chosen("basket", where="id = 1"),), added=added))
    assert (ids(shop, "photo"), ids(shop, "remark")) == ([(2,), (3,)], [])
    await load_subset(shop, Subset((chosen("photo", where="id IN (3, 5)"),), added=added))
    assert (ids(shop, "basket"), ids(shop, "remark"), ids(shop, "photo")) == (
        [(1,)],
        [(3,), (5,)],
        [(2,), (3,), (5,)],
    )


async def test_a_budget_cuts_what_is_chosen_and_never_what_others_need(
    postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(postgres, TRADE)
    subset = Subset(
        (chosen("customer", where="id > 50"),), budgets={table("customer"): 5, table("purchase"): 7}
    )
    async with harbor_with(shop, subset) as harbor:
        told = await harbor.explain_subset("shop")
        assert await harbor.explain_subset("shop") == told
    by_name = {one.table.name: one for one in told.tables}
    assert by_name["customer"].why["chosen"] == 5
    assert by_name["customer"].cut == 45
    assert sum(by_name[name].after or 0 for name in ("purchase_1", "purchase_2")) == 7
    assert told.dangling == 0
    await load_subset(shop, subset)
    assert query(shop.destination, "SELECT count(*) FROM purchase") == [(7,)]


async def test_inherited_rows_are_chosen_with_their_parent_and_keys_are_not_inherited(
    postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(
        postgres,
        "CREATE TABLE place (id int PRIMARY KEY); CREATE TABLE city (mayor text) INHERITS (place);"
        "CREATE TABLE visit (id int PRIMARY KEY, place int REFERENCES place);"
        "INSERT INTO place VALUES (1), (2); INSERT INTO city VALUES (1, 'Ada'), (3, 'Ben');"
        "INSERT INTO visit VALUES (1, 1), (2, 2)",
    )
    await load_subset(shop, Subset((chosen("place", where="id <> 2"),)))
    assert ids(shop, "ONLY place") == [(1,)]
    assert ids(shop, "city") == [(1,), (3,)]
    assert ids(shop, "visit") == [(1,)]


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_subset_is_sanitized_in_the_same_pass_or_in_a_copy(
    postgres: Postgres, make_town: MakeTown, ephemeral: bool
) -> None:
    shop = make_town(
        postgres, TRADE, "ALTER TABLE customer ADD email text; UPDATE customer SET email = 'm' || id"
    )
    rules = Rules(override_query="UPDATE customer SET email = 'nobody@example.com'")
    async with harbor_with(shop, Subset((chosen("customer", where="id = 40"),)), rules) as harbor:
        made = await do(harbor, SanitizeRequest("shop", ephemeral=ephemeral, subset=True))
        kinds = [(one.manifest.kind, one.manifest.tags) for one in await harbor.snapshots("shop")]
        await do(harbor, LoadRequest("shop"))
    assert kinds == [("sanitized", ("subset",))] + [("original", ("subset",))] * ephemeral
    assert any(
        sentence.startswith("left out, rows that the subset") for sentence in strings(made["left_out"])
    )
    assert ids(shop, "customer", "id, email") == [(number, "nobody@example.com") for number in (10, 20, 40)]


@pytest.mark.parametrize(
    ("about", "leak"),
    [("what 20 rows share", None), ("m50@corp.example, who is left out", "public.customer.about")],
)
async def test_a_subset_is_searched_for_what_all_rows_hold(
    postgres: Postgres, make_town: MakeTown, about: str, leak: str | None
) -> None:
    shop = make_town(
        postgres,
        TRADE,
        "ALTER TABLE customer ADD email text, ADD home jsonb, ADD about text",
        "UPDATE customer SET email = 'm' || id || '@corp.example', home = "
        "jsonb_build_object('town', 'Northtown ' || id % 4, 'street', 'Elm ' || id)",
        f"UPDATE customer SET about = '{about}' WHERE id = 40",
    )
    rules = Rules(
        override_query="sql:UPDATE customer SET home = home - 'street', email = 'u' || id || '@example.com'"
    )
    async with harbor_with(shop, Subset((chosen("customer", where="id = 40"),)), rules) as harbor:
        made = await do(harbor, SanitizeRequest("shop", subset=True))
        found = (await harbor.snapshot(str(made["snapshot"]))).manifest.sanitization
    assert found is not None
    assert found.scan is not None
    assert [f"{hit.place}.{hit.column}" for hit in found.scan.hits if hit.kind == "original"] == [leak] * (
        leak is not None
    )


@pytest.mark.parametrize(
    "subset",
    [
        Subset((chosen("custmer", where="true"),)),
        Subset((chosen("customer", where="pg_sleep(1) IS NULL"),)),
        Subset((chosen("customer", where="true) OR (true"),)),
        Subset((chosen("customer", where="id = 1; DROP TABLE customer"),)),
        Subset((chosen("customer", where="id = 1) RETURNING (id"),)),
        Subset((chosen("customer", where="true"),), copied=(table("customer"),)),
        Subset((), copied=(table("customer"),), excluded=(table("customer"),)),
        Subset(
            (),
            copied=(table("item"),),
            added=(Relation("x", table("item"), ("no",), table("product"), ("id",)),),
        ),
    ],
)
async def test_a_subset_that_cannot_be_meant_is_refused_when_it_is_planned(
    postgres: Postgres, make_town: MakeTown, subset: Subset
) -> None:
    shop = make_town(postgres, TRADE)
    async with harbor_with(shop, subset) as harbor:
        with pytest.raises(ConfigInvalid):
            await harbor.plan(BuildRequest("shop", subset=True))


async def test_a_wrong_condition_fails_by_name_and_leaves_nothing(
    postgres: Postgres, make_town: MakeTown
) -> None:
    shop = make_town(postgres, TRADE)
    async with harbor_with(shop, Subset((chosen("customer", where="nothing = 1"),))) as harbor:
        with pytest.raises(EngineError, match=r"public\.customer") as failed:
            await do(harbor, BuildRequest("shop", subset=True))
        assert "`where` of `public.customer` in `subset_tables`" in failed.value.hint
        assert await harbor.snapshots("shop") == []
    assert list((shop.directory / "tmp").glob("spool-*")) == []


async def test_rows_without_a_key_have_no_share(postgres: Postgres, make_town: MakeTown) -> None:
    shop = make_town(postgres, TRADE)
    async with harbor_with(shop, Subset((chosen("item", percent=10.0),))) as harbor:
        with pytest.raises(SourceUnsuitable, match="no primary key"):
            await harbor.explain_subset("shop")


async def test_a_row_is_told_with_everything_that_brought_it(postgres: Postgres, make_town: MakeTown) -> None:
    shop = make_town(postgres, TRADE)

    async def why(name: str, *key: str) -> tuple[str, ...]:
        return (await harbor.explain_subset("shop", row=(name, key))).row

    subset = Subset((chosen("customer", where="id = 40"),), copied=(table("lonely"),))
    async with harbor_with(shop, subset) as harbor:
        assert await why("customer", "40") == ("public.customer: chosen",)
        assert await why("customer", "41") == ("public.customer: not taken",)
        for name in ("lonely", "public.lonely"):
            assert await why(name, "1") == ("public.lonely: taken whole",)
        assert await why("product", "40") == (
            "public.product: public.item refers to it (item_product_fkey)",
            "public.item: refers to public.purchase (item_year_purchase_fkey)",
            "public.purchase_2: refers to public.customer (purchase_buyer_fkey)",
            "public.customer: chosen",
        )
        assert await why("customer", "10") == (
            *["public.customer: public.customer refers to it (customer_referrer_fkey)"] * 2,
            "public.customer: chosen",
        )
        assert len(await why("purchase", "2", "39")) == 2
        for name, key in (("customer", ("0",)), ("customer", ("1", "2")), ("item", ("1",)), ("none", ("1",))):
            with pytest.raises(ArgumentInvalid):
                await why(name, *key)
        with pytest.raises(ArgumentInvalid) as unknown:
            await why("customers", "40")
        assert unknown.value.hint == "Did you mean `public.customer`?"
