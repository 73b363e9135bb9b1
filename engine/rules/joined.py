"""MySQL's statements that change one table among joined ones, said as PostgreSQL says them.

`UPDATE a JOIN b … SET b.x = …` is an UPDATE of b FROM a, and `DELETE a FROM a JOIN b …` one of a USING b.
Only the tree is said otherwise, for whoever looks at it: what runs is the user's own text.
"""

from collections.abc import Sequence
from typing import cast

from sqlglot import exp


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
    using = _using(tree)
    beside = [one for one in (using or [tree.this]) if one is not own]
    for first in using or [tree.this]:
        joins = cast(Sequence[exp.Join], first.args.get("joins") or ())
        beside += joins
        for join in joins:
            if join.this is own:
                join.set("this", exp.Null())  # what it is joined by stays
        first.set("joins", None)
    tree.set("tables", None)
    tree.set("this", own)
    others = exp.Tuple(expressions=beside)
    if isinstance(tree, exp.Update):
        tree.set("from_", exp.From(this=others))
    else:
        tree.set("using", [others] if beside else None)


def _relations(tree: exp.Expr) -> list[exp.Expr]:
    """Return what an UPDATE or DELETE joins, the first one first."""
    if not isinstance(tree, exp.Update | exp.Delete) or not isinstance(tree.this, exp.Table):
        return []
    found = list[exp.Expr]()
    for first in _using(tree) or [tree.this]:
        found += (first, *(join.this for join in first.args.get("joins") or ()))
    return found


def _using(tree: exp.Expr) -> list[exp.Expr]:
    using = tree.args.get("using")
    return list(cast(list[exp.Expr], using)) if isinstance(using, list) else []


def _called(table: exp.Table) -> str:
    alias = table.args.get("alias")
    return _text(alias.this) if isinstance(alias, exp.TableAlias) else _text(table.this)


def _text(name: object) -> str:
    return name.name if isinstance(name, exp.Identifier) else ""
