"""`snapharbor build`."""

import click

from .params import TARGET
from .plans import Perform, planned


@click.command()
@click.argument("target", type=TARGET)
@click.option("--tag", "tags", multiple=True, metavar="TEXT", help="Note on the snapshot; may be repeated.")
@planned
def build(perform: Perform, target: str, tags: tuple[str, ...]) -> None:
    """Take a snapshot of a target's source."""
    from ..engine.operations.requests import BuildRequest

    perform(BuildRequest(target, tags))
