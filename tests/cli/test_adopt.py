"""`snapharbor adopt` that is ended in the middle, and what is left of the dump then: nothing readable."""

import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from support.cli import PATIENCE, Shop

pytestmark = pytest.mark.server


def adopting(shop: Shop, name: str) -> "subprocess.Popen[str]":
    """Start an adoption that does not come to its end, and return once it runs the dump's SQL."""
    with zipfile.ZipFile(shop.command.home / name, "w") as archive:
        archive.writestr("shop.sql", "CREATE TABLE secret (id int);\nSELECT pg_sleep(600);\n")
    child = shop.command.start("adopt", "shop", name, "--json")
    assert child.stdout is not None
    for line in child.stdout:
        if "restoring the dump" in line:
            return child
    raise AssertionError("it never came to the dump")


def readable(shop: Shop) -> list[Path]:
    tmp = shop.command.home / "data" / "tmp"
    return [*tmp.glob("parcel-*"), *tmp.glob("cluster-*"), *tmp.glob("session-*"), *tmp.glob("adopt-*")]


def ended(child: "subprocess.Popen[str]") -> int:
    child.communicate(timeout=PATIENCE)
    return child.returncode


def test_an_adoption_that_is_told_to_end_leaves_nothing(shop: Shop) -> None:
    child = adopting(shop, "1_shop.zip")
    assert readable(shop)
    child.send_signal(signal.SIGTERM)
    assert ended(child) == 130
    assert readable(shop) == []
    assert shop.command.here("snapshots", "shop", "--json").last()["result"]["snapshots"] == []


def test_what_a_killed_adoption_left_is_removed_by_the_next_command(shop: Shop) -> None:
    child = adopting(shop, "1_shop.zip")
    child.kill()
    assert ended(child) == -signal.SIGKILL
    assert readable(shop)
    deadline = time.monotonic() + PATIENCE
    while readable(shop) and time.monotonic() < deadline:
        assert shop.command("build", "shop").code == 0
    assert readable(shop) == []
