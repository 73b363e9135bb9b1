"""The audit chain: whatever is done to it afterwards is found."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from support.workplace import opened

from snapharbor.engine.keypair import new_signing_key
from snapharbor.engine.ledger.base import Entry, Record
from snapharbor.engine.ledger.chain import GENESIS, content_digest
from snapharbor.engine.ledger.encode import dumps
from snapharbor.engine.model.errors import ArgumentInvalid, AuditBroken
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.operations.audit import export_audit, record, verify_audit
from snapharbor.engine.services import Services

LENGTH = 5
CONTENT = ("at", "who", "what", "subject", "outcome", "details")
LAST = "FROM record WHERE number = 5"
SWAP = ";".join(
    f"UPDATE record SET number = {after} WHERE number = {before}"
    for before, after in ((3, 99), (4, 3), (99, 4))
)
SHIFT = "DELETE FROM record WHERE number = 1; UPDATE record SET number = number - 1"


def entry(outcome: str = "succeeded") -> Entry:
    return Entry("ann", "build", "shop", outcome, {"snapshot": "20260101-1", "rows": 3})


@pytest.fixture
async def chain(services: Services) -> Services:
    for number in range(LENGTH):
        await record(services, entry(f"outcome-{number}"))
    return services


def tamper(services: Services, *statements: str) -> None:
    """Do to the file what somebody would who may write to it."""
    file = sqlite3.connect(services.settings.working_directory / "ledger.sqlite", isolation_level=None)
    for statement in ("DROP TRIGGER record_stays", "DROP TRIGGER record_stays_as_it_is", *statements):
        file.execute(statement)
    file.close()


def head(services: Services) -> Path:
    return services.settings.working_directory / "audit.head"


async def broken_at(services: Services) -> object:
    with pytest.raises(AuditBroken) as caught:
        await verify_audit(services)
    return caught.value.details["number"]


async def test_a_chain_that_nobody_touched_holds(chain: Services) -> None:
    report = await verify_audit(chain)
    assert report.checked == LENGTH
    assert report.head == (await chain.ledger.records())[-1].digest
    assert report.signed_by is not None
    assert head(chain).stat().st_mode & 0o777 == 0o600


async def test_an_empty_chain_holds(services: Services) -> None:
    report = await verify_audit(services)
    assert (report.checked, report.head, report.signed_by) == (0, GENESIS, None)


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("UPDATE record SET outcome = 'failed' WHERE number = 2", 2),
        ("UPDATE record SET who = 'bob' WHERE number = 5", 5),
        ("UPDATE record SET at = '2026-01-01T00:00:00Z' WHERE number = 1", 1),
        ("UPDATE record SET details = '{}' WHERE number = 3", 3),
        ("UPDATE record SET details = '{' WHERE number = 3", 3),
        ("UPDATE record SET subject = x'ff' WHERE number = 3", 3),
        ("UPDATE record SET digest = previous WHERE number = 4", 4),
        ("DELETE FROM record WHERE number = 1", 1),
        ("DELETE FROM record WHERE number = 3", 3),
        ("DELETE FROM record WHERE number = 5", 5),
        ("DELETE FROM record WHERE number > 3", 4),
        ("DELETE FROM record", 1),
        (SWAP, 3),
        (SHIFT, 1),
        (f"INSERT INTO record SELECT {', '.join(('6', *CONTENT, 'digest', 'digest'))} {LAST}", 6),
    ],
)
async def test_a_change_is_found_at_the_first_record_it_touched(
    chain: Services, statement: str, number: int
) -> None:
    tamper(chain, *statement.split(";"))
    assert await broken_at(chain) == number


async def test_a_chain_whose_digests_were_made_to_fit_again_is_found_by_its_head(chain: Services) -> None:
    forged: list[str] = []
    last: Record | None = None
    for link in await chain.ledger.records():
        changed = replace(link, who="bob", previous=last.digest if last else GENESIS)
        last = replace(changed, digest=content_digest(changed))
        values = f"who = 'bob', previous = '{last.previous}', digest = '{last.digest}'"
        forged.append(f"UPDATE record SET {values} WHERE number = {link.number}")
    tamper(chain, *forged)
    assert await broken_at(chain) == LENGTH


async def test_records_that_were_cut_off_are_found_after_new_ones_were_added(chain: Services) -> None:
    tamper(chain, "DELETE FROM record WHERE number > 3")
    for _ in range(4):
        await record(chain, entry("later"))
    assert await broken_at(chain) == LENGTH


async def test_a_head_that_was_removed_is_found_even_after_new_records(chain: Services) -> None:
    head(chain).unlink()
    assert await broken_at(chain) == LENGTH
    await record(chain, entry())
    assert await broken_at(chain) == LENGTH + 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"text":"{}","signed_by":"","signature":""}'])
async def test_a_head_that_was_overwritten_is_found(chain: Services, text: str) -> None:
    head(chain).write_text(text)
    await broken_at(chain)
    await record(chain, entry())
    await broken_at(chain)


async def test_a_head_whose_number_was_changed_is_found(chain: Services) -> None:
    value = json.loads(head(chain).read_text())
    value["text"] = value["text"].replace(f'"number":{LENGTH}', '"number":3')
    head(chain).write_text(json.dumps(value))
    await broken_at(chain)


async def test_a_head_of_another_key_is_refused_until_the_change_is_on_record(chain: Services) -> None:
    before = (await verify_audit(chain)).signed_by
    chain.settings = replace(chain.settings, signing_key=new_signing_key())
    assert await broken_at(chain) == LENGTH
    await record(chain, entry())
    report = await verify_audit(chain)
    assert report.signed_by not in (before, None)
    changed = (await chain.ledger.records())[-2]
    assert (changed.what, changed.outcome) == ("audit", "changed")
    assert changed.details == {"from": before, "to": report.signed_by}


async def test_without_a_signing_key_the_head_is_kept_unsigned(services: Services) -> None:
    services.settings = replace(services.settings, signing_key=Secret(""))
    await record(services, entry())
    assert (await verify_audit(services)).signed_by is None
    tamper(services, "DELETE FROM record")
    assert await broken_at(services) == 1


async def test_a_crash_between_record_and_head_is_no_false_alarm(chain: Services) -> None:
    await chain.ledger.append(entry())
    assert (await verify_audit(chain)).checked == LENGTH + 1
    await record(chain, entry())
    assert (await verify_audit(chain)).checked == LENGTH + 2


async def test_processes_that_record_at_once_keep_one_chain_and_its_head(
    services: Services, tmp_path: Path
) -> None:
    async with opened(tmp_path) as second, anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(record, services, entry())
            group.start_soon(record, second, entry())
    tamper(services, "DELETE FROM record WHERE number = 20")
    assert await broken_at(services) == 20


async def test_a_record_that_was_put_back_whole_is_found_by_a_former_export(chain: Services) -> None:
    place = chain.settings.working_directory
    before = (place / "audit.head").read_bytes()
    kept = [line async for line in export_audit(chain)]
    assert (await verify_audit(chain, kept)).found == LENGTH
    await record(chain, entry())
    assert (await verify_audit(chain, kept)).found == LENGTH
    newer = [line async for line in export_audit(chain)]
    (place / "audit.head").write_bytes(before)
    tamper(chain, f"DELETE FROM record WHERE number > {LENGTH}")
    assert (await verify_audit(chain, kept)).checked == LENGTH
    with pytest.raises(AuditBroken) as caught:
        await verify_audit(chain, newer)
    assert caught.value.details["number"] == LENGTH + 1


async def test_a_record_that_was_written_anew_is_found_by_a_former_export(
    chain: Services, tmp_path: Path
) -> None:
    kept = [line async for line in export_audit(chain)]
    async with opened(tmp_path / "other") as other:
        for number in range(LENGTH):
            await record(other, entry(f"outcome-{number}"))
        with pytest.raises(AuditBroken) as caught:
            await verify_audit(other, kept)
    assert caught.value.details["number"] == 1


@pytest.mark.parametrize("line", ["", "{}", "[1]", '{"number": "x", "digest": ""}'])
async def test_what_is_no_export_is_refused(chain: Services, line: str) -> None:
    with pytest.raises(ArgumentInvalid):
        await verify_audit(chain, [line])


async def test_an_export_has_every_record_as_a_line(chain: Services) -> None:
    lines = [line async for line in export_audit(chain)]
    records = await chain.ledger.records()
    assert [json.loads(line) for line in lines] == [json.loads(dumps(vars_of(link))) for link in records]


def vars_of(link: Record) -> dict[str, str | int]:
    return {name: getattr(link, name) for name in Record.__slots__}
