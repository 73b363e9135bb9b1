"""`snapharbor subset`."""

from typing import TYPE_CHECKING

import click

from ..engine.model.json import JsonObject
from ..engine.model.url import DatabaseUrl
from .destination import DestinationUrl, DestinationVariable
from .params import TARGET
from .plans import Perform, planned

if TYPE_CHECKING:
    from ..engine.harbor import Harbor
    from ..engine.operations.requests import Request


@click.command()
@click.argument("target", type=TARGET)
@click.option("-o", "--original", is_flag=True, help="Take the raw rows, even if the target has rules.")
@click.option("--load", is_flag=True, help="Load it at once, into `subset.dst_url` or the usual destination.")
@click.option("--into", "url", type=DestinationUrl(), metavar="URL", help="Load it at once, into this URL.")
@click.option("--into-env", "other", type=DestinationVariable(), help="The same, in an environment variable.")
@planned
def subset(
    perform: Perform,
    target: str,
    *,
    original: bool,
    load: bool,
    url: DatabaseUrl | None,
    other: DatabaseUrl | None,
) -> None:
    """Take a snapshot of the rows that a target's subset takes.

    They are sanitized by the target's rules, if it has any. The rows are found and read in one consistent
    view of the source, and every reference leads to a row that is there. See `snapharbor explain-subset`
    first. The result is a snapshot like any other.
    """
    if sum((load, url is not None, other is not None)) > 1:
        raise click.UsageError("Give one of --load, --into and --into-env.")
    destination, loaded = url or other, load or url is not None or other is not None
    if loaded and perform.detach:
        raise click.UsageError("--detach makes the snapshot only: load it when it is there.")

    def make(harbor: "Harbor") -> "Request":
        return harbor.subset_request(target, original=original)

    def then(harbor: "Harbor", made: JsonObject) -> "Request":
        from ..engine.operations.requests import LoadRequest

        configured = harbor.target(target).subset
        place = destination or (configured.destination if configured else None)
        return LoadRequest(str(made["snapshot"]), destination=place, original=made["kind"] == "original")

    perform(make, then if loaded else None)
