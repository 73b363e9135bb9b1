"""What a subset takes as lines of plain text, and as JSON."""

from collections.abc import Iterator

from ..model.fence import clean
from ..model.json import JsonObject
from ..model.subset import SubsetTold, TableCut

UNKNOWN = "?"


def lines(told: SubsetTold) -> Iterator[str]:
    """Yield what is taken: all together, then table by table with the reasons, the largest first.

    Whatever is invisible in a name is replaced, so that a line is a line.
    """
    taken = [one for one in told.tables if one.after != 0]
    rows = sum(max(one.before, 0) if one.after is None else one.after for one in taken)
    yield (
        f"{told.target}: about {rows:,} rows of {len(taken):,} of {len(told.tables):,} tables, "
        f"{told.bytes / 1_000_000:,.1f} MB of tables; {told.relations:,} relations followed"
    )
    yield f"Every reference is kept; {told.dangling:,} would lead nowhere. Nothing was built."
    yield from (f"{'  ' if place else 'that row: '}{clean(one, 300)}" for place, one in enumerate(told.row))
    yield from (f"note: {clean(warning, 300)}" for warning in told.warnings)
    for one in sorted(taken, key=lambda one: (-one.bytes, one.table)):
        yield from _table(one)
    for one in told.tables:
        if one.after == 0:
            budget = f" (budget: {one.cut:,} left out)" if one.cut else ""
            yield f"{clean(str(one.table), 127)}: 0 of {_known(one.before)}{budget}"


def _table(one: TableCut) -> Iterator[str]:
    after = "all" if one.after is None else f"{one.after:,}"
    yield f"{clean(str(one.table), 127)}: {after} of {_known(one.before)}"
    for why, rows in one.why.items():
        yield f"  {_known(rows)} {clean(why, 200)}"
    if one.cut:
        yield f"  its budget left out {one.cut:,}"
    if one.emptied:
        yield f"  NULL: {clean(', '.join(one.emptied), 300)}"


def _known(rows: int) -> str:
    return UNKNOWN if rows < 0 else f"{rows:,}"


def as_json(told: SubsetTold) -> JsonObject:
    """Return everything that is told; `after` is null for a table taken whole, `before` an estimate."""
    return {
        "target": told.target,
        "bytes": told.bytes,
        "relations": told.relations,
        "dangling": told.dangling,
        "row": list(told.row),
        "warnings": list(told.warnings),
        "tables": [
            {
                "table": str(one.table),
                "before": one.before if one.before >= 0 else None,
                "after": one.after,
                "why": dict(one.why),
                "cut": one.cut,
                "emptied": list(one.emptied),
                "bytes": one.bytes,
            }
            for one in told.tables
        ],
    }
