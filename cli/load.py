"""`snapharbor load`."""

import click

from ..engine.model.url import DatabaseUrl
from .destination import destination_options
from .params import SNAPSHOT, Index, reference
from .plans import Perform, planned


@click.command()
@click.argument("target", type=SNAPSHOT)
@click.argument("index", type=Index(ids=False), required=False)
@destination_options
@click.option("-o", "--original", is_flag=True, help="Load the raw data, not the sanitized.")
@click.option(
    "--keep-previous/--drop-previous", default=None, help="Keep or drop the database that was there."
)
@planned
def load(
    perform: Perform,
    target: str,
    *,
    index: str | None,
    destination: DatabaseUrl | str | None = None,
    original: bool,
    keep_previous: bool | None,
) -> None:
    """Load a snapshot into a database.

    INDEX is the snapshot's number, 0 for the newest, or `latest`. An id or its start may stand in the
    place of TARGET. The database that is there is replaced once the new one is complete.
    """
    from ..engine.operations.requests import LoadRequest

    url = destination if isinstance(destination, DatabaseUrl) else None
    if perform.detach and url:
        hint = "a background job reads it from the configuration: set dst_url there."
        raise click.UsageError(f"--detach cannot take a destination's URL along; {hint}")
    perform(
        LoadRequest(
            reference(target, index),
            destination=url,
            database=destination if isinstance(destination, str) else None,
            original=original,
            keep_previous=keep_previous,
        )
    )
