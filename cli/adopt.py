"""`snapharbor adopt`."""

from pathlib import Path

import click

from .params import TARGET
from .plans import Perform, planned


@click.command()
@click.argument("target", type=TARGET)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="Note on the snapshot; may be repeated.")
@planned
def adopt(perform: Perform, target: str, file: Path, *, tags: tuple[str, ...]) -> None:
    """Make a snapshot out of a dump, such as one of DBSnapper's.

    FILE is one of its zip archives, or what pg_dump or mysqldump wrote: a custom archive or plain SQL, also
    zipped, or a zipped directory archive. It is restored on a private server, stored as an original snapshot
    of the moment in its name, and not trusted.
    """
    from ..engine.operations.requests import AdoptRequest

    perform(AdoptRequest(target, file, tags))
