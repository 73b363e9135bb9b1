"""MySQL's statements that change one table among joined ones, said as PostgreSQL says them.

`UPDATE a JOIN b … SET b.x = …` is an UPDATE of b FROM a, and `DELETE a FROM a JOIN b …` one of a USING b.
What they are joined by counts as the condition. Only the tree is said otherwise, for whoever looks at it:
what runs is the user's own text.
"""

from collections.abc import Sequence
from typing import cast

from sqlglot import exp

# How a join says which rows it takes: ON, USING, NATURAL.
BY = ("on", "using", "method")


def is_joined(tree: exp.Expr) -> bool:
    """Tell whether a statement names apart what it changes and what it joins."""
    apart = bool(_using(tree)) or tree.args.get("tables") is not None
    return bool(_relations(tree)) and (apart or len(_relations(tree)) > 1)


def changed(tree: exp.Expr) -> exp.Table | None:
    """Return the one table that such a statement changes, None if there are several or it does not say."""
    if isinstance(tree, exp.Update):
        columns = [node.this for node in tree.expressions if isinstance(node, exp.EQ)]
        names = {_text(column.args.get("table")) for column in columns if isinstance(column, exp.Column)}
    else:
        named = tree.args.get("tables") or [tree.this]
        names = {_text(table.this) if not table.args.get("alias") else "" for table in named}
    found = [one for one in _relations(tree) if isinstance(one, exp.Table) and {_called(one)} == names]
    return found[0] if len(found) == 1 else None


def say_apart(tree: exp.Expr) -> None:
    """Put the changed table by itself, and what is joined to it where FROM or USING would have it."""
    own = changed(tree) if is_joined(tree) else None
    if own is None:
        return
    firsts = _firsts(tree)
    joined = [join for first in firsts for join in _joins(first)]
    for first in firsts:
        first.set("joins", None)
    for join in joined:
        if join.this is own:
            join.set("this", exp.Null())  # what it is joined by stays
    beside = [*(first for first in firsts if first is not own), *joined]
    tree.set("tables", None)
    tree.set("this", own)
    if not tree.args.get("where") and any(join.args.get(by) for join in joined for by in BY):
        tree.set("where", exp.Where(this=exp.Boolean(this=True)))
    others = exp.Tuple(expressions=beside)
    if isinstance(tree, exp.Update):
        tree.set("from_", exp.From(this=others))
    else:
        tree.set("using", [others] if beside else None)


def _relations(tree: exp.Expr) -> list[exp.Expr]:
    """Return what an UPDATE or DELETE joins, the first one first."""
    if not isinstance(tree, exp.Update | exp.Delete) or not isinstance(tree.this, exp.Table):
        return []
    firsts = _firsts(tree)
    return [*firsts, *(join.this for first in firsts for join in _joins(first))]


def _firsts(tree: exp.Expr) -> list[exp.Expr]:
    """Return the tables that a statement names without JOIN."""
    return _using(tree) or [tree.this]


def _joins(first: exp.Expr) -> Sequence[exp.Join]:
    return cast(Sequence[exp.Join], first.args.get("joins") or ())


def _using(tree: exp.Expr) -> list[exp.Expr]:
    using = tree.args.get("using")
    return list(cast(list[exp.Expr], using)) if isinstance(using, list) else []


def _called(table: exp.Table) -> str:
    alias = table.args.get("alias")
    return _text(alias.this) if isinstance(alias, exp.TableAlias) else _text(table.this)


def _text(name: object) -> str:
    return name.name if isinstance(name, exp.Identifier) else ""
