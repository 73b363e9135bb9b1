"""Fixtures that start real servers stand in tests/support, one file per server."""

from pathlib import Path

import pytest
from hypothesis import settings

# A machine that is busy is no failure, and the checks are to stay quick.
settings.register_profile("moderate", deadline=None, max_examples=40)
settings.load_profile("moderate")

pytest_plugins = [
    "support.postgres",
    "support.mysql",
    "support.mysqlaccount",
    "support.masks",
    "support.s3",
    "support.settings",
    "support.server",
    "support.node",
    "support.working",
    "support.shop",
    "support.subset",
    "support.mysqlshop",
    "support.small",
    "support.snapshots",
    "support.faults",
    "support.standby",
    "support.disk",
    "support.docker_daemon",
    "support.real_docker",
]

# Whoever uses one of these talks to a real server or to worker processes, and is left out of `make check`.
SERVERS = frozenset(
    ("start_postgres", "start_mysql", "mysql", "toolboxes", "s3_server", "s3_profile", "faulty_s3", "start")
)

HERE = Path(__file__).parent
DOORS = frozenset(("cli", "server", "contracts", "e2e"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SERVERS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("server")
        elif item.path.relative_to(HERE).parts[0] in DOORS:
            item.add_marker("door")
