"""Read a snapshot back and check every digest, every key and the signature."""

from ..model.errors import SnapshotCorrupt
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Plan
from ..model.snapshot import SanitizedSnapshot
from ..services import Services
from . import look
from .leaks import refuse_leaks
from .requests import VerifyRequest


async def plan(services: Services, request: VerifyRequest) -> Plan:
    """Say how much would be read."""
    snapshot = await look.snapshot(services, request.snapshot)
    manifest = snapshot.manifest
    count = len({chunk.id for chunk in manifest.chunks()})
    return Plan(
        verb="verify",
        target=manifest.target,
        summary=f"verify {manifest.kind} snapshot `{snapshot.id}`: {count} chunks",
        arguments={"snapshot": snapshot.id},
        steps=(
            "check the manifest's signature, and what is attested of a sanitized snapshot",
            "read, decrypt and digest every chunk",
            *(("look up what its search for originals found",) if manifest.sanitization else ()),
        ),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Verify a snapshot.

    Raises:
        SnapshotCorrupt: something cannot be read, or does not hold.
        RuleLeaks: everything holds, but original values were found in it when it was sanitized.
    """
    snapshot = await look.snapshot(services, str(plan.arguments["snapshot"]))
    found = await services.repository(snapshot.profile).verify(snapshot, report)
    if not found.passed:
        wrong = {"missing": found.missing, "changed": found.corrupt, "under another key": found.foreign}
        told = ", ".join(f"{len(ids)} {how}" for how, ids in wrong.items() if ids)
        raise SnapshotCorrupt(
            f"parts of `{snapshot.id}` are not what was written: {told}",
            snapshot=snapshot.id,
            missing=list(found.missing),
            corrupt=list(found.corrupt),
            foreign=list(found.foreign),
        )
    if isinstance(snapshot, SanitizedSnapshot):
        refuse_leaks(snapshot)
    return {
        "snapshot": snapshot.id,
        "chunks": found.chunks,
        "bytes": found.bytes,
        "manifest_sha256": found.manifest_sha256,
        "attested": found.attested,
        "signed_by": found.signed_by,
        "sent_by": found.sent_by,
        "not_checked": list(found.not_checked),
    }
