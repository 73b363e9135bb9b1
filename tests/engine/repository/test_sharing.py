import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.repository import Person, build, content, keys_in, manifest, rows_of, somebody

from snapharbor.engine import keypair
from snapharbor.engine.model.errors import (
    FormatUnknown,
    JobConflict,
    KeyMissing,
    ObjectMissing,
    RecipientUnknown,
    ShareExpired,
    SnapshotCorrupt,
    SnapshotUnsanitized,
)
from snapharbor.engine.model.job import ignore
from snapharbor.engine.model.json import Json, canonical
from snapharbor.engine.model.snapshot import SanitizedSnapshot, Snapshot
from snapharbor.engine.repository import signing
from snapharbor.engine.repository.copying import copy_snapshot
from snapharbor.engine.repository.layout import chunk_key
from snapharbor.engine.repository.sharing import Bundle, import_bundle, seal, unseal
from snapharbor.engine.storage.memory import MemoryStorage

SENDER, RECIPIENT, STRANGER = somebody(), somebody(), somebody()
ROWS = b"1\tuser1@example.com\n2\tuser2@example.com\n"
LATER, EARLIER = "2999-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"


class World:
    """A sender's storage with one snapshot of each kind, and a recipient's empty one."""

    def __init__(self, directory: Path) -> None:
        self.theirs, self.ours = MemoryStorage(), MemoryStorage()
        self.sender = SENDER.repository(self.theirs, directory)
        self.recipient = RECIPIENT.repository(self.ours, directory)
        self.objects: dict[str, bytes] = {}

    async def build(self) -> SanitizedSnapshot:
        await build(self.sender, manifest("raw"), b"1\treal.person@example.org\n")
        snapshot = await build(self.sender, manifest("clean", kind="sanitized"), ROWS)
        assert isinstance(snapshot, SanitizedSnapshot)
        self.objects = {
            f"link:{chunk.id}": await content(self.theirs, chunk_key(chunk.id))
            for chunk in snapshot.manifest.chunks()
        }
        return snapshot

    async def sealed(
        self, snapshot: SanitizedSnapshot, *, until: str = LATER, to: Person = RECIPIENT
    ) -> bytes:
        return await seal(
            self.sender,
            snapshot,
            share="share1",
            expires_at=until,
            recipients=[keypair.recipient_of(to.identity)],
            links={chunk.id: f"link:{chunk.id}" for chunk in snapshot.manifest.chunks()},
        )

    async def opened(self) -> Bundle:
        return unseal(await self.sealed(await self.build()), (RECIPIENT.identity,))

    def fetch(self, link: str) -> io.BytesIO:
        return io.BytesIO(self.objects[link])

    async def take(self, bundle: Bundle) -> Snapshot:
        return await import_bundle(self.recipient, bundle, fetch=self.fetch, report=ignore)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_recipient_gets_the_snapshot_under_own_keys_and_knows_who_sent_it(world: World) -> None:
    bundle = await world.opened()
    taken = await world.take(bundle)
    original = await world.sender.find("clean")
    assert (bundle.share, bundle.expires_at, bundle.sender) == ("share1", LATER, SENDER.signs_as)
    assert bundle.manifest == original.manifest
    assert isinstance(taken, SanitizedSnapshot)
    assert await rows_of(world.recipient, taken) == ROWS
    found = await world.recipient.verify(taken)
    assert (found.passed, found.signed_by, found.sent_by) == (True, RECIPIENT.signs_as, SENDER.signs_as)
    assert not {c.id for c in taken.manifest.chunks()} & {c.id for c in original.manifest.chunks()}
    emptied = [replace(m, parts=(), tables=()) for m in (taken.manifest, original.manifest)]
    assert emptied[0] == emptied[1]
    kept = (await world.recipient.signed("clean")).origin
    assert kept == bundle.said


async def test_taking_it_twice_changes_nothing(world: World) -> None:
    bundle = await world.opened()
    taken = await world.take(bundle)
    before = await keys_in(world.ours)
    assert await world.take(bundle) == taken
    assert await keys_in(world.ours) == before


async def test_whoever_it_is_not_for_cannot_open_it(world: World) -> None:
    sealed = await world.sealed(await world.build())
    with pytest.raises(KeyMissing):
        unseal(sealed, (STRANGER.identity,))
    with pytest.raises(KeyMissing):
        unseal(sealed, ())
    with pytest.raises(KeyMissing):
        unseal(sealed, (SENDER.identity,))


async def test_a_share_opens_this_snapshot_and_nothing_else(world: World) -> None:
    bundle = await world.opened()
    raw = await world.sender.find("raw")
    mine = {chunk.id for chunk in bundle.manifest.chunks()}
    assert set(bundle.keys) == set(bundle.links) == mine
    foreign = [chunk for chunk in raw.manifest.chunks() if chunk.id not in mine]
    stolen = {chunk.id: await content(world.theirs, chunk_key(chunk.id)) for chunk in foreign}
    assert foreign
    keys = {chunk.id: next(iter(bundle.keys.values())) for chunk in foreign}
    world.objects = {f"link:{chunk_id}": body for chunk_id, body in stolen.items()}
    links = {chunk.id: f"link:{chunk.id}" for chunk in foreign}
    tables = (replace(raw.manifest.tables[0], chunks=tuple(foreign)),)
    other = replace(raw.manifest, parts=(), tables=tables)
    with pytest.raises(SnapshotCorrupt):
        await world.take(replace(bundle, manifest=other, keys=keys, links=links))


async def test_a_share_says_nothing_to_whoever_keeps_it(world: World) -> None:
    sealed = await world.sealed(await world.build())
    assert sealed.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    assert not [word for word in (b"clean", b"orders", b"link:") if word in sealed]


async def test_after_its_time_it_is_refused(world: World) -> None:
    with pytest.raises(ShareExpired):
        unseal(await world.sealed(await world.build(), until=EARLIER), (RECIPIENT.identity,))


async def test_raw_data_is_neither_shared_nor_taken(world: World) -> None:
    await world.build()
    raw = await world.sender.find("raw")
    pretended = object.__new__(SanitizedSnapshot)
    object.__setattr__(pretended, "manifest", raw.manifest)
    with pytest.raises(SnapshotUnsanitized):
        await world.sealed(pretended)
    said = (await world.sender.signed("raw")).own
    with pytest.raises(SnapshotUnsanitized):
        unseal(forged(snapshot=said.as_json(), by=SENDER), (RECIPIENT.identity,))


async def test_nobody_to_seal_to_is_refused(world: World) -> None:
    snapshot = await world.build()
    for recipients in ([], ["age1x"]):
        with pytest.raises(RecipientUnknown):
            await seal(
                world.sender,
                snapshot,
                share="s",
                expires_at=LATER,
                recipients=recipients,
                links=dict.fromkeys((c.id for c in snapshot.manifest.chunks()), ""),
            )


def forged(*, by: Person, **values: Json) -> bytes:
    body: dict[str, Json] = {
        "format": 2,
        "share": "s",
        "expires_at": LATER,
        "key_id": "0" * 16,
        "links": {},
        "keys": {},
        **values,
    }
    signed = signing.sign(canonical(body).decode(), by.signing_key, domain="share")
    return keypair.seal(canonical(signed.as_json()), [keypair.recipient_of(RECIPIENT.identity)])


async def test_the_senders_manifest_with_a_strangers_keys_and_links_is_refused(world: World) -> None:
    bundle = await world.opened()
    keys = dict.fromkeys(bundle.keys, "00" * 32)
    links = dict.fromkeys(bundle.links, "link:elsewhere")
    with pytest.raises(SnapshotCorrupt):
        unseal(
            forged(by=STRANGER, snapshot=bundle.said.as_json(), keys=keys, links=links),
            (RECIPIENT.identity,),
        )


CHANGES: dict[str, dict[str, Json]] = {
    "another format of text": {"format": "1"},
    "a key missing": {"keys": {}},
    "a key that is none": {"keys": {"a" * 64: "00"}},
    "a link missing": {"links": {}},
    "more": {"more": 1},
    "no manifest": {"snapshot": None},
    "more said than that": {"snapshot": {"manifest": None, "attestation": None, "more": 1}},
    "an end that is no time": {"expires_at": "tomorrow"},
    "an end without a zone": {"expires_at": "2999-01-01T00:00:00"},
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_bundle_of_another_form_is_refused(change: str, world: World) -> None:
    bundle = await world.opened()
    whole: dict[str, Json] = {
        "snapshot": bundle.said.as_json(),
        "keys": {chunk_id: key.hex() for chunk_id, key in bundle.keys.items()},
        "links": dict(bundle.links),
    }
    assert unseal(forged(by=SENDER, **whole), (RECIPIENT.identity,)).manifest == bundle.manifest
    with pytest.raises(SnapshotCorrupt):
        unseal(forged(by=SENDER, **{**whole, **CHANGES[change]}), (RECIPIENT.identity,))


async def test_a_newer_bundle_asks_for_an_update(world: World) -> None:
    with pytest.raises(FormatUnknown):
        unseal(forged(by=SENDER, format=3), (RECIPIENT.identity,))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda sealed: b"",
    "cut": lambda sealed: sealed[: len(sealed) // 2],
    "changed": lambda sealed: sealed[:-80] + bytes((sealed[-80] ^ 1,)) + sealed[-79:],
    "something else": lambda sealed: b"hello",
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_bundle_is_refused(damage: str, world: World) -> None:
    sealed = await world.sealed(await world.build())
    with pytest.raises(SnapshotCorrupt):
        unseal(DAMAGE[damage](sealed), (RECIPIENT.identity,))


async def test_a_changed_object_is_found_and_nothing_is_kept(world: World) -> None:
    bundle = await world.opened()
    link = bundle.links[bundle.manifest.tables[0].chunks[0].id]
    body = world.objects[link]
    for bad in (body[:-1], body + b"\0", body[:100] + bytes((body[100] ^ 1,)) + body[101:], b""):
        world.objects[link] = bad
        with pytest.raises(SnapshotCorrupt):
            await world.take(bundle)
    assert await world.recipient.snapshots() == ()


async def test_an_object_under_another_key_is_told_apart_from_a_changed_one(world: World) -> None:
    bundle = await world.opened()
    with pytest.raises(KeyMissing):
        await world.take(
            replace(bundle, key_id="0" * 16, keys=dict.fromkeys(bundle.keys, b"\0" * 32)),
        )
    assert await world.recipient.snapshots() == ()


async def test_a_manifest_that_counts_other_rows_is_found(world: World) -> None:
    bundle = await world.opened()
    tables = tuple(replace(table, rows=table.rows + 1) for table in bundle.manifest.tables)
    with pytest.raises(SnapshotCorrupt):
        await world.take(replace(bundle, manifest=replace(bundle.manifest, tables=tables)))
    assert await world.recipient.snapshots() == ()


async def test_an_id_that_is_taken_is_not_overwritten(world: World) -> None:
    bundle = await world.opened()
    own = await build(world.recipient, manifest("clean", kind="sanitized"), b"3\tmine@example.com\n")
    with pytest.raises(JobConflict):
        await world.take(bundle)
    assert await world.recipient.find("clean") == own


async def test_a_snapshot_is_copied_between_own_repositories(tmp_path: Path) -> None:
    there, here = MemoryStorage(), MemoryStorage()
    source, into = SENDER.repository(there, tmp_path), SENDER.repository(here, tmp_path)
    snapshot = await build(source, manifest("s1"), ROWS)
    copied = await copy_snapshot(snapshot, source=source, into=into, report=ignore)
    assert await rows_of(into, copied) == ROWS
    assert (await into.verify(copied)).passed
    assert await copy_snapshot(snapshot, source=source, into=into, report=ignore) == copied
    assert await keys_in(there, "leases/") == set()


async def test_a_copy_of_a_snapshot_that_is_not_whole_is_not_kept(tmp_path: Path) -> None:
    there, here = MemoryStorage(), MemoryStorage()
    source, into = SENDER.repository(there, tmp_path), SENDER.repository(here, tmp_path)
    snapshot = await build(source, manifest("s1"), ROWS)
    await there.delete(chunk_key(snapshot.manifest.tables[0].chunks[0].id))
    with pytest.raises(ObjectMissing):
        await copy_snapshot(snapshot, source=source, into=into, report=ignore)
    assert await into.snapshots() == ()
