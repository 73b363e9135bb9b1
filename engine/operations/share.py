"""Open one sanitized snapshot to recipients, by a link that expires."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

from ..model.errors import ArgumentInvalid, RecipientUnknown, SnapshotUnsanitized
from ..model.job import Progress, Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.settings import Settings
from ..model.share import Recipient, Share
from ..model.snapshot import SanitizedSnapshot, Snapshot
from ..model.target import Target
from ..services import Services
from . import look
from .clock import now
from .coverage import refuse
from .leaks import refuse_leaks
from .links import bundle_path, chunk_path, link_key, sign_link
from .requests import ShareRequest

SHORTEST_SECONDS, LONGEST_SECONDS = 60, 7 * 24 * 3600


async def plan(services: Services, request: ShareRequest) -> Plan:
    """Say who would be able to read what, and until when."""
    snapshot = sanitized(await look.snapshot(services, request.snapshot))
    settings, manifest = services.settings, snapshot.manifest
    target = settings.targets.get(manifest.target)
    decided(snapshot, target)
    seconds = settings.share_seconds if request.seconds is None else request.seconds
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise ArgumentInvalid(
            f"a share cannot last {seconds} seconds", "Choose between one minute and seven days."
        )
    recipients = recipients_of(settings, request.recipients or _groups(target))
    names = ", ".join(recipient.name for recipient in recipients)
    return Plan(
        verb="share",
        target=manifest.target,
        summary=f"share sanitized snapshot `{snapshot.id}` ({manifest.rows:,} rows) with {names}",
        arguments={
            "snapshot": snapshot.id,
            "recipients": {recipient.name: recipient.public_key for recipient in recipients},
            "seconds": seconds,
        },
        steps=("seal the snapshot's keys to the recipients", "make a link that expires"),
        effects=(Effect("exposes", f"`{snapshot.id}` to {names} for {timedelta(seconds=seconds)}"),),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Seal, store and record the share, and return its link."""
    from ..repository.layout import chunk_key, share_key
    from ..repository.sharing import seal

    snapshot = sanitized(await look.snapshot(services, str(plan.arguments["snapshot"])))
    decided(snapshot, services.settings.targets.get(plan.target))
    keys = plan.arguments["recipients"]
    seconds = int(str(plan.arguments["seconds"]))
    assert isinstance(keys, dict)
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    share = Share(
        id=token_urlsafe(18).lower().replace("_", "-").strip("-"),
        snapshot=snapshot.id,
        target=plan.target,
        profile=snapshot.profile,
        recipients=tuple(keys),
        created_by=services.principal.subject,
        created_at=now(),
        expires_at=ends.isoformat().replace("+00:00", "Z"),
    )
    linker = Linker(services, share, seconds)
    report(Progress("sealing"))
    chunks = {chunk.id for chunk in snapshot.manifest.chunks()}
    links = {chunk: await linker.link(chunk_key(chunk), chunk_path(share.id, chunk)) for chunk in chunks}
    sealed = await seal(
        services.repository(snapshot.profile),
        snapshot,
        share=share.id,
        expires_at=share.expires_at,
        recipients=[str(key) for key in keys.values()],
        links=links,
    )
    await services.storage(snapshot.profile).put(share_key(share.id), sealed)
    await services.ledger.save_share(share)
    return {
        "share": share.id,
        "snapshot": snapshot.id,
        "recipients": list(share.recipients),
        "expires_at": share.expires_at,
        "link": await linker.link(share_key(share.id), bundle_path(share.id)),
    }


class Linker:
    """Makes links for one share: presigned by the storage where it can, else for `snapharbor serve`."""

    def __init__(self, services: Services, share: Share, seconds: int) -> None:
        self._storage = services.storage(share.profile)
        self._key = link_key(services.settings.signing_key)
        self._base = services.settings.serve_url.rstrip("/")
        self._expires = int(datetime.fromisoformat(share.expires_at).timestamp())
        self._seconds = seconds

    async def link(self, key: str, path: str) -> str:
        """Return a link to an object, which has this path where we serve it ourselves."""
        presigned = await self._storage.presign(key, self._seconds)
        return presigned or f"{self._base}{path}?{sign_link(self._key, path, self._expires)}"


def sanitized(snapshot: Snapshot) -> SanitizedSnapshot:
    """Return the snapshot under the only type that can be shared, or refuse it."""
    if isinstance(snapshot, SanitizedSnapshot):
        return snapshot
    raise SnapshotUnsanitized(f"`{snapshot.id}` is an original and cannot be shared")


def decided(snapshot: SanitizedSnapshot, target: Target | None) -> None:
    """Refuse a snapshot that is not clean, or with columns that nobody decided on.

    The latter may pass where the target's policy is to warn.
    """
    refuse_leaks(snapshot)
    policy = target.rules.policy if target and target.rules else None
    if policy != "warn" and snapshot.manifest.sanitization is not None:
        refuse(snapshot.manifest.sanitization.undecided)


def recipients_of(settings: Settings, names: Sequence[str]) -> tuple[Recipient, ...]:
    """Return the people behind names, groups and public keys, each once.

    Raises:
        RecipientUnknown: there is nobody behind one of them, or nobody was named.
    """
    found: dict[str, Recipient] = {}
    for name in names:
        members = [Recipient(name, name)] if name.startswith("age1") else _members(settings, name)
        if not members:
            known = ", ".join(sorted(recipient.name for recipient in settings.recipients)) or "nobody yet"
            raise RecipientUnknown(
                f"`{name}` is no recipient, no group and no public key", f"Known: {known}; see `recipients`."
            )
        found.update((member.public_key, member) for member in members)
    if not found:
        raise RecipientUnknown("no recipient was named", "Name a person, a group or a public key (age1…).")
    return tuple(found.values())


def _members(settings: Settings, name: str) -> list[Recipient]:
    return [recipient for recipient in settings.recipients if name in (recipient.name, *recipient.groups)]


def _groups(target: Target | None) -> tuple[str, ...]:
    return target.groups if target else ()
