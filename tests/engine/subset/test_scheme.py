"""What a configuration means beside a catalogue, without a server."""

import pytest

from snapharbor.engine.model.catalog import Catalog, Column, Table, TableName
from snapharbor.engine.model.errors import ConfigInvalid
from snapharbor.engine.model.subset import Chosen, Relation, Subset
from snapharbor.engine.subset.families import Families
from snapharbor.engine.subset.order import components
from snapharbor.engine.subset.scheme import Scheme, scheme


def name(word: str) -> TableName:
    return TableName("public", word)


def table(word: str, *columns: str, part_of: str | None = None, nullable: bool = True) -> Table:
    return Table(
        name(word),
        "table",
        (Column("id", "integer", False), *(Column(one, "integer", nullable) for one in columns)),
        primary_key=("id",),
        partition_of=name(part_of) if part_of else None,
    )


def key(one: str, column: str, other: str) -> Relation:
    return Relation(
        f"{one}_{column}", name(one), (column,), name(other), ("id",), ("pg_catalog.=",), declared=True
    )


def made(subset: Subset, *relations: Relation, tables: tuple[Table, ...] = ()) -> Scheme:
    words = {one.name for end in relations for one in (end.table, end.referenced)}
    known = {one.name.name: one for one in tables}
    for relation in relations:
        known.setdefault(relation.table.name, table(relation.table.name, *relation.columns))
    for word in words:
        known.setdefault(word, table(word))
    return scheme(
        Families(Catalog(("public",), tuple(known[word] for word in sorted(known)))), relations, subset
    )


def begun(*words: str, **more: object) -> Subset:
    return Subset(tuple(Chosen(name(word), where="true") for word in words), **more)  # type: ignore[arg-type]


def steps(found: Scheme) -> list[tuple[str, list[str]]]:
    return [(family.name, [one.name for one in relations]) for family, relations in found.steps]


def test_tables_are_settled_after_what_they_refer_to() -> None:
    found = made(begun("a"), key("c", "b", "b"), key("c", "a", "a"), key("b", "a", "a"), key("a", "x", "x"))
    assert steps(found) == [("b", ["b_a"]), ("c", ["c_b", "c_a"])]
    assert [one.name for one in found.order] == ["c", "b", "a", "x"]


def test_in_a_circle_the_nearest_goes_first_and_what_comes_later_does_not_count() -> None:
    found = made(begun("a"), key("b", "a", "a"), key("b", "d", "d"), key("c", "b", "b"), key("d", "c", "c"))
    assert steps(found) == [("b", ["b_a"]), ("c", ["c_b"]), ("d", ["d_c"])]


def test_rows_of_chosen_and_whole_and_excluded_tables_are_not_added_to() -> None:
    relations = (key("b", "a", "a"), key("c", "a", "a"), key("a", "a", "a"))
    assert steps(made(begun("a", "b"), *relations)) == [("c", ["c_a"])]
    assert steps(made(begun("a", copied=(name("b"),), excluded=(name("c"),)), *relations)) == []
    assert steps(made(begun("a", referencing="none"), *relations)) == []


def test_a_partition_is_of_the_family_of_its_table() -> None:
    top = Table(name("log"), "partitioned", (Column("id", "integer", False), Column("a", "integer", True)))
    parts = tuple(table(word, "a", part_of="log") for word in ("log_1", "log_2"))
    found = made(begun("a"), key("log", "a", "a"), tables=(top, *parts))
    assert steps(found) == [("log", ["log_a"])]
    assert [one.name for one in found.of_table(name("log_2"))] == ["log_a"]


def test_columns_that_lead_nowhere_become_null_but_those_of_keys_stay() -> None:
    both = Relation("b_both", name("b"), ("id", "x"), name("x"), ("id", "id"), declared=True)
    found = made(begun("a", excluded=(name("x"),)), key("b", "a", "a"), both, tables=(table("b", "a", "x"),))
    assert (found.emptied, found.blocked) == ({name("b"): ("x",)}, ())
    firm = table("b", "a", "x", nullable=False)
    blocked = made(begun("a", excluded=(name("x"),)), key("b", "a", "a"), both, tables=(firm,)).blocked
    assert [one.relation for one in blocked] == [both]


@pytest.mark.parametrize(
    "subset",
    [
        Subset(),
        begun("aa"),
        begun("a", copied=(name("a"),)),
        begun("a", copied=(name("b"),), excluded=(name("b"),)),
        begun("a", ignored=((name("b"), name("zzz")),)),
        begun("a", budgets={name("zzz"): 1}),
        begun("a", added=(Relation("x", name("b"), ("nothing",), name("a"), ("id",)),)),
    ],
)
def test_what_cannot_be_meant_is_refused(subset: Subset) -> None:
    with pytest.raises(ConfigInvalid):
        made(subset, key("b", "a", "a"))


def test_a_key_that_is_not_there_cannot_be_excluded_silently() -> None:
    found = made(begun("a", ignored=((name("a"), name("b")),)), key("b", "a", "a"))
    assert len(found.warnings) == 1


def test_circles_as_long_as_a_chain_of_tables_may_be_are_found() -> None:
    names = [name(f"t{number:05}") for number in range(5000)]
    after = dict(zip(names, [*names[1:], names[0]], strict=True))
    (circle,) = components(names, lambda one: [after[one]])
    assert set(circle) == set(names)
    line = [*components(names, lambda one: [after[one]] if one != names[-1] else [])]
    assert line == [(one,) for one in reversed(names)]
