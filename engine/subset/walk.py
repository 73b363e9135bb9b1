"""Finding the rows of a subset: what is chosen, what refers to it, and whatever any of it refers to.

All questions go to one moment of a source. The last part goes downward only, so it comes to an end.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ..database.base import Slice, SliceReader
from ..database.finder import Finder, Found, Taking
from ..model.catalog import TableName
from ..model.errors import DatabaseFailed, SourceUnsuitable
from ..model.subset import UNCOUNTED, Chosen, Relation, SubsetTold, TableCut
from .asking import Askers
from .rowsets import RowSets
from .scheme import Scheme

CHOSEN = 0
MOST_RELATIONS = 60
Tell = Callable[[str], None]
Batch = tuple[TableName, Sequence[int] | None]  # rows of a table, None: all of them
Use = Callable[[Found], object]
Question = tuple[Slice, Use]  # what is asked, and what becomes of the answer
Subject = TypeVar("Subject")


@dataclass
class Walk:
    """One walk through the rows of a source; blocking.

    `unnoted` are tables of which no row is noted: what their rows refer to says which are read.
    """

    scheme: Scheme
    finder: Finder
    rows: RowSets
    unnoted: Mapping[TableName, Relation]
    askers: Askers
    tell: Tell
    cut: dict[TableName, int] = field(default_factory=dict[TableName, int])

    def go(self) -> None:
        """Find every row.

        Raises:
            SourceUnsuitable: a row that is taken refers to a table of which none may be taken.
        """
        self.rows.shut(self._numbers(self.scheme.whole), whole=True)
        self.rows.shut(self._numbers(self.scheme.empty), whole=False)
        self._choose()
        if self.scheme.subset.referencing == "any":
            self._refer_by_any()
        else:
            self._refer_by_every()
        self._close()
        self._refuse_blocked()

    def _choose(self) -> None:
        """Take the rows that are chosen; those of a family with a budget by their rank."""
        families = {one: self.scheme.family(one.table) for one in self.scheme.subset.chosen}
        budgets = {family: self.scheme.subset.budget(family) for family in sorted({*families.values()})}

        def question(one: Chosen) -> Question:
            self.tell(f"choosing rows of {one.table}")
            ranked = budgets[families[one]] is not None
            piece = self.finder.chosen(one.table, where=one.where, percent=one.percent, ranked=ranked)
            use = self.rows.find if ranked else partial(self.rows.take, why=CHOSEN)
            return piece, partial(_blaming, one, use) if one.where else use

        self._ask([one for one, family in families.items() if budgets[family] is None], question)
        for chosen, budget in budgets.items():
            if budget is not None:
                self._ask([one for one, family in families.items() if family == chosen], question)
                self._settle(chosen, [CHOSEN], budget=budget)

    def _settle(
        self,
        family: TableName,
        why: Sequence[int],
        *,
        fresh: bool = False,
        every: bool = False,
        budget: int | None = None,
    ) -> None:
        if (cut := self.rows.settle(why, fresh=fresh, every=every, budget=budget)) > 0:
            self.cut[family] = self.cut.get(family, 0) + cut

    def _refer_by_every(self) -> None:
        """Take the rows that refer to rows taken by every relation that they use, family by family.

        Those that use one only, and need not wait for each other, are asked about at once.
        """
        together = dict[TableName, Relation]()
        for family, relations in self.scheme.steps:
            if not self.unnoted.keys().isdisjoint(self.scheme.families.holders(family)):
                continue
            alone = len(relations) == 1 and self.scheme.subset.budget(family) is None
            if not alone or self.scheme.family(relations[0].referenced) in together:
                self._bring(tuple(together.values()))
                together.clear()
            if alone:
                together[family] = relations[0]
            else:
                self._bring_satisfied(family, relations)
        self._bring(tuple(together.values()))

    def _bring(self, relations: Sequence[Relation]) -> None:
        """Take the rows that refer by one of some relations, each of a family of its own."""

        def question(subject: tuple[Relation, Batch]) -> Question:
            relation, batch = subject
            piece = self._referring(relation, batch, ranked=False)
            return piece, partial(self.rows.take, why=self._reason(relation))

        taken = ((one, batch) for one in relations for batch in self._taken(one, one.referenced))
        self._ask(taken, question)

    def _bring_satisfied(self, family: TableName, relations: Sequence[Relation]) -> None:
        """Take the rows of a family of which every reference leads to a row that is taken."""
        if len(relations) > MOST_RELATIONS:
            raise SourceUnsuitable(
                f"`{family}` refers to tables that are cut down in {len(relations)} ways",
                "Set `referencing: any`, or list the table in `excluded_tables`.",
            )
        budget = self.scheme.subset.budget(family)
        # What is in a document is no reference that a row has to satisfy: there may be any number of them.
        binding = [one for one in relations if one.path is None]
        others = (*binding, *(one for one in relations if one.path is not None))

        def question(subject: tuple[int, Relation, Batch]) -> Question:
            bit, relation, batch = subject
            piece = self._referring(relation, batch, others=binding, ranked=budget is not None)
            return piece, partial(self.rows.find, met=1 << bit)

        bits = enumerate(others)
        taken = ((bit, one, batch) for bit, one in bits for batch in self._taken(one, one.referenced))
        self._ask(taken, question)
        self._settle(family, [self._reason(one) for one in others], every=True, budget=budget)

    def _referring(
        self, relation: Relation, batch: Batch, *, others: Sequence[Relation] = (), ranked: bool
    ) -> Slice:
        self.tell(f"looking for rows of {relation.table} that refer to {relation.referenced}")
        return self.finder.referring(relation, *batch, others=others, ranked=ranked)

    def _refer_by_any(self) -> None:
        """Take every row that refers to a row taken, again and again, until there are none."""
        budgets = {family: self.scheme.subset.budget(family) for family, _ in self.scheme.steps}

        def question(subject: tuple[Relation, Batch]) -> Question:
            relation, batch = subject
            ranked = budgets[self.scheme.family(relation.table)] is not None
            return self._referring(relation, batch, ranked=ranked), self.rows.find

        self.rows.freshen()
        while batch := self._next_fresh():
            for relation in self.scheme.to_table(batch[0]):
                family = self.scheme.family(relation.table)
                if family not in budgets:
                    continue
                self._ask([(relation, batch)], question)
                if (budget := budgets[family]) is not None:
                    budget -= self._count(self.scheme.families.holders(family))
                self._settle(family, [self._reason(relation)], fresh=True, budget=budget)

    def _close(self) -> None:
        """Take what any row refers to, until every reference leads to a row that is taken.

        What rows refer to that were taken because of it is there already.
        """
        satisfied = dict(self.scheme.steps) if self.scheme.subset.referencing == "every" else {}
        for leaf in self.scheme.order:
            if (number := self.finder.number(leaf)) is None:
                continue
            if leaf in self.scheme.whole:
                self._follow(leaf, partial(iter, [(leaf, None)]))
                continue
            known = [one for one in satisfied.get(self.scheme.family(leaf), ()) if one.path is None]
            brought = [self._reason(one) for one in known]
            rest = [CHOSEN, *(self._reason(one) for one in self.scheme.of_table(leaf) if one not in known)]
            for whys, without in ((brought, known), (rest, [])):
                self._follow(leaf, partial(self._batches, leaf, number, whys), without)
        while batch := self._next_fresh():
            self._follow(batch[0], partial(iter, [batch]))

    def _follow(
        self, leaf: TableName, batches: Callable[[], Iterable[Batch]], without: Sequence[Relation] = ()
    ) -> None:
        """Take what rows of a table refer to, by one relation after the other: the first is the reason."""
        for relation in self._leading(leaf):
            if relation not in without:
                self.tell(f"following {leaf} to {relation.referenced}")
                leading = any(map(self._leading, self._ends(relation, relation.referenced)))
                bring = self.rows.queue if leading else self.rows.take
                refer = partial(self._refer, relation, partial(bring, why=self._reason(relation) + 1))
                self._ask(batches(), refer)

    def _refer(self, relation: Relation, use: Use, batch: Batch) -> Question:
        return self.finder.referenced(relation, *batch), use

    def _leading(self, leaf: TableName) -> list[Relation]:
        return [one for one in self.scheme.of_table(leaf) if self._leads_somewhere(one)]

    def verify(self, askers: Askers) -> int:
        """Ask once more for everything that any row refers to, and return how much of it is not there.

        May run while the rows are read; blocking.
        """
        dangling = list[int]()

        def count(found: Found) -> None:
            dangling.append(self.rows.missing(found))

        for relation in self.scheme.relations:
            if self._leads_somewhere(relation):
                batches = self._taken(relation, relation.table, whole=True)
                askers.each(batches, partial(self._put, partial(self._refer, relation, count)))
        return sum(dangling)

    def _refuse_blocked(self) -> None:
        for blocked in self.scheme.blocked:
            relation = blocked.relation
            if count := self._count_users(relation):
                columns = ", ".join(f"`{column}`" for column in blocked.columns)
                raise SourceUnsuitable(
                    f"{count:,} rows of `{relation.table}` refer by {columns}, which cannot be NULL, "
                    f"to the excluded table `{relation.referenced}`",
                    f"Exclude `{relation.table}` too, or take `{relation.referenced}`.",
                )

    def _count_users(self, relation: Relation) -> int:
        found = list[int]()

        def question(batch: Batch) -> Question:
            return self.finder.using(relation, *batch), lambda rows: found.extend(map(len, rows))

        self._ask(self._taken(relation, relation.table, whole=True), question)
        return sum(found)

    def _leads_somewhere(self, relation: Relation) -> bool:
        """Tell whether there are rows to be taken of what a relation refers to."""
        ends = self._ends(relation, relation.referenced)
        return any(name not in self.scheme.whole for name in ends)

    def _next_fresh(self) -> tuple[TableName, list[int]] | None:
        for name in self.scheme.order:
            number = self.finder.number(name)
            if number is not None and (places := self.rows.next_fresh(number, self.scheme.subset.batch)):
                return name, places
        return None

    def _taken(self, relation: Relation, table: TableName, *, whole: bool = False) -> Iterator[Batch]:
        """Yield the rows taken at an end of a relation; None are all of a table taken whole."""
        for leaf in self._ends(relation, table):
            number = self.finder.number(leaf)
            assert number is not None
            if leaf not in self.scheme.whole:
                yield from self._batches(leaf, number)
            elif whole:
                yield leaf, None

    def _batches(self, leaf: TableName, number: int, whys: Sequence[int] | None = None) -> Iterator[Batch]:
        for places in self.rows.batches(number, self.scheme.subset.batch, whys):
            yield leaf, places

    def _ends(self, relation: Relation, table: TableName) -> list[TableName]:
        names = self.scheme.ends(relation, table)
        return [name for name in names if self.finder.number(name) is not None]

    def _ask(self, subjects: Iterable[Subject], question: Callable[[Subject], Question]) -> None:
        """Ask about several subjects at a time; answers are used as they come, by any thread."""
        self.askers.each(subjects, partial(self._put, question))

    def _put(self, question: Callable[[Subject], Question], reader: SliceReader, subject: Subject) -> None:
        piece, use = question(subject)
        use(self.finder.answer(piece, reader.read(piece)))

    def _numbers(self, names: Iterable[TableName]) -> list[int]:
        return [number for name in names if (number := self.finder.number(name)) is not None]

    def _count(self, names: Iterable[TableName]) -> int:
        return sum(sum(self.rows.reasons(number).values()) for number in self._numbers(names))

    def _reason(self, relation: Relation) -> int:
        return 1 + 2 * self.scheme.relations.index(relation)

    def takings(self) -> dict[TableName, Taking]:
        """Return what is read of every table; the sets must stay open until that was done."""
        found = dict[TableName, Taking]()
        for name in self.scheme.order:
            number = self.finder.number(name)
            if number is None:
                continue
            emptied = self.scheme.emptied.get(name, ())
            if name in self.scheme.whole:
                found[name] = Taking(emptied=emptied)
            elif (relation := self.unnoted.get(name)) is not None:
                found[name] = self._referring_rows(name, relation)
            elif count := self._count((name,)):
                found[name] = Taking(count, tuple(self._parts(number)), emptied)
        return found

    def _referring_rows(self, name: TableName, relation: Relation) -> Taking:
        """Return what is read of a table whose rows are not noted.

        What was taken only because something refers to it brings no rows that refer to it.
        """
        whys = [CHOSEN, *map(self._reason, self.scheme.relations)]
        parts, sources = list[Callable[[], Sequence[int]]](), list[str]()
        for end in self._ends(relation, relation.referenced):
            number, source = self.finder.number(end), self.finder.source(relation, name, end)
            assert number is not None
            assert source is not None
            found = [*self._parts(number, whys)]
            parts += found
            sources += [source] * len(found)
        return Taking(UNCOUNTED, tuple(parts), self.scheme.emptied.get(name, ()), tuple(sources))

    def _parts(self, number: int, whys: Sequence[int] | None = None) -> Iterator[Callable[[], Sequence[int]]]:
        most = self.scheme.subset.batch
        for last in self.rows.parts(number, most, whys):
            yield _Part(self.rows, number, last, most, whys)

    def told(self, target: str) -> SubsetTold:
        """Return what is taken of every table, and why."""
        return SubsetTold(
            target,
            tuple(self._told(name) for name in self.scheme.order if self.finder.number(name) is not None),
            len(self.scheme.relations),
            None,
            self.scheme.warnings,
        )

    def _told(self, name: TableName) -> TableCut:
        table, number = self.scheme.families.table(name), self.finder.number(name)
        assert number is not None
        emptied = self.scheme.emptied.get(name, ())
        if name in self.scheme.whole:
            return TableCut(name, table.rows, None, {"taken whole": table.rows}, 0, emptied, table.bytes)
        if name in self.unnoted:
            return TableCut(name, table.rows, UNCOUNTED, emptied=emptied)
        reasons = sorted(self.rows.reasons(number).items())
        count = sum(rows for _, rows in reasons)
        return TableCut(
            name,
            table.rows,
            count,
            {self.words(why): rows for why, rows in reasons},
            self.cut.get(name, 0),
            emptied,
            table.bytes * count // max(table.rows, count, 1),
        )

    def relation(self, why: int) -> Relation:
        """Return the relation that a reason is about; an odd one is of rows that refer to others by it."""
        return self.scheme.relations[(why - 1) // 2]

    def words(self, why: int) -> str:
        """Return a reason as one says it."""
        if why == CHOSEN:
            return "chosen"
        relation = self.relation(why)
        if why % 2 == 0:
            return f"{relation.table} refers to it ({relation.name})"
        return f"refers to {relation.referenced} ({relation.name})"


def _blaming(chosen: Chosen, use: Use, found: Found) -> None:
    """Use an answer, and name the condition if the server makes nothing of the question."""
    try:
        use(found)
    except DatabaseFailed as error:
        hint = (
            f"Look at the `where` of `{chosen.table}` in `subset_tables`: it may name that table's columns, "
            f"alone or as `{chosen.table.name}.column`, and has to fit their types."
        )
        raise DatabaseFailed(error.message, hint, **error.details) from None


@dataclass(frozen=True, slots=True)
class _Part:
    rows: RowSets
    number: int
    last: int | None
    most: int
    whys: Sequence[int] | None

    def __call__(self) -> list[int]:
        return self.rows.after(self.number, self.last, self.most, whys=self.whys)
