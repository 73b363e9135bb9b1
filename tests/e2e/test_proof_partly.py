"""Originals of what rules mask only in some rows are looked for like all others."""

import pytest
from support.shop import Shop

from snapharbor.engine.model.target import Rules
from snapharbor.engine.operations.requests import BuildRequest, SanitizeRequest

from .test_proof import scanned

pytestmark = pytest.mark.server

COPY = "CREATE TABLE copy AS SELECT id, mail AS c, name AS d FROM people"
KEEP = {"hr.people.mail": "of staff", "hr.people.name": "of staff"}
JOINED = """CREATE TEMP TABLE m AS SELECT id FROM hr.people;
    UPDATE hr.people SET mail = 'x' || m.id, name = 'n' || m.id FROM m WHERE m.id = people.id;"""
SOME = "UPDATE hr.people SET mail = 'x' || id WHERE id > 10; UPDATE hr.people SET name = 'y' WHERE id < 6"
REST = "DELETE FROM hr.people WHERE id = 7"


def rules(text: str) -> Rules:
    return Rules(override_query=text, keep=KEEP, policy="warn")


async def test_values_that_a_joined_update_masks_are_looked_for_everywhere_else(shop: Shop) -> None:
    scan = await scanned(shop, COPY, rules=rules(JOINED))
    found = {(hit.place, hit.column, hit.count) for hit in scan.hits if hit.kind == "original"}
    assert found == {("hr.copy", "c", 300), ("hr.copy", "d", 300)}
    assert scan.masked == ("hr.people.mail", "hr.people.name")
    assert scan.skipped["columns masked in part, whose own values were looked for elsewhere only"] == 2


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_only_values_of_rows_that_a_condition_names_are_looked_for(
    each_shop: Shop, ephemeral: bool
) -> None:
    scan = await scanned(each_shop, COPY, rules=rules(SOME + ";" + REST), ephemeral=ephemeral)
    found = {(hit.place, hit.column, hit.count) for hit in scan.hits if hit.kind == "original"}
    assert found == {("hr.copy", "c", 291), ("hr.copy", "d", 6)}


@pytest.mark.parametrize("value", ["upper(mail)", "' ' || mail", "initcap(mail) || '/'"])
async def test_what_a_weak_mask_leaves_to_read_is_found_in_its_own_column(shop: Shop, value: str) -> None:
    weak = Rules(override_query=f"UPDATE hr.people SET mail = {value}", policy="warn")
    scan = await scanned(shop, rules=weak)
    found = {(hit.place, hit.column, hit.count) for hit in scan.hits if hit.kind == "original"}
    assert found == {("hr.people", "mail", 300)}
    assert not scan.passed


async def test_a_full_name_that_many_rows_share_still_means_somebody(shop: Shop) -> None:
    orders = "CREATE TABLE orders AS SELECT id, 'Zelda Quixworth'::text AS full_name FROM people"
    note = "CREATE TABLE note AS SELECT 'ask Zelda Quixworth today' AS c"
    masked = rules("UPDATE hr.orders SET full_name = 'Somebody ' || id")
    scan = await scanned(shop, orders, note, rules=masked)
    assert {hit.place for hit in scan.hits if hit.kind == "original"} == {"hr.note"}


async def test_the_proof_of_a_target_is_of_its_newest_sanitized_snapshot(shop: Shop) -> None:
    async with shop.harbor() as harbor:
        made = await harbor.run(await harbor.plan(SanitizeRequest("shop", new=True)), confirmed=True)
        await harbor.run(await harbor.plan(BuildRequest("shop")), confirmed=True)
        told = await harbor.attested("shop")
    assert told.manifest.id == made["snapshot"]
