"""The schema filter's truth table, row by row, and what tables are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapharbor.engine.database.selection import select, select_schemas
from snapharbor.engine.model.catalog import Catalog, Column, ForeignKey, Table, TableName
from snapharbor.engine.model.errors import ConfigInvalid
from snapharbor.engine.model.target import Selection

ALL = ("audit", "public", "sales")


@pytest.mark.parametrize(
    ("row", "selection", "taken"),
    [
        (1, Selection(), {"public"}),
        (2, Selection(use_default_schema=True), {"public"}),
        (3, Selection(use_default_schema=False), {"audit", "public", "sales"}),
        (4, Selection(include_schemas=("sales", "gone")), {"sales"}),
        (5, Selection(exclude_schemas=("sales", "gone")), {"audit", "public"}),
        (6, Selection(include_schemas=("sales",), exclude_schemas=("audit",)), {"sales"}),
        (7, Selection(include_schemas=("sales",), exclude_schemas=("sales", "audit")), None),
        (7, Selection(use_default_schema=True, include_schemas=("a",), exclude_schemas=("a",)), None),
        (8, Selection(use_default_schema=True, include_schemas=("sales",)), {"sales"}),
        (8, Selection(use_default_schema=True, exclude_schemas=("sales",)), {"audit", "public"}),
        (9, Selection(use_default_schema=False, include_schemas=("sales",)), {"sales"}),
        (10, Selection(use_default_schema=False, exclude_schemas=("sales",)), {"audit", "public"}),
        (11, Selection(use_default_schema=None, include_schemas=(), exclude_schemas=()), {"public"}),
        (12, Selection(include_schemas=("gone",)), None),
        (12, Selection(exclude_schemas=ALL), None),
    ],
)
def test_the_schema_filter_follows_its_table(row: int, selection: Selection, taken: set[str] | None) -> None:
    if taken is None:
        with pytest.raises(ConfigInvalid):
            select_schemas(selection, ALL)
        return
    schemas = select_schemas(selection, ALL)
    assert set(schemas.taken) == taken
    assert set(schemas.left_out) == set(ALL) - taken
    for name in schemas.left_out:
        assert any(f"`{name}`" in warning for warning in schemas.warnings)


def test_names_are_exact() -> None:
    assert select_schemas(Selection(include_schemas=("Sales", "sal*", "sales")), ALL).taken == ("sales",)


def test_a_schema_that_does_not_exist_is_reported_and_the_run_goes_on() -> None:
    schemas = select_schemas(Selection(include_schemas=("sales", "gone")), ALL)
    assert any("`gone`" in warning for warning in schemas.warnings)


def test_a_default_that_has_no_effect_is_reported() -> None:
    both = Selection(use_default_schema=True, include_schemas=("audit", "public", "sales"))
    assert len(select_schemas(both, ALL).warnings) == 1


def test_a_database_without_the_default_schema_and_a_filter_is_an_error() -> None:
    with pytest.raises(ConfigInvalid):
        select_schemas(Selection(), ("sales",))


def table(name: str, *, kind: str = "table", part_of: str = "", reads: str = "", refers: str = "") -> Table:
    key = ForeignKey(f"{name}_key", ("id",), full(refers), ("id",)) if refers else None
    return Table(
        full(name),
        "view" if kind == "view" else "table",
        (Column("id", "audit.code" if kind == "typed" else "integer", False),),
        foreign_keys=(key,) if key else (),
        partition_of=full(part_of) if part_of else None,
        reads=(full(reads),) if reads else (),
    )


def full(name: str) -> TableName:
    schema, _, bare = name.rpartition(".")
    return TableName(schema or "public", bare)


SHOP = Catalog(
    ALL,
    (
        table("audit.log"),
        table("events"),
        table("events_1", part_of="events"),
        table("events_2", part_of="events"),
        table("orders", refers="users"),
        table("users"),
        table("report", kind="view", reads="recent"),
        table("recent", kind="view", reads="orders"),
        table("sales.deals", kind="typed"),
        table("sales.leads", refers="audit.log"),
    ),
)


def names(selection: Selection) -> set[str]:
    return {str(found.name).removeprefix("public.") for found in select(selection, SHOP).tables}


def test_without_a_filter_the_default_schema_is_taken_and_the_rest_named() -> None:
    selected = select(Selection(), SHOP)
    assert names(Selection()) == {
        "events", "events_1", "events_2", "orders", "users", "report", "recent"
    }  # fmt: skip
    assert selected.data == {found.name for found in selected.tables}
    assert not selected.whole
    assert len(selected.warnings) == 1


def test_the_whole_database_is_whole() -> None:
    selected = select(Selection(use_default_schema=False), SHOP)
    assert selected.whole
    assert selected.warnings == ()
    assert selected.tables == SHOP.tables


def test_a_table_filter_narrows_its_schema_only() -> None:
    selection = Selection(
        use_default_schema=False, table_filters=(("sales", ("deals",)), ("audit", ("log",)))
    )
    assert "sales.leads" not in names(selection)
    assert {"sales.deals", "audit.log", "users"} <= names(selection)


def test_included_tables_are_all_that_is_taken() -> None:
    assert names(Selection(include_tables=("public.users",))) == {"users"}


def test_excluded_tables_go_with_the_views_that_read_them() -> None:
    selected = select(Selection(exclude_tables=("public.orders",)), SHOP)
    assert set(selected.excluded) == {full("orders"), full("recent"), full("report")}
    assert any("`public.report`" in warning for warning in selected.warnings)


def test_partitions_follow_their_table_and_a_partition_brings_it_along() -> None:
    assert names(Selection(exclude_tables=("public.events",))) & {"events", "events_1", "events_2"} == set()
    assert names(Selection(include_tables=("public.events",))) == {"events", "events_1", "events_2"}
    assert names(Selection(include_tables=("public.events_1",))) == {"events", "events_1"}


def test_excluded_data_keeps_the_definition() -> None:
    selected = select(Selection(exclude_data=("public.events", "public.users")), SHOP)
    assert full("users") in {found.name for found in selected.tables}
    assert {full("users"), full("events"), full("events_1")}.isdisjoint(selected.data)
    assert any("`public.users`" in warning for warning in selected.warnings)


def test_foreign_keys_that_lead_nowhere_are_named() -> None:
    selected = select(Selection(exclude_tables=("public.users",)), SHOP)
    assert selected.broken_keys == ((full("orders"), "orders_key"),)


def test_types_that_stay_behind_are_reported() -> None:
    selected = select(Selection(include_schemas=("sales",), exclude_tables=("sales.leads",)), SHOP)
    assert any("`sales.deals`" in warning for warning in selected.warnings)


def test_tables_that_do_not_exist_are_reported() -> None:
    selection = Selection(
        exclude_tables=("public.typo",),
        exclude_data=("nowhere.else",),
        table_filters=(("sales", ("x", "deals")),),
    )
    (unknown,) = [found for found in select(selection, SHOP).warnings if "no such" in found]
    assert all(f"`{name}`" in unknown for name in ("public.typo", "nowhere.else", "sales.x"))


def test_a_filter_that_leaves_no_table_is_an_error() -> None:
    with pytest.raises(ConfigInvalid):
        select(Selection(include_tables=("public.nothing",)), SHOP)


def test_an_empty_database_is_taken_as_it_is() -> None:
    assert select(Selection(), Catalog(("public",), ())).tables == ()


def test_long_lists_are_cut_and_counted() -> None:
    many = Catalog(("public",), tuple(table(f"t{number:03}") for number in range(100)))
    (sentence,) = select(Selection(exclude_data=tuple(str(t.name) for t in many.tables)), many).warnings
    assert "88 more" in sentence


@given(
    st.sets(st.sampled_from(ALL)), st.sets(st.sampled_from(ALL)), st.sampled_from((None, True, False))
)  # fmt: skip
def test_every_schema_is_taken_or_named(include: set[str], exclude: set[str], default: bool | None) -> None:
    selection = Selection(default, tuple(include), tuple(exclude))
    if include & exclude or exclude == set(ALL):
        with pytest.raises(ConfigInvalid):
            select_schemas(selection, ALL)
        return
    schemas = select_schemas(selection, ALL)
    assert {*schemas.taken, *schemas.left_out} == set(ALL)
    assert set(schemas.taken).isdisjoint(schemas.left_out)
    assert all(any(f"`{name}`" in warning for warning in schemas.warnings) for name in schemas.left_out)
