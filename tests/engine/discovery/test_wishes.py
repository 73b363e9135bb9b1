"""Which columns need a rule together, and which cannot get one."""

from collections.abc import Mapping

import pytest

from snapharbor.engine.discovery.classify import Classification
from snapharbor.engine.discovery.coverage import Decisions, coverage
from snapharbor.engine.discovery.types import Types
from snapharbor.engine.discovery.wishes import Wish, Wishes, wishes
from snapharbor.engine.masks.templates import template
from snapharbor.engine.model.catalog import Catalog, Column, ForeignKey, Table, TableName
from snapharbor.engine.model.sensitive import Evidence, Kind
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.resolve import resolve_all

Looks = Mapping[tuple[str, str], Kind]
NICK = ("users", "nick")


def name(table: str) -> TableName:
    return TableName("public", table)


def table(called: str, *columns: str, **more: object) -> Table:
    return Table(name(called), "table", tuple(Column(one, "text", True) for one in columns), **more)  # type: ignore[arg-type]


def refers(column: str, to: str, other: str) -> tuple[ForeignKey, ...]:
    return (ForeignKey(f"{column}_fkey", (column,), name(to), (other,)),)


def wished(
    tables: tuple[Table, ...], looks: Looks, *, rules: str = "", template_name: str = "pii", **decided: object
) -> Wishes:
    catalog = Catalog(("public",), tables)
    found = {(name(one), column): (Evidence(kind, 0.9, ("name",)),) for (one, column), kind in looks.items()}
    parsed = analyse_all(parse(rules, "sanitize.query_file", "postgres"), "postgres") if rules else ()
    decisions = Decisions(resolve_all(parsed, catalog), **decided)  # type: ignore[arg-type]
    covered = coverage(catalog, Classification(Types({}), found), decisions)
    return wishes(catalog, covered, template(template_name).masks)


def one(found: Wishes) -> Wish:
    (wish,) = found.wishes
    return wish


def places(wish: Wish) -> set[tuple[str, str]]:
    return {(table.name, column) for table, column in wish.places}


USERS = table("users", "nick", "mail", unique=(("nick",),))
ORDERS = table("orders", "buyer", foreign_keys=refers("buyer", "users", "nick"))
ITEMS = table("items", "owner", foreign_keys=refers("owner", "orders", "buyer"))


def test_what_foreign_keys_bind_is_one_wish_however_far_away() -> None:
    wish = one(wished((USERS, ORDERS, ITEMS), {NICK: "username"}))
    assert places(wish) == {NICK, ("orders", "buyer"), ("items", "owner")}
    assert (wish.kind, wish.refused) == ("username", "")
    assert wish.own[name("items"), "owner"] == ()


def test_of_several_kinds_the_surest_counts() -> None:
    catalog = (USERS, ORDERS)
    wish = one(wished(catalog, {NICK: "username", ("orders", "buyer"): "full-name"}))
    assert {piece.kind for piece in wish.pieces} == {"username", "full-name"}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"keep": {"public.orders.buyer": "needed"}}, True),
        ({"rules": "UPDATE orders SET buyer = 'x'"}, True),
        ({"taken": {name("users"), name("items")}}, True),
        ({"rules": "TRUNCATE orders, items"}, False),
    ],
)
def test_a_decision_about_one_side_binds_the_other(changes: dict[str, object], refused: bool) -> None:
    wish = one(wished((USERS, ORDERS, ITEMS), {NICK: "username"}, **changes))  # type: ignore[arg-type]
    assert bool(wish.refused) == refused
    assert (places(wish) == {NICK}) != refused


def test_a_generated_column_is_masked_by_what_it_is_computed_from() -> None:
    columns = (
        Column("raw", "text", True),
        Column("mail", "text", True, default="lower(raw)", generated=True),
    )
    wish = one(wished((Table(name("t"), "table", columns),), {("t", "mail"): "email"}))
    assert (places(wish), wish.kind) == ({("t", "raw")}, "email")
    assert wish.computes == {(name("t"), "raw"): "mail"}


def test_of_several_sources_it_is_only_known_that_they_are_text() -> None:
    columns = (
        Column("a", "text", True),
        Column("b", "text", True),
        Column("who", "text", True, default="((a || ' ') || b)", generated=True),
    )
    found = wished((Table(name("t"), "table", columns),), {("t", "who"): "full-name"}).wishes
    assert [(places(wish), wish.kind) for wish in found] == [
        ({("t", "a")}, "free-text"),
        ({("t", "b")}, "free-text"),
    ]


def test_a_parent_speaks_for_its_heirs() -> None:
    heir = table("heirs", "mail", "more", inherits=(name("users"),))
    wish = one(wished((USERS, heir), {("heirs", "mail"): "email"}))
    assert places(wish) == {("users", "mail")}


def test_an_heir_that_is_stricter_than_its_parent_is_for_a_person() -> None:
    heir = table("heirs", "mail", inherits=(name("users"),), unique=(("mail",),))
    assert one(wished((USERS, heir), {("users", "mail"): "email"})).refused


def test_partitions_are_part_of_their_table() -> None:
    parts = (
        Table(name("log"), "partitioned", (Column("mail", "text", True),)),
        table("log_1", "mail", partition_of=name("log")),
    )
    assert places(one(wished(parts, {("log", "mail"): "email", ("log_1", "mail"): "email"}))) == {
        ("log", "mail")
    }


def test_what_a_template_does_not_cover_is_outside() -> None:
    found = wished((USERS,), {("users", "mail"): "email", NICK: "card"}, template_name="pci")
    assert places(one(found)) == {NICK}
    assert [place for place, _ in found.outside] == [(name("users"), "mail")]


def test_what_is_decided_is_no_wish() -> None:
    assert wished((USERS,), {NICK: "username"}, rules="UPDATE users SET nick = 'x'") == Wishes((), ())
    assert wished((USERS,), {NICK: "username"}, keep={"public.users.nick": "ours"}) == Wishes((), ())
