"""The same questions as `trial`, to MySQL and MariaDB: whether columns could be set to something."""

from collections.abc import Iterator

from ..model.catalog import TableName
from ..model.identifier import quote, quoted
from ..model.pushdown import Facts
from .trial import FEW, MANY, Question, Tried


def questions(facts: Facts, table: TableName, tried: Tried) -> Iterator[Question]:
    """Yield what to ask about a table: whether values can be computed, and what its CHECKs say to them."""
    described, values = facts.tables[table], tried.values
    for name, value in values.items():
        few = f"SELECT ({value}\n) AS made FROM {quoted(table, 'mysql')} LIMIT {FEW}"
        # Nothing is so long; the server has to compute it to know.
        query = f"SELECT 1 FROM ({few}) AS tried WHERE LENGTH(made) < 0"
        yield Question(table, (name,), "its type", query, query)
    for check in described.checks:
        touched = tuple(name for name in dict.fromkeys(check.columns) if name in values)
        if touched:
            # Generated columns are left as they are: what they are made of is asked of itself.
            outputs = ", ".join(
                f"({values[column.name]}\n) AS {quote(column.name, 'mysql')}"
                if column.name in touched
                else quote(column.name, "mysql")
                for column in described.columns
            )
            refused = f"AS tried WHERE NOT ({check.expression}\n) LIMIT 1"
            whole, part = (
                f"SELECT 1 FROM (SELECT {outputs} FROM {quoted(table, 'mysql')}{limit}) {refused}"
                for limit in ("", f" LIMIT {MANY}")
            )
            yield Question(table, touched, f"constraint `{check.name}`", whole, part)
