"""The block `subset` of a target becomes values of the model."""

from dataclasses import dataclass

from ..model.catalog import TableName
from ..model.errors import ConfigInvalid
from ..model.subset import Chosen, Relation, Subset
from .document import Block, KeyPath, invalid
from .schema import AddedRelationship, SubsetModel, SubsetTable
from .shape import origin_of


def written_out(table: str) -> str:
    """Return how a table is written whose schema is missing: a sentence."""
    return (
        f"Write it as `public.{table.strip('.')}`; on MySQL and MariaDB the source's database is its schema."
    )


@dataclass(frozen=True, slots=True)
class Subsets:
    """Builds one target's subset; `tree` knows where everything stands, `path` where the block does."""

    tree: Block
    path: KeyPath

    def subset(self, model: SubsetModel) -> Subset:
        """Return the subset.

        Raises:
            ConfigInvalid: an entry says too much or too little, or a table has no schema.
        """
        if not model.subset_tables and not model.copy_tables:
            raise self._invalid(
                "subset_tables", "is missing", "List where the subset begins, or copy_tables."
            )
        if model.referencing == "none" and model.row_budgets.keys() - {
            one.table for one in model.subset_tables
        }:
            raise self._invalid(
                "row_budgets", "names tables of which nothing is chosen", "Set `referencing: every`."
            )
        return Subset(
            chosen=tuple(map(self._chosen, model.subset_tables)),
            copied=self._tables("copy_tables", *model.copy_tables),
            excluded=self._tables("excluded_tables", *model.excluded_tables),
            added=tuple(map(self._added, model.added_relationships)),
            ignored=tuple(
                (
                    self._table("excluded_relationships", one.fk_table),
                    self._table("excluded_relationships", one.ref_table),
                )
                for one in model.excluded_relationships
            ),
            referencing=model.referencing,
            max_rows=model.max_rows,
            budgets={self._table("row_budgets", name): most for name, most in model.row_budgets.items()},
            batch=model.batch_size,
        )

    def _chosen(self, entry: SubsetTable) -> Chosen:
        if (entry.where is None) == (entry.percent is None):
            raise self._invalid(
                "subset_tables",
                f"needs either `where` or `percent` for `{entry.table}`",
                "Give one of the two; several entries for one table add up.",
            )
        return Chosen(self._table("subset_tables", entry.table), entry.where, entry.percent)

    def _added(self, entry: AddedRelationship) -> Relation:
        key = "added_relationships"
        if not entry.fk_columns or len(entry.fk_columns) != len(entry.ref_columns):
            raise self._invalid(
                key, f"names other numbers of columns of `{entry.fk_table}` and `{entry.ref_table}`",
                "Name as many `ref_columns` as `fk_columns`, in the same order.",
            )  # fmt: skip
        if entry.fk_path is not None and (len(entry.fk_columns) > 1 or not entry.fk_path.startswith("$")):
            raise self._invalid(
                key, f"has an `fk_path` of `{entry.fk_table}` that leads nowhere",
                "Write it as `$.user.id` or `$.items[*].id`, into one column.",
            )  # fmt: skip
        return Relation(
            f"added: {', '.join(entry.fk_columns)}{entry.fk_path or ''}",
            self._table(key, entry.fk_table),
            entry.fk_columns,
            self._table(key, entry.ref_table),
            entry.ref_columns,
            where=entry.where,
            path=entry.fk_path,
        )

    def _tables(self, key: str, *names: str) -> tuple[TableName, ...]:
        return tuple(self._table(key, name) for name in names)

    def _table(self, key: str, name: str) -> TableName:
        schema, _, table = name.partition(".")
        if not (schema and table):
            raise self._invalid(key, f"has `{name}`", written_out(name))
        return TableName(schema, table)

    def _invalid(self, key: str, problem: str, hint: str) -> ConfigInvalid:
        path = (*self.path, key)
        return invalid(path, origin_of(self.tree, path), problem, hint)
