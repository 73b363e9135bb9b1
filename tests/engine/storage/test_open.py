"""From a profile to its storage."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread

from snapharbor.engine.model.errors import ConfigMissing
from snapharbor.engine.model.target import StorageProfile
from snapharbor.engine.storage.open import open_storage


async def test_a_local_profile_opens_its_directory(tmp_path: Path) -> None:
    storage = open_storage(StorageProfile("here", "local", path=tmp_path / "storage"))
    assert not (tmp_path / "storage").exists()
    await storage.put("a", b"x")
    assert (tmp_path / "storage" / "a").read_bytes() == b"x"


def test_a_local_profile_needs_a_path() -> None:
    with pytest.raises(ConfigMissing):
        open_storage(StorageProfile("here", "local"))


@pytest.mark.server
async def test_an_s3_profile_opens_its_bucket(s3_profile: StorageProfile) -> None:
    await open_storage(s3_profile).put("a", b"x")
    async with open_storage(replace(s3_profile, provider="s3")).open("a") as reader:
        assert await to_thread.run_sync(reader.read) == b"x"


def test_no_client_library_is_loaded_for_a_local_profile() -> None:
    program = (
        "import sys; from snapharbor.engine.storage.open import open_storage;"
        "from snapharbor.engine.model.target import StorageProfile; from pathlib import Path;"
        "open_storage(StorageProfile('x', 'local', path=Path('x'))); sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
