"""What a configuration means beside a catalogue: who refers to whom, who is cut down, in which order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from ..model.catalog import Table, TableName
from ..model.errors import ConfigInvalid
from ..model.subset import Relation, Subset
from .families import Families
from .order import components

Names = frozenset[TableName]
KINDS = ("table", "partitioned")


@dataclass(frozen=True, slots=True)
class Blocked:
    """A relation to a table of which no row is taken, whose columns cannot be NULL."""

    relation: Relation
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Scheme:
    """A subset's rules for the tables of one database.

    A family is a table with its partitions, called by the topmost. `relations` are those that are followed.

    Attributes:
        whole: Tables with rows that are taken whole.
        empty: Tables with rows of which none is taken, however they are referred to.
        emptied: Columns that become NULL, by table.
        blocked: Relations that no row taken may make use of.
        warnings: Sentences about what has no effect.
    """

    families: Families
    subset: Subset
    relations: tuple[Relation, ...]
    whole: Names
    empty: Names
    emptied: Mapping[TableName, tuple[str, ...]]
    blocked: tuple[Blocked, ...]
    warnings: tuple[str, ...]

    def family(self, name: TableName) -> TableName:
        """Return the topmost table that one is a partition of, or itself."""
        return self.families.topmost(name)

    @cached_property
    def chosen(self) -> Names:
        """The families that rows are chosen of by the configuration itself."""
        below = (name for one in self.subset.chosen for name in self.families.holders(one.table))
        return frozenset(self.family(name) for name in below)

    @cached_property
    def steps(self) -> "tuple[tuple[TableName, tuple[Relation, ...]], ...]":
        """The families of which rows are taken because they refer to others, each after those.

        With each go the relations to families that are cut down by then. Within a cycle, those nearest to
        what was chosen come first, and a relation to one that comes later does not count.
        """
        if self.subset.referencing == "none":
            return ()
        distance = self._distances()
        done, found = set(self.chosen), list[tuple[TableName, tuple[Relation, ...]]]()
        for together in components(distance.keys() - self.chosen, self._targets):
            for family in sorted(together, key=lambda name: (distance[name], name)):
                to = tuple(
                    one for one in self.of_family(family) if self.family(one.referenced) in done - {family}
                )
                if to:
                    found.append((family, to))
                    done.add(family)
        return tuple(found)

    @cached_property
    def last(self) -> "tuple[tuple[TableName, Relation], ...]":
        """The families that only refer, by one relation that counts, and to which nothing does; and by which.

        Nothing else depends on which of their rows are taken.
        """
        if self.subset.referencing != "every":
            return ()
        return tuple(
            (family, relation)
            for family, (relation, *others) in self.steps
            if not others and self.subset.budget(family) is None and self._is_last(family, relation)
        )

    def _is_last(self, family: TableName, relation: Relation) -> bool:
        holders = self.families.holders(family)
        return (
            {*holders} == {*self.ends(relation, relation.table)}
            and not self.whole.union(self.empty).intersection(holders)
            and not any(self.to_table(name) for name in holders)
            and all(one.relation.table not in holders for one in self.blocked)
            and all(
                one == relation or self.whole.issuperset(self.ends(one, one.referenced))
                for name in holders
                for one in self.of_table(name)
            )
        )

    def _distances(self) -> dict[TableName, int]:
        """Return how many references away from what was chosen each family is that leads there."""
        found, last = dict.fromkeys(self.chosen, 0), set(self.chosen)
        while last:
            last = {
                family
                for relation in self.relations
                if self.family(relation.referenced) in last
                and (family := self.family(relation.table)) not in found
                and not self._settled(family)
            }
            found.update(dict.fromkeys(last, max(found.values()) + 1))
        return found

    def _settled(self, family: TableName) -> bool:
        """Tell whether nothing can be chosen of a family any more."""
        return all(name in self.whole or name in self.empty for name in self.families.holders(family))

    @cached_property
    def order(self) -> tuple[TableName, ...]:
        """Every table with rows, those that refer to others before them as far as there are no circles."""
        families = self.families
        names = {families.topmost(table.name) for table in families.catalog.tables if table.kind in KINDS}
        ordered = [name for together in components(names, self._targets) for name in together]
        return tuple(leaf for name in reversed(ordered) for leaf in families.partitions(name))

    @cached_property
    def _by_family(self) -> Mapping[TableName, tuple[Relation, ...]]:
        return _grouped((self.family(one.table), one) for one in self.relations)

    @cached_property
    def _by_table(self) -> Mapping[TableName, tuple[Relation, ...]]:
        return _grouped((name, one) for one in self.relations for name in self.ends(one, one.table))

    @cached_property
    def _to_table(self) -> Mapping[TableName, tuple[Relation, ...]]:
        return _grouped((name, one) for one in self.relations for name in self.ends(one, one.referenced))

    def of_family(self, family: TableName) -> tuple[Relation, ...]:
        """Return the relations by which rows of a family refer to others."""
        return self._by_family.get(family, ())

    def of_table(self, name: TableName) -> tuple[Relation, ...]:
        """Return the relations by which rows of a table with rows refer to others."""
        return self._by_table.get(name, ())

    def to_table(self, name: TableName) -> tuple[Relation, ...]:
        """Return the relations by which rows of others refer to rows of a table with rows."""
        return self._to_table.get(name, ())

    def ends(self, relation: Relation, table: TableName) -> tuple[TableName, ...]:
        """Return the tables with rows at an end of a relation: a foreign key is not inherited."""
        return self.families.partitions(table) if relation.declared else self.families.holders(table)

    def _targets(self, family: TableName) -> set[TableName]:
        return {self.family(one.referenced) for one in self.of_family(family)}


def _grouped(pairs: Iterable[tuple[TableName, Relation]]) -> Mapping[TableName, tuple[Relation, ...]]:
    found = defaultdict[TableName, list[Relation]](list)
    for name, relation in pairs:
        found[name].append(relation)
    return {name: tuple(relations) for name, relations in found.items()}


def scheme(families: Families, declared: Sequence[Relation], subset: Subset) -> Scheme:
    """Put a configuration beside a catalogue and the foreign keys of its tables.

    Raises:
        ConfigInvalid: it names what is not there, contradicts itself, or asks for NULL where none may be.
    """
    _refuse_unknown(families, subset)
    whole = frozenset(name for one in subset.copied for name in families.holders(one))
    empty = frozenset(name for one in subset.excluded for name in families.holders(one))
    for both in sorted(whole & empty):
        raise ConfigInvalid(
            f"table `{both}` is in `copy_tables` and in `excluded_tables`", "Take it out of one of them."
        )
    warnings = list[str]()
    followed, dropped = list[Relation](), list[Relation]()
    for relation in declared:
        (dropped if _ignored(families, relation, subset) else followed).append(relation)
    warnings += _without_effect(families, declared, subset)
    open_ = [one for one in followed if not empty.issuperset(families.partitions(one.referenced))]
    shut = [one for one in followed if one not in open_]
    added = [one for one in subset.added if not empty.issuperset(families.holders(one.referenced))]
    kept = {*open_, *added}
    emptied = dict[TableName, set[str]]()
    for relation in (*dropped, *shut):
        _empty_columns(families, relation, kept, emptied)
    blocked = [Blocked(one, one.columns) for one in shut if not _nullable(families, one, kept)]
    for relation in dropped:
        if not _nullable(families, relation, kept):
            raise ConfigInvalid(
                f"`excluded_relationships` leaves out `{relation.name}` of `{relation.table}`, "
                f"whose columns cannot be NULL: {_listed(relation.columns)}",
                "Leave out the table, or let the relation be followed.",
            )
    return Scheme(
        families,
        subset,
        (*open_, *added),
        whole - empty,
        empty,
        {name: tuple(sorted(columns)) for name, columns in emptied.items()},
        tuple(blocked),
        tuple(warnings),
    )


def _ignored(families: Families, relation: Relation, subset: Subset) -> bool:
    ends = {*families.lineage(relation.table)}, {*families.lineage(relation.referenced)}
    return any(one in ends[0] and other in ends[1] for one, other in subset.ignored)


def _empty_columns(
    families: Families, relation: Relation, kept: Collection[Relation], emptied: dict[TableName, set[str]]
) -> None:
    columns = _nullable(families, relation, kept)
    for name in families.partitions(relation.table):
        emptied.setdefault(name, set()).update(columns)


def _nullable(families: Families, relation: Relation, kept: Collection[Relation]) -> tuple[str, ...]:
    """Return the columns of a relation that may become NULL without touching a key or another relation."""
    table = families.table(relation.table)
    used = {column for one in kept if one.table == relation.table for column in one.columns}
    fixed = {*table.primary_key} | used
    return tuple(
        column.name
        for column in table.columns
        if column.name in relation.columns
        and column.nullable
        and not column.generated
        and column.name not in fixed
    )


def _refuse_unknown(families: Families, subset: Subset) -> None:
    if not subset.chosen and not subset.copied:
        raise ConfigInvalid(
            "the subset begins with nothing", "List rows in `subset_tables`, or tables in `copy_tables`."
        )
    for key, names in (
        ("subset_tables", [one.table for one in subset.chosen]),
        ("copy_tables", subset.copied),
        ("excluded_tables", subset.excluded),
        ("excluded_relationships", [name for pair in subset.ignored for name in pair]),
        ("row_budgets", list(subset.budgets)),
        ("added_relationships", [name for one in subset.added for name in (one.table, one.referenced)]),
    ):
        for name in names:
            _known(families, name, key)
    for one in subset.added:
        for name, columns in ((one.table, one.columns), (one.referenced, one.referenced_columns)):
            _refuse_columns(families.table(name), columns)
    for table in (one.table for one in subset.chosen):
        for other in (*subset.copied, *subset.excluded):
            if table == other:
                raise ConfigInvalid(
                    f"table `{other}` is in `subset_tables` and in another list",
                    "It is cut down, taken whole or left out: choose one.",
                )


def _known(families: Families, name: TableName, key: str) -> None:
    table = families.catalog.table(name)
    if table is None:
        names = [str(one.name) for one in families.catalog.tables]
        near = get_close_matches(str(name), names, n=1, cutoff=0.5)
        hint = f"Did you mean `{near[0]}`?" if near else "Write it as `schema.table`, as it is called there."
        raise ConfigInvalid(f"`subset.{key}` names `{name}`, which the snapshot does not take", hint)
    if table.kind not in KINDS:
        raise ConfigInvalid(f"`subset.{key}` names `{name}`, which is a {table.kind}", "Name a table.")


def _refuse_columns(table: Table, columns: Iterable[str]) -> None:
    known = {column.name for column in table.columns}
    for column in columns:
        if column not in known:
            near = get_close_matches(column, sorted(known), n=1)
            hint = f"Did you mean `{near[0]}`?" if near else "Columns are called exactly as in the database."
            raise ConfigInvalid(f"`{table.name}` has no column `{column}`", hint)


def _without_effect(families: Families, declared: Sequence[Relation], subset: Subset) -> Iterator[str]:
    for one, other in subset.ignored:
        alone = Subset(ignored=((one, other),))
        if not any(_ignored(families, relation, alone) for relation in declared):
            yield f"no foreign key leads from `{one}` to `{other}`, which `excluded_relationships` names"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
