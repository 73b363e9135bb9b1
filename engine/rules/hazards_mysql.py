"""What forbids to run a statement while its table is read from MySQL or MariaDB, beside hazards.py.

There values are assigned from the left to the right, a SELECT warns of what an UPDATE refuses, and results of
sub-selects are kept for values that only look alike. What depends on any of that runs in a copy.
"""

from collections.abc import Iterator

from ..model.analysis import Analysis, Piece
from ..model.pushdown import TableFacts
from .flat import Flat
from .values_mysql import refused

# Of the server, not of the row: its time zones, the clock itself, how it compresses and encrypts.
OF_THE_SERVER = frozenset(
    ("aes_decrypt", "aes_encrypt", "compress", "convert_tz", "sysdate", "uncompress", "values")
)


def statement_hazards(analysis: Analysis, root: TableFacts, rows: Flat | None) -> Iterator[str]:
    """Yield why a statement runs in a copy; `rows` are those of its table as the rules before leave them."""
    if "subselect" in analysis.features:
        yield "a sub-select"
    yield from (f"`{name}` gives another value each time" for name in analysis.volatile)
    yield from (f"`{name}` depends on the server" for name in analysis.functions if name in OF_THE_SERVER)
    own, alias = analysis.targets[0].alias, rows.alias if rows else ""
    if alias not in ("", own) and analysis.kind != "truncate":
        yield f"the table is called `{own}` here and `{alias}` by a rule before"
    if analysis.kind == "delete" and own != analysis.targets[0].name:
        yield "DELETE with another name for its table, which not every server takes"
    yield from read_after_set(analysis, rows.touched if rows else set())
    for one in analysis.assignments:
        column = root.column(one.column)
        if column is not None and (
            reason := refused(column, one.value.text, root, filtered=analysis.filtered)
        ):
            yield f"`{column.name}` {reason}"


def read_after_set(analysis: Analysis, touched: set[str]) -> Iterator[str]:
    """Yield columns that are read after something set them, with these set before."""
    if analysis.where is not None:
        yield from _set_before(analysis, analysis.where, touched)
    before = set(touched)
    for one in analysis.assignments:
        yield from _set_before(analysis, one.value, before)
        before.add(one.column)


def _set_before(analysis: Analysis, piece: Piece, names: set[str]) -> Iterator[str]:
    inside = (use.name for use in analysis.columns if piece.start <= use.start < piece.end)
    yield from (f"`{name}` is read after it was set" for name in dict.fromkeys(inside) if name in names)
