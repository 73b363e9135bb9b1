"""Rows of a MariaDB database are known by their keys: whatever a key is of, it leads back to its row."""

import pytest
from support.mariasubset import SOURCE, chosen, harbor_with, ids, load_subset, table
from support.mysqlshop import MakeMysqlShop
from support.shop import do

from snapharbor.engine.database.mysql import naming, slices
from snapharbor.engine.model.errors import SourceUnsuitable
from snapharbor.engine.model.subset import Relation, Subset
from snapharbor.engine.operations.requests import BuildRequest

pytestmark = pytest.mark.server

# Each has rows 1 to 6 by its key, of which the odd ones are chosen; the values sort and compare strangely.
KEYS = {
    "texts that look alike": (
        "varchar(20) COLLATE utf8mb4_general_ci",
        ["'a'", "'ab'", "'\u00e4c'", "'B'", "'b\\'\\\\\\0\\n\\r\\tx'", "''"],
    ),
    "texts of another character set": (
        "varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci",
        ["'\u00fc'", "'\u00df'", "'z '", "'%_'", "'\"`'", "'--'"],
    ),
    "texts whose blanks count": (
        "varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        ["'a'", "'a '", "'A'", "'\u00e4'", "' '", "''"],
    ),
    "wide texts": ("char(9) CHARACTER SET utf16", ["'a'", "'b'", "'\U0001f600'", "'d'", "'e'", "'f'"]),
    "bytes": ("varbinary(9)", ["X''", "X'00'", "X'0000'", "X'275C0A'", "X'FF'", "X'FEFF0D'"]),
    "padded bytes": ("binary(4)", ["X'61'", "X'00'", "X'275C0A'", "X'FF'", "X'FEFF0D'", "X'0061'"]),
    "numbers below zero": ("bigint", ["-1", "-9223372036854775808", "0", "9223372036854775807", "-2", "2"]),
    "numbers beyond the largest": (
        "bigint unsigned",
        ["0", "18446744073709551615", "9223372036854775808", "9223372036854775807", "1", "2"],
    ),
    "decimals": ("decimal(30,10)", ["-1.5", "1.5", "0", "12345678901234567890.0123456789", "1", "2"]),
    "moments": (
        "timestamp(6)",
        [
            "'2020-01-01 00:00:00.000001'",
            "'2020-01-01'",
            "'1999-12-31 23:59:59.5'",
            "'2001-1-1'",
            "0",
            "20101",
        ],
    ),
    "dates": ("date", [f"'20{year}-02-28'" for year in range(10, 16)]),
    "labels": (
        "enum('a','b','c''d','','e','\u00e4\"')",
        ["'a'", "'b'", "'c\\'d'", "''", "'e'", "'\u00e4\"'"],
    ),
    "sets": ("set('a','b','c')", ["''", "'a'", "'b'", "'a,b'", "'c'", "'a,c'"]),
    "bits": ("bit(64)", ["0", "1", "18446744073709551615", "9223372036854775808", "39", "92"]),
    "identifiers": ("uuid", [f"'00000000-0000-0000-0000-00000000000{number}'" for number in range(1, 7)]),
    "inexact numbers": ("float", ["0.1", "1.1", "3.4e30", "0", "-1.7", "2"]),
}


def things() -> bytes:
    """Return a script of two tables for each kind of key, of which one refers to the other."""
    script = ["SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'"]
    for name, type_, values, key in kinds():
        script += [
            f"CREATE TABLE thing_{name} (k {type_} NOT NULL, other varchar(3) NOT NULL, number int, "
            f"PRIMARY KEY ({key}), KEY (k))",
            f"CREATE TABLE part_{name} (id int PRIMARY KEY, k {type_} NOT NULL, number int, KEY (k))",
        ]
        for number, value in enumerate(values, 1):
            script.append(f"INSERT INTO thing_{name} VALUES ({value}, 'x', {number})")
            script.append(f"INSERT INTO part_{name} VALUES ({number + 20}, {value}, {number})")
    return ";\n".join((*script, "")).encode()


def kinds() -> list[tuple[str, str, list[str], str]]:
    """Return the name of tables, type, values and key of each kind; every third has two columns, too."""
    return [
        (f"{place}_{len(key)}", type_, values, key)
        for place, (type_, values) in enumerate(KEYS.values())
        for key in ("k", "other, k")[: 2 if place % 3 == 0 else 1]
    ]


@pytest.mark.parametrize("start", ["thing", "part"])
async def test_every_kind_of_key_leads_back_to_its_row(make_mysql_shop: MakeMysqlShop, start: str) -> None:
    shop = make_mysql_shop(things(), name=SOURCE)
    names = [name for name, *_ in kinds()]
    subset = Subset(
        tuple(chosen(f"{start}_{name}", "number % 2") for name in names),
        added=tuple(
            Relation("part", table(f"part_{name}"), ("k",), table(f"thing_{name}"), ("k",)) for name in names
        ),
        batch=2,
    )
    await load_subset(shop, subset)
    for kind in ("thing", "part"):
        found = {name: ids(shop, f"{kind}_{name}", "number") for name in names}
        assert found == {name: [(1,), (3,), (5,)] for name in names}
    for name in names:
        both = f"{shop.owner.database}.thing_{name} AS source USING (number)"
        same = f"SELECT count(*) FROM thing_{name} AS copy JOIN {both} WHERE copy.k = source.k"
        assert shop.query(shop.destination, same) == [(3,)], name


async def test_what_the_server_holds_to_be_equal_is_equal(make_mysql_shop: MakeMysqlShop) -> None:
    shop = make_mysql_shop(
        "CREATE TABLE town (name varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY);"
        "CREATE TABLE visit (id int PRIMARY KEY, town varchar(20) COLLATE utf8mb4_general_ci,"
        "  FOREIGN KEY (town) REFERENCES town (name));"
        "INSERT INTO town VALUES ('Bärn'), ('Genf'), ('Basel'), ('');"
        "INSERT INTO visit VALUES (1, 'BARN  '), (2, 'genf'), (3, NULL), (4, 'Basel'), (5, '')".encode(),
        name=SOURCE,
    )
    await load_subset(shop, Subset((chosen("visit", "id IN (1, 3)"),), referencing="none"))
    assert (ids(shop, "town", "name"), ids(shop, "visit")) == ([("Bärn",)], [(1,), (3,)])
    await load_subset(shop, Subset((chosen("visit", "id = 5"),), referencing="none"))
    assert ids(shop, "town", "name") == [("",)]
    await load_subset(shop, Subset((chosen("town", "name = 'barn' OR name = 'genf'"),)))
    assert ids(shop, "visit") == [(1,), (2,)]


async def test_names_may_be_anything(make_mysql_shop: MakeMysqlShop) -> None:
    odd, other = "a`%s {0} 'x\\", 'ä "--'
    key, document = odd.replace("`", "``"), other
    shop = make_mysql_shop(
        f"CREATE TABLE `{key}` (`{key}` varchar(9), `{document}` longtext, PRIMARY KEY (`{key}`));"
        f"CREATE TABLE `{document}` (`{key}` float NOT NULL, `{document}` varchar(9) "
        f"  REFERENCES `{key}` (`{key}`));"
        f"INSERT INTO `{key}` VALUES ('1', NULL), ('2', '[\"1\"]'), ('3', '[\"4\"]'), ('4', '[]');"
        f"INSERT INTO `{document}` VALUES (1.5, '2'), (2.5, '1')".encode(),
        name=SOURCE,
    )
    held = Relation("held", table(odd), (other,), table(odd), (odd,), path="$[*]")
    await load_subset(shop, Subset((chosen(other, f"`{key}` < 2"),), added=(held,)))
    assert ids(shop, f"`{key}`", f"`{key}`") == [("1",), ("2",)]
    assert ids(shop, f"`{document}`", f"`{document}`") == [("2",)]


async def test_texts_of_two_collations_are_the_same_only_letter_by_letter(
    make_mysql_shop: MakeMysqlShop,
) -> None:
    shop = make_mysql_shop(
        b"CREATE TABLE town (name varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY);"
        b"CREATE TABLE trip (id int PRIMARY KEY, town varchar(30) COLLATE utf8mb4_unicode_ci);"
        b"INSERT INTO town VALUES ('Basel'), ('Genf'); INSERT INTO trip VALUES (1, 'Basel'), (2, 'genf')",
        name=SOURCE,
    )
    refers = Relation("trip", table("trip"), ("town",), table("town"), ("name",))
    await load_subset(shop, Subset((chosen("trip", "true"),), added=(refers,)))
    assert ids(shop, "town", "name") == [("Basel",)]


async def test_a_key_that_does_not_lead_back_to_its_row_leaves_no_snapshot(
    make_mysql_shop: MakeMysqlShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "NUMBER", slices.FLOAT)
    shop = make_mysql_shop(b"CREATE TABLE a (k float PRIMARY KEY); INSERT INTO a VALUES (1), (1.1)", SOURCE)
    async with harbor_with(shop, Subset((chosen("a", "true"),))) as harbor:
        with pytest.raises(SourceUnsuitable, match=r"`town\.a` were picked"):
            await do(harbor, BuildRequest("shop", subset=True))
        assert await harbor.snapshots("shop") == []
