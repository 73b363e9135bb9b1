"""`snapharbor explain`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine.model.errors import RulesBlocked
from . import output
from .files import write_file
from .params import TARGET
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.explanation import Explanation

PAGE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("target", type=TARGET)
@click.option("--html", "page", type=PAGE, metavar="FILE", help="Write the report as a page, too.")
@click.pass_obj
def explain(session: Session, target: str, page: Path | None) -> int:
    """Say what a target's rules would do, before anything runs.

    Connects to the source and only reads: what becomes of every table and column, of how many rows, what
    values look like before and after (their shapes, never a value), what the checks found, and which
    columns look personal and are left. Exits with 25 (`rules-blocked`) if a finding stops sanitizing.
    """
    from ..engine.operations.clock import now
    from ..engine.report.html import render
    from ..engine.report.plain import as_json
    from ..engine.report.text import lines

    told = explained(session, target)
    if page is not None:
        write_file(page, render(told, at=now()), replace=True)
    output.result(session, as_json(told), lambda: "\n".join(lines(told)))
    return RulesBlocked.exit_code if told.blocking else 0


def explained(session: Session, target: str) -> "Explanation":
    """Connect to a target's source and return the explanation of its rules."""

    async def work() -> "Explanation":
        async with session.harbor() as harbor:
            return await harbor.explain(target)

    return run(work)
