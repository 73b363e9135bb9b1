"""`snapharbor load`."""

from pathlib import Path
from typing import TypedDict, Unpack

import click

from ..engine.model.url import DatabaseUrl
from .destination import destination_options
from .params import SNAPSHOT, IndexOrFile, reference
from .plans import Perform, planned


class How(TypedDict):
    """The flags of a load."""

    original: bool
    keep_previous: bool | None
    append: bool


@click.command()
@click.argument("target", type=SNAPSHOT)
@click.argument("index", type=IndexOrFile(ids=False), required=False, metavar="[INDEX|FILE.sql]")
@destination_options
@click.option("-o", "--original", is_flag=True, help="Load the raw data, not the sanitized.")
@click.option(
    "--keep-previous/--drop-previous", default=None, help="Keep or drop the database that was there."
)
@click.option("--no-drop", "append", is_flag=True, help="Run FILE.sql in the database that is there.")
@planned
def load(
    perform: Perform,
    target: str,
    *,
    index: str | Path | None,
    destination: DatabaseUrl | str | None = None,
    **how: Unpack[How],
) -> None:
    """Load a snapshot, or a file of SQL, into a database.

    INDEX is the snapshot's number, 0 for the newest, or `latest`. An id or its start may stand in the
    place of TARGET. The database that is there is replaced once the new one is complete. FILE.sql is run by
    the client program, which is kept from doing anything else than sending it.
    """
    from ..engine.operations.requests import LoadRequest, ScriptRequest

    url = destination if isinstance(destination, DatabaseUrl) else None
    name = destination if isinstance(destination, str) else None
    keep = how["keep_previous"]
    if perform.detach and url:
        hint = "a background job reads it from the configuration: set dst_url there."
        raise click.UsageError(f"--detach cannot take a destination's URL along; {hint}")
    if isinstance(index, Path):
        if how["original"] or (how["append"] and keep is not None):
            raise click.UsageError("--original is for snapshots, and --no-drop leaves what is there.")
        perform(ScriptRequest(target, index, url, name, append=how["append"], keep_previous=keep))
        return
    if how["append"]:
        raise click.UsageError("--no-drop is for FILE.sql: a snapshot replaces what is there, all at once.")
    perform(LoadRequest(reference(target, index), url, name, original=how["original"], keep_previous=keep))
