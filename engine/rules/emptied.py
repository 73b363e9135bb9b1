"""What TRUNCATE … CASCADE empties beside the tables that it names."""

from collections.abc import Collection

from ..model.analysis import Resolved
from ..model.catalog import Catalog, TableName


def emptied(rule: Resolved, catalog: Catalog) -> tuple[TableName, ...]:
    """Return the tables that a rule empties because they refer to one that it names."""
    if rule.analysis.kind != "truncate" or "cascade" not in rule.analysis.features:
        return ()
    return tuple(sorted(referring({name for name in rule.targets if name is not None}, catalog)))


def referring(names: Collection[TableName], catalog: Catalog) -> set[TableName]:
    """Return the tables that refer to others, however far away."""
    found = set(names)
    while more := {
        table.name
        for table in catalog.tables
        if table.name not in found and any(key.referenced in found for key in table.foreign_keys)
    }:
        found |= more
    return found - set(names)
