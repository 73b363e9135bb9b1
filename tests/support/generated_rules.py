"""Rules for databases that were made at random: mostly of the right types, in all forms that rules have."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from .generated import KINDS, Column, Table, quote

PLACE = re.compile(r"\{(\w+)\}")
DEEP = 2
SIMPLE = re.compile(r"[a-z][a-z0-9]*")

# What may stand for a value of a family: names in braces are values of theirs, in brackets.
FORMS: Mapping[str, Sequence[str]] = {
    "text": (
        "{text} || {text}", "lower{text}", "upper{text}", "left({text}, 2)", "substr({text}, 1, {int})",
        "coalesce({text}, {text})", "nullif({text}, {text})", "CASE WHEN {bool} THEN {text} END",
        "CASE WHEN {bool} THEN {text} WHEN {bool} THEN {text} ELSE {text} END",
        "CASE {int} WHEN 1 THEN {text} ELSE 'z' END", "concat({text}, {int}, NULL)",
        "concat_ws('-', {text}, {date}, {bool})", "md5{text}", "replace({text}, 'a', {text})",
        r"regexp_replace({text}, '\s|b', '_', 'g')", "{int}::text", "{num}::text", "{date}::text",
        "{moment}::text", "{bool}::text", "{json} ->> 'a'", "{json}::text", "{texts}[1]",
        "array_to_string({texts}, ',')", "to_char({date}, 'YYYY-MM')", "trim(both 'a ' from {text})",
        "lpad({text}, 4, 'x')", "split_part({text}, '@', 1)", "encode({bytes}, 'hex')", "{bytes}::text",
        "{colour}::text", "{range}::text", "{uuid}::text", "{place}.town", "{place}::text",
        "{interval}::text",
        "format('%s/%L', {text}, {text})", "$$d'q$$", r"E'n\nl\\'", "reverse{text}", "{text} COLLATE \"C\"",
        "substring({text} from 1 for 2)", "overlay({text} placing 'q' from 1)", r"U&'\0041\00e4'", "'a'\n'b'",
        "CASE {text} WHEN 'a' THEN CASE WHEN {bool} THEN 'in' END ELSE {text} END", "{text}::varchar(2)",
        "{text}::name", "{text} || {text} || {int}", "coalesce({text}, 'FROM WHERE', {text})",
        "snapharbor.hash{text}", "snapharbor.full_name{text}", "snapharbor.email{text}",
        "snapharbor.redact{text}", "snapharbor.email(lower{text})", "split_part({text}, 'b', 1) || '@'",
    ),
    "int": (
        "{int} + {int}", "{int} - 1", "{int} * 2", "{int} % 3", "length{text}", "coalesce({int}, 0)",
        "10 / {int}", "CASE WHEN {bool} THEN {int} ELSE {int} END", "abs{int}", "greatest({int}, {int})",
        "extract(year FROM {date})::int", "{num}::int", "cardinality{texts}", "{bool}::int", "-{int}",
        "nullif({int}, {int})", "strpos({text}, 'a')", "snapharbor.noise({int}, 20)", "ascii{text}",
    ),
    "num": (
        "{num} * 1.5", "{int}", "round({num}::numeric, 1)", "coalesce({num}, 0)", "{num} / 3",
        "CASE WHEN {bool} THEN {num} ELSE {int} END", "snapharbor.noise({num}, 5)",
    ),
    "bool": (
        "{int} = {int}", "{int} < {int}", "{text} = {text}", "{text} < {text}", "{text} LIKE 'a%'",
        "{text} IS NULL", "{text} IS NOT NULL", "{int} IN ({int}, {int})", "{int} BETWEEN 0 AND {int}",
        "{bool} AND {bool}", "{bool} OR {bool}", "NOT {bool}", "{int} IS DISTINCT FROM {int}",
        "{text} ~ '^[a-m]'", "{date} > '2020-01-15'", "{json} ? 'a'", "'a' = ANY {texts}", "{num} > 1.5",
        "coalesce({bool}, false)", "{int} % 2 = 0", "{int} % 3 = 1", "{json} @> '{}'", "{bool} IS TRUE",
        "{colour} = 'red'", "{colour} > 'red'", "{moment} < '2020-03-01 00:00'", "true", "NULL",
        "({int}, {text}) = (1, {text})", "{range} @> 2", "{bytes} = '\\x61'", "{text} NOT LIKE '%@%'",
        "{text} ILIKE 'A%'", "{bits} = B'101'", "{uuid}::text < {text}", "num_nulls({text}, {int}) = 1",
        "{int} IN (VALUES (1), (2))", "{int} IS NOT DISTINCT FROM {int}", "{text} SIMILAR TO '(a|b)%'",
        "NOT {bool} OR {int} > 1 AND {bool}", "{int} <> 0 AND 10 / {int} > 1",
        "{date} BETWEEN '2019-01-01' AND {date}",
        "position('a' in {text}) = 1", "({int}, {int}) < (2, 3)", "{bool} = {bool}",
        "{int} = ANY (ARRAY[1, {int}])",
    ),
    "date": (
        "{date} + {int}", "date_trunc('month', {date})::date", "coalesce({date}, '2001-01-01')",
        "{moment}::date", "CASE WHEN {bool} THEN {date} END", "snapharbor.birth_date{date}",
        "snapharbor.date_shift({date}, {int}, 30)",
    ),
    "moment": (
        "{moment} + interval '1 day'", "date_trunc('day', {moment})", "{date}::timestamptz",
        "{moment} + {interval}", "CASE WHEN {bool} THEN {moment} END",
        "snapharbor.date_shift({moment}, {int}, 30)",
    ),
    "json": (
        "jsonb_set({json}, '{a}', '\"m\"')", "{json} - 'a'", "{json} || '{\"c\": 1}'", "to_jsonb{text}",
        "jsonb_build_object('k', {text}, 'n', {int})", "coalesce({json}, '{}')",
        "snapharbor.json({json}, '$.a', 'hash')",
    ),
    "texts": (
        "array_append({texts}, {text})", "ARRAY[{text}, {text}]", "'{}'::text[]", "{texts} || 'x'::text",
        "array_remove({texts}, 'a')", "snapharbor.redact{texts}",
    ),
    "colour": ("CASE WHEN {bool} THEN 'red'::colour ELSE {colour} END", "coalesce({colour}, 'blue')"),
    "uuid": ("md5{text}::uuid", "coalesce({uuid}, md5('x')::uuid)"),
    "bytes": ("convert_to({text}, 'UTF8')", "{bytes} || '\\x00'", "sha256{bytes}"),
    "range": ("{range} * '[2,9)'", "int4range(0, abs{int}::int)", "'empty'"),
    "bits": ("~ {bits}", "{bits} | B'001'", "B'111'"),
    "place": ("ROW({text}, '1')::place", "ROW({place}.town, 'zip')::place", "nullif({place}, {place})"),
    "interval": ("{interval} * 2", "interval '1 hour'", "coalesce({interval}, '0')"),
}  # fmt: skip


# Where a sub-select takes rows from, `s` each time.
SOURCES = (
    "% AS s", "% s", "% AS s", "% s", "(SELECT * FROM %) AS s", "% AS s JOIN % AS r ON r.id = s.id",
    "(SELECT * FROM % WHERE id > 1 UNION ALL SELECT * FROM %) s", "ONLY % AS s",
    "% AS s CROSS JOIN LATERAL (SELECT s.id AS own) AS o", "% AS s LEFT JOIN % AS r ON r.id = s.id + 1",
    "(SELECT DISTINCT * FROM (SELECT * FROM %) AS s WHERE s.id < 4) AS s",
)  # fmt: skip


@dataclass(slots=True)
class Writer:
    """Writes statements about the tables of one database; sub-selects are mostly on one that none changes."""

    rng: Random
    tables: Sequence[Table]
    changed: Sequence[Table] = ()

    def script(self) -> str:
        """Return one to five statements, each in a line of its own."""
        looked_up = self.rng.random() < 0.7
        self.changed = self.tables[1:] if looked_up else self.tables
        return "\n".join(f"{self._statement()};" for _ in range(self.rng.choice((1, 1, 2, 3, 4, 5))))

    def _statement(self) -> str:
        forms = [self._update] * 24 + [self._delete] * 5 + [self._truncate] * 2 + [self._insert] * 2
        return self.rng.choice([*forms, self._update_from, self._with, self._delete_using, self._temporary])()

    def _update(self) -> str:
        table, name, alias = self._target()
        said = self.rng.choice(("",) * 12 + (" /* it's; */", " -- 'so;\n", " /* /* $$ */ SET */"))
        return f"UPDATE {name} SET {self._assignments(table, alias)}{said}{self._where(table, alias, 0.65)}"

    def _assignments(self, table: Table, alias: str) -> str:
        rng = self.rng
        columns = [column for column in table.columns if not column.made or rng.random() < 0.03]
        likely = [column for column in columns if column.name not in ("id", "k") or rng.random() < 0.15]
        chosen = rng.sample(likely, min(len(likely), rng.choice((1, 1, 2, 3))))
        return ", ".join(f"{self._spelled(one.name)} = {self._new(table, alias, one)}" for one in chosen)

    def _new(self, table: Table, alias: str, column: Column) -> str:
        chance = self.rng.random()
        if chance < 0.06:
            return "DEFAULT"
        if chance < 0.12:
            return "NULL"
        if chance < 0.15:
            return self.rng.choice(column.kind.values)
        value = self._value(table, alias, column.kind.family, bare=True)
        narrow = column.kind.type in ("varchar(5)", "character(3)", "short")
        if narrow and self.rng.random() < 0.7:
            return f"left({value}, 3)"
        if column.kind.type == "postal" and self.rng.random() < 0.6:
            return f"({value}) || '@'"
        return value

    def _delete(self) -> str:
        table, name, alias = self._target()
        return f"DELETE FROM {name}{self._where(table, alias, 0.8)}"

    def _truncate(self) -> str:
        names = self.rng.sample([table.name for table in self.changed], 1)
        rest = self.rng.choice(("",) * 6 + (" CASCADE", " RESTART IDENTITY"))
        return f"TRUNCATE {', '.join(map(self._spelled, names))}{rest}"

    def _insert(self) -> str:
        table, source = self.rng.choice(self.changed), self.rng.choice(self.tables)
        columns = [column for column in table.columns if not column.made and column.name != "id"]
        names = ", ".join(map(quote, ("id", *(column.name for column in columns))))
        into = f"INSERT INTO {quote(table.name)} ({names})"
        if self.rng.random() < 0.5:
            values = (self._plain(column) for column in columns)
            return f"{into} VALUES ({', '.join((str(self.rng.randint(50, 60)), *values))})"
        alias = quote(source.name)
        chosen = (self._plain(one) if one.name == "k" else self._cast(source, alias, one) for one in columns)
        outputs = ", ".join((f"{alias}.id + {self.rng.randint(70, 90)}", *chosen))
        rest = self.rng.choice(("", "", " ON CONFLICT DO NOTHING"))
        return f"{into} SELECT {outputs} FROM {alias}{self._where(source, alias, 0.5)}{rest}"

    def _cast(self, table: Table, alias: str, column: Column) -> str:
        value = self._value(table, alias, column.kind.family)
        return f"left({value}, 3)" if column.kind.family == "text" else value

    def _plain(self, column: Column) -> str:
        return "1" if column.name == "k" else self.rng.choice((*column.kind.values, "DEFAULT"))

    def _update_from(self) -> str:
        table, other = self.rng.choice(self.changed), self.rng.choice(self.tables)
        if not other.keyed or other is table:
            return self._update()
        own, far = quote(table.name), quote(other.name)
        value = self._value(other, far, table.columns[1].kind.family)
        column = quote(table.columns[1].name)
        return f"UPDATE {own} SET {column} = {value} FROM {far} WHERE {far}.id = {own}.id"

    def _delete_using(self) -> str:
        table, other = self.rng.choice(self.changed), self.rng.choice(self.tables)
        if other is table:
            return self._delete()
        own, far = quote(table.name), quote(other.name)
        return (
            f"DELETE FROM {own} USING {far} WHERE {far}.id = {own}.id AND {self._value(other, far, 'bool')}"
        )

    def _with(self) -> str:
        table, name, alias = self._target(plain=True)
        other = self.rng.choice(self.tables)
        inner = f"WITH w AS (SELECT max(id) AS top FROM {quote(other.name)})"
        sets = self._assignments(table, alias)
        return f"{inner} UPDATE {name} SET {sets} WHERE {alias}.id < (SELECT top FROM w)"

    def _temporary(self) -> str:
        return f"CREATE TEMP TABLE held{self.rng.randint(1, 9)} AS SELECT * FROM {quote(self.tables[0].name)}"

    def _target(self, *, plain: bool = False) -> tuple[Table, str, str]:
        """Return a table, how a statement names it, and by what its columns may be qualified."""
        rng, table = self.rng, self.rng.choice(self.changed)
        if table.parts and rng.random() < 0.2:
            # A part has all columns of the whole, with the generated ones that it takes over.
            table = Table(rng.choice(table.parts), table.columns)
        name = self._spelled(table.name)
        chance = rng.random()
        if plain or chance < 0.6:
            return table, name, quote(table.name)
        if chance < 0.8:
            return table, f"{name} {rng.choice(('AS ', ''))}t", "t"
        if chance < 0.9:
            return table, f"public.{name}", quote(table.name)
        return table, f"ONLY {name}", quote(table.name)

    def _where(self, table: Table, alias: str, likely: float) -> str:
        return f" WHERE {self._value(table, alias, 'bool', bare=True)}" if self.rng.random() < likely else ""

    def _value(self, table: Table, alias: str, family: str, depth: int = 0, *, bare: bool = False) -> str:
        """Return an expression over a row of a table, in brackets unless it is a name or `bare`."""
        rng = self.rng
        columns = table.of(family)
        chance = rng.random()
        if chance < 0.07 and depth < DEEP:
            return self._inner(table, alias, family)
        if family not in FORMS or chance < (0.45, 0.7, 1.0)[depth]:
            if columns and rng.random() < 0.85:
                return self._column(alias, rng.choice(columns))
            kinds = [kind for kind in KINDS if kind.family == family]
            value, kind = rng.choice(kinds[0].values), kinds[0].type.partition(" COLLATE")[0]
            return value if family in ("int", "text", "bool") else f"({value}::{kind})"
        form = rng.choice(FORMS[family])
        filled = PLACE.sub(
            lambda match: (
                f"({self._value(table, alias, match[1], depth + 1)})" if match[1] in FORMS else match[0]
            ),
            form,
        )
        return filled if bare and rng.random() < 0.7 else f"({filled})"

    def _inner(self, table: Table, alias: str, family: str) -> str:
        """Return a sub-select on another table, or on the same one."""
        rng = self.rng
        other = self.tables[0] if rng.random() < 0.8 else rng.choice(self.tables)
        named = rng.choice(SOURCES).replace("%", self._spelled(other.name))
        tied = f"s.id = {alias}.id" if rng.random() < 0.5 else self._value(other, "s", "bool", DEEP)
        if family == "bool":
            form = rng.choice(
                ("EXISTS (SELECT 1 FROM {} WHERE {})", "{a}.id IN (SELECT s.id FROM {} WHERE {})")
            )
            return form.replace("{a}", alias).format(named, tied)
        if family == "int":
            number = rng.choice(("count(*)", "max(s.id)", "sum(s.id)"))
            return f"(SELECT {number} FROM {named} WHERE {tied})::int"
        value = self._value(other, "s", family, DEEP)
        if family in ("text", "num", "date", "moment"):
            return f"(SELECT {rng.choice(('max', 'min'))}({value}) FROM {named} WHERE {tied})"
        return f"(SELECT {value} FROM {named} WHERE s.id = {alias}.id)"

    def _column(self, alias: str, name: str) -> str:
        spelled = self._spelled(name)
        return spelled if alias != "s" and self.rng.random() < 0.6 else f"{alias}.{spelled}"

    def _spelled(self, name: str) -> str:
        """Return a name in one of the ways that mean it."""
        if SIMPLE.fullmatch(name) and name not in ("group", "all"):
            return self.rng.choice((name, name, name.upper(), quote(name)))
        return quote(name)
