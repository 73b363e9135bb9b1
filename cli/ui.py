"""`snapharbor ui`."""

import sys

import click

from .session import Session, run


@click.command()
@click.pass_obj
def ui(session: Session) -> None:
    """Do all that in a full-screen terminal.

    Targets are on the left, the chosen one's snapshots on the right. Build, sanitize, load and verify
    show their plan first; the keys stand in the last line.
    """
    if session.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("ui needs a terminal; programs use the other commands with --json.")

    async def work() -> None:
        from .screens.board import Board

        async with session.harbor() as harbor:
            await Board(harbor).show()

    run(work)
