"""`snapharbor suggest`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine.masks.templates import NAMES
from . import output
from .files import write_file
from .params import TARGET
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.suggestion import Suggestion

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("target", type=TARGET)
@click.option(
    "--template",
    "name",
    type=click.Choice(NAMES),
    default=NAMES[0],
    show_default=True,
    help="What decides which mask a kind of data gets: see `snapharbor templates`.",
)
@click.option("-o", "--output", "file", type=FILE, metavar="FILE", help="Write the SQL to a new file.")
@click.pass_obj
def suggest(session: Session, target: str, name: str, file: Path | None) -> None:
    """Write rules for what looks personal and is undecided.

    Connects to the source and only reads. Writes SQL to read and to change: an UPDATE for each table, a line
    for each column with the reason why it is there. It fits the source as it is now; what a person must
    decide stands in comments. With --json the whole value, the columns one by one among it.
    """
    from ..engine.report.suggested import as_json, counts

    found = _suggested(session, target, name)
    if file is not None:
        write_file(file, found.sql)
        told = (
            f"{counts(found)}: {file}\nSet sanitize.query_file to it, then see `snapharbor explain {target}`."
        )
        output.result(session, as_json(found), lambda: output.readable(told))
        return
    sql = output.readable(found.sql) if sys.stdout.isatty() else found.sql.rstrip("\n")
    output.result(session, as_json(found), lambda: sql)
    output.note(session, counts(found))


def _suggested(session: Session, target: str, name: str) -> "Suggestion":
    async def work() -> "Suggestion":
        async with session.harbor() as harbor:
            return await harbor.suggest(target, name)

    return run(work)
