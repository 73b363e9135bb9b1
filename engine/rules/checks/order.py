"""A rule that reads what an earlier rule has changed."""

from collections.abc import Iterator

from ...model.analysis import Resolved
from ...model.catalog import Table, TableName
from ...model.finding import Finding, Severity
from .context import Context, about_rule


def check(context: Context) -> Iterator[Finding]:
    """Report rules whose condition or value depends on what an earlier rule set or removed."""
    changed: dict[tuple[TableName, str], int] = {}
    removed: dict[TableName, int] = {}
    for rule in context.rules:
        target = rule.targets[0] if rule.targets else None
        table = context.catalog.table(target) if target else None
        if table is None:
            continue
        own = {one.column for one in rule.analysis.sets if not one.into and not one.adds}
        place = next((place for place in _read(rule, table, context) if place in changed), None)
        gone = next((name for name in rule.reads if name in removed), None)
        if place is not None:
            same = place[0] == table.name
            what = f"`{place[1]}`" if same else f"`{place[0]}.{place[1]}`"
            message = f"it reads {what}, which line {changed[place]} has changed already"
            yield _finding(
                rule, table, severity="info" if same and place[1] in own else "warning", message=message
            )
        elif gone is not None:
            message = f"it reads `{gone}`, of which line {removed[gone]} has removed rows already"
            yield _finding(rule, table, severity="warning", message=message)
        changed.update({(table.name, column): rule.analysis.rule.line for column in own})
        if rule.analysis.kind in ("delete", "truncate"):
            removed.update({name: rule.analysis.rule.line for name in rule.targets if name is not None})


def _finding(rule: Resolved, table: Table, *, severity: Severity, message: str) -> Finding:
    hint = "Put rules that need the original value before those that change it."
    return about_rule(rule.analysis, table, "order", severity=severity, message=message, hint=hint)


def _read(rule: Resolved, table: Table, context: Context) -> Iterator[tuple[TableName, str]]:
    """Yield the columns that a rule reads; a name alone may be of any table that it reads."""
    relations = [*zip(rule.analysis.reads, rule.reads, strict=True)]
    for use in rule.analysis.columns:
        alias = use.qualified[-1] if use.qualified else None
        others = [name for relation, name in relations if name and alias in (None, relation.alias)]
        has = [
            name
            for name in others
            if (found := context.catalog.table(name)) and any(one.name == use.name for one in found.columns)
        ]
        if has:
            yield from ((name, use.name) for name in has)
        elif alias is None or alias == rule.analysis.targets[0].alias:
            yield table.name, use.name
