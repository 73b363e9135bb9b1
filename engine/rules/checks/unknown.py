"""A rule names a table or column that the source does not have, or a table that is the server's own."""

import re
from collections.abc import Iterator

from ...model.analysis import Unknown
from ...model.finding import Finding
from .context import Context

SERVERS = re.compile(r"pg_|information_schema\.")
NOT_THERE = {
    "table": "Correct the name; a snapshot has only the tables that `schema_config` and `tables` take.",
    "column": "Correct the name.",
}


def check(context: Context) -> Iterator[Finding]:
    """Report every unknown name, with the closest one."""
    for rule in context.rules:
        for unknown in rule.unknown:
            if unknown.what == "table" and SERVERS.match(unknown.name):
                yield _of_the_server(unknown)
                continue
            place = f" of `{unknown.table}`" if unknown.table else ""
            near = f"Did you mean `{unknown.closest[0]}`?" if unknown.closest else NOT_THERE[unknown.what]
            yield Finding(
                f"unknown-{unknown.what}",
                "error",
                f"line {unknown.line}: there is no {unknown.what} `{unknown.name}`{place}",
                near,
                line=unknown.line,
                table=str(unknown.table) if unknown.table else None,
                column=unknown.name if unknown.what == "column" else None,
                subject=unknown.name,
            )


def _of_the_server(unknown: Unknown) -> Finding:
    return Finding(
        "system-table",
        "error",
        f"line {unknown.line}: `{unknown.name}` belongs to the server",
        "Rules read and change the tables of the database, and nothing that describes it.",
        line=unknown.line,
        subject=unknown.name,
    )
