"""`snapharbor pull`."""

import sys

import click

from .params import SNAPSHOT
from .plans import Perform, planned


@click.command()
@click.argument("source", type=SNAPSHOT)
@click.option("-o", "--original", is_flag=True, help="Fetch the raw data, not the sanitized.")
@planned
def pull(perform: Perform, source: str, *, original: bool) -> None:
    """Fetch a snapshot by a link, or from a storage.

    SOURCE is a share's link, or a snapshot in a storage profile. With `-` it is read from the standard
    input, so that the link stands neither in the list of processes nor in the shell's history.
    """
    from ..engine.operations.requests import PullRequest

    if source == "-":
        source = sys.stdin.readline().strip()
        if not source:
            raise click.UsageError("The standard input holds no link.")
    perform(PullRequest(source, original=original))
