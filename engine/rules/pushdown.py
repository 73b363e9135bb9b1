"""Rules -> what is read instead of each table they touch, or the hazards for which they run in a copy.

Decided table by table, for all tables together: what a rule reads may be what another one writes. A hazard
sends a rule's tables the other way, and whatever they are bound to by it (apart.py).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ..model.analysis import Analysis, Assignment, Piece, Relation
from ..model.catalog import Table, TableName
from ..model.identifier import quote
from ..model.pushdown import ColumnFacts, Facts, Hazard, Rewritten, TableFacts
from ..model.rules import Rule
from .apart import Apart, Reach, apart
from .constraints import leaves, rows_of
from .flat import Flat
from .hazards import WHOLE_ROW, known_volatile, settle, text_hazards
from .hazards_mysql import statement_hazards
from .masking import Masker, mask_called
from .resolve import TEMPORARY, resolve
from .rows import Rows, rows_of_engine
from .tokens import Tokens, tokens_of
from .user_made import user_made

LITERAL = re.compile(
    r"""('([^']|'')*'|-?[\d.]+|\(-[\d.]+\)|true|false|NULL)(::[\w ".]+(\(\d+(,\d+)?\))?(\[\])*)?"""
)
VIEWS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


def compile_reads(analyses: Sequence[Analysis], facts: Facts, masker: Masker) -> Rewritten:
    """Compile rules for a source, and say every reason why some must run in a copy instead.

    With hazards, `reads` are the tables whose rules can run while reading all the same, if there are any.

    Raises:
        RuleRefused: a mask does not fit its column.
    """
    compiler = _compiled(analyses, facts, masker)
    if not compiler.hazards:
        return _rewritten(compiler, analyses)
    hazards = tuple(dict.fromkeys(compiler.hazards))
    separate = apart(compiler.reaches, compiler.own, facts)
    forced = {name: compiler.forcing(name, place, separate) for name, place in separate.tables.items()}
    if separate.whole:
        return Rewritten(hazards=hazards, forced=forced)
    there = [
        place
        for place, reach in enumerate(compiler.reaches)
        if reach.apart or not separate.tables.keys().isdisjoint(reach.writes)
    ]
    remaining = [analysis for place, analysis in enumerate(analyses) if place not in there]
    rest = _compiled(remaining, facts, masker)
    if rest.hazards:
        return Rewritten(hazards=hazards, forced=forced)
    # Large objects that no row refers to any more are removed in the copy.
    partly = replace(_rewritten(rest, remaining), objects_used=None)
    tables = frozenset(separate.tables)
    return replace(partly, hazards=hazards, apart=tables, copied=tuple(there), forced=forced)


def _compiled(analyses: Sequence[Analysis], facts: Facts, masker: Masker) -> "_Compiler":
    compiler = _Compiler(facts, masker)
    for analysis in analyses:
        compiler.add(analysis, tokens_of(analysis.rule, masker.engine))
    compiler.finish()
    return compiler


def _rewritten(compiler: "_Compiler", analyses: Sequence[Analysis]) -> Rewritten:
    facts, masker = compiler.facts, compiler.masker
    reads = {name: layers.read() for name, layers in compiler.layers.items() if name in facts.taken}
    asked = (compiler.layers[name].questions(facts, reads) for name in reads)
    objects = [
        f"SELECT {quote(column.name)}::pg_catalog.oid FROM ({rows_of(name, reads)}) AS held"
        for name in sorted(facts.taken)
        for column in facts.tables[name].columns
        if column.holds_objects and facts.large_objects
    ]
    return Rewritten(
        reads=reads,
        statements=tuple(
            (analysis.rule.line, masker.rule(resolve(analysis, masker.catalog)).text)
            for analysis in analyses
            if analysis.kind != "truncate"
        ),
        constraints=tuple(question for some in asked for question in some),
        objects_used=" UNION ALL ".join(objects) or None,
    )


def _hazard(reason: str, rule: Rule, table: TableName | None = None) -> Hazard:
    return Hazard(reason, rule.line, table, rule.column)


class _Refused(Exception):
    """A hazard of the statement at hand."""


class _Compiler:
    """Goes through the statements in order; a table's layers are those of the statements so far."""

    def __init__(self, facts: Facts, masker: Masker) -> None:
        self.facts = facts
        self.masker = masker
        self.layers: dict[TableName, Rows] = {}
        self.hazards: list[Hazard] = []
        self.reaches: list[Reach] = []
        self.rules: list[tuple[Rule, Sequence[Hazard]]] = []
        self.own: set[TableName] = set()

    def add(self, analysis: Analysis, tokens: Tokens) -> None:
        """Add a statement, or a hazard."""
        try:
            targets = [found for relation in analysis.targets for found in self._targets(relation)]
        except _Refused as reason:
            found = [_hazard(str(reason), analysis.rule)]
            targets, root = list[TableFacts](), None
        else:
            root = self._find(analysis.targets[0]) if analysis.targets else None
            found = [_hazard(reason, analysis.rule) for reason in self._statement(analysis, tokens, root)]
            for table in targets:
                reasons = self._table(analysis, table, targets)
                found += [_hazard(reason, analysis.rule, table.name) for reason in reasons]
        self.rules.append((analysis.rule, found))
        self.hazards += found
        self.reaches.append(self._reach(analysis, apart=bool(found)))
        if not found:
            for table in targets:
                self._apply(analysis, tokens, table, root=root)
        else:
            for table in targets:
                self._rows(table)

    def finish(self) -> None:
        """Look at what all statements together did to each table."""
        for name, layers in self.layers.items():
            if name not in self.facts.taken:
                continue
            found = [Hazard(reason, 0, name) for reason in layers.unguarded()]
            if not layers.emptied and any(column.names_objects for column in layers.table.columns):
                found.append(Hazard("a column names objects of the database", 0, name))
            self.hazards += found
            self.own.update({name} if found else ())

    def forcing(self, name: TableName, place: int | None, separate: Apart) -> Hazard:
        """Return what sends a table into a copy: a hazard of a rule, or what its rules do together."""
        if place is None:
            return next(hazard for hazard in self.hazards if not hazard.line and hazard.table == name)
        rule, found = self.rules[place]
        about = (hazard for hazard in found if hazard.table in (None, name))
        if (hazard := next(about, next(iter(found), None))) is not None:
            return replace(hazard, table=name)
        reach = self.reaches[place]
        near = sorted((reach.writes | reach.reads) & separate.tables.keys() - {name})
        other = next((one for one in near if separate.tables[one] != place), None)
        return _hazard(f"a rule binds it to `{other}`" if other else "a rule binds it to others", rule, name)

    def _rows(self, table: TableFacts) -> Rows:
        """Return the rows of a table as the statements so far leave them."""
        return self.layers.setdefault(table.name, rows_of_engine(self.masker.engine, table))

    def _reach(self, analysis: Analysis, *, apart: bool) -> Reach:
        """Return what a rule touches; a name that is no table of the snapshot is one that rules made."""

        def below(relations: Sequence[Relation]) -> Iterator[TableName]:
            for relation in relations:
                with suppress(_Refused):
                    yield from (table.name for table in leaves(self._find(relation), self.facts))

        writes, reads = frozenset(below(analysis.targets)), frozenset(below(analysis.reads))
        keys = {key for name in writes for key in self.facts.tables[name].referenced_columns}
        return Reach(
            writes,
            reads,
            apart=apart,
            cascades=analysis.kind in ("delete", "truncate") or not keys.isdisjoint(analysis.written),
            everywhere=analysis.rule.unsafe or (not writes and analysis.kind != TEMPORARY),
        )

    def _find(self, relation: Relation) -> TableFacts:
        path = self.masker.catalog.search_path
        schemas = path if relation.schema is None else (relation.schema,)
        for schema in schemas:
            if (table := self.facts.tables.get(TableName(schema, relation.name))) is not None:
                return table
        raise _Refused(f"`{relation.name}` is no table of the snapshot")

    def _targets(self, relation: Relation) -> list[TableFacts]:
        root = self._find(relation)
        if relation.only:
            if root.kind == "p":
                raise _Refused(f"ONLY on `{root.name}`, which has no rows of its own")
            return [root]
        found = list(leaves(root, self.facts))
        for table in found:
            if table.kind in VIEWS:
                raise _Refused(f"`{table.name}` is {VIEWS[table.kind]}")
        return found

    def _statement(self, analysis: Analysis, tokens: Tokens, root: TableFacts | None) -> Iterator[str]:
        for reason in text_hazards(analysis, tokens):
            # A column goes before a row of the same name.
            if reason != WHOLE_ROW or root is None or root.column(analysis.targets[0].alias) is None:
                yield reason
        for name in analysis.functions:
            if mask_called(name) is not None:
                continue
            plain = name.rpartition(".")[2]
            if plain in self.facts.opaque:
                yield f"`{plain}` is a function whose body is unknown"
            elif plain in self.facts.volatile and not known_volatile(plain):
                yield f"`{plain}` is volatile"
        if self.facts.own_operators and (analysis.assignments or analysis.filtered):
            yield "the database has operators or casts of its own"
        for what in user_made(resolve(analysis, self.masker.catalog), self.masker.catalog):
            yield f"it could run {what}"
        if root is not None:
            if root.rewritten and root.kind == "p":
                yield "a rewrite rule"
            yield from self._names(analysis, root)
            if self.masker.engine == "mysql":
                held = self.layers.get(root.name)
                yield from statement_hazards(analysis, root, held if isinstance(held, Flat) else None)
        yield from self._subselects(analysis)

    def _names(self, analysis: Analysis, root: TableFacts) -> Iterator[str]:
        """Refuse what could be a function of the row, or a column that the layers do not have."""
        alias = analysis.targets[0].alias
        known = {column.name for column in root.columns}.union(analysis.aliases)
        by_alias = {alias: {column.name for column in root.columns}}
        for relation in analysis.reads:
            try:
                names = {column.name for column in self._find(relation).columns}
            except _Refused:
                continue
            known |= names
            by_alias[relation.alias] = names
        for use in analysis.columns:
            qualifier = use.qualified[-1] if use.qualified else None
            there = by_alias.get(qualifier) if qualifier else known
            derived = there is None and qualifier in analysis.aliases
            if use.name != "*" and not derived and use.name not in (there or ()):
                yield f"`{use.name}` is not a column"

    def _subselects(self, analysis: Analysis) -> Iterator[str]:
        changed = set(self.layers)
        for relation in analysis.targets:
            changed |= {table.name for table in self._targets(relation)}
        for relation in analysis.reads:
            try:
                read = self._find(relation)
            except _Refused as reason:
                yield f"a sub-select, and {reason}"
                continue
            below = {table.name for table in leaves(read, self.facts)}
            if read.kind not in "rp" or not self.facts.taken.issuperset(below):
                yield f"a sub-select on `{read.name}`, whose rows are not all in the snapshot"
            elif changed & below:
                yield f"a sub-select on `{read.name}`, which rules change"

    def _table(self, analysis: Analysis, table: TableFacts, targets: Sequence[TableFacts]) -> Iterator[str]:
        if table.rewritten and analysis.kind != "truncate":
            yield "a rewrite rule"
        if table.unread is not None:
            yield table.unread
        if analysis.kind == "update":
            yield from self._columns(analysis, table)
        elif live := self._referencing(analysis, table, targets):
            yield f"rows are removed that foreign keys of `{live}` refer to"

    def _referencing(
        self, analysis: Analysis, table: TableFacts, targets: Sequence[TableFacts]
    ) -> TableName | None:
        """Return a table with a foreign key to this one that could notice, None if there is none."""
        everything = analysis.kind == "truncate" or not analysis.filtered
        together = {target.name for target in targets} if everything else set[TableName]()
        for name in table.referenced_by:
            own = [leaf.name for leaf in leaves(self.facts.tables[name], self.facts)]
            emptied = {leaf for leaf in own if (found := self.layers.get(leaf)) and found.emptied}
            if not set(own) <= (together if analysis.kind == "truncate" else together | emptied):
                return name
        return None

    def _columns(self, analysis: Analysis, table: TableFacts) -> Iterator[str]:
        names = [assignment.column for assignment in analysis.assignments]
        if len(set(names)) < len(names):
            yield "a column set twice"
        for assignment in analysis.assignments:
            column = table.column(assignment.column)
            if column is None:
                yield f"`{assignment.column}` is not a column"
            elif reason := _refused(table, column, assignment):
                yield f"`{column.name}` {reason}"

    def _apply(
        self, analysis: Analysis, tokens: Tokens, table: TableFacts, *, root: TableFacts | None
    ) -> None:
        masked = partial(self._masked, tokens, self.masker.catalog.table((root or table).name))
        layers = self._rows(table)
        layers.lines.append(analysis.rule.line)
        alias = analysis.targets[0].alias
        where = analysis.where
        condition = masked(where) if where else None
        if analysis.kind == "update":
            values = {
                item.column: _default(item, table) or masked(item.value, assigned=item.column)
                for item in analysis.assignments
            }
            calls = set(tokens.calls(where.start, where.end)) if where else set[str]()
            heavy = bool(calls) or "subselect" in analysis.features
            volatile = not calls.isdisjoint(analysis.volatile)
            layers.update(
                alias,
                values,
                condition,
                once=volatile or (heavy and len(values) > 1),
                fenced=bool(analysis.volatile),
            )
        elif analysis.kind == "delete" and condition is not None:
            layers.delete(alias, condition)
        else:
            layers.empty()

    def _masked(self, tokens: Tokens, table: Table | None, piece: Piece, *, assigned: str = "") -> str:
        # MySQL has the session's own clock stopped instead.
        settled = piece.text if tokens.engine == "mysql" else settle(piece, tokens, self.facts.now)
        return self.masker.text(settled, table, assigned=assigned, line=piece.line)


def _refused(table: TableFacts, column: ColumnFacts, assignment: Assignment) -> str | None:
    """Return why a column cannot be set while reading, None if it can."""
    if column.generated is not None:
        return "is generated"
    if column.name in table.referenced_columns:
        return "is referred to by foreign keys"
    if column.name in table.partition_key or "*" in table.partition_key:
        return "decides the partition"
    if column.nested_limit:
        return "has a limited length inside of its type"
    if _is_default(assignment) and column.default and not LITERAL.fullmatch(column.default):
        return "has a default that is computed"
    return None


def _default(assignment: Assignment, table: TableFacts) -> str | None:
    """Return the default that is assigned by its name, None if something else is."""
    if not _is_default(assignment):
        return None
    column = table.column(assignment.column)
    return (column.default if column else None) or "NULL"


def _is_default(assignment: Assignment) -> bool:
    return assignment.value.text.upper() == "DEFAULT"
