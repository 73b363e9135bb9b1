"""`snapharbor explain-subset`."""

from typing import TYPE_CHECKING

import click

from . import output
from .params import TARGET
from .progress import shown
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.subset import SubsetTold


@click.command()
@click.argument("target", type=TARGET)
@click.option(
    "--row", nargs=2, metavar="TABLE KEY", help="Say why one row is taken: its table and primary key."
)
@click.pass_obj
def explain_subset(session: Session, target: str, row: tuple[str, str] | None) -> None:
    """Say which rows a target's subset would take, and why.

    Connects to the source, only reads, and finds every row as a build would: of each table how many there
    are and how many are taken, which relation brought them, what a budget left out. Nothing is built.

    A KEY of several columns is written with commas. A table named like `orders` is `public.orders`, and on
    MySQL and MariaDB one of the source's database.
    """
    from ..engine.report.subset import as_json, lines

    about = None if row is None else (row[0], tuple(row[1].split(",")))

    async def work() -> "SubsetTold":
        async with session.harbor() as harbor:
            with shown(session) as report:
                return await harbor.explain_subset(target, report, row=about)

    told = run(work)
    output.result(session, as_json(told), lambda: "\n".join(lines(told)))
