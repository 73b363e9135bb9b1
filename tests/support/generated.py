"""Small databases that nobody would design: tables of many types and constraints, with a few rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

PREPARED = """
CREATE DOMAIN postal AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN short AS varchar(4);
CREATE DOMAIN positive AS int CHECK (VALUE >= 0);
CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
CREATE TYPE place AS (town text, zip text);
CREATE TYPE narrow AS (town varchar(3));
CREATE TABLE audit (was text);
CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.audit VALUES (OLD::text); RETURN NEW; END $$;
CREATE FUNCTION no_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type, which expressions are of its family, and a few of its values."""

    type: str
    family: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`rest` follows the type in a definition; a `made` one is generated."""

    name: str
    kind: Kind
    rest: str = ""
    made: bool = False

    def __str__(self) -> str:
        return f"{quote(self.name)} {self.kind.type}{self.rest}"


@dataclass(frozen=True, slots=True)
class Table:
    """`keyed` ones have a primary key on `id` alone; `parts` are partitions or heirs."""

    name: str
    columns: tuple[Column, ...]
    keyed: bool = False
    parts: tuple[str, ...] = ()

    def of(self, family: str) -> list[str]:
        """Return its columns of a family."""
        return [column.name for column in self.columns if column.kind.family == family]


@dataclass(frozen=True, slots=True)
class Made:
    """What makes a database, statement by statement; `attempts` may fail, and are then left out."""

    tables: tuple[Table, ...]
    statements: tuple[str, ...]
    attempts: tuple[str, ...]


TEXTS = ("'a'", "'b'", "'B '", "''", "'it''s'", "'a@b'", "'Zoë'", r"E'tab\there'", r"'\N'")
INTS = ("0", "1", "2", "3", "7", "-1")
INT = Kind("integer", "int", INTS)
KINDS = (
    Kind("text", "text", TEXTS),
    Kind("text", "text", TEXTS),
    Kind('text COLLATE "C"', "text", TEXTS),
    Kind("varchar(5)", "text", TEXTS),
    Kind("character(3)", "text", ("'a'", "'ab'", "'abc'", "''")),
    Kind("postal", "text", ("'a@b'", "'c@d'", "'@'")),
    Kind("short", "text", ("'a'", "'abcd'")),
    INT,
    INT,
    Kind("bigint", "int", INTS),
    Kind("smallint", "int", INTS),
    Kind("positive", "int", ("0", "1", "2")),
    Kind("numeric(5, 2)", "num", ("0", "1.5", "-2.25", "99.99")),
    Kind("double precision", "num", ("0", "0.1", "-1.5", "'NaN'")),
    Kind("boolean", "bool", ("true", "false")),
    Kind("date", "date", ("'2020-01-01'", "'2020-02-29'", "'infinity'")),
    Kind("timestamptz", "moment", ("'2020-01-01 12:00+00'", "'2020-06-01 00:00:00.5+02'")),
    Kind("timestamp(0)", "moment", ("'2020-01-01 12:00'", "'2020-06-01 00:00'")),
    Kind("jsonb", "json", ("""'{"a": "x", "b": [1, 2]}'""", "'{}'", "'[]'", "'null'", """'"s"'""")),
    Kind("text[]", "texts", ("'{}'", "'{a,NULL,b}'", """'{"a,b",""}'""")),
    Kind("colour", "colour", ("'red'", "'green'", "'blue'")),
    Kind(
        "uuid", "uuid", ("'00000000-0000-4000-8000-000000000001'", "'00000000-0000-4000-8000-00000000000a'")
    ),
    Kind("bytea", "bytes", (r"'\x00ff'", r"'\x'", r"'\x61'")),
    Kind("int4range", "range", ("'[1,5)'", "'empty'", "'(,3]'")),
    Kind("bit(3)", "bits", ("B'101'", "B'000'")),
    Kind("place", "place", ("ROW('x', '12345')::place", "ROW(NULL, 'y')::place")),
    Kind("narrow", "narrow", ("ROW('x')::narrow",)),
    Kind("interval", "interval", ("'1 day'", "'-1 month 02:00'")),
)
TABLES = ("a", "b c", "x.y", 'sel"ect', "ärger", "User", "t2")
COLUMNS = ("val", "Name", "group", "c d", "x1", "status", 'q"q', "née", "a", "z.z", "Val", "note", "l", "m2")


def database(rng: Random) -> Made:
    """Return two to four tables, the later ones perhaps referring to the earlier ones."""
    tables: list[Table] = []
    statements: list[str] = []
    for name in rng.sample(TABLES, rng.choice((2, 2, 3, 4))):
        table, defined = _table(rng, name, tables)
        tables.append(table)
        statements += defined
    more = [statement for table in tables for statement in _constraints(rng, table, tables)]
    rows = [row for table in tables for row in _rows(rng, table)]
    late = [f"ALTER TABLE {quote(rng.choice(tables).name)} ADD CHECK (id <> 2) NOT VALID"]
    attempts = (*more, *rows, *(late if rng.random() < 0.1 else ()))
    return Made(tuple(tables), tuple(statements), attempts)


def quote(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def _table(rng: Random, name: str, earlier: Sequence[Table]) -> tuple[Table, list[str]]:
    names = rng.sample(COLUMNS, rng.choice((3, 4, 4, 5, 6)))
    plain = [_constrained(rng, Column(each, rng.choice(KINDS))) for each in names]
    columns = (Column("id", INT), *plain, *_made(rng, plain), *_references(rng, name, earlier))
    columns = (columns[0], *rng.sample(columns[1:], len(columns) - 1))
    shape = rng.choice(("plain", "plain", "keyed", "keyed", "keyed", "list", "range", "heirs"))
    table = Table(name, columns)
    if shape in ("list", "range"):
        table, statements = _partitioned(rng, table, shape)
    else:
        key = ", PRIMARY KEY (id)" if shape == "keyed" else ""
        table = replace(table, keyed=bool(key))
        statements = [f"CREATE TABLE {quote(name)} ({_listed(columns)}{key})"]
    if shape == "heirs":
        heir = f"{name} heir"
        statements.append(f"CREATE TABLE {quote(heir)} (extra text DEFAULT 'e') INHERITS ({quote(name)})")
        table = replace(table, parts=(heir,))
    return table, [*statements, *_extras(rng, table, partitioned=shape in ("list", "range"))]


def _constrained(rng: Random, column: Column) -> Column:
    rests = [""] * 6
    rests += [" NOT NULL", f" DEFAULT {column.kind.values[0]}"]
    if column.kind.family in ("text", "int", "date", "uuid"):
        rests.append(" UNIQUE")
    if column.kind.family == "int":
        rests += [f" CHECK ({quote(column.name)} < 50)", " DEFAULT 1 + 1"]
    if column.kind.family == "text":
        rests += [f" CHECK (length({quote(column.name)}) < 8)", " DEFAULT lower('X')"]
    return replace(column, rest=rng.choice(rests))


def _made(rng: Random, plain: Sequence[Column]) -> Iterator[Column]:
    """Yield perhaps a generated column."""
    if rng.random() < 0.3:
        texts = [column for column in plain if column.kind.family == "text"]
        numbers = [column for column in plain if column.kind.family == "int"]
        if texts and rng.random() < 0.6:
            source = f"upper(coalesce({quote(rng.choice(texts).name)}, '-'))"
            yield Column("made", KINDS[0], f" GENERATED ALWAYS AS ({source}) STORED", made=True)
        else:
            source = quote(rng.choice(numbers).name) if numbers else "id"
            check = rng.choice(("", "", " NOT NULL"))
            kind = Kind("bigint", "int", INTS)
            yield Column("made", kind, f" GENERATED ALWAYS AS ({source} * 2 + id) STORED{check}", made=True)


def _references(rng: Random, name: str, earlier: Sequence[Table]) -> Iterator[Column]:
    """Yield perhaps a column that refers to an earlier table."""
    keyed = [table.name for table in earlier if table.keyed]
    if keyed and rng.random() < 0.5:
        rests = ("", "", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE", " DEFERRABLE")
        rest = f" REFERENCES {quote(rng.choice(keyed))} (id){rng.choice(rests)}"
        yield Column("ref", INT, rest)


def _partitioned(rng: Random, table: Table, shape: str) -> tuple[Table, list[str]]:
    """Return a table of partitions by `k`, one of them with its columns in another order."""
    # A partition that was made by itself would call its constraints something else.
    bare = (
        column if column.made else replace(column, rest=_without_names(column.rest))
        for column in table.columns
    )
    columns = (*bare, Column("k", INT, " NOT NULL"))
    bounds = ("IN (1)", "IN (2, 3)") if shape == "list" else ("FROM (0) TO (2)", "FROM (2) TO (9)")
    one, other = f"{table.name} 1", f"{table.name} 2"
    turned = rng.sample(columns, len(columns))
    statements = [
        f"CREATE TABLE {quote(table.name)} ({_listed(columns)}) PARTITION BY {shape} (k)",
        f"CREATE TABLE {quote(one)} PARTITION OF {quote(table.name)} FOR VALUES {bounds[0]}",
        f"CREATE TABLE {quote(other)} (gone int, {_listed(turned)})",
        f"ALTER TABLE {quote(other)} DROP COLUMN gone",
        f"ALTER TABLE {quote(table.name)} ATTACH PARTITION {quote(other)} FOR VALUES {bounds[1]}",
    ]
    return replace(table, columns=columns, parts=(one, other)), statements


def _without_names(rest: str) -> str:
    return "" if rest.startswith((" UNIQUE", " CHECK", " REFERENCES")) else rest


def _extras(rng: Random, table: Table, *, partitioned: bool) -> Iterator[str]:
    name, texts = quote(table.name), table.of("text")
    if rng.random() < 0.2:
        event = rng.choice(("BEFORE UPDATE", "AFTER UPDATE OR DELETE", "BEFORE INSERT OR UPDATE"))
        yield f"CREATE TRIGGER kept {event} ON {name} FOR EACH ROW EXECUTE FUNCTION keep_old()"
    if rng.random() < 0.1:
        yield f"CREATE TRIGGER no_row BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION no_row()"
        if not partitioned:
            yield f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER no_row"
    if texts and not partitioned and rng.random() < 0.2:
        where = rng.choice(("", " WHERE id > 1"))
        yield f"CREATE UNIQUE INDEX ON {name} (lower({quote(rng.choice(texts))})){where}"
    if rng.random() < 0.1:
        yield f"CREATE VIEW {quote(f'{table.name} seen')} AS SELECT * FROM {name}"
    if rng.random() < 0.05:
        yield f"CREATE RULE r AS ON UPDATE TO {name} WHERE OLD.id = 1 DO INSTEAD NOTHING"
    if rng.random() < 0.1:
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"CREATE POLICY few ON {name} USING (id < 2)"


def _constraints(rng: Random, table: Table, tables: Sequence[Table]) -> Iterator[str]:
    """Yield constraints over several columns, and odd ones."""
    name, names = quote(table.name), [quote(column.name) for column in table.columns]
    one, other = rng.sample(names, 2)
    far = rng.choice(tables)
    pair = [quote(column.name) for column in rng.sample(far.columns, 2)]
    forms = (
        f"ADD UNIQUE ({one}, {other})",
        f"ADD UNIQUE NULLS NOT DISTINCT ({one})",
        f"ADD CHECK ({one} IS NOT NULL OR {other} IS NOT NULL)",
        f"ADD CHECK ({one}::text < {other}::text)",
        f"ADD EXCLUDE USING gist ({one} WITH &&)",
        f"ADD UNIQUE ({one}, {other}), ADD FOREIGN KEY ({one}, {other}) REFERENCES {name} ({one}, {other})",
        f"ADD FOREIGN KEY ({one}, {other}) REFERENCES {quote(far.name)} ({', '.join(pair)}) MATCH FULL",
        f"ADD UNIQUE ({one}) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER {one} SET NOT NULL",
    )
    for form in forms:
        if rng.random() < 0.07:
            yield f"ALTER TABLE {name} {form}"
    if rng.random() < 0.07:
        yield f"CREATE UNIQUE INDEX ON {name} ({one}, ({other}::text)) WHERE {one} IS NOT NULL"


def _rows(rng: Random, table: Table) -> Iterator[str]:
    stored = [column for column in table.columns if not column.made]
    places = [table.name, *(part for part in table.parts if part.endswith("heir"))]
    for number in range(rng.choice((0, 2, 4, 6))):
        values = ", ".join(_value(rng, column, number) for column in stored)
        names = ", ".join(quote(column.name) for column in stored)
        yield f"INSERT INTO {quote(rng.choice(places))} ({names}) VALUES ({values})"


def _value(rng: Random, column: Column, number: int) -> str:
    if column.name == "id":
        return str(number + 1)
    if column.name == "k":
        return str(rng.choice((1, 2, 3)))
    return "NULL" if rng.random() < 0.15 else rng.choice(column.kind.values)


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(map(str, columns))
