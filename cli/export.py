"""`snapharbor export`."""

from pathlib import Path

import click

from .params import SNAPSHOT
from .plans import Perform, planned


@click.command()
@click.argument("snapshot", type=SNAPSHOT)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("-o", "--original", is_flag=True, help="Write the raw data, not the sanitized.")
@planned
def export(perform: Perform, snapshot: str, directory: Path, *, original: bool) -> None:
    """Write a snapshot as a plain archive.

    SNAPSHOT is an id or its start, TARGET, or TARGET:INDEX. DIRECTORY must not exist yet; what stands
    in it afterwards is not encrypted: `pg_restore` reads it, or of a MySQL database `mysql`.
    """
    from ..engine.operations.requests import ExportRequest

    perform(ExportRequest(snapshot, directory, original=original))
