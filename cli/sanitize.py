"""`snapharbor sanitize`."""

import click

from .params import TARGET, Index, reference
from .plans import Perform, planned


@click.command()
@click.argument("target", type=TARGET)
@click.argument("index", type=Index(ids=True), required=False)
@click.option("-n", "--new", "--new-set", is_flag=True, help="Build a fresh original first.")
@click.option("-e", "--ephemeral", is_flag=True, help="Work in a throw-away database in any case.")
@planned
def sanitize(perform: Perform, target: str, *, index: str | None, new: bool, ephemeral: bool) -> None:
    """Sanitize a snapshot by the target's rules.

    INDEX is the snapshot's number, 0 for the newest, `latest`, or the start of its id.
    Without it the newest original is taken; if there is none, one is built.
    """
    from ..engine.operations.requests import SanitizeRequest

    if new and index is not None:
        raise click.UsageError("--new builds a fresh original, so it takes no INDEX.")
    chosen = None if index is None else reference(target, index)
    perform(SanitizeRequest(target, chosen, new=new, ephemeral=ephemeral))
