"""Rule -> Analysis: what a statement writes, reads and calls, and its clauses as the user wrote them.

The tokenizer cuts, the parser's tree says what should have come out; where the two disagree, the
statement counts as not cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from ..model.analysis import Analysis, Assignment, Attribute, ColumnUse, Feature, Kept, Piece, Relation
from ..model.rules import Rule, RuleSet
from ..model.url import Engine
from .cut import Cut, Uncut, cut
from .functions import VOLATILE
from .joined import say_apart
from .keeps import kept
from .sets import Sets, sets
from .tokens import KEPT, Tokens, fold, tokens_of
from .user_made import of_type

WRITING = (exp.Update, exp.Delete, exp.Insert, exp.TruncateTable, exp.Merge, exp.Create)

NODES: tuple[tuple[type[exp.Expr], Feature], ...] = (
    (exp.AggFunc, "aggregate"),
    (exp.Limit, "limit"),
    (exp.Fetch, "limit"),
    (exp.TableSample, "limit"),
    (exp.OnConflict, "conflict"),
    (exp.Window, "window"),
    (exp.Returning, "returning"),
    (exp.With, "with"),
    (exp.Slice, "range"),
    (exp.Values, "values"),
)

# Sources of columns that no catalogue has.
OPEN = (exp.Lateral, exp.Unnest, exp.Values)


def analyse_all(rules: RuleSet, engine: Engine) -> tuple[Analysis, ...]:
    """Take every statement of a rule set apart, in order."""
    return tuple(analyse(rule, engine) for rule in rules.rules)


@lru_cache(KEPT)
def analyse(rule: Rule, engine: Engine = "postgres") -> Analysis:
    """Take one statement apart. What cannot be cut has `reasons`; nothing is raised for it."""
    tokens = tokens_of(rule, engine)
    tree = tree_of(rule, engine)
    if tree is None or isinstance(tree, exp.Command):
        return Analysis(rule, (), functions=_functions(tokens), reasons=("the parser does not know it",))
    targets = tuple(_targets(tree, tokens))
    assignments, where, reasons = _cut(tree, tokens)
    functions = _functions(tokens)
    uses = tuple(_columns(tree, tokens))
    every = Sets(assignments) if assignments else sets(tree, tokens, places=_places(tree), uses=uses)
    return Analysis(
        rule,
        targets,
        reads=tuple(_reads(tree, tokens)),
        written=tuple(_written(tree)),
        assignments=assignments,
        sets=tuple(_keeping(every.found, tree, targets)),
        unchecked=not every.whole,
        where=where,
        filtered=bool(tree.args.get("where")),
        columns=uses,
        functions=functions,
        volatile=tuple(name for name in functions if name.rpartition(".")[2] in VOLATILE),
        attributes=tuple(_attributes(tree, tokens)),
        casts=tuple(dict.fromkeys(_casts(tree))),
        operators=_operators(tokens, [*(one.value for one in assignments), *((where,) if where else ())]),
        whole_rows=tuple(dict.fromkeys(_whole_rows(tree, uses))),
        aliases=tuple(dict.fromkeys(_aliases(tree))),
        features=frozenset(_features(tree, tokens)),
        reasons=reasons,
    )


def tree_of(rule: Rule, engine: Engine = "postgres") -> exp.Expr | None:
    """Return the parser's tree of a statement, None if it does not know it."""
    try:
        found = sqlglot.parse(rule.text, dialect=engine)
    except SqlglotError:
        return None
    trees = [tree for tree in found if tree is not None]
    if len(trees) != 1:
        return None
    if engine == "mysql":
        _as_mysql_means(trees[0])
    return trees[0]


def _as_mysql_means(tree: exp.Expr) -> None:
    """Say what the other engine would take otherwise: names have their case, CHAR alone has any length.

    The table is taken off the columns that are set: there are no parts of columns.
    """
    for name in tree.find_all(exp.Identifier):
        if name.name.upper() != "DEFAULT":
            name.set("quoted", True)
    for made in tree.find_all(exp.Cast):
        if made.to.this == exp.DType.CHAR and not made.to.expressions:
            made.set("to", exp.DataType(this=exp.DType.TEXT))
    say_apart(tree)
    own = alias_of(tree.this) or tree.this.name if isinstance(tree, exp.Update) else ""
    for column in _set_columns(tree):
        if column.table == own:
            column.set("table", None)
            column.set("db", None)


def _cut(tree: exp.Expr, tokens: Tokens) -> tuple[tuple[Assignment, ...], Piece | None, tuple[str, ...]]:
    if not isinstance(tree, exp.Update | exp.Delete):
        return (), None, ()
    if tree.args.get("with_"):
        return (), None, ("WITH",)
    try:
        found = cut(tokens)
    except Uncut as reason:
        return (), None, (str(reason),)
    if not _agree(tree, found):
        return (), None, ("the tokenizer and the parser disagree",)
    uses = tuple(_columns(tree, tokens))
    assignments = tuple(_assignment(column, value, tokens, uses=uses) for column, value in found.assignments)
    return assignments, found.where, ()


def _agree(tree: exp.Expr, found: Cut) -> bool:
    sets = [node.this for node in tree.expressions if isinstance(node, exp.EQ)]
    columns = [_name(node.this) for node in sets if isinstance(node, exp.Column) and not node.table]
    complete = len(columns) == len(sets) == len(tree.expressions)
    cut_columns = [column for column, _ in found.assignments]
    filtered = bool(tree.args.get("where"))
    return complete and columns == cut_columns and filtered == (found.where is not None)


def _assignment(column: str, value: Piece, tokens: Tokens, *, uses: tuple[ColumnUse, ...]) -> Assignment:
    inside = tuple(use for use in uses if value.start <= use.start < value.end)
    return Assignment(column, value, inside, tuple(dict.fromkeys(tokens.calls(value.start, value.end))))


def _keeping(
    found: tuple[Assignment, ...], tree: exp.Expr, targets: tuple[Relation, ...]
) -> Iterator[Assignment]:
    """Yield assignments with what of the same row can be read in their values."""
    values = dict(_values(tree))
    alias = targets[0].alias if targets else ""
    for one in found:
        value = values.get(one.column) if not (one.into or one.adds) else None
        keeps = (
            Kept(_name(column.this), characters)
            for column, characters in (kept(value) if value is not None else ())
            if not column.table or _name(column.args["table"]) == alias
        )
        yield replace(one, keeps=tuple(dict.fromkeys(keeps)))


def _values(tree: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """Yield what an UPDATE sets its columns to."""
    for node in tree.expressions if isinstance(tree, exp.Update) else ():
        if isinstance(node, exp.EQ):
            sides = (node.this, node.expression)
            tuples = all(isinstance(side, exp.Tuple) for side in sides)
            pairs = zip(*(side.expressions for side in sides), strict=False) if tuples else (sides,)
            yield from ((_name(_head(one)), value) for one, value in pairs if isinstance(one, exp.Column))


def _targets(tree: exp.Expr, tokens: Tokens) -> Iterator[Relation]:
    yield from (_relation(table, tokens) for table in _written_tables(tree))


def _places(tree: exp.Expr) -> dict[int, int]:
    """Return the places of the targets by where their names stand."""
    return {_start(table.this): place for place, table in enumerate(_written_tables(tree))}


def _written_tables(tree: exp.Expr) -> Iterator[exp.Table]:
    for node in tree.walk():
        if isinstance(node, exp.TruncateTable):
            yield from (table for table in node.expressions if isinstance(table, exp.Table))
        elif isinstance(node, WRITING):
            table = node.this.this if isinstance(node.this, exp.Schema) else node.this
            if isinstance(table, exp.Table):
                yield table


def _reads(tree: exp.Expr, tokens: Tokens) -> Iterator[Relation]:
    defined = {alias_of(cte) for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue
        relation = _relation(table, tokens)
        own = isinstance(table.parent, (*WRITING, exp.Schema)) and table.arg_key in ("this", "expressions")
        if not own and not (relation.schema is None and relation.name in defined):
            yield relation


def alias_of(node: exp.Expr) -> str:
    """Return the alias of a node as the server folds it, "" if it has none."""
    alias = node.args.get("alias")
    name = alias.this if isinstance(alias, exp.TableAlias) else alias
    return _name(name) if isinstance(name, exp.Identifier) else ""


def _relation(table: exp.Table, tokens: Tokens) -> Relation:
    schema, identifier = table.args.get("db"), table.this
    name = _name(identifier)
    return Relation(
        _name(schema) if isinstance(schema, exp.Identifier) else None,
        name,
        alias_of(table) or name,
        tokens.line(_start(identifier)),
        only=bool(table.args.get("only")),
    )


def _written(tree: exp.Expr) -> Iterator[str]:
    if isinstance(tree, exp.Insert) and isinstance(tree.this, exp.Schema):
        yield from (_name(column) for column in tree.this.expressions)
    for node in tree.expressions if isinstance(tree, exp.Update) else ():
        if isinstance(node, exp.EQ):
            column = next(node.this.find_all(exp.Column), None)
            several = list(node.this.find_all(exp.Column)) if isinstance(node.this, exp.Tuple) else [column]
            yield from (_name(_head(found)) for found in several if found is not None)


def _head(column: exp.Column) -> exp.Expr:
    """Return the column itself of `column.field`."""
    return cast(exp.Expr, column.args.get("table") or column.this)


def _columns(tree: exp.Expr, tokens: Tokens) -> Iterator[ColumnUse]:
    assigned = {id(found) for found in _set_columns(tree)}
    for column in tree.find_all(exp.Column):
        if id(column) in assigned or _is_default(column):
            continue
        yield _use(column, tokens)


def _use(column: exp.Column, tokens: Tokens) -> ColumnUse:
    qualifiers = tuple(_name(part) for part in column.parts[:-1])
    start = _start(column.parts[0])
    name = "*" if isinstance(column.this, exp.Star) else _name(column.this)
    return ColumnUse(name, qualifiers, tokens.line(start), start)


def _attributes(tree: exp.Expr, tokens: Tokens) -> Iterator[Attribute]:
    """Yield what follows columns in brackets after a dot, the longest path of each."""
    for dot in tree.find_all(exp.Dot):
        path, node = list[str](), cast(exp.Expr, dot)
        while isinstance(node, exp.Dot):
            path.insert(0, _name(node.expression))
            node = node.this
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.Column) and not isinstance(dot.parent, exp.Dot) and path[0]:
            yield Attribute(_use(node, tokens), tuple(filter(None, path)))


def _operators(tokens: Tokens, pieces: Sequence[Piece]) -> frozenset[str]:
    """Return what stands in the clauses of a statement that was cut, or anywhere in another one."""
    spans = [(piece.start, piece.end) for piece in pieces] or [(0, len(tokens.rule.text))]
    return frozenset(name for start, end in spans for name in tokens.operators(start, end))


def _casts(tree: exp.Expr) -> Iterator[str]:
    """Yield the types that values are cast to; what becomes of a literal, the type itself says."""
    for node in tree.find_all(exp.Cast):
        if not isinstance(node.this, exp.Literal | exp.Null):
            yield of_type(node.to)


def _set_columns(tree: exp.Expr) -> Iterator[exp.Column]:
    for node in tree.expressions if isinstance(tree, exp.Update) else ():
        if isinstance(node, exp.EQ):
            yield from node.this.find_all(exp.Column)


def _is_default(column: exp.Column) -> bool:
    plain = isinstance(column.this, exp.Identifier) and not column.this.args.get("quoted")
    return plain and column.name.upper() == "DEFAULT" and not column.table


def _whole_rows(tree: exp.Expr, uses: tuple[ColumnUse, ...]) -> Iterator[str]:
    aliases = {alias_of(table) or _name(table.this) for table in tree.find_all(exp.Table, exp.Subquery)}
    for use in uses:
        if use.name == "*" and use.qualified:
            yield use.qualified[-1]
        elif use.name in aliases and not use.qualified:
            yield use.name


def _aliases(tree: exp.Expr) -> Iterator[str]:
    for node in tree.find_all(exp.Alias, exp.TableAlias):
        own = isinstance(node.parent, exp.Table) and isinstance(node.parent.parent, WRITING)
        if own and node.parent is not None and node.parent.arg_key == "this":
            continue
        columns = node.args.get("columns") or ()
        named = (node.args.get("alias"),) if isinstance(node, exp.Alias) else (node.this, *columns)
        yield from (_name(name) for name in named if isinstance(name, exp.Identifier))


def _functions(tokens: Tokens) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tokens.calls()))


def _features(tree: exp.Expr, tokens: Tokens) -> Iterator[Feature]:
    for kind, feature in NODES:
        if tree.find(kind) is not None:
            yield feature
    if any(node.args.get("on") for node in tree.find_all(exp.Distinct)):
        yield "limit"
    if any(node is not tree for node in tree.find_all(exp.Query)):
        yield "select" if isinstance(tree, exp.Insert) else "subselect"
    if any(not isinstance(table.this, exp.Identifier) for table in tree.find_all(exp.Table)) or tree.find(
        *OPEN
    ):
        yield "derived"
    if tree.args.get("from_"):
        yield "from"
    if tree.args.get("using"):
        yield "using"
    if isinstance(tree, exp.TruncateTable):
        if tree.args.get("option") == "CASCADE":
            yield "cascade"
        if tree.args.get("identity") == "RESTART":
            yield "restart"
    for node in tree.expressions if isinstance(tree, exp.Update) else ():
        if isinstance(node.this, exp.Tuple):
            yield "multi-column"
        elif not isinstance(node.this, exp.Column) or node.this.table:
            yield "subscript"
        if isinstance(node.expression, exp.Column) and _is_default(node.expression):
            yield "default"
    yield from _marks(tokens)


def _marks(tokens: Tokens) -> Iterator[Feature]:
    kinds = {token.token_type for token in tokens.all}
    if TokenType.PARAMETER in kinds or TokenType.PLACEHOLDER in kinds:
        yield "parameter"
    if TokenType.COLON in kinds:
        yield "range"


def _name(node: object) -> str:
    if isinstance(node, exp.Identifier):
        return node.name if node.args.get("quoted") else fold(node.name)
    return node.name if isinstance(node, exp.Expr) else ""


def _start(node: object) -> int:
    return int(node.meta.get("start", 0)) if isinstance(node, exp.Expr) else 0
