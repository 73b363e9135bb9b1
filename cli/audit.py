"""`snapharbor audit`."""

from collections import deque
from collections.abc import Collection
from dataclasses import asdict
from typing import IO, TYPE_CHECKING

import click

from . import output
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.ledger.base import Record
    from ..engine.operations.audit import AuditReport

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
    from ..engine.ledger.chain import as_json

    async def work() -> Collection["Record"]:
        newest: deque[Record] = deque(maxlen=limit)
        async with session.harbor() as harbor:
            while page := await harbor.audit(newest[-1].number if newest else 0, PAGE):
                newest.extend(page)
        return newest

    newest = run(work)
    output.result(session, [as_json(record) for record in newest], lambda: text(newest))


@audit.command()
@click.option(
    "--against",
    type=click.File(encoding="utf-8"),
    metavar="EXPORT",
    help="A former export, kept elsewhere: each of its records must still be there.",
)
@click.pass_obj
def verify(session: Session, against: IO[str] | None) -> None:
    """Check that no record was changed, removed or added.

    Whoever can write here can put back older copies of the whole record; only an export shows that.
    """

    async def work() -> "AuditReport":
        async with session.harbor() as harbor:
            return await harbor.verify_audit(against or ())

    report = run(work)
    signed = f"signed by {report.signed_by}" if report.signed_by else "not signed"
    found = f" All {report.found} exported are among them." if against else ""
    holds = f"The record holds: {output.counted(report.checked, 'record')}, {signed}.{found}"
    output.result(session, asdict(report), lambda: holds)


@audit.command()
@click.pass_obj
def export(session: Session) -> None:
    """Write every record as a JSON line, to keep elsewhere."""

    async def work() -> None:
        async with session.harbor() as harbor:
            async for line in harbor.export_audit():
                output.write(line)

    run(work)


def text(records: Collection["Record"]) -> str:
    """Return records as a table."""
    if not records:
        return "Nothing was recorded yet."
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
    headers = ("NUMBER", "AT (UTC)", "WHO", "WHAT", "SUBJECT", "OUTCOME")
    return output.table(headers, rows, folded=("WHO", "SUBJECT"))
