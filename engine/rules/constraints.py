"""What rules could break: guarded while reading where one row tells, asked for where it takes several."""

from collections.abc import Iterator, Mapping

from ..model.catalog import TableName
from ..model.identifier import quote
from ..model.pushdown import ConstraintQuery, Facts, ReferenceFacts, TableFacts, TableRead, UniqueFacts
from .layers import FENCE, ROW, Layers, refuse
from .numbered import stays_apart

Reads = Mapping[TableName, TableRead]


def unguarded(layers: Layers) -> Iterator[str]:
    """Yield which constraints on touched columns can neither be guarded nor asked about."""
    table, touched = layers.table, layers.touched
    for check in table.checks:
        # A row that is updated has to meet every CHECK, whatever of it changed.
        if touched and (check.opaque or not check.valid):
            yield f"constraint `{check.name}` is not validated or calls functions whose body is unknown"
    for index in table.unique:
        if touched.intersection(index.columns) and (index.opaque or index.excludes):
            yield f"constraint `{index.name}` excludes more than equal values or calls unknown functions"
    for key in table.references:
        if touched.intersection(key.columns) and not key.simple:
            yield f"foreign key `{key.name}` is not validated or matches in full"
    if touched.intersection(table.opaque):
        yield "a generated column calls functions whose body is unknown"


def table_read(layers: Layers) -> TableRead:
    """Return what to read instead of a table: its rows as the rules leave them, or an error."""
    table = layers.table
    stored = tuple(column.name for column in table.columns if column.generated is None)
    guards = {
        column.name: f"COALESCE({ROW}.{quote(column.name)}, {refuse(column.type)})"
        for column in table.columns
        if column.not_null and column.generated is None and column.name in layers.touched
    }
    refusals = [condition for _, condition in _row_conditions(layers, generated=True)]
    refusal = " OR ".join(f"({condition}\n)" for condition in refusals) or None
    everything = tuple(column.name for column in table.columns)
    return TableRead(
        table=table.name,
        columns=stored,
        before=(wrapped := layers.around(stored, guards, refusal))[0],
        after=wrapped[1],
        rows=layers.around(everything, {}, None),
        emptied=layers.emptied,
        lines=tuple(dict.fromkeys(layers.lines)),
    )


def questions(layers: Layers, facts: Facts, reads: Reads) -> Iterator[ConstraintQuery]:
    """Yield the questions about a table's constraints that its rules could break."""
    table = layers.table
    if layers.emptied:
        return
    rows = rows_of(table.name, reads)
    for index in table.unique:
        if layers.touched.intersection(index.columns) and not stays_apart(index, layers):
            yield ConstraintQuery(table.name, index.name, duplicates(index, rows))
    for key in table.references:
        held = _leaves(key.referenced, facts)
        if layers.touched.intersection(key.columns) and facts.taken.issuperset(held):
            yield ConstraintQuery(table.name, key.name, orphans(key, held, reads).replace("{}", rows, 1))
    for name, condition in _row_conditions(layers, generated=False):
        query = f"SELECT FROM ({rows}) AS {ROW} WHERE {condition} LIMIT 1"
        yield ConstraintQuery(table.name, name, query, guarded=True)


def rows_of(table: TableName, reads: Reads) -> str:
    """Return a SELECT of all of a table's rows as the rules leave them.

    It is fenced: what is the same for every row, the planner would compute for a table without any.
    """
    source = f"SELECT * FROM ONLY {quote(table.schema)}.{quote(table.name)}"
    if (read := reads.get(table)) is None:
        return source
    before, after = read.rows
    return f"{before}{source}{after}{FENCE}"


def _row_conditions(layers: Layers, *, generated: bool) -> Iterator[tuple[str, str]]:
    """Yield what must not be true of a row: every touched NOT NULL, or only those of generated columns."""
    table = layers.table
    for check in table.checks:
        if layers.touched.intersection(check.columns):
            yield check.name, f"({check.expression}) IS FALSE"
    for column in table.columns:
        if (
            column.not_null
            and column.name in layers.touched
            and (not generated or column.generated is not None)
        ):
            yield f"{column.name} NOT NULL", f"{quote(column.name)} IS NULL"


def duplicates(index: UniqueFacts, rows: str) -> str:
    """Return the question for rows that a unique index would not take beside each other."""
    conditions = [f"({index.predicate}\n)"] if index.predicate else []
    if index.nulls_distinct:
        conditions += [f"NOT (({key}) IS NULL)" for key in index.keys]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    keys = ", ".join(f"({key})" for key in index.keys)
    return f"SELECT FROM ({rows}) AS {ROW}{where} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"


def orphans(key: ReferenceFacts, held: tuple[TableName, ...], reads: Reads) -> str:
    """Return the question for rows, those of `{}`, that refer to nothing in the tables `held`."""
    referenced = _union(key, held, reads)
    given = " AND ".join(f"own.{quote(column)} IS NOT NULL" for column in key.columns)
    pairs = zip(key.columns, key.referenced_columns, strict=True)
    equal = " AND ".join(f"other.{quote(theirs)} = own.{quote(ours)}" for ours, theirs in pairs)
    missing = f"NOT EXISTS (SELECT FROM ({referenced}) AS other WHERE {equal})"
    return f"SELECT FROM ({{}}) AS own WHERE {given} AND {missing} LIMIT 1"


def _union(key: ReferenceFacts, held: tuple[TableName, ...], reads: Reads) -> str:
    columns = ", ".join(quote(column) for column in key.referenced_columns)
    return " UNION ALL ".join(f"SELECT {columns} FROM ({rows_of(name, reads)}) AS {ROW}" for name in held)


def _leaves(name: TableName, facts: Facts) -> tuple[TableName, ...]:
    table = facts.tables.get(name)
    return tuple(leaf.name for leaf in leaves(table, facts)) if table else ()


def leaves(table: TableFacts, facts: Facts) -> Iterator[TableFacts]:
    """Yield a table and everything below it, as far as it has rows of its own."""
    if table.kind != "p":
        yield table
    for child in table.children:
        if (below := facts.tables.get(child)) is not None:
            yield from leaves(below, facts)
