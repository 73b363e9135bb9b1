"""Looking without touching: which snapshots there are, and which one a reference means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..model.attested import Attested
from ..model.catalog import Catalog
from ..model.errors import ConfigMissing, EngineError, SnapshotCorrupt, SnapshotUnknown
from ..model.settings import Settings
from ..model.snapshot import Snapshot
from ..model.target import Target
from ..repository.repository import Repository
from ..repository.values import Survey
from ..services import Services
from .places import storage_name

FEW = 5
_ID_START = re.compile(r"[0-9]+(-[0-9a-f-]*)?")


async def survey(services: Services, target: str | None = None) -> Survey:
    """Return snapshots of one or every target in all storages, newest first, each once.

    What stands in the storage of a share target (by default the local one, where pulled snapshots are),
    sanitized and of no other target that is configured here, is that one's; originals never are. Of which
    target a snapshot is that cannot be read, nobody knows.

    Raises:
        TargetUnknown: that target is not configured, and no snapshot is of it.
        EngineError: a storage or its repository cannot be opened; the message begins with its name.
    """
    found: dict[str, Snapshot] = {}
    shared: dict[str, str] = {}
    unreadable: dict[str, EngineError] = {}
    for repository in services.repositories():
        seen = await _surveyed(repository)
        unreadable |= seen.unreadable
        for snapshot in seen.snapshots:
            found.setdefault(snapshot.id, snapshot)
            if (key := _share_target(services.settings, snapshot)) is not None:
                shared[snapshot.id] = key
    everything = [_of_target(one, shared[one.id]) if one.id in shared else one for one in found.values()]
    own = services.settings.targets.get(target) if target else None
    kinds = ("sanitized",) if own and own.type == "share" else ("original", "sanitized")
    chosen = [
        one for one in everything if target in (None, one.manifest.target) and one.manifest.kind in kinds
    ]
    if target is not None and not chosen:
        services.settings.target(target)
    return Survey(
        tuple(sorted(chosen, key=lambda one: one.manifest.created_at, reverse=True)),
        {key: error for key, error in sorted(unreadable.items()) if key not in found},
    )


def _share_target(settings: Settings, found: Snapshot) -> str | None:
    """Return the share target whose storage a snapshot was found in, if it is that one's."""
    own = settings.targets.get(found.manifest.target)
    if found.manifest.kind == "original" or (own is not None and own.type != "share"):
        return None
    targets = settings.targets.values()
    matching = (one.key for one in targets if one.type == "share" and one.share_profile == found.profile)
    return next(matching, None)


def _of_target(found: Snapshot, key: str) -> Snapshot:
    """Return a snapshot under the name that its target has here; only what was signed keeps the sender's."""
    return replace(found, manifest=replace(found.manifest, target=key))


async def known_target(services: Services, key: str) -> Target:
    """Return a configured target, or one of type `share` that is only known by its snapshots.

    Raises:
        TargetUnknown: it is neither.
    """
    if key not in services.settings.targets:
        await survey(services, key)
        return Target(key=key, name=key, type="share", destination=services.settings.shared_destination)
    return services.settings.target(key)


async def snapshots(services: Services, target: str | None) -> Sequence[Snapshot]:
    """Return the snapshots of `survey` that can be read."""
    return list((await survey(services, target)).snapshots)


async def snapshot(services: Services, reference: str, *, original: bool = False) -> Snapshot:
    """Return what an id, a unique start of an id, `TARGET`, `TARGET:latest` or `TARGET:N` means.

    `TARGET:N` counts sets (an original and what was sanitized from it) from the newest, 0. Of a set the
    newest sanitized snapshot is taken if there is one, or the original if `original` asks for it.

    Raises:
        SnapshotUnknown: nothing answers to it, or several do.
        SnapshotCorrupt, FormatUnknown, KeyMissing, SignerUntrusted: it is there and cannot be read, or that
            may be so, because something newer cannot be read.
    """
    if _ID_START.fullmatch(reference) and reference not in services.settings.targets:
        return _by_id(await survey(services), reference)
    target, _, index = reference.partition(":")
    seen = await survey(services, target)
    sets = sets_of(seen.snapshots)
    position = 0 if index in ("", "latest") else int(index) if index.isdigit() else -1
    there = 0 <= position < len(sets)
    _refuse_doubt(target, sets[position][0] if there else None, seen.unreadable)
    if not there:
        raise SnapshotUnknown(
            f"target `{target}` has no snapshot `{index or 'latest'}`",
            await _there(services, target, len(sets)),
        )
    for member in sets[position]:
        if (member.manifest.kind == "original") == original:
            return member
    if original:
        raise SnapshotUnknown(f"the original of `{reference}` is not kept in any storage at hand")
    return sets[position][0]


async def sanitized_instead(services: Services, reference: str) -> str:
    """Return a sentence that names the newest sanitized snapshot of the same target, if there is one."""
    target = (await snapshot(services, reference)).manifest.target
    sets = sets_of(await snapshots(services, target))
    for index, members in enumerate(sets):
        for member in members:
            if member.manifest.kind == "sanitized":
                return f"`{target}:{index}` ({member.id}) is sanitized. "
    return ""


def sets_of(found: Sequence[Snapshot]) -> Sequence[Sequence[Snapshot]]:
    """Group snapshots, given newest first, by the original they come from, newest set first."""
    sets: dict[str, list[Snapshot]] = {}
    for member in found:
        sets.setdefault(_origin(member), []).append(member)
    return [sets[key] for key in sorted(sets, reverse=True)]


def _origin(member: Snapshot) -> str:
    return member.manifest.parent or member.id


async def _there(services: Services, target: str, sets: int) -> str:
    """Return what to do about a snapshot that a target does not have."""
    if not sets:
        return await how_to_get_one(services, target)
    numbers = "0 is the only one" if sets == 1 else f"there are 0, the newest, to {sets - 1}"
    return f"Of its snapshots {numbers}: see `list_snapshots` or `snapharbor snapshots {target}`."


async def how_to_get_one(services: Services, key: str) -> str:
    """Return what to do about a target without snapshots."""
    configured = services.settings.targets.get(key)
    if configured is None or configured.type != "share":
        return f"Build one with `build_snapshot` or `snapharbor build {key}`."
    if configured.share_profile is None:
        return "Pull one: `snapharbor pull LINK`. Or set share.storage_profile_name: where others put them."
    profile = configured.share_profile
    there = [one.manifest for one in await snapshots(services, None) if one.profile == profile]
    if owners := sorted({one.target for one in there if one.kind == "sanitized"}):
        names = ", ".join(f"`{name}`" for name in owners[:FEW])
        return f"What is in storage `{profile}` is of targets that are configured here: name {names} instead."
    return f"Nobody put a sanitized snapshot into storage `{profile}` yet."


def _by_id(seen: Survey, start: str) -> Snapshot:
    matching = [member for member in seen.snapshots if member.id.startswith(start)]
    broken = [error for key, error in seen.unreadable.items() if key.startswith(start)]
    if len(matching) + len(broken) > 1:
        count = len(matching) + len(broken)
        raise SnapshotUnknown(f"`{start}` begins {count} snapshot ids", "Give more of the id.")
    if broken:
        raise broken[0]
    if not matching:
        raise SnapshotUnknown(f"no snapshot `{start}`")
    return matching[0]


def _refuse_doubt(target: str, found: Snapshot | None, unreadable: Mapping[str, EngineError]) -> None:
    """Refuse a number that something newer and unreadable may change: ids begin with their moment."""
    newer = [key for key in unreadable if found is None or key > _origin(found)]
    if newer:
        error = unreadable[max(newer)]
        raise type(error)(
            f"which snapshot of `{target}` that is cannot be known: {error.message}",
            f"{error.hint} Or name a snapshot by its id.",
            **error.details,
        )


async def _surveyed(repository: Repository) -> Survey:
    """Return what a repository holds; errors say where it is, and what removes a damaged snapshot."""
    try:
        seen = await repository.survey()
    except EngineError as error:
        where = storage_name(repository.profile)
        raise type(error)(f"{where}: {error.message}", error.hint, **error.details) from None
    option = f" --profile {repository.profile}" if repository.profile else ""
    hint = f"Build again; `snapharbor prune --damaged{option}` removes it."
    return Survey(
        seen.snapshots,
        {
            key: type(error)(
                error.message,
                hint if isinstance(error, SnapshotCorrupt) else error.hint,
                **{**error.details, "snapshot": key},
            )
            for key, error in seen.unreadable.items()
        },
    )


async def attested(services: Services, reference: str) -> Attested:
    """Return a sanitized snapshot with the signed statement of what was done to it.

    A target's name alone means its newest sanitized snapshot, whatever was built since.

    Raises:
        SnapshotUnsanitized: the reference means an original.
    """
    found = await snapshot(services, reference)
    if found.manifest.kind == "original" and reference == found.manifest.target:
        members = await snapshots(services, reference)
        found = next((one for one in members if one.manifest.kind == "sanitized"), found)
    return await services.repository(found.profile).attested(found)


async def origins(services: Services) -> frozenset[str]:
    """Return the identities of all databases that snapshots at hand were taken of."""
    return frozenset(found.manifest.source for found in await snapshots(services, None))


async def schema(services: Services, target: str) -> Catalog:
    """Connect to a target's source and read its structure."""
    configured = services.settings.target(target)
    if configured.source is None:
        raise ConfigMissing(f"target `{target}` has no source", "Set snapshot.src_url.")
    return await services.database(configured.source).inspect()
