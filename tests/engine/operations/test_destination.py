"""Where a load goes: the call, the global override, the target, the default for what others share."""

from dataclasses import replace
from pathlib import Path

import pytest

from snapharbor.engine.ledger.memory import MemoryLedger
from snapharbor.engine.model.errors import ConfigMissing
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.model.share import Principal
from snapharbor.engine.model.target import Target
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.destination import choose
from snapharbor.engine.services import Services


def url(name: str) -> DatabaseUrl:
    return DatabaseUrl.parse(f"postgres://h/{name}")


SHOP = Target(key="shop", name="shop", destination=url("own"))
EVERYTHING = Settings(
    file=None,
    working_directory=Path("nowhere"),
    targets={"shop": SHOP},
    storage_profiles={},
    identities=(),
    signing_key=Secret(""),
    override_destination=url("override"),
    shared_destination=url("shared"),
)


def chosen(
    settings: Settings,
    target: Target = SHOP,
    *,
    given: DatabaseUrl | None = None,
    database: str | None = None,
) -> str:
    services = Services(settings, MemoryLedger(), Principal("ana"), read_only=False)
    text = services.give(given) if given else None
    return choose(services, target, given=text, database=database).database


def test_the_nearest_word_counts() -> None:
    assert chosen(EVERYTHING, given=url("given")) == "given"
    assert chosen(EVERYTHING) == "override"
    without = replace(EVERYTHING, override_destination=None)
    assert chosen(without) == "own"
    assert chosen(without, database="another") == "another"


def test_what_others_shared_goes_to_the_default_for_that_whatever_its_own_target_says() -> None:
    pulled = Target(key="theirs", name="theirs", destination=url("theirs"))
    assert chosen(EVERYTHING, pulled) == "override"
    assert chosen(replace(EVERYTHING, override_destination=None), pulled) == "shared"


def test_without_any_there_is_none() -> None:
    nothing = replace(EVERYTHING, override_destination=None, shared_destination=None)
    for target in (replace(SHOP, destination=None), Target(key="theirs", name="theirs")):
        with pytest.raises(ConfigMissing):
            chosen(nothing, target)
