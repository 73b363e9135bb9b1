"""Databases that nobody would design, of MariaDB, and rules about them that nobody wrote."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

PLACE = re.compile(r"\{(\w+)\}")
DEEP = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """A type, which expressions are of its family, and a few of its values."""

    type: str
    family: str
    values: tuple[str, ...]


TEXTS = ("'a'", "'B '", "''", "'it''s'", "'a@b'", "'Zoë'", r"'tab\there'", r"'\\N'", "'12'", "'é'", "'E'")
INTS = ("0", "1", "2", "7", "-1", "100")
KINDS = (
    Kind("varchar(8) CHARACTER SET utf8mb4", "text", TEXTS),
    Kind("varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "text", TEXTS),
    Kind("varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", "text", TEXTS),
    Kind("varchar(12) CHARACTER SET latin1", "text", TEXTS),
    Kind("char(4) CHARACTER SET utf8mb4", "text", ("'a'", "'ab'", "'é é'", "''")),
    Kind("text CHARACTER SET utf8mb3", "text", TEXTS),
    Kind("tinytext CHARACTER SET utf8mb4", "text", TEXTS),
    Kind("int", "int", INTS),
    Kind("bigint unsigned", "int", ("0", "1", "18446744073709551615")),
    Kind("tinyint(1)", "int", ("0", "1")),
    Kind("smallint", "int", INTS),
    Kind("decimal(6,2)", "num", ("0", "1.5", "-2.25", "9999.99")),
    Kind("double", "float", ("0", "0.1", "-1e100")),
    Kind("date", "date", ("'2020-01-31'", "'2020-02-29'", "'0000-00-00'")),
    Kind("datetime", "moment", ("'2020-01-01 12:00:00'", "'2020-12-31 23:59:59'")),
    Kind("timestamp(2) NULL", "moment", ("'2020-01-01 12:00:00.25'", "'2037-12-31 23:59:59'")),
    Kind("enum('red','green')", "colour", ("'red'", "'green'")),
    Kind("json", "json", ("""'{"a": "x", "b": [1, "y"]}'""", "'{}'", "'[]'", "'\"s\"'")),
    Kind("varbinary(6)", "bytes", ("x'00ff'", "'a'")),
    Kind("int(6) zerofill", "padded", ("1", "42")),
)
FORMS: Mapping[str, Sequence[str]] = {
    "text": (
        "concat({text}, {text})", "concat({text}, {int}, {num}, {date})", "lower({text})", "upper({text})",
        "left({text}, 3)", "substring({text}, 2)", "substr({text} from 1 for 2)", "coalesce({text}, {text})",
        "if({bool}, {text}, {text})", "nullif({text}, {text})", "CASE WHEN {bool} THEN {text} END",
        "CASE {int} WHEN 1 THEN {text} ELSE 'z' END", "concat_ws('-', {text}, {int})", "left(md5({text}), 6)",
        "replace({text}, 'a', {text})", "regexp_replace({text}, '[ab]', '_')", "trim({text})",
        "reverse({text})",
        "lpad({text}, 4, 'x')", "substring_index({text}, '@', 1)", "hex({int})",
        "date_format({date}, '%Y-%m')",
        "json_unquote(json_extract({json}, '$.a'))", "{int}", "elt({int}, {text}, {text})",
        "insert({text}, 1, 1, 'q')",
        "rtrim({text})", "space(2)", "'x' 'y'", "/* it's */ {text}", "{text} -- 'so;\n", "{float}", "{json}",
        "snapharbor.hash({text})", "snapharbor.first_name({text})", "snapharbor.email({text})", "{bytes}",
        "snapharbor.redact({text})", "left(snapharbor.full_name({text}), 8)", "{num}",
    ),
    "int": (
        "{int} + {int}", "{int} - 1", "{int} * 2", "{int} % 3", "{int} DIV 2", "char_length({text})",
        "-{int}",
        "coalesce({int}, 0)", "if({bool}, {int}, {int})", "abs({int})", "year({date})", "mod({int}, 5)",
        "CASE WHEN {bool} THEN {int} ELSE {int} END", "snapharbor.noise({int}, 20)", "snapharbor.key({int})",
        "ascii({text})", "{num}", "{text}", "true", "least({int}, {int})",
    ),
    "num": (
        "{num} * 1.5", "{int}", "round({num}, 1)", "{num} / 3", "coalesce({num}, 0)", "{num} + {int}",
        "if({bool}, {num}, {int})", "snapharbor.noise({num}, 5)", "-{num}", "{float}",
    ),
    "bool": (
        "{int} = {int}", "{int} < {int}", "{text} = {text}", "{text} < {text}", "{text} LIKE 'a%'", "NULL",
        "{text} IS NULL", "{text} IS NOT NULL", "{int} IN (1, {int})", "{int} BETWEEN 0 AND {int}", "true",
        "{bool} AND {bool}", "{bool} OR {bool}", "NOT {bool}", "{int} <=> {int}", "{text} REGEXP '^[a-m]'",
        "{date} > '2020-01-15'", "{num} > 1.5", "{int} % 2 = 0", "{colour} = 'red'", "{text} <=> {text}",
        "{moment} < '2020-03-01'", "json_valid({text})", "{float} > 0", "{text} NOT LIKE '%@%'", "{int}",
        "{bool} XOR {bool}", "{text} = {int}", "json_extract({json}, '$.a') = 'x'", "{bytes} = 'a'",
    ),
    "date": (
        "date_add({date}, INTERVAL {int} DAY)", "last_day({date})", "coalesce({date}, {date})",
        "date({moment})",
        "if({bool}, {date}, {date})", "snapharbor.birth_date({date})",
        "snapharbor.date_shift({date}, {int}, 30)",
        "{date} - INTERVAL 1 MONTH", "{moment}",
    ),
    "moment": (
        "{moment} + INTERVAL 1 DAY", "coalesce({moment}, {moment})", "{date}",
        "if({bool}, {moment}, {moment})",
        "snapharbor.date_shift({moment}, {int}, 30)", "date_sub({moment}, INTERVAL 2 YEAR)",
    ),
    "json": (
        "json_set({json}, '$.a', {text})", "json_remove({json}, '$.a')",
        "json_object('k', {text}, 'n', {int})",
        "snapharbor.json({json}, '$.a', 'hash')", "coalesce({json}, '{}')", "{text}",
        "json_replace({json}, '$.b', {int})",
    ),
    "colour": ("'green'", "{text}", "if({bool}, 'red', 'green')"),
}  # fmt: skip
COLUMNS = ("val", "Name", "group", "c d", "x1", "q`q", "née", "z.z", "note")


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are names with their kinds; `rows` may be refused, and are then left out."""

    name: str
    columns: Mapping[str, Kind]
    definition: str
    rows: tuple[str, ...]


def table(rng: Random, name: str) -> Table:
    """Return a table with a few columns, constraints and rows."""
    columns = {each: rng.choice(KINDS) for each in rng.sample(COLUMNS, rng.choice((3, 4, 5)))}
    keyed = rng.random() < 0.8
    lines = [f"id int NOT NULL{' PRIMARY KEY' if keyed else ''}"]
    lines += [f"{quote(each)} {kind.type}{_rest(rng, each, kind)}" for each, kind in columns.items()]
    texts = [each for each, kind in columns.items() if kind.family == "text"]
    if texts and rng.random() < 0.2:
        lines.append(f"made varchar(30) CHARACTER SET utf8mb4 AS (upper({quote(rng.choice(texts))})) VIRTUAL")
    names = ", ".join(map(quote, ("id", *columns)))
    rows = (
        ", ".join((str(number), *(rng.choice((*kind.values, "NULL")) for kind in columns.values())))
        for number in range(1, rng.choice((2, 5, 9)))
    )
    return Table(
        name,
        {"id": Kind("int", "int", INTS), **columns},
        f"CREATE TABLE {quote(name)} ({', '.join(lines)}) DEFAULT CHARSET=utf8mb4",
        tuple(f"INSERT IGNORE INTO {quote(name)} ({names}) VALUES ({row})" for row in rows),
    )


def _rest(rng: Random, name: str, kind: Kind) -> str:
    rests = ["", "", "", "", " NOT NULL" if not kind.type.startswith("timestamp") else ""]
    if kind.family in ("text", "int") and not kind.type.startswith(("text", "tinytext")):
        rests.append(" UNIQUE")
    if kind.family == "text":
        rests.append(f" CHECK (char_length({quote(name)}) < 7)")
    return rng.choice(rests)


def script(rng: Random, tables: Sequence[Table]) -> str:
    """Return one to four statements, each in a line of its own."""
    return "\n".join(f"{_statement(rng, rng.choice(tables))};" for _ in range(rng.choice((1, 1, 2, 3, 4))))


def quote(name: str) -> str:
    """Return an identifier in quotes."""
    return f"`{name.replace('`', '``')}`"


def _statement(rng: Random, about: Table) -> str:
    name, chance = quote(about.name), rng.random()
    where = f"\nWHERE {_value(rng, about, 'bool')}" if rng.random() < 0.6 else ""
    if chance < 0.1:
        return f"DELETE FROM {name}{where}"
    if chance < 0.13:
        return f"TRUNCATE TABLE {name}"
    chosen = rng.sample(list(about.columns), rng.choice((1, 1, 2)))
    sets = ", ".join(f"{quote(each)} = {_new(rng, about, about.columns[each])}" for each in chosen)
    return f"UPDATE {name} SET {sets}{where}"


def _new(rng: Random, about: Table, kind: Kind) -> str:
    chance = rng.random()
    if chance < 0.1:
        return "NULL"
    if chance < 0.25:
        return rng.choice(kind.values)
    value = _value(rng, about, kind.family)
    return f"left({value}\n, 4)" if kind.family == "text" and rng.random() < 0.5 else value


def _value(rng: Random, about: Table, family: str, depth: int = 0) -> str:
    columns = [name for name, kind in about.columns.items() if kind.family == family]
    if family not in FORMS or rng.random() < (0.25, 0.6, 1.0)[depth]:
        if columns and rng.random() < 0.85:
            return quote(rng.choice(columns))
        return rng.choice(next((kind.values for kind in KINDS if kind.family == family), ("true", "false")))
    form = rng.choice(FORMS[family])
    return PLACE.sub(lambda found: f"{_value(rng, about, found[1], min(depth + 1, DEEP))}", form)
