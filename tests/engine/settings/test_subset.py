"""The block `subset` of a target."""

import pytest
from support.settings import Corner

from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.subset import Chosen, Relation, Subset

WHOLE = """
targets:
  shop:
    subset:
      src_url: postgres://reader@db.example/shop
      dst_url: postgres://writer@localhost/copy
      subset_tables:
        - {table: public.customers, percent: 2.5}
        - {table: public.orders, where: "id < 9"}
      copy_tables: [public.countries]
      excluded_tables: audit.log
      added_relationships:
        - fk_table: public.remarks
          fk_columns: about
          ref_table: public.posts
          ref_columns: id
          where: "kind = 'post'"
        - {fk_table: a.b, fk_columns: [c], ref_table: a.d, ref_columns: [e], fk_path: "$.f"}
      excluded_relationships:
        - {fk_table: public.orders, ref_table: public.agents}
      referencing: any
      max_rows: 1000
      row_budgets: {public.orders: 10}
      batch_size: 500
"""


def name(schema: str, table: str) -> TableName:
    return TableName(schema, table)


def test_every_key_of_the_original_and_ours_is_read(corner: Corner) -> None:
    target = corner.load(WHOLE).target("shop")
    assert target.source is not None
    assert (target.source.user, target.source.host) == ("reader", "db.example")
    assert target.subset is not None
    assert target.subset.destination is not None
    assert target.subset == Subset(
        chosen=(
            Chosen(name("public", "customers"), percent=2.5),
            Chosen(name("public", "orders"), where="id < 9"),
        ),
        copied=(name("public", "countries"),),
        excluded=(name("audit", "log"),),
        added=(
            Relation(
                "added: about",
                name("public", "remarks"),
                ("about",),
                name("public", "posts"),
                ("id",),
                where="kind = 'post'",
            ),
            Relation("added: c$.f", name("a", "b"), ("c",), name("a", "d"), ("e",), path="$.f"),
        ),
        ignored=((name("public", "orders"), name("public", "agents")),),
        referencing="any",
        max_rows=1000,
        budgets={name("public", "orders"): 10},
        batch=500,
        destination=target.subset.destination,
    )


@pytest.mark.parametrize(
    ("block", "key"),
    [
        ("{subset_tables: [{table: public.a}]}", "subset_tables"),
        ("{subset_tables: [{table: public.a, where: x, percent: 1}]}", "subset_tables"),
        ("{subset_tables: [{table: a, percent: 1}]}", "subset_tables"),
        ("{subset_tables: [{table: public.a, percent: 101}]}", "subset_tables.0.percent"),
        ("{excluded_tables: [public.a]}", "subset_tables"),
        ("{copy_tables: [a]}", "copy_tables"),
        ("{copy_tables: [public.a], refer: any}", "refer"),
        (
            "{copy_tables: [a.b], added_relationships: "
            "[{fk_table: a.b, fk_columns: [c, d], ref_table: a.e, ref_columns: f}]}",
            "added_relationships",
        ),
        (
            "{copy_tables: [a.b], added_relationships: "
            "[{fk_table: a.b, fk_columns: c, ref_table: a.e, ref_columns: f, fk_path: items}]}",
            "added_relationships",
        ),
    ],
)
def test_an_entry_that_says_too_much_or_too_little_is_refused_by_its_key(
    corner: Corner, block: str, key: str
) -> None:
    error = corner.refusal(
        f"targets:\n  a:\n    snapshot: {{src_url: 'postgres://h/d'}}\n    subset: {block}"
    )
    assert (error.code, error.details["key"], error.details["line"]) == (
        "config-invalid",
        f"targets.a.subset.{key}",
        4,
    )


def test_a_subset_of_another_source_needs_a_target_of_its_own(corner: Corner) -> None:
    text = WHOLE.replace("    subset:", "    snapshot: {src_url: 'postgres://h/other'}\n    subset:")
    assert corner.refusal(text).details["key"] == "targets.shop.subset.src_url"
