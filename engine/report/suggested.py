"""A suggestion and templates, as JSON and as lines of plain text."""

from collections.abc import Iterator
from dataclasses import asdict
from textwrap import wrap
from typing import cast

from ..masks.templates import Template
from ..model.json import JsonObject
from ..model.suggestion import Left, Suggested, Suggestion

WIDTH = 80


def as_json(found: Suggestion) -> JsonObject:
    """Return the whole suggestion."""
    return {
        "target": found.target,
        "template": found.template,
        "version": found.version,
        "sql": found.sql,
        "covered": [{**_place(one), "value": one.value, "why": one.why} for one in found.covered],
        "left": [{**_place(one), "why": one.why, "reason": one.reason} for one in found.left],
        "outside": [{**_place(one), "why": one.why} for one in found.outside],
        "keep": dict(found.keep),
        "notes": found.notes,
    }


def counts(found: Suggestion) -> str:
    """Return how many columns are what, in one line."""
    parts = (
        f"{_columns(len(found.covered))} decided",
        f"{len(found.left)} left to you" if found.left else "",
        f"{len(found.outside)} of kinds that {found.template} leaves alone" if found.outside else "",
        f"{len(found.keep)} new that could be kept" if found.keep else "",
    )
    return ", ".join(filter(None, parts))


def template_json(chosen: Template) -> JsonObject:
    """Return the whole template."""
    return {
        **template_row(chosen),
        "covers": chosen.covers,
        "omits": chosen.omits,
        "clauses": [
            {"id": clause.id, "says": clause.says, "note": clause.note, "kinds": chosen.kinds(clause)}
            for clause in chosen.clauses
        ],
        "masks": {kind: cast(JsonObject, asdict(advice)) for kind, advice in chosen.masks.items()},
    }


def template_row(chosen: Template) -> JsonObject:
    """Return what a list of templates says of one."""
    return {
        "template": chosen.name,
        "version": chosen.version,
        "title": chosen.title,
        "basis": chosen.basis,
    }


def template_lines(chosen: Template, *, width: int = WIDTH) -> Iterator[str]:
    """Yield a template: what it covers, what each kind becomes, what it answers to, what it does not do."""
    yield f"{chosen.name} {chosen.version}: {chosen.title}"
    yield chosen.basis
    yield ""
    yield from wrap(chosen.covers, width)
    yield from ("", "WHAT EACH KIND BECOMES")
    broad = max(map(len, chosen.masks))
    for kind, advice in chosen.masks.items():
        told = f"{kind:<{broad}}  {advice.mask:<{broad}}  {advice.meaning} [{', '.join(advice.answers)}]"
        yield from _hanging(told, 2 * broad + 6, width)
    yield from ("", "WHAT IT ANSWERS TO")
    for clause in chosen.clauses:
        kinds = ", ".join(chosen.kinds(clause))
        note = f" ({clause.note})" if clause.note else ""
        yield from _hanging(f"{clause.id}  {clause.says}: {kinds}{note}", 6, width)
    yield from ("", "WHAT IT DOES NOT DO")
    for sentence in chosen.omits:
        yield from _hanging(f"- {sentence}", 4, width)


def _place(one: Suggested | Left) -> JsonObject:
    return {"schema": one.table.schema, "table": one.table.name, "column": one.column, "kind": one.kind}


def _columns(count: int) -> str:
    return f"{count} column{'' if count == 1 else 's'}"


def _hanging(text: str, indent: int, width: int) -> list[str]:
    return wrap(text, width, initial_indent="  ", subsequent_indent=" " * indent, break_on_hyphens=False)
