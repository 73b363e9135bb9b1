"""How rows `t` that refer and rows `r` that are referred to are compared, in SQL."""

from ...model.catalog import Catalog, TableName
from ...model.identifier import literal, quote
from ...model.subset import Relation

# Types that the server compares with each other as they are.
ALIKE = ("smallint", "integer", "bigint")


def joined(relation: Relation, catalog: Catalog) -> tuple[str, str]:
    """Return what has to stand beside `t` after FROM, and the condition that binds it to `r`."""
    if relation.path is not None:
        column, to = relation.columns[0], relation.referenced_columns[0]
        document = f"t.{quote(column)}::pg_catalog.jsonb"
        found = f"pg_catalog.jsonb_path_query({document}, {literal(f'lax {relation.path}')})"
        leaf = f" CROSS JOIN LATERAL {found} AS leaf (json)"
        return leaf, f"r.{quote(to)}::pg_catalog.text = leaf.json #>> '{{}}'"
    pairs = zip(relation.columns, relation.referenced_columns, strict=True)
    if relation.operators:
        compared = (
            f"r.{quote(to)} OPERATOR({operator}) t.{quote(own)}"
            for (own, to), operator in zip(pairs, relation.operators, strict=True)
        )
        return "", " AND ".join(compared)
    return "", " AND ".join(_compared(relation, own, to, catalog) for own, to in pairs)


def compared_as_they_are(relation: Relation, catalog: Catalog) -> bool:
    """Tell whether columns are compared by their own operators, which indexes know."""
    pairs = zip(relation.columns, relation.referenced_columns, strict=True)
    return bool(relation.operators) or all(_alike(relation, own, to, catalog) for own, to in pairs)


def uses(relation: Relation) -> str:
    """Return the condition that a row `t` refers to something by a relation."""
    filled = " AND ".join(f"t.{quote(column)} IS NOT NULL" for column in relation.columns)
    return f"{filled} AND ({relation.where}\n)" if relation.where else filled


def _compared(relation: Relation, own: str, to: str, catalog: Catalog) -> str:
    """Compare columns of an added relation: as they are, or as texts where their types differ."""
    if _alike(relation, own, to, catalog):
        return f"r.{quote(to)} = t.{quote(own)}"
    return f"r.{quote(to)}::pg_catalog.text = t.{quote(own)}::pg_catalog.text"


def _alike(relation: Relation, own: str, to: str, catalog: Catalog) -> bool:
    types = (_type(catalog, relation.table, own), _type(catalog, relation.referenced, to))
    return types[0] == types[1] or all(one in ALIKE for one in types)


def _type(catalog: Catalog, table: TableName, column: str) -> str | None:
    found = catalog.table(table)
    return next((one.type for one in found.columns if one.name == column), None) if found else None
