"""`snapharbor audit`."""

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING

import click

from . import output
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.harbor import Harbor
    from ..engine.ledger.base import Record
    from ..engine.model.json import JsonObject

PAGE = 1000


@click.group()
def audit() -> None:
    """Show, verify and export the audit record."""


@audit.command()
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="Show so many."
)
@click.pass_obj
def show(session: Session, limit: int) -> None:
    """Show the newest records, the newest last."""
    newest: deque[Record] = deque(maxlen=limit)
    _each(session, newest.append)
    output.result(session, [_view(record) for record in newest], lambda: text(newest))


@audit.command()
@click.pass_obj
def export(session: Session) -> None:
    """Write every record as a JSON line, to keep elsewhere."""
    _each(session, lambda record: output.write(json.dumps(_view(record), default=dict)))


def text(records: Iterable["Record"]) -> str:
    """Return records as a table."""
    rows = [
        (
            str(record.number),
            output.moment(record.at),
            record.who,
            record.what,
            record.subject,
            record.outcome,
        )
        for record in records
    ]
    if not rows:
        return "Nothing was recorded yet."
    headers = ("NUMBER", "AT (UTC)", "WHO", "WHAT", "SUBJECT", "OUTCOME")
    return output.table(headers, rows, folded=("WHO", "SUBJECT"))


def _each(session: Session, take: Callable[["Record"], object]) -> None:
    async def work() -> None:
        async with session.harbor() as harbor:
            async for record in _records(harbor):
                take(record)

    run(work)


async def _records(harbor: "Harbor") -> AsyncIterator["Record"]:
    after = 0
    while page := await harbor.audit(after, PAGE):
        for record in page:
            yield record
        after = page[-1].number


def _view(record: "Record") -> "JsonObject":
    from ..engine.ledger.chain import as_json

    return as_json(record)
