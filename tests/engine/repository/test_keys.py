import json
from pathlib import Path

import anyio
import pytest
from support.repository import Person, blocks, build, content, keys_in, manifest, rows_of, somebody

from snapharbor.engine import keypair
from snapharbor.engine.model.errors import (
    ConfigInvalid,
    FormatUnknown,
    KeyMissing,
    RecipientUnknown,
    SignerUntrusted,
    SnapshotCorrupt,
)
from snapharbor.engine.model.json import canonical
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.repository.signing import sign
from snapharbor.engine.storage.memory import MemoryStorage

ME, COLLEAGUE, STRANGER = somebody(), somebody(), somebody()
ROWS = b"1\tone\n2\ttwo\n"


async def mine(tmp_path: Path) -> MemoryStorage:
    storage = MemoryStorage()
    await build(ME.repository(storage, tmp_path), manifest("s1"), ROWS)
    return storage


async def test_any_of_several_identities_opens_a_repository(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    repository = ME.repository(storage, tmp_path, identities=(STRANGER.identity, ME.identity))
    assert await rows_of(repository, await repository.find("s1")) == ROWS


async def test_without_a_fitting_identity_nothing_is_read_or_written(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    before = await keys_in(storage)
    repository = ME.repository(storage, tmp_path, identities=(STRANGER.identity,))
    with pytest.raises(KeyMissing) as refused:
        await repository.snapshots()
    assert refused.value.details == {"recipients": [keypair.recipient_of(ME.identity)]}
    with pytest.raises(KeyMissing):
        await build(repository, manifest("s2"), ROWS)
    assert await keys_in(storage) == before


async def test_a_repository_that_a_stranger_made_is_not_written_to(tmp_path: Path) -> None:
    # Whoever can write to the bucket knows our public key, and could wait for us with a master key of his.
    storage = MemoryStorage()
    planted = ME.repository(storage, tmp_path, identities=(ME.identity,))
    stranger = Person(ME.identity, STRANGER.signing_key)
    await build(stranger.repository(storage, tmp_path), manifest("bait"), ROWS)
    with pytest.raises(SignerUntrusted):
        await build(planted, manifest("s1"), ROWS)
    assert not await planted.exists("s1")


async def test_a_trusted_colleague_reads_and_writes_the_same_repository(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    own = ME.repository(storage, tmp_path, trusted=[COLLEAGUE.signs_as])
    await own.rewrap([keypair.recipient_of(COLLEAGUE.identity)])
    theirs = COLLEAGUE.repository(storage, tmp_path, trusted=[ME.signs_as])
    assert await rows_of(theirs, await theirs.find("s1")) == ROWS
    added = await build(theirs, manifest("s2"), ROWS)
    assert (await own.verify(await own.find("s2"))).signed_by == COLLEAGUE.signs_as
    with pytest.raises(SignerUntrusted):
        await ME.repository(storage, tmp_path).find("s2")
    assert added.manifest.chunks() == (await own.find("s1")).manifest.chunks()


async def test_rotation_touches_no_chunk_and_shuts_out_who_is_not_named(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    own = ME.repository(storage, tmp_path)
    await own.rewrap([keypair.recipient_of(COLLEAGUE.identity)])
    before = {key: await content(storage, key) for key in await keys_in(storage) if key != "repository.json"}
    await own.rewrap([])
    assert before == {key: await content(storage, key) for key in before}
    assert await rows_of(own, await own.find("s1")) == ROWS
    with pytest.raises(KeyMissing):
        await COLLEAGUE.repository(storage, tmp_path, trusted=[ME.signs_as]).find("s1")


async def test_a_recipient_that_is_no_key_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    before = await content(storage, "repository.json")
    with pytest.raises(RecipientUnknown):
        await ME.repository(storage, tmp_path).rewrap(["age1nobody"])
    assert await content(storage, "repository.json") == before


async def test_whose_keys_open_a_repository_is_known_without_one_of_them(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    own = ME.repository(storage, tmp_path)
    await own.rewrap([keypair.recipient_of(COLLEAGUE.identity)])
    seen = await STRANGER.repository(storage, tmp_path, trusted=[ME.signs_as]).key_object()
    owners = tuple(keypair.recipient_of(person.identity) for person in (ME, COLLEAGUE))
    assert seen is not None
    assert (seen.key_id, seen.recipients) == ((await own.keys()).id, owners)
    assert seen.signed_by == ME.signs_as
    with pytest.raises(SignerUntrusted):
        await STRANGER.repository(storage, tmp_path).key_object()


async def test_a_key_object_that_names_another_key_than_it_holds_is_refused(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    text = json.loads(json.loads(await content(storage, "repository.json"))["text"])
    await storage.put("repository.json", signed(canonical({**text, "key_id": "0" * 16}).decode()))
    with pytest.raises(SnapshotCorrupt):
        await ME.repository(storage, tmp_path).find("s1")


async def test_a_repository_that_somebody_unknown_signed_is_no_empty_one(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    with pytest.raises(SignerUntrusted):
        await Person(ME.identity, STRANGER.signing_key).repository(storage, tmp_path).survey()


async def test_writers_that_make_the_repository_at_once_agree_on_one(tmp_path: Path) -> None:
    storage = MemoryStorage()

    async def one(number: int) -> None:
        await build(ME.repository(storage, tmp_path), manifest(f"s{number}"), ROWS)

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(one, number)
    survey = await ME.repository(storage, tmp_path).survey()
    assert (len(survey.snapshots), survey.unreadable) == (5, {})


async def test_a_lost_key_object_is_not_replaced_while_snapshots_need_it(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    lost = await content(storage, "repository.json")
    await storage.delete("repository.json")
    with pytest.raises(KeyMissing):
        await build(ME.repository(storage, tmp_path), manifest("s2"), ROWS)
    with pytest.raises(KeyMissing):
        await ME.repository(storage, tmp_path).find("s1")
    await storage.put("repository.json", lost)
    assert await ME.repository(storage, tmp_path).find("s1")


async def test_an_empty_storage_has_no_snapshots_and_is_not_written_to(tmp_path: Path) -> None:
    storage = MemoryStorage()
    repository = ME.repository(storage, tmp_path)
    assert await repository.snapshots() == ()
    assert not await repository.exists("s1")
    assert await keys_in(storage) == set()


def signed(body: str) -> bytes:
    return canonical(sign(body, ME.signing_key, domain="repository").as_json())


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"text":1}',
        signed("{}"),
        signed("[]"),
        signed("1"),
        signed('{"format":"1"}'),
        signed('{"format":2,"id":"x","key":"x"}'),
        signed('{"format":2,"id":"x","key":"x","key_id":"x","recipients":"x"}'),
        signed('{"format":2,"id":"x","key":"x","key_id":"x","recipients":[]}'),
        b"[" * 100_000,
    ],
)
async def test_a_damaged_key_object_is_refused(stored: bytes, tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    await storage.put("repository.json", stored)
    with pytest.raises(SnapshotCorrupt):
        await ME.repository(storage, tmp_path).find("s1")


async def test_a_signature_for_another_purpose_counts_for_nothing(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    body = json.loads(await content(storage, "repository.json"))["text"]
    other = sign(body, ME.signing_key, domain="manifest")
    await storage.put("repository.json", canonical(other.as_json()))
    with pytest.raises(SnapshotCorrupt):
        await ME.repository(storage, tmp_path).find("s1")


async def test_a_repository_of_a_newer_version_is_refused_with_its_own_code(tmp_path: Path) -> None:
    storage = await mine(tmp_path)
    await storage.put("repository.json", signed('{"format":3,"shape":"unknown"}'))
    with pytest.raises(FormatUnknown) as refused:
        await ME.repository(storage, tmp_path).find("s1")
    assert (refused.value.code, refused.value.details) == ("format-unknown", {"format": 3})


@pytest.mark.parametrize(
    "bad", [Person(Secret("AGE-SECRET-KEY-1NO"), ME.signing_key), Person(ME.identity, Secret("PEM"))]
)
async def test_keys_that_are_none_are_named(bad: Person, tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid):
        async with bad.repository(MemoryStorage(), tmp_path).writer() as writer:
            await writer.store(blocks(ROWS))
