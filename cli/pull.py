"""`snapharbor pull`."""

import sys

import click

from .params import SNAPSHOT, Index, reference
from .plans import Perform, planned


@click.command()
@click.argument("source", type=SNAPSHOT)
@click.argument("index", type=Index(ids=False), required=False)
@click.option("-o", "--original", is_flag=True, help="Fetch the raw data, not the sanitized.")
@planned
def pull(perform: Perform, source: str, *, index: str | None, original: bool) -> None:
    """Fetch a snapshot by a link, or from a storage.

    SOURCE is a share's link, or a snapshot in a storage profile: an id or its start, or TARGET with the
    snapshot's number as INDEX. With `-` a link is read from the standard input, so that it stands neither
    in the list of processes nor in the shell's history.
    """
    from ..engine.operations.requests import PullRequest

    if source == "-":
        source = sys.stdin.readline().strip()
        if not source:
            raise click.UsageError("The standard input holds no link.")
    if index is not None and "://" in source:
        raise click.UsageError("A link means one snapshot, so there is no INDEX to take.")
    perform(PullRequest(reference(source, index), original=original))
