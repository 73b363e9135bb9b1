"""`snapharbor prune`."""

import click

from .params import PROFILE, TARGET
from .plans import Perform, planned

COUNT = click.IntRange(min=0)


@click.command()
@click.option(
    "--profile", type=PROFILE, metavar="NAME", help="The storage to prune; without it the local one."
)
@click.option("--target", type=TARGET, metavar="NAME", help="Only this target's snapshots.")
@click.option("--keep-last", type=COUNT, default=0, metavar="N", help="Keep the newest N.")
@click.option("--keep-daily", type=COUNT, default=0, metavar="N", help="Keep the newest of each of N days.")
@click.option("--keep-weekly", type=COUNT, default=0, metavar="N", help="Keep the newest of each of N weeks.")
@click.option(
    "--keep-monthly", type=COUNT, default=0, metavar="N", help="Keep the newest of each of N months."
)
@click.option("--damaged", is_flag=True, help="Remove snapshots whose manifest is damaged.")
@planned
def prune(perform: Perform, profile: str | None, *, target: str | None, damaged: bool, **keep: int) -> None:
    """Remove snapshots that no rule keeps.

    Chunks that no snapshot needs any more are removed with them.
    """
    from ..engine.operations.requests import PruneRequest

    if not any(keep.values()) and not damaged:
        raise click.UsageError("Say what to keep, for example --keep-last 3.")
    perform(PruneRequest(profile, target, damaged=damaged, **keep))
