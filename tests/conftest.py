"""Fixtures that start real servers stand in tests/support, one file per server."""

import pytest

pytest_plugins = [
    "support.postgres",
    "support.s3",
    "support.settings",
    "support.server",
    "support.shop",
    "support.snapshots",
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
