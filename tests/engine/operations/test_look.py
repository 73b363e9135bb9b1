"""What is said about snapshots that are not there."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.harbor import SHOP, World, manifest

from snapharbor.engine.model.errors import SnapshotUnknown
from snapharbor.engine.model.target import StorageProfile, Target
from snapharbor.engine.storage.memory import MemoryStorage

TEAM = Target(key="team", name="team", type="share", share_profile="q")


@pytest.mark.parametrize("holds", [True, False])
async def test_a_share_target_beside_the_one_that_fills_its_storage_names_that_one(
    tmp_path: Path, holds: bool
) -> None:
    world = World(tmp_path, targets=(SHOP, TEAM), storages={None: MemoryStorage(), "q": MemoryStorage()})
    profiles = {"q": StorageProfile("q", "local", path=tmp_path)}
    world.settings = replace(world.settings, storage_profiles=profiles)
    async with world.open() as harbor:
        if holds:
            async with harbor.services.repository("q").writer() as writer:
                await writer.commit(manifest())
        with pytest.raises(SnapshotUnknown) as caught:
            await harbor.snapshot("team")
    assert ("`shop`" in caught.value.hint) == holds
