from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from support.repository import build, content, keys_in, manifest, rows_of, somebody

from snapharbor.engine.model.errors import KeyMissing, ObjectMissing, SnapshotCorrupt
from snapharbor.engine.model.job import Progress
from snapharbor.engine.repository.gzip import compressor, decompressor
from snapharbor.engine.repository.layout import chunk_key
from snapharbor.engine.repository.repository import Repository
from snapharbor.engine.repository.streaming import Encryptor
from snapharbor.engine.repository.verify import NOT_CHECKED
from snapharbor.engine.storage.memory import MemoryStorage

ME = somebody()
ROWS = b"".join(b"%d\t%d\n" % (number, number * number) for number in range(9000))
OTHER = ROWS[::-1]

MAGIC, KEY_ID, WRAPPED_KEY, HEADER, FIRST_SEGMENT = 0, 8, 16, 76, 116


def flipped(where: int) -> Callable[[bytes], bytes]:
    return lambda body: body[:where] + bytes((body[where] ^ 1,)) + body[where + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "magic": flipped(MAGIC),
    "key id": flipped(KEY_ID),
    "wrapped key": flipped(WRAPPED_KEY),
    "wrapped key's tag": flipped(HEADER - 1),
    "header length": flipped(HEADER),
    "salt": flipped(HEADER + 1),
    "nonce prefix": flipped(FIRST_SEGMENT - 1),
    "first byte": flipped(FIRST_SEGMENT),
    "last byte": lambda body: flipped(len(body) - 1)(body),
    "one byte short": lambda body: body[:-1],
    "only the wrapped key": lambda body: body[:HEADER],
    "nothing": lambda body: b"",
    "one byte more": lambda body: body + b"\0",
    "twice": lambda body: body + body,
}


async def one_snapshot(tmp_path: Path) -> tuple[MemoryStorage, Repository, str]:
    storage = MemoryStorage()
    repository = ME.repository(storage, tmp_path)
    snapshot = await build(repository, manifest("s1"), ROWS, part=OTHER)
    return storage, repository, chunk_key(snapshot.manifest.tables[0].chunks[0].id)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("compressed", [False, True])
async def test_a_changed_chunk_is_never_read(damage: str, compressed: bool, tmp_path: Path) -> None:
    storage, repository, key = await one_snapshot(tmp_path)
    await storage.put(key, DAMAGE[damage](await content(storage, key)))
    snapshot = await repository.find("s1")
    with pytest.raises(SnapshotCorrupt):
        await rows_of(repository, snapshot, compressed=compressed)
    found = await repository.verify(snapshot)
    assert found.corrupt == (key.rpartition("/")[2],)
    assert not found.passed


async def test_two_chunks_cannot_be_swapped(tmp_path: Path) -> None:
    storage, repository, _key = await one_snapshot(tmp_path)
    one, two = sorted(await keys_in(storage, "chunks/"))
    first, second = await content(storage, one), await content(storage, two)
    await storage.put(one, second)
    await storage.put(two, first)
    snapshot = await repository.find("s1")
    for compressed in (False, True):
        with pytest.raises(SnapshotCorrupt):
            await rows_of(repository, snapshot, compressed=compressed)
    assert len((await repository.verify(snapshot)).corrupt) == 2


async def test_a_chunk_under_another_key_is_told_apart_from_a_damaged_one(tmp_path: Path) -> None:
    storage, repository, key = await one_snapshot(tmp_path)
    foreign = MemoryStorage()
    other = ME.repository(foreign, tmp_path)
    await build(other, manifest("s1"), ROWS)
    for chunk in await keys_in(foreign, "chunks/"):
        await storage.put(key, await content(foreign, chunk))
        with pytest.raises(KeyMissing) as refused:
            await rows_of(repository, await repository.find("s1"))
        assert refused.value.details == {"key_id": (await other.keys()).id}
        found = await repository.verify(await repository.find("s1"))
        assert (found.corrupt, found.foreign) == ((), (key.rpartition("/")[2],))
        assert not found.passed


async def test_a_manifest_under_another_key_is_told_apart_from_a_damaged_one(tmp_path: Path) -> None:
    storage, _repository, _key = await one_snapshot(tmp_path)
    foreign = MemoryStorage()
    await build(ME.repository(foreign, tmp_path), manifest("s1"), ROWS)
    await storage.put("snapshots/s1/manifest", await content(foreign, "snapshots/s1/manifest"))
    with pytest.raises(KeyMissing):
        await ME.repository(storage, tmp_path).find("s1")
    survey = await ME.repository(storage, tmp_path).survey()
    assert {key: type(error) for key, error in survey.unreadable.items()} == {"s1": KeyMissing}


async def test_a_missing_chunk_is_told_apart(tmp_path: Path) -> None:
    storage, repository, key = await one_snapshot(tmp_path)
    await storage.delete(key)
    snapshot = await repository.find("s1")
    with pytest.raises(ObjectMissing):
        await rows_of(repository, snapshot)
    found = await repository.verify(snapshot)
    assert (found.missing, found.corrupt) == ((key.rpartition("/")[2],), ())
    assert not found.passed


async def test_a_whole_snapshot_passes_and_says_what_was_not_looked_at(tmp_path: Path) -> None:
    _storage, repository, _key = await one_snapshot(tmp_path)
    seen: list[Progress] = []
    found = await repository.verify(await repository.find("s1"), seen.append)
    assert found.passed
    assert (found.snapshot, found.signed_by, found.sent_by) == ("s1", ME.signs_as, None)
    assert (found.chunks, found.bytes) == (2, len(ROWS) + len(OTHER))
    assert found.not_checked == NOT_CHECKED
    assert seen[-1] == Progress("verify", found.bytes, found.bytes, "bytes")


@pytest.mark.parametrize("where", [0, 8, 16, 17, 55, 56, -1])
async def test_a_changed_manifest_is_refused_and_the_others_stay_readable(where: int, tmp_path: Path) -> None:
    storage, repository, _key = await one_snapshot(tmp_path)
    whole = await build(repository, manifest("s2"), ROWS)
    sealed = await content(storage, "snapshots/s1/manifest")
    await storage.put("snapshots/s1/manifest", flipped(where % len(sealed))(sealed))
    fresh = ME.repository(storage, tmp_path)
    with pytest.raises(SnapshotCorrupt):
        await fresh.find("s1")
    survey = await fresh.survey()
    assert survey.snapshots == (whole,)
    assert {key: type(error) for key, error in survey.unreadable.items()} == {"s1": SnapshotCorrupt}


async def test_a_manifest_under_another_id_is_refused(tmp_path: Path) -> None:
    storage, repository, _key = await one_snapshot(tmp_path)
    await storage.put("snapshots/s2/manifest", await content(storage, "snapshots/s1/manifest"))
    with pytest.raises(SnapshotCorrupt):
        await repository.find("s2")


async def test_verify_reads_the_manifest_again(tmp_path: Path) -> None:
    storage, repository, _key = await one_snapshot(tmp_path)
    snapshot = await repository.find("s1")
    await storage.put("snapshots/s1/manifest", b"something else")
    with pytest.raises(SnapshotCorrupt):
        await repository.verify(snapshot)


async def test_whoever_got_a_chunks_key_by_a_share_cannot_plant_other_rows(tmp_path: Path) -> None:
    storage, repository, key = await one_snapshot(tmp_path)
    snapshot = await repository.find("s1")
    chunk_id = snapshot.manifest.tables[0].chunks[0].id
    shared_key, planted = (await repository.keys()).chunk(chunk_id), ROWS.replace(b"1", b"2")
    gzip, data_key, body = compressor(), token_bytes(32), list[bytes]()
    encryptor = Encryptor(data_key, b"snapharbor/1 chunk body", write=body.append)
    encryptor.write(gzip.compress(planted) + gzip.flush())
    encryptor.finish()
    nonce = token_bytes(12)
    wrapped = nonce + AESGCM(shared_key).encrypt(nonce, data_key, chunk_id.encode())
    key_id = bytes.fromhex((await repository.keys()).id)
    await storage.put(key, b"SHCHUNK\x02" + key_id + wrapped + b"".join(body))
    with pytest.raises(SnapshotCorrupt):
        await rows_of(repository, snapshot)
    assert (await repository.verify(snapshot)).corrupt == (chunk_id,)
    # Compressed output is not opened, so its content is not compared: docs/format.md, limits.
    members = await rows_of(repository, snapshot, compressed=True)
    assert decompressor().decompress(members) == planted
