"""Looking without touching: which snapshots there are, and which one a reference means."""

import re
from collections.abc import Sequence

from ..model.catalog import Catalog
from ..model.errors import ConfigMissing, SnapshotUnknown
from ..model.snapshot import Snapshot
from ..services import Services

_ID_START = re.compile(r"[0-9]{8}-[0-9a-f-]*")


async def snapshots(services: Services, target: str | None) -> Sequence[Snapshot]:
    """Return snapshots of one or every target in all storages, newest first, each once."""
    if target is not None and target not in services.settings.targets:
        services.settings.target(target)
    found: dict[str, Snapshot] = {}
    for repository in services.repositories():
        for snapshot in await repository.snapshots():
            if target in (None, snapshot.manifest.target):
                found.setdefault(snapshot.id, snapshot)
    return sorted(found.values(), key=lambda snapshot: snapshot.manifest.created_at, reverse=True)


async def snapshot(services: Services, reference: str, *, original: bool = False) -> Snapshot:
    """Return what an id, a unique start of an id, `TARGET`, `TARGET:latest` or `TARGET:N` means.

    `TARGET:N` counts sets (an original and what was sanitized from it) from the newest, 0. Of a set the
    newest sanitized snapshot is taken if there is one, or the original if `original` asks for it.

    Raises:
        SnapshotUnknown: nothing answers to it, or several do.
    """
    if _ID_START.fullmatch(reference):
        return _by_id(await snapshots(services, None), reference)
    target, _, index = reference.partition(":")
    sets = sets_of(await snapshots(services, target))
    position = 0 if index in ("", "latest") else int(index) if index.isdigit() else -1
    if not 0 <= position < len(sets):
        raise SnapshotUnknown(
            f"target `{target}` has no snapshot `{index or 'latest'}`", _there(target, len(sets))
        )
    for member in sets[position]:
        if (member.manifest.kind == "original") == original:
            return member
    if original:
        raise SnapshotUnknown(f"the original of `{reference}` is not kept in any storage at hand")
    return sets[position][0]


def sets_of(found: Sequence[Snapshot]) -> Sequence[Sequence[Snapshot]]:
    """Group snapshots, given newest first, by the original they come from, newest set first."""
    sets: dict[str, list[Snapshot]] = {}
    for member in found:
        sets.setdefault(member.manifest.parent or member.id, []).append(member)
    return [sets[key] for key in sorted(sets, reverse=True)]


def _there(target: str, sets: int) -> str:
    """Return what to do about a snapshot that a target does not have."""
    if not sets:
        return f"Build one with `build_snapshot` or `snapharbor build {target}`."
    numbers = "0 is the only one" if sets == 1 else f"there are 0, the newest, to {sets - 1}"
    return f"Of its snapshots {numbers}: see `list_snapshots` or `snapharbor target {target}`."


def _by_id(found: Sequence[Snapshot], start: str) -> Snapshot:
    matching = [member for member in found if member.id.startswith(start)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise SnapshotUnknown(f"`{start}` begins {len(matching)} snapshot ids", "Give more of the id.")
    raise SnapshotUnknown(f"no snapshot `{start}`")


async def schema(services: Services, target: str) -> Catalog:
    """Connect to a target's source and read its structure."""
    configured = services.settings.target(target)
    if configured.source is None:
        raise ConfigMissing(f"target `{target}` has no source", "Set snapshot.src_url.")
    return await services.database(configured.source).inspect()
