"""An S3-compatible bucket behind a bad connection."""

import random
import tracemalloc
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from support.proxy import FaultyProxy
from support.s3 import FaultyS3, S3Server

from snapharbor.engine.model.errors import (
    EngineError,
    ObjectMissing,
    SpaceExhausted,
    StorageRefused,
    StorageUnreachable,
)
from snapharbor.engine.model.target import StorageProfile
from snapharbor.engine.storage import multipart
from snapharbor.engine.storage.retry import Patience, RetryingStorage
from snapharbor.engine.storage.s3 import S3Storage

pytestmark = pytest.mark.server

PART = 5 << 20
ONCE = Patience(attempts=1)
EAGER = Patience(attempts=4, first_delay=0.01)
NAME = "team/snapshots/big"


def answer(status: int, code: str, message: str = "") -> bytes:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def hurried(profile: StorageProfile, patience: Patience = EAGER) -> S3Storage:
    return S3Storage(profile, part_size=PART, patience=patience)


def unfinished(server: S3Server, bucket: str) -> list[str]:
    listed = server.client().list_multipart_uploads(Bucket=bucket)
    return [upload.get("UploadId", "") for upload in listed.get("Uploads", [])]


async def content(storage: S3Storage, key: str) -> bytes:
    async with storage.open(key) as reader:
        return await to_thread.run_sync(reader.read)


async def held(proxy: FaultyProxy) -> None:
    assert await to_thread.run_sync(proxy.holding.wait, 20)


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big"
    path.write_bytes(random.Random(1).randbytes(6 * PART - 1000))
    return path


@pytest.fixture
def bytes_of_big(big: Path) -> bytes:
    return big.read_bytes()


async def test_an_upload_goes_on_after_broken_connections(
    faulty_s3: FaultyS3, big: Path, bytes_of_big: bytes
) -> None:
    faulty_s3.proxy.faults.upload_budget = PART // 2
    faulty_s3.proxy.faults.cuts = 3
    assert await hurried(faulty_s3.profile).put("big", big) is True
    assert faulty_s3.proxy.faults.cuts == 0
    assert len(faulty_s3.proxy.seen("partNumber=")) == 6 + 3
    assert await content(hurried(faulty_s3.profile), "big") == bytes_of_big


async def test_an_interrupted_upload_is_continued_by_the_next_attempt(
    faulty_s3: FaultyS3, s3_server: S3Server, big: Path, bytes_of_big: bytes
) -> None:
    faults = faulty_s3.proxy.faults
    faults.answers[rb"partnumber=[56]\b"] = answer(503, "ServiceUnavailable")
    with pytest.raises(StorageUnreachable):
        await hurried(faulty_s3.profile, ONCE).put("big", big)
    assert len(unfinished(s3_server, faulty_s3.profile.bucket)) == 1

    faults.answers.clear()
    faulty_s3.proxy.requests.clear()
    assert await hurried(faulty_s3.profile).put("big", big) is True
    assert 2 <= len(faulty_s3.proxy.seen("PUT .*partNumber=")) < 6
    assert await content(hurried(faulty_s3.profile), "big") == bytes_of_big
    assert unfinished(s3_server, faulty_s3.profile.bucket) == []


async def test_parts_of_other_bytes_are_not_taken_over(
    faulty_s3: FaultyS3, big: Path, bytes_of_big: bytes
) -> None:
    faults = faulty_s3.proxy.faults
    faults.answers[rb"partnumber=6\b"] = answer(503, "ServiceUnavailable")
    with pytest.raises(StorageUnreachable):
        await hurried(faulty_s3.profile, ONCE).put("big", big)
    faults.answers.clear()
    changed = bytes(reversed(bytes_of_big))
    assert await hurried(faulty_s3.profile).put("big", changed) is True
    assert await content(hurried(faulty_s3.profile), "big") == changed


async def test_a_stale_upload_is_given_up(
    s3_profile: StorageProfile,
    s3_server: S3Server,
    big: Path,
    bytes_of_big: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = s3_server.client()
    client.create_multipart_upload(Bucket=s3_profile.bucket, Key=NAME)
    client.create_multipart_upload(Bucket=s3_profile.bucket, Key=f"{NAME}-other")
    monkeypatch.setattr(multipart, "STALE_SECONDS", -60)
    await hurried(s3_profile).put("big", big)
    left = client.list_multipart_uploads(Bucket=s3_profile.bucket).get("Uploads", [])
    assert [upload.get("Key") for upload in left] == [f"{NAME}-other"]
    assert await content(hurried(s3_profile), "big") == bytes_of_big


@pytest.mark.parametrize("if_absent", [False, True])
async def test_an_upload_that_somebody_else_gave_up_is_begun_anew(
    faulty_s3: FaultyS3, s3_server: S3Server, big: Path, bytes_of_big: bytes, if_absent: bool
) -> None:
    faulty_s3.proxy.faults.held = rb"partnumber=6\b"
    bucket = faulty_s3.profile.bucket
    done: list[bool] = []

    async def write() -> None:
        done.append(await hurried(faulty_s3.profile).put("big", big, if_absent=if_absent))

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        await held(faulty_s3.proxy)
        for upload in unfinished(s3_server, bucket):
            s3_server.client().abort_multipart_upload(Bucket=bucket, Key=NAME, UploadId=upload)
        faulty_s3.proxy.release.set()
    assert done == [True]
    assert await content(hurried(faulty_s3.profile), "big") == bytes_of_big


async def test_a_cancelled_upload_leaves_nothing(faulty_s3: FaultyS3, s3_server: S3Server, big: Path) -> None:
    faulty_s3.proxy.faults.held = rb"partnumber=6\b"
    async with anyio.create_task_group() as group:
        group.start_soon(hurried(faulty_s3.profile).put, "big", big)
        await held(faulty_s3.proxy)
        group.cancel_scope.cancel()
        faulty_s3.proxy.release.set()
    assert unfinished(s3_server, faulty_s3.profile.bucket) == []
    assert await hurried(faulty_s3.profile).stat("big") is None


async def test_a_bucket_that_vanishes_in_the_middle_is_an_error_and_no_object(
    faulty_s3: FaultyS3, s3_server: S3Server, big: Path
) -> None:
    faulty_s3.proxy.faults.held = rb"^post \S+\?uploadid="
    caught: list[EngineError] = []

    async def write() -> None:
        try:
            await hurried(faulty_s3.profile).put("big", big)
        except EngineError as error:
            caught.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        await held(faulty_s3.proxy)
        s3_server.client().delete_bucket(Bucket=faulty_s3.profile.bucket)
        faulty_s3.proxy.release.set()
    assert [(type(error), error.details.get("code")) for error in caught] == [
        (StorageRefused, "NoSuchBucket")
    ]
    assert caught[0].hint


async def test_an_upload_without_the_right_to_list_uploads_begins_anew(
    faulty_s3: FaultyS3, big: Path, bytes_of_big: bytes
) -> None:
    faulty_s3.proxy.faults.answers[rb"^get \S+\?uploads"] = answer(403, "AccessDenied")
    assert await hurried(faulty_s3.profile).put("big", big) is True
    assert await content(hurried(faulty_s3.profile), "big") == bytes_of_big


async def test_a_server_without_checksums_is_sent_an_md5(
    faulty_s3: FaultyS3, big: Path, bytes_of_big: bytes
) -> None:
    refusal = answer(501, "NotImplemented", "Header 'x-amz-checksum-sha256' not implemented")
    faulty_s3.proxy.faults.answers[rb"x-amz-(checksum|sdk-checksum)-"] = refusal
    storage = hurried(faulty_s3.profile)
    assert await storage.put("small", b"small") is True
    assert await storage.put("big", big) is True
    assert await content(storage, "small") == b"small"
    assert await content(storage, "big") == bytes_of_big


async def test_a_server_without_conditions_is_looked_at_first(faulty_s3: FaultyS3, big: Path) -> None:
    faulty_s3.proxy.faults.answers[rb"if-none-match"] = answer(501, "NotImplemented")
    storage = hurried(faulty_s3.profile)
    for key, data in (("small", b"small"), ("big", big)):
        assert await storage.put(key, data, if_absent=True) is True
        assert await storage.put(key, b"another", if_absent=True) is False
    assert await content(storage, "small") == b"small"


async def test_reading_goes_on_after_broken_connections(
    faulty_s3: FaultyS3, big: Path, bytes_of_big: bytes
) -> None:
    storage = hurried(faulty_s3.profile)
    await storage.put("big", big)
    faulty_s3.proxy.faults.download_budget = 7 << 20
    faulty_s3.proxy.faults.cuts = 3
    fresh = hurried(faulty_s3.profile)
    assert await content(fresh, "big") == bytes_of_big
    assert len(faulty_s3.proxy.seen(f"GET .*{NAME}$")) == 4


async def test_reading_ends_when_the_object_was_replaced_meanwhile(faulty_s3: FaultyS3, big: Path) -> None:
    storage = hurried(faulty_s3.profile)
    await storage.put("big", big)
    async with storage.open("big") as reader:
        await to_thread.run_sync(reader.read, 1000)
        await storage.put("big", b"another")
        faulty_s3.proxy.hang_up()
        with pytest.raises(StorageUnreachable):
            await to_thread.run_sync(reader.read)


async def test_reading_ends_when_nothing_comes_any_more(faulty_s3: FaultyS3, big: Path) -> None:
    storage = hurried(faulty_s3.profile)
    await storage.put("big", big)
    async with storage.open("big") as reader:
        await to_thread.run_sync(reader.read, 1000)
        faulty_s3.proxy.faults.refusals = 1000
        faulty_s3.proxy.hang_up()
        with pytest.raises(StorageUnreachable):
            await to_thread.run_sync(reader.read)
    assert faulty_s3.proxy.faults.refusals == 1000 - 3


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "QuotaExceeded", SpaceExhausted),
        (507, "InsufficientStorage", SpaceExhausted),
        (503, "SlowDown", StorageUnreachable),
        (500, "InternalError", StorageUnreachable),
        (429, "Weird", StorageUnreachable),
        (409, "ConditionalRequestConflict", StorageUnreachable),
        (400, "BadDigest", StorageUnreachable),
        (403, "RequestTimeTooSkewed", StorageRefused),
        (400, "ExpiredToken", StorageRefused),
    ],
)
async def test_each_refusal_has_its_class(
    faulty_s3: FaultyS3, status: int, code: str, expected: type[EngineError]
) -> None:
    faulty_s3.proxy.faults.answers[rb"^put "] = answer(status, code)
    with pytest.raises(expected) as caught:
        await hurried(faulty_s3.profile).put("a", b"x")
    assert caught.value.details["code"] == code


async def test_retrying_gets_over_a_server_that_is_away_for_a_while(faulty_s3: FaultyS3) -> None:
    storage = RetryingStorage(hurried(faulty_s3.profile), 4, first_delay=0.01)
    faulty_s3.proxy.faults.refusals = 3
    assert await storage.put("a", b"x") is True
    assert faulty_s3.proxy.faults.refusals == 0


async def test_retrying_asks_so_often_and_then_gives_up(faulty_s3: FaultyS3) -> None:
    storage = RetryingStorage(hurried(faulty_s3.profile), 3, first_delay=0.01)
    faulty_s3.proxy.faults.answers[b"^put "] = answer(503, "SlowDown")
    with pytest.raises(StorageUnreachable):
        await storage.put("a", b"x")
    assert len(faulty_s3.proxy.seen("PUT")) == 3


async def test_retrying_does_not_ask_again_when_it_was_refused(faulty_s3: FaultyS3) -> None:
    storage = RetryingStorage(hurried(faulty_s3.profile), 3, first_delay=0.01)
    faulty_s3.proxy.faults.answers[b"^put "] = answer(403, "AccessDenied")
    with pytest.raises(StorageRefused):
        await storage.put("a", b"x")
    with pytest.raises(ObjectMissing):
        async with storage.open("a"):
            pass
    assert len(faulty_s3.proxy.seen("PUT")) == len(faulty_s3.proxy.seen("GET")) == 1


async def test_a_listing_that_broke_in_the_middle_tells_each_object_once(
    faulty_s3: FaultyS3, s3_server: S3Server
) -> None:
    client, bucket = s3_server.client(), faulty_s3.profile.bucket
    expected = [f"many/{number:04}" for number in range(1010)]
    for key in expected:
        await to_thread.run_sync(partial(client.put_object, Bucket=bucket, Key=f"team/snapshots/{key}"))
    faulty_s3.proxy.faults.held = b"continuation-token"
    found: list[str] = []

    async def read() -> None:
        storage = RetryingStorage(hurried(faulty_s3.profile), 3, first_delay=0.01)
        found.extend([stored.key async for stored in storage.list("many/")])

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        await held(faulty_s3.proxy)
        faulty_s3.proxy.hang_up()
        faulty_s3.proxy.release.set()
    assert sorted(found) == expected
    assert len(faulty_s3.proxy.seen("list-type")) == 4


async def test_a_big_upload_holds_little_memory(s3_profile: StorageProfile, tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    storage = S3Storage(s3_profile)
    await storage.put("warm", b"up")
    tracemalloc.start()
    try:
        await storage.put("big", path)
        async with storage.open("big") as reader:
            while await to_thread.run_sync(reader.read, 1 << 20):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
