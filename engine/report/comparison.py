"""What differs between two snapshots as lines of plain text."""

from collections.abc import Iterator

from ..model.comparison import Comparison, TableChange
from ..model.fence import clean


def lines(found: Comparison) -> Iterator[str]:
    """Yield which two, then every table and definition that differs; names with nothing invisible in them."""
    yield f"{found.first} -> {found.second}"
    yield from map(_table, found.tables)
    yield from (f"{one.change}: {clean(one.what, 300)}" for one in found.definitions)
    if not found.tables and not found.definitions:
        yield "Nothing differs."


def _table(one: TableChange) -> str:
    before, after = ("not there" if rows is None else f"{rows} rows" for rows in one.rows)
    columns = (*(f"+{name}" for name in one.columns_added), *(f"-{name}" for name in one.columns_removed))
    told = f"{clean(one.name, 127)}: {before} -> {after}"
    return clean(f"{told}; columns {', '.join(columns)}", 1200) if columns else told
