"""How rows `t` that refer and rows `r` that are referred to are compared, in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...model.catalog import Catalog, TableName
from ...model.subset import Relation
from .names import literal, quote
from .slices import WHOLE, as_text

# What stands at a path of a document; no table has a column of that name.
FOUND = "`snapharbor: found`"
DOCUMENT = (
    ", JSON_TABLE(IF(JSON_VALID({document}), {document}, NULL), {path} "
    f"COLUMNS ({FOUND} LONGTEXT CHARACTER SET utf8mb4 PATH '$')) AS leaf"
)


@dataclass(frozen=True, slots=True)
class Comparing:
    """Compares columns of a database. `collations` are those of texts, by table and column."""

    catalog: Catalog
    collations: Mapping[tuple[TableName, str], str]

    def sides(self, relation: Relation) -> tuple[str, str, str]:
        """Return what has to stand beside `t` after FROM, and what of `t` and of `r` has to be equal."""
        pairs = [*zip(relation.columns, relation.referenced_columns, strict=True)]
        if relation.path is not None:
            ((own, to),) = pairs
            beside = DOCUMENT.format(document=f"t.{quote(own)}", path=literal(relation.path))
            return beside, _digest(f"leaf.{FOUND}", "text"), self._as_text(relation.referenced, to, "r")
        alike = [relation.declared or self._alike(relation, own, to) for own, to in pairs]
        ours = [
            f"t.{quote(own)}" if same else self._as_text(relation.table, own, "t")
            for (own, _), same in zip(pairs, alike, strict=True)
        ]
        theirs = [
            f"r.{quote(to)}" if same else self._as_text(relation.referenced, to, "r")
            for (_, to), same in zip(pairs, alike, strict=True)
        ]
        return "", ", ".join(ours), ", ".join(theirs)

    def _alike(self, relation: Relation, own: str, to: str) -> bool:
        """Tell whether the server compares two columns as they are."""
        types = (self._type(relation.table, own), self._type(relation.referenced, to))
        collations = (
            self.collations.get((relation.table, own)),
            self.collations.get((relation.referenced, to)),
        )
        if None not in collations:
            return collations[0] == collations[1]
        return types[0] == types[1] or all(map(WHOLE.fullmatch, types))

    def _as_text(self, table: TableName, column: str, row: str) -> str:
        return _digest(f"{row}.{quote(column)}", self._type(table, column))

    def _type(self, table: TableName, column: str) -> str:
        found = self.catalog.table(table)
        assert found is not None
        return next(one.type.lower() for one in found.columns if one.name == column)


def _digest(value: str, type_: str) -> str:
    """Return what texts are compared by: of one kind and length, so that the server can keep them hashed."""
    return f"SHA2({as_text(value, type_)}, 256)"


def uses(relation: Relation) -> str:
    """Return the condition that a row `t` refers to something by a relation."""
    filled = " AND ".join(f"t.{quote(column)} IS NOT NULL" for column in relation.columns)
    return f"{filled}{counts(relation)}"


def counts(relation: Relation) -> str:
    """Return the condition that a relation counts for a row `t`, as it stands after others."""
    return f" AND ({relation.where}\n)" if relation.where else ""
