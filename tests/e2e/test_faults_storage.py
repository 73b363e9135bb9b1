"""Disks that fill up, buckets that go, bits that flip, keys that do not fit, and what is ended in between."""

import shutil
from pathlib import Path

import pytest
from anyio import to_thread
from support.disk import SmallDisk
from support.faults import RAW, MakeSite, Site, at, flip, nothing_is_left
from support.postgres import TEMPLATES, Postgres, execute, query
from support.repository import somebody
from support.s3 import FaultyS3, S3Server
from support.shop import databases

from snapharbor.engine.database.postgres.cluster import throwaway_cluster
from snapharbor.engine.model.errors import SpaceExhausted, StorageRefused
from snapharbor.engine.model.target import StorageProfile
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, Request, SanitizeRequest

pytestmark = pytest.mark.server

MEGABYTE = 1 << 20
# Base64 of what nobody can compress, some 27 MB of it: more than one part of an upload.
NOISE = """
CREATE TABLE noise AS SELECT n AS id,
  (SELECT string_agg(encode(sha512(int4send(n * 1000 + i)), 'base64'), '') FROM generate_series(1, 100) AS i)
FROM generate_series(1, 3000) AS n;
"""
PRECIOUS = "CREATE TABLE precious AS SELECT 1 AS id"


def put(shelf: Path, site: Site) -> None:
    """Fill a working directory from another one."""
    shutil.copytree(shelf, site.directory, dirs_exist_ok=True)


def code(site: Site, *arguments: str) -> str | None:
    """Run a command and return the code of its error, if it fails."""
    ran = site.run(*arguments)
    return None if ran.code == 0 else str(ran.last()["error"]["code"])


@pytest.mark.parametrize("exhausted", ["bytes", "names"])
def test_with_a_full_disk_every_verb_says_so(
    make_site: MakeSite, small_disk: SmallDisk, exhausted: str
) -> None:
    site = make_site()
    disk = small_disk(site.directory, 32 * MEGABYTE, files=100 if exhausted == "bytes" else 3)
    if exhausted == "bytes":
        assert code(site, "targets") is None
        disk.fill()
    else:
        (site.directory / "another").touch()
    assert [code(site, verb, *more) for verb, more in (("targets", ()), ("build", ("little",)))] == [
        "space-exhausted",
        "space-exhausted",
    ]


@pytest.mark.parametrize(
    ("request_", "stage"),
    [
        (BuildRequest("little"), "reading"),
        (SanitizeRequest("little", ephemeral=True), "before"),
        (SanitizeRequest("little", ephemeral=True), "restoring a private copy"),
        (SanitizeRequest("little", ephemeral=True), "applying rules"),
        (SanitizeRequest("little", new=True), "reading"),
    ],
)
async def test_a_disk_that_fills_up_during_a_run_ends_it_and_the_next_one_is_clean(
    stocked: Site, make_site: MakeSite, small_disk: SmallDisk, request_: Request, stage: str
) -> None:
    site = make_site(database="other", person=stocked.person)
    disk = small_disk(site.directory, 300 * MEGABYTE)
    put(stocked.directory, site)
    async with site.harbor() as harbor:
        before = [found.id for found in await harbor.snapshots()]
        if stage == "before":
            disk.fill(20 * MEGABYTE)
        with pytest.raises(SpaceExhausted) as caught:
            await site.do(request_, at(stage, disk.fill))
        assert len(caught.value.message) < 80
        disk.clear()
        assert [found.id for found in await harbor.snapshots()] == before
        await site.do(request_)
        await nothing_is_left(site, harbor)
        assert len(await harbor.snapshots()) == len(before) + 1


async def test_a_destination_without_space_stays_as_it_is(
    stocked: Site, postgres: Postgres, small_disk: SmallDisk, tmp_path: Path
) -> None:
    disk = small_disk(tmp_path / "server", 200 * MEGABYTE)
    with throwaway_cluster(postgres.tools, disk.path, templates=TEMPLATES) as cluster:
        copy = cluster.url("copy")
        stocked.configure(destination=copy)
        execute(cluster.url(), "CREATE DATABASE copy")
        execute(copy, PRECIOUS)
        with pytest.raises(SpaceExhausted):
            await stocked.do(LoadRequest("little"), at("loading", disk.fill))
        assert query(copy, "SELECT id FROM precious") == [(1,)]
        disk.clear()
        # A server without space cannot drop what the load left; the next run does.
        await stocked.do(LoadRequest("little"))
        assert query(copy, RAW) == [(0,)]
        left = {name for name in databases(Postgres(cluster, postgres.tools)) if "_t_" not in name}
        assert left == {"copy"}
        async with stocked.harbor() as harbor:
            await nothing_is_left(stocked, harbor)


async def test_a_bucket_that_vanishes_during_a_build_ends_it_and_the_next_one_starts_anew(
    site: Site, s3_server: S3Server, s3_profile: StorageProfile
) -> None:
    client = s3_server.client()
    in_bucket(site, s3_profile)
    with pytest.raises(StorageRefused):
        await site.do(
            BuildRequest("cloud"), at("reading", lambda: client.delete_bucket(Bucket=s3_profile.bucket))
        )
    client.create_bucket(Bucket=s3_profile.bucket)
    async with site.harbor() as harbor:
        assert await harbor.snapshots() == []
        built = await site.do(BuildRequest("cloud"))
        await nothing_is_left(site, harbor)
    assert code(site, "verify", str(built["snapshot"])) is None


async def test_an_upload_whose_process_was_killed_is_continued_by_the_next_build(
    make_site: MakeSite, faulty_s3: FaultyS3, s3_server: S3Server
) -> None:
    site, proxy = make_site(NOISE), faulty_s3.proxy
    in_bucket(site, faulty_s3.profile)
    proxy.faults.held = b"put .*partnumber=2"
    with site.start("build", "cloud") as process:
        assert await to_thread.run_sync(proxy.holding.wait, 30)
        process.kill()
    proxy.release.set()
    assert site.gone() == []
    built = site.run("build", "cloud").last()["result"]
    assert code(site, "verify", str(built["snapshot"])) is None
    assert len(proxy.seen("PUT .*partNumber=1(&|$)")) == 1
    listed = s3_server.client().list_multipart_uploads(Bucket=faulty_s3.profile.bucket)
    assert not listed.get("Uploads")
    async with site.harbor() as harbor:
        await nothing_is_left(site, harbor)


def in_bucket(site: Site, profile: StorageProfile) -> None:
    """Configure a target `cloud`, whose snapshots are kept in a bucket."""
    keys = profile.access_key, profile.secret_key
    assert all(keys)
    for name, key in zip(("access", "secret"), keys, strict=True):
        (site.root / "keys" / name).touch(mode=0o600)
        (site.root / "keys" / name).write_text(key.reveal() if key else "")
    site.configure(
        more=f"""\
  cloud:
    snapshot:
      src_url: secret:file:keys/source
      storage_profile: bucket
      schema_config: {{use_default_schema: false}}
storage_profiles:
  bucket:
    provider: minio
    bucket: {profile.bucket}
    prefix: {profile.prefix}
    endpoint: "{profile.endpoint}"
    access_key: secret:file:keys/access
    secret_key: secret:file:keys/secret
"""
    )


@pytest.mark.parametrize("place", ["chunk", "manifest"])
async def test_a_bit_that_flipped_is_found_by_verify_and_stops_a_load(stocked: Site, place: str) -> None:
    site = stocked
    execute(site.server.url, "CREATE DATABASE copy")
    execute(site.destination, PRECIOUS)
    async with site.harbor() as harbor:
        snapshot = await harbor.snapshot("little")
    kept = site.directory / "snapshots"
    chunk = max((kept / "chunks").rglob("*"), key=lambda path: path.stat().st_size)
    damaged = chunk if place == "chunk" else kept / "snapshots" / snapshot.id / "manifest"
    flip(damaged)
    assert code(site, "verify", snapshot.id) == "snapshot-corrupt"
    assert code(site, "load", snapshot.id, "--yes") == "snapshot-corrupt"
    assert query(site.destination, "SELECT id FROM precious") == [(1,)]
    assert databases(site.server) == {"little", "copy"}
    flip(damaged)
    assert code(site, "verify", snapshot.id) is None
    async with site.harbor() as harbor:
        await nothing_is_left(site, harbor)


async def test_with_other_keys_nothing_is_read_added_or_lost(stocked: Site) -> None:
    site, own = stocked, (stocked.root / "keys" / "identity.txt").read_text()
    kept = sorted((site.directory / "snapshots").rglob("*"))
    (site.root / "keys" / "identity.txt").write_text(somebody().identity.reveal())
    for arguments in (("verify", "little"), ("load", "little", "--yes"), ("build", "little")):
        assert code(site, *arguments) == "key-missing"
    assert sorted((site.directory / "snapshots").rglob("*")) == kept
    (site.root / "keys" / "identity.txt").write_text(own)
    assert code(site, "verify", "little") is None
