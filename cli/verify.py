"""`snapharbor verify`."""

import click

from .params import SNAPSHOT
from .plans import Perform, planned


@click.command()
@click.argument("snapshot", type=SNAPSHOT)
@planned
def verify(perform: Perform, snapshot: str) -> None:
    """Read a snapshot back and check every byte.

    SNAPSHOT is an id or its start, TARGET, or TARGET:INDEX.
    """
    from ..engine.operations.requests import VerifyRequest

    perform(VerifyRequest(snapshot))
