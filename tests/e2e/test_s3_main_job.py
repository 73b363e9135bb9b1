"""The main job on a real S3-compatible server: originals in one bucket, sanitized copies in another."""

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from support.postgres import NewDatabase, Postgres, Reader, execute, query
from support.repository import Person, somebody
from support.s3 import S3Server
from support.shop import EVERY_SCHEMA, Shop, clean, databases, do, recipient

from snapharbor.engine.model.errors import (
    ArgumentInvalid,
    KeyMissing,
    ShareExpired,
    ShareUnknown,
    SnapshotUnsanitized,
    StorageRefused,
)
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.model.target import Rules, StorageProfile, Target
from snapharbor.engine.operations.requests import (
    BuildRequest,
    LoadRequest,
    PruneRequest,
    PullRequest,
    RevokeRequest,
    SanitizeRequest,
    ShareRequest,
    VerifyRequest,
)
from snapharbor.engine.operations.share import SHORTEST_SECONDS

pytestmark = pytest.mark.server

CANARY = f"canary{secrets.token_hex(8)}"
EMAIL = f"{CANARY}@real.example"
KIOSK = f"""
CREATE TABLE customers (id int PRIMARY KEY, email text UNIQUE, notes_about_{CANARY} text);
CREATE TABLE visits (id int PRIMARY KEY, customer int REFERENCES customers, at timestamptz DEFAULT now());
INSERT INTO customers VALUES (1, '{EMAIL}', 'wrote from {EMAIL}'), (2, 'ben@real.example', NULL);
INSERT INTO visits (id, customer) SELECT n, 1 + n % 2 FROM generate_series(1, 1000) AS n;
SELECT lo_from_bytea(4242, convert_to('a letter by {CANARY}', 'UTF8'));
"""
RULES = f"""
UPDATE customers SET email = 'user' || id || '@example.com', notes_about_{CANARY} = NULL;
"""
RAW = "SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com'"


@dataclass(frozen=True, slots=True)
class Buckets:
    """A kiosk whose snapshots are kept in two buckets: originals in `raw`, sanitized ones in `clean`."""

    shop: Shop
    server: S3Server
    raw: StorageProfile
    clean: StorageProfile

    @property
    def target(self) -> Target:
        rules = Rules(override_query=RULES, storage_profile="clean")
        return replace(self.shop.target, rules=rules, storage_profile="raw", selection=EVERY_SCHEMA)

    def settings(self, **changes: object) -> Settings:
        profiles = {"raw": self.raw, "clean": self.clean}
        return self.shop.settings(self.target, **{"storage_profiles": profiles, **changes})

    def objects(self, profile: StorageProfile, start: str = "") -> dict[str, tuple[object, ...]]:
        """Return what is in a bucket, by name: whatever changes when an object is written again."""
        pages = self.server.client().get_paginator("list_objects_v2").paginate(Bucket=profile.bucket)
        found = [item for page in pages for item in page.get("Contents", [])]
        prefix = f"{profile.prefix}/"
        assert all(item.get("Key", "").startswith(prefix) for item in found)
        return {
            name: (item.get("ETag"), item.get("LastModified"), item.get("Size"))
            for item in found
            if (name := item.get("Key", "").removeprefix(prefix)).startswith(start)
        }

    def content(self, profile: StorageProfile) -> dict[str, bytes]:
        """Return every object with its bytes."""
        client = self.server.client()
        return {
            name: client.get_object(Bucket=profile.bucket, Key=f"{profile.prefix}/{name}")["Body"].read()
            for name in self.objects(profile)
        }


@pytest.fixture
def buckets(
    postgres: Postgres, new_database: NewDatabase, reader: Reader, s3_server: S3Server, tmp_path: Path
) -> Generator[Buckets]:
    owner = new_database(KIOSK)
    copy = owner.on(f"{owner.database}_copy")
    shop = Shop(postgres, owner, reader(owner), copy, tmp_path / "ana", somebody())
    client, names = s3_server.client(), {kind: f"{kind}-{secrets.token_hex(6)}" for kind in ("raw", "clean")}
    for bucket in names.values():
        client.create_bucket(Bucket=bucket)
    profiles = {kind: replace(s3_server.profile(bucket), name=kind) for kind, bucket in names.items()}
    yield Buckets(shop, s3_server, profiles["raw"], profiles["clean"])
    for bucket in names.values():
        client.delete_bucket(Bucket=bucket)
    clean(postgres)


def of(person: Person, directory: Path, settings: Settings) -> Settings:
    """Return another person's configuration: other keys, another directory, no storage and no target."""
    return replace(
        settings,
        working_directory=directory,
        identities=(person.identity,),
        signing_key=person.signing_key,
        storage_profiles={},
        targets={},
    )


def answer(link: str) -> int:
    try:
        with urllib.request.urlopen(link) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


async def test_originals_and_sanitized_copies_are_kept_apart_and_load(buckets: Buckets) -> None:
    async with buckets.shop.harbor(settings=buckets.settings()) as harbor:
        made = await do(harbor, SanitizeRequest("shop", original=True))
        sanitized, original = await harbor.snapshots("shop")
        assert (sanitized.id, sanitized.profile, original.profile) == (made["snapshot"], "clean", "raw")
        assert sanitized.manifest.parent == original.id
        for snapshot in (sanitized, original):
            verified = await do(harbor, VerifyRequest(snapshot.id))
            assert verified["chunks"] == len({chunk.id for chunk in snapshot.manifest.chunks()})
        loaded = await do(harbor, LoadRequest("shop"))
        again = await do(harbor, LoadRequest("shop"))
    assert (loaded["how"], again["how"], loaded["rows"]) == ("restore", "template copy", made["rows"])
    assert query(buckets.shop.destination, RAW) == [(0,)]
    assert query(buckets.shop.owner, RAW) == [(2,)]
    assert [*buckets.objects(buckets.raw, "snapshots/")] == [f"snapshots/{original.id}/manifest"]
    assert [*buckets.objects(buckets.clean, "snapshots/")] == [f"snapshots/{sanitized.id}/manifest"]


async def test_no_plain_value_reaches_a_bucket_or_stays_on_the_disk(buckets: Buckets) -> None:
    async with buckets.shop.harbor(settings=buckets.settings(recipients=(recipient(somebody()),))) as harbor:
        await do(harbor, SanitizeRequest("shop", original=True))
        await do(harbor, ShareRequest("shop", ("ben",)))
    stored = {**buckets.content(buckets.raw), **buckets.content(buckets.clean)}
    kept = {str(path): path.read_bytes() for path in buckets.shop.directory.rglob("*") if path.is_file()}
    assert len(stored) > 6
    for plain in (CANARY, "real.example", "PGDMP"):
        assert [name for name, content in {**stored, **kept}.items() if plain.encode() in content] == []
    for name_of_a_table in ("customers", "visits"):
        assert [name for name, content in stored.items() if name_of_a_table.encode() in content] == []
    assert not [path for path in kept if "/snapshots/" in path], "a local copy was kept"


async def test_a_second_build_uploads_no_chunk_again(buckets: Buckets) -> None:
    async with buckets.shop.harbor(settings=buckets.settings()) as harbor:
        await do(harbor, BuildRequest("shop"))
        before = buckets.objects(buckets.raw, "chunks/")
        await do(harbor, BuildRequest("shop"))
        after = buckets.objects(buckets.raw, "chunks/")
        execute(buckets.shop.owner, "DELETE FROM visits WHERE id = 7")
        await do(harbor, BuildRequest("shop"))
        changed, same, first = await harbor.snapshots("shop")
    assert {name: after[name] for name in before} == before, "an object was written again"
    tables = [
        {table.name: table.chunks for table in found.manifest.tables} for found in (first, same, changed)
    ]
    assert tables[0] == tables[1]
    assert {name.name for name in tables[0] if tables[0][name] != tables[2][name]} == {"visits"}
    parts = {chunk.id for part in same.manifest.parts for chunk in part.chunks}
    assert {name.rpartition("/")[2] for name in after.keys() - before.keys()} <= parts


async def test_a_share_is_pulled_by_its_link_alone_with_other_keys_elsewhere(
    buckets: Buckets, tmp_path: Path
) -> None:
    ben, eve = somebody(), somebody()
    settings = buckets.settings(recipients=(recipient(ben),))
    async with buckets.shop.harbor(settings=settings) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        shared = await do(harbor, ShareRequest("shop", ("ben",)))
        link = str(shared["link"])
        assert link.startswith(f"{buckets.clean.endpoint}/{buckets.clean.bucket}/")
        async with buckets.shop.harbor(settings=of(eve, tmp_path / "eve", settings)) as eves:
            with pytest.raises(KeyMissing):
                await do(eves, PullRequest(link))
            assert not await eves.snapshots()
        async with buckets.shop.harbor(settings=of(ben, tmp_path / "ben", settings)) as bens:
            pulled = await do(bens, PullRequest(link))
            assert (pulled["snapshot"], pulled["storage"]) == (shared["snapshot"], "local")
            await do(bens, VerifyRequest(str(pulled["snapshot"])))
            wanted = buckets.shop.destination.on("bens_copy")
            await do(bens, LoadRequest(str(pulled["snapshot"]), destination=wanted))
    assert query(wanted, RAW) == [(0,)]
    assert query(wanted, "SELECT count(*) FROM visits") == [(1000,)]


async def test_a_revoked_share_opens_no_more(buckets: Buckets, tmp_path: Path) -> None:
    ben = somebody()
    settings = buckets.settings(recipients=(recipient(ben),))
    async with buckets.shop.harbor(settings=settings) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        shared = await do(harbor, ShareRequest("shop", ("ben",)))
        assert answer(str(shared["link"])) == 200
        await do(harbor, RevokeRequest(str(shared["share"])))
        assert [share.revoked_at is None for share in await harbor.shares()] == [False]
    assert buckets.objects(buckets.clean, "shares/") == {}
    async with buckets.shop.harbor(settings=of(ben, tmp_path / "ben", settings)) as bens:
        with pytest.raises(ShareUnknown):
            await do(bens, PullRequest(str(shared["link"])))
        assert not await bens.snapshots()


async def test_an_expired_link_opens_no_more(buckets: Buckets, tmp_path: Path) -> None:
    ben = somebody()
    settings = buckets.settings(recipients=(recipient(ben),))
    async with buckets.shop.harbor(settings=settings) as harbor:
        await do(harbor, SanitizeRequest("shop", new=True))
        with pytest.raises(ArgumentInvalid):
            await harbor.plan(ShareRequest("shop", ("ben",), seconds=SHORTEST_SECONDS - 1))
        plan = await harbor.plan(ShareRequest("shop", ("ben",), seconds=SHORTEST_SECONDS))
        short = replace(plan, arguments={**plan.arguments, "seconds": 1})
        shared = await harbor.run(short, confirmed=True)
    deadline = time.monotonic() + 30
    while await to_thread.run_sync(answer, str(shared["link"])) == 200:
        assert time.monotonic() < deadline, "the link does not expire"
        await anyio.sleep(0.1)
    async with buckets.shop.harbor(settings=of(ben, tmp_path / "ben", settings)) as bens:
        with pytest.raises(ShareExpired):
            await do(bens, PullRequest(str(shared["link"])))


async def test_a_snapshot_is_pulled_from_a_storage_profile(buckets: Buckets, tmp_path: Path) -> None:
    settings = buckets.settings()
    async with buckets.shop.harbor(settings=settings) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
    elsewhere = replace(settings, working_directory=tmp_path / "elsewhere")
    async with buckets.shop.harbor(settings=elsewhere) as harbor:
        pulled = await do(harbor, PullRequest("shop"))
        assert (pulled["snapshot"], pulled["storage"]) == (made["snapshot"], "local")
    alone = replace(elsewhere, storage_profiles={})
    alone = replace(alone, targets={"shop": replace(buckets.target, storage_profile=None)})
    async with buckets.shop.harbor(settings=alone) as harbor:
        (found,) = await harbor.snapshots()
        assert (found.id, found.profile) == (made["snapshot"], None)
        await do(harbor, LoadRequest("shop"))
    assert query(buckets.shop.destination, RAW) == [(0,)]


async def test_pruning_a_bucket_keeps_what_it_was_told_to_keep(buckets: Buckets) -> None:
    async with buckets.shop.harbor(settings=buckets.settings()) as harbor:
        await do(harbor, SanitizeRequest("shop", original=True))
        await do(harbor, BuildRequest("shop"))
        newest, sanitized, _oldest = await harbor.snapshots()
        done = await do(harbor, PruneRequest(profile="raw", keep_last=1))
        assert (done["removed"], done["postponed"]) == ([_oldest.id], None)
        assert [found.id for found in await harbor.snapshots()] == [newest.id, sanitized.id]
        for snapshot in (newest, sanitized):
            await do(harbor, VerifyRequest(snapshot.id))
    assert [*buckets.objects(buckets.raw, "snapshots/")] == [f"snapshots/{newest.id}/manifest"]
    assert buckets.objects(buckets.raw, "leases/") == {}


def reading(buckets: Buckets) -> Settings:
    """Return the configuration of somebody whose bucket credentials can only read."""
    access, secret = (Secret(key) for key in buckets.server.reader_keys)
    profiles = {
        profile.name: replace(profile, access_key=access, secret_key=secret)
        for profile in (buckets.raw, buckets.clean)
    }
    return buckets.settings(storage_profiles=profiles)


async def test_credentials_that_can_only_read_build_nothing_and_say_what_to_grant(buckets: Buckets) -> None:
    async with buckets.shop.harbor(settings=reading(buckets)) as harbor:
        plan = await harbor.plan(BuildRequest("shop"))
        with pytest.raises(StorageRefused) as refused:
            await harbor.run(plan)
        assert not await harbor.snapshots()
    assert refused.value.details["code"] == "AccessDenied"
    assert refused.value.hint
    assert buckets.objects(buckets.raw) == {}
    assert databases(buckets.shop.server) == {buckets.shop.owner.database}


async def test_credentials_that_can_only_read_are_enough_to_load_and_to_pull(
    buckets: Buckets, tmp_path: Path
) -> None:
    async with buckets.shop.harbor(settings=buckets.settings()) as harbor:
        made = await do(harbor, SanitizeRequest("shop", new=True))
    before = buckets.objects(buckets.raw) | buckets.objects(buckets.clean)
    settings = replace(reading(buckets), working_directory=tmp_path / "reader")
    async with buckets.shop.harbor(settings=settings) as harbor:
        await do(harbor, LoadRequest("shop"))
        pulled = await do(harbor, PullRequest("shop"))
        assert pulled["snapshot"] == made["snapshot"]
        with pytest.raises(StorageRefused):
            await do(harbor, BuildRequest("shop"))
    assert buckets.objects(buckets.raw) | buckets.objects(buckets.clean) == before


async def test_an_original_in_a_bucket_is_not_shared(buckets: Buckets) -> None:
    async with buckets.shop.harbor(settings=buckets.settings(recipients=(recipient(somebody()),))) as harbor:
        await do(harbor, BuildRequest("shop"))
        with pytest.raises(SnapshotUnsanitized):
            await harbor.plan(ShareRequest("shop", ("ben",)))
    assert buckets.objects(buckets.raw, "shares/") == {}
