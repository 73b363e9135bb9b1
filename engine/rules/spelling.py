"""Columns in the catalogue's own spelling, where the server knows them in any case."""

from collections.abc import Iterable
from dataclasses import replace

from ..model.analysis import Analysis, Assignment, ColumnUse, Kept
from ..model.catalog import Table


def respelled(analysis: Analysis, tables: Iterable[Table]) -> Analysis:
    """Return an analysis whose columns are called as those tables call them, as far as they have them."""
    columns = [column.name for table in tables for column in table.columns]
    known, folded = frozenset(columns), {name.casefold(): name for name in reversed(columns)}

    def name_of(name: str) -> str:
        return name if name in known else folded.get(name.casefold(), name)

    def used(uses: tuple[ColumnUse, ...]) -> tuple[ColumnUse, ...]:
        return tuple(replace(use, name=name_of(use.name)) for use in uses)

    def kept(keeps: tuple[Kept, ...]) -> tuple[Kept, ...]:
        return tuple(replace(one, column=name_of(one.column)) for one in keeps)

    def assigned(assignments: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
        return tuple(
            replace(one, column=name_of(one.column), columns=used(one.columns), keeps=kept(one.keeps))
            for one in assignments
        )

    return replace(
        analysis,
        written=tuple(map(name_of, analysis.written)),
        assignments=assigned(analysis.assignments),
        sets=assigned(analysis.sets),
        columns=used(analysis.columns),
    )
