"""`snapharbor share`."""

from collections.abc import Sequence

import click

from ..engine.model.json import JsonObject
from ..engine.model.share import Share
from . import output
from .params import RECIPIENT, SNAPSHOT, Duration
from .plans import Perform, planned
from .session import Session, run


@click.command()
@click.argument("snapshot", type=SNAPSHOT, required=False)
@click.option(
    "--to",
    "recipients",
    type=RECIPIENT,
    multiple=True,
    metavar="NAME",
    help="A person, a group or a public key; may be repeated.",
)
@click.option("--for", "seconds", type=Duration(), help="How long the link works: 30m, 2h, 7d.")
@click.option("--list", "listed", is_flag=True, help="List what was shared instead.")
@planned
def share(
    perform: Perform,
    snapshot: str | None,
    *,
    recipients: tuple[str, ...],
    seconds: int | None,
    listed: bool,
) -> None:
    """Open a sanitized snapshot to others.

    SNAPSHOT is an id or its start, TARGET, or TARGET:INDEX. Whoever has the link and the
    key of a recipient can read the snapshot until the link ends.
    """
    from ..engine.operations.requests import ShareRequest

    if listed:
        _list(perform.session)
    elif snapshot is None:
        raise click.UsageError("Name the SNAPSHOT to share, or give --list.")
    else:
        perform(ShareRequest(snapshot, recipients, seconds))


def _list(session: Session) -> None:
    async def work() -> None:
        async with session.harbor() as harbor:
            shares = await harbor.shares()
        output.result(session, [view(share) for share in shares], lambda: text(shares))

    run(work)


def view(share: Share) -> JsonObject:
    """Return a share as JSON."""
    return {
        "share": share.id,
        "snapshot": share.snapshot,
        "target": share.target,
        "storage": share.profile or "local",
        "recipients": share.recipients,
        "created_by": share.created_by,
        "created_at": share.created_at,
        "expires_at": share.expires_at,
        "revoked_at": share.revoked_at,
    }


def text(shares: Sequence[Share]) -> str:
    """Return shares as a table."""
    if not shares:
        return "Nothing was shared yet."
    rows = [
        (
            share.id,
            share.snapshot,
            ", ".join(share.recipients),
            output.moment(share.expires_at),
            output.moment(share.revoked_at) if share.revoked_at else "-",
        )
        for share in shares
    ]
    return output.table(("SHARE", "SNAPSHOT", "TO", "UNTIL (UTC)", "REVOKED (UTC)"), rows, folded=("TO",))
