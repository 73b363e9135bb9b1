"""Working directories of tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

Working = Callable[[Path], Path]


@pytest.fixture(scope="session")
def working(tmp_path_factory: pytest.TempPathFactory) -> Working:
    """Make working directories that share what private servers begin with, which takes seconds to make."""
    kept = tmp_path_factory.mktemp("templates")

    def make(directory: Path) -> Path:
        directory.mkdir(mode=0o700, exist_ok=True)
        if not (directory / "templates").exists():
            (directory / "templates").symlink_to(kept)
        return directory

    return make
