"""`snapharbor revoke`."""

import click

from .params import SHARE
from .plans import Perform, planned


@click.command()
@click.argument("share", type=SHARE)
@planned
def revoke(perform: Perform, share: str) -> None:
    """Close a share before its time.

    SHARE is an id as `snapharbor share --list` shows it.
    """
    from ..engine.operations.requests import RevokeRequest

    perform(RevokeRequest(share))
