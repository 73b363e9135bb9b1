"""Close a share before its time."""

from dataclasses import replace

from ..model.errors import ShareUnknown
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.share import Share
from ..services import Services
from .clock import now
from .requests import RevokeRequest


async def plan(services: Services, request: RevokeRequest) -> Plan:
    """Say whose access would end."""
    share = await _share(services, request.share)
    names = ", ".join(share.recipients)
    return Plan(
        verb="revoke",
        target=share.target,
        summary=f"revoke share `{share.id}` of `{share.snapshot}` with {names}",
        arguments={"share": share.id},
        steps=("remove the sealed bundle", "record the revocation"),
        effects=(Effect("revokes", f"the access of {names} to `{share.snapshot}`"),),
        warnings=("whoever fetched the bundle before keeps what was fetched",),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Remove the bundle and record it; revoking twice changes nothing."""
    from ..repository.layout import share_key

    share = await _share(services, str(plan.arguments["share"]))
    revoked = replace(share, revoked_at=share.revoked_at or now())
    await services.ledger.save_share(revoked)
    await services.storage(share.profile).delete(share_key(share.id))
    return {"share": share.id, "snapshot": share.snapshot, "revoked_at": revoked.revoked_at}


async def _share(services: Services, share_id: str) -> Share:
    for share in await services.ledger.shares(principal=services.principal.subject):
        if share.id == share_id:
            return share
    raise ShareUnknown(
        f"no share `{share_id[:80]}`",
        "List them: `snapharbor share --list`, the resource `snapharbor://shares`, or describe_snapshot.",
    )
