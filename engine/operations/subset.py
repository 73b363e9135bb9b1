"""Subsets: which rows of a target's source are taken, found out before they are read and in the same view."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from anyio import to_thread

from ..database.base import View
from ..database.finder import Finder
from ..database.selection import sentence
from ..masks.keys import MaskKeys
from ..model.catalog import Catalog, TableName
from ..model.errors import ArgumentInvalid, ConfigMissing, KeyMissing, SourceUnsuitable
from ..model.job import Progress, Report
from ..model.settings import closest
from ..model.snapshot import TableData
from ..model.subset import UNCOUNTED, Relation, Subset, SubsetTold
from ..model.target import Target
from ..repository.scratch import spool_directory
from ..services import Services
from ..subset.asking import Askers
from ..subset.because import because
from ..subset.families import Families
from ..subset.rowsets import open_rowsets
from ..subset.scheme import Scheme, scheme
from ..subset.walk import Tell, Walk
from ..tasks import in_thread
from .places import source_of
from .reading import reading
from .requests import BuildRequest, SanitizeRequest
from .ruleset import rules_if_any

TAG = "subset"
PICKING = (
    "find the rows of the subset, and what they refer to, in the same view; only places or keys leave it"
)


def subset_of(target: Target) -> Subset:
    """Return what is configured, every condition checked.

    Raises:
        ConfigMissing: nothing is.
        ConfigInvalid: a condition is not one, or does more than compute.
    """
    if target.subset is None:
        raise ConfigMissing(
            f"target `{target.key}` has no subset", f"List rows in targets.{target.key}.subset.subset_tables."
        )
    engine = source_of(target).engine
    conditions = [
        *((one.where, f"subset.subset_tables: where of {one.table}") for one in target.subset.chosen),
        *((one.where, f"subset.added_relationships: where of {one.name}") for one in target.subset.added),
    ]
    for condition, place in conditions:
        if condition is not None:
            from ..rules.condition import refuse_condition  # the parser takes long to come

            refuse_condition(condition, place, engine)
    return target.subset


def request_of(services: Services, key: str, *, original: bool) -> BuildRequest | SanitizeRequest:
    """Return what makes a target's subset, sanitized where it has rules."""
    target = services.settings.target(key)
    subset_of(target)
    if original or rules_if_any(services, target) is None:
        return BuildRequest(key, subset=True)
    return SanitizeRequest(key, new=True, subset=True)


def foresee(target: Target, catalog: Catalog) -> None:
    """Refuse what can be seen to be wrong beside a catalogue, before anything is read.

    Raises:
        ConfigInvalid: the subset names what is not there, or contradicts itself.
    """
    scheme(Families(catalog), (), subset_of(target))


@dataclass(frozen=True, slots=True)
class Picked:
    """The rows of a subset, found in an open view."""

    view: View
    walk: Walk
    told: SubsetTold

    async def verify(self, readers: int = 1) -> None:
        """Ask the source once more, by so many readers, whether everything is taken that any row refers to.

        Raises:
            SourceUnsuitable: something is not.
        """
        async with _asking(self.view, readers) as askers:
            dangling = await to_thread.run_sync(self.walk.verify, askers)
        if dangling:
            raise SourceUnsuitable(
                f"{dangling:,} rows that others refer to would be left out",
                "Take them out of `excluded_tables`, or exclude what refers to them.",
            )

    def refuse_lost(self, tables: Iterable[TableData]) -> None:
        """Compare what was read with what was picked, where no rule may have deleted it.

        Raises:
            SourceUnsuitable: a name of a row did not lead back to it.
        """
        ruled = {*self.view.rewritten.reads} if self.view.rewritten else set[TableName]()
        picked = {one.table: one.after for one in self.told.tables if one.table not in ruled}
        for table in tables:
            if table.rows < (picked.get(table.name) or 0):
                raise SourceUnsuitable(
                    f"rows of `{table.name}` were picked that are not found again by their keys",
                    "List the table in `copy_tables` or `excluded_tables`.",
                )


@asynccontextmanager
async def picking(
    services: Services, target: Target, view: View, *, explained: bool = False, report: Report
) -> AsyncGenerator[Picked]:
    """Find the rows of a target's subset in an open view, and let it read those only, within the block.

    To be `explained`, every row has to be found. Else rows that nothing refers to are left to be read by
    what they refer to.

    Raises:
        ConfigInvalid: the subset names what is not there, or contradicts itself.
        SourceUnsuitable: a reference of a row that is taken cannot be kept.
    """
    subset = subset_of(target)
    scratch = services.settings.working_directory / "tmp"
    async with (
        spool_directory(scratch) as directory,
        view.finder(_seed(services, subset), directory) as finder,
        in_thread(open_rowsets(directory)) as rows,
    ):
        bounded = replace(subset, batch=min(subset.batch, finder.most))
        made = scheme(Families(view.catalog), finder.relations, bounded)
        unnoted = {} if explained else _unnoted(made, finder)
        begin = partial(Walk, made, finder, rows, unnoted)
        walk = await _walked(begin, view, readers=target.cpus, report=report)
        view.take(walk.takings())
        yield Picked(view, walk, walk.told(target.key))


def _unnoted(made: Scheme, finder: Finder) -> dict[TableName, Relation]:
    """Return the tables whose rows can be read by what they refer to, and by which relation."""
    return {
        leaf: relation
        for family, relation in made.last
        if all(
            finder.source(relation, relation.table, end) for end in made.ends(relation, relation.referenced)
        )
        for leaf in made.families.holders(family)
    }


async def _walked(begin: Callable[[Askers, Tell], Walk], view: View, *, readers: int, report: Report) -> Walk:
    walks = list[Walk]()

    def tell(message: str) -> None:
        report(Progress("picking rows", message=message))

    async def work() -> None:
        async with _asking(view, readers) as askers:
            walks.append(walk := begin(askers, tell))
            await to_thread.run_sync(walk.go)

    async with reading(view) as group:
        group.start_soon(work)
    return walks[0]


@asynccontextmanager
async def _asking(view: View, readers: int) -> AsyncGenerator[Askers]:
    """Open so many readers of a view, or as many as it can have."""
    count = readers if view.most_readers is None else min(readers, view.most_readers)
    async with AsyncExitStack() as stack:
        yield Askers([await stack.enter_async_context(in_thread(view.reader())) for _ in range(count)])


async def explain_subset(
    services: Services, target: str, *, row: tuple[str, tuple[str, ...]] | None, report: Report
) -> SubsetTold:
    """Find the rows of a target's subset, as a build would, and say how many and why; nothing is kept."""
    configured = services.settings.target(target)
    subset_of(configured)
    database, said = services.database(source_of(configured)), list[str]()
    async with AsyncExitStack() as stack:
        view = await stack.enter_async_context(database.view(configured.selection, configured.limits))
        asked = None if row is None else (_table_of_row(view.catalog, *row), row[1])
        picked = await stack.enter_async_context(
            picking(services, configured, view, explained=True, report=report)
        )

        async def work() -> None:
            await picked.verify(configured.cpus)
            if asked is not None:
                async with in_thread(view.reader()) as reader:
                    said.extend(await to_thread.run_sync(because, picked.walk, reader, *asked))

        report(Progress("verifying references"))
        async with reading(view) as group:
            group.start_soon(work)
        return replace(picked.told, dangling=0, row=tuple(said))


def _table_of_row(catalog: Catalog, name: str, key: tuple[str, ...]) -> TableName:
    """Return the table that is called so, whose primary key has as many columns as there are values."""
    schema, _, last = name.rpartition(".")
    names = [TableName(one, last) for one in ((schema,) if schema else catalog.search_path)]
    table = next(filter(None, map(catalog.table, names)), None)
    if table is None:
        known = {str(one.name): one for one in catalog.tables}
        raise ArgumentInvalid(
            f"there is no table `{name}` in what the target takes",
            closest(name, known, "`snapharbor target TARGET --info`"),
        )
    if len(table.primary_key) != len(key):
        raise ArgumentInvalid(
            f"{len(key)} values for the primary key of `{table.name}`, which is of {len(table.primary_key)}",
            f"Give one value for each of its columns, with commas between: {', '.join(table.primary_key)}."
            if table.primary_key
            else "A row can be named only where there is one.",
        )
    return table.name


def left_out(told: SubsetTold) -> Iterator[str]:
    """Yield sentences that name what a subset lacks."""
    cut = (
        str(one.table) for one in told.tables if one.after == UNCOUNTED or one.after not in (None, one.before)
    )
    yield from sentence("left out, rows that the subset does not take, of table{s}", cut)
    over = (str(one.table) for one in told.tables if one.cut)
    yield from sentence("left out, rows beyond the budget of table{s}", over)
    emptied = (f"{one.table}.{column}" for one in told.tables for column in one.emptied)
    yield from sentence("emptied, as what they refer to is left out, column{s}", emptied)
    yield from told.warnings


def _seed(services: Services, subset: Subset) -> bytes:
    """Return what decides which rows are taken where only so many are, the same as long as the key is."""
    if not subset.budgets and subset.max_rows is None and all(one.percent is None for one in subset.chosen):
        return b""
    if not services.settings.masking_key:
        raise KeyMissing(
            "there is no masking key, which decides what rows a share or a budget takes",
            "Run `snapharbor config init`, or set `keys.masking`.",
        )
    return MaskKeys(services.settings.masking_key).derive(TAG)
