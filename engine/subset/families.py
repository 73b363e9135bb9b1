"""Tables with what belongs to them: partitions, and tables that inherit."""

from collections import defaultdict
from collections.abc import Iterator

from ..model.catalog import Catalog, Table, TableName


class Families:
    """A catalogue, asked for what is above and below a table."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._below: dict[TableName, list[TableName]] = defaultdict(list)
        for table in catalog.tables:
            for above in (*table.inherits, *((table.partition_of,) if table.partition_of else ())):
                self._below[above].append(table.name)

    def table(self, name: TableName) -> Table:
        """Return a table that is known to be there."""
        table = self.catalog.table(name)
        assert table is not None
        return table

    def holders(self, name: TableName) -> tuple[TableName, ...]:
        """Return the tables that a query of one reads rows of: itself, its partitions, what inherits."""
        found, waiting = dict[TableName, None](), [name]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found[one] = None
                waiting += self._below[one]
        return tuple(one for one in sorted(found) if self.table(one).kind == "table")

    def partitions(self, name: TableName) -> tuple[TableName, ...]:
        """Return the tables whose rows are rows of one by partitioning alone: keys are not inherited."""
        return tuple(one for one in self.holders(name) if name in self.lineage(one))

    def lineage(self, name: TableName) -> Iterator[TableName]:
        """Yield a table and all that it is a partition of."""
        at: TableName | None = name
        while at is not None:
            yield at
            table = self.catalog.table(at)
            at = table.partition_of if table else None

    def topmost(self, name: TableName) -> TableName:
        """Return the last of its lineage."""
        return [*self.lineage(name)][-1]
