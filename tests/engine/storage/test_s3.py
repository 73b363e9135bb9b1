"""Who may reach a bucket, by which keys, through which links."""

import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread
from support.s3 import S3Server

from snapharbor.engine.model.errors import (
    ArgumentInvalid,
    ConfigInvalid,
    ConfigMissing,
    EngineError,
    StorageRefused,
    StorageUnreachable,
)
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import StorageProfile
from snapharbor.engine.storage.retry import Patience
from snapharbor.engine.storage.s3 import S3Storage, connect

WRONG = Secret("0123456789" * 4)
Setup = Callable[..., None]


@pytest.fixture(autouse=True)
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """Keep this machine's own AWS settings out, and return what writes others."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "REGION", "ENDPOINT_URL"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def write(section: str, keys: tuple[str, str], **settings: str) -> None:
        lines = [f"aws_access_key_id={keys[0]}", f"aws_secret_access_key={keys[1]}"]
        lines += [f"{name}={value}" for name, value in settings.items()]
        with (tmp_path / "config").open("a") as file:
            file.write("\n".join((f"[{section}]", *lines, "")))

    return write


def without_keys(profile: StorageProfile) -> StorageProfile:
    return replace(profile, access_key=None, secret_key=None)


def fetched(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b""


async def every_failure(storage: S3Storage) -> list[EngineError]:
    async def listing() -> None:
        assert [stored async for stored in storage.list("")] == []

    async def reading() -> None:
        async with storage.open("a"):
            pass

    calls = (lambda: storage.put("a", b"x"), reading, lambda: storage.stat("a"), listing)
    errors: list[EngineError] = []
    for call in (*calls, lambda: storage.delete("a")):
        try:
            await call()
        except EngineError as error:
            errors.append(error)
    return errors


@pytest.mark.server
@pytest.mark.parametrize("field", ["access_key", "secret_key"])
async def test_wrong_keys_are_refused_and_never_shown(s3_profile: StorageProfile, field: str) -> None:
    profile = replace(s3_profile, **{field: WRONG})
    errors = await every_failure(S3Storage(profile))
    assert [type(error) for error in errors] == [StorageRefused] * 5
    told = repr([(error.message, error.hint, error.details, error.__cause__) for error in errors])
    assert WRONG.reveal() not in told
    assert s3_profile.access_key is not None
    assert s3_profile.access_key.reveal() not in told
    assert "Signature=" not in told


@pytest.mark.server
async def test_an_identity_that_may_only_read_is_refused_to_write(
    s3_server: S3Server, s3_profile: StorageProfile
) -> None:
    await S3Storage(s3_profile).put("a", b"x")
    access, secret = (Secret(key) for key in s3_server.reader_keys)
    reader = S3Storage(replace(s3_profile, access_key=access, secret_key=secret), part_size=5 << 20)
    async with reader.open("a") as file:
        assert await to_thread.run_sync(file.read) == b"x"
    for content in (b"y", bytes(6 << 20)):
        with pytest.raises(StorageRefused) as caught:
            await reader.put("b", content)
        assert caught.value.details["code"] == "AccessDenied"


async def test_an_endpoint_that_nobody_listens_on_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    profile = StorageProfile(
        "gone", "minio", bucket="b", endpoint=f"http://127.0.0.1:{port}", access_key=WRONG, secret_key=WRONG
    )
    storage = S3Storage(profile, part_size=5 << 20, patience=Patience(1))
    assert [type(error) for error in await every_failure(storage)] == [StorageUnreachable] * 5
    with pytest.raises(StorageUnreachable):
        await storage.put("big", bytes(6 << 20))


@pytest.mark.server
async def test_a_server_without_tls_is_unreachable_over_https(s3_server: S3Server) -> None:
    profile = replace(s3_server.profile("any"), endpoint=f"https://127.0.0.1:{s3_server.port}")
    assert [type(error) for error in await every_failure(S3Storage(profile))] == [StorageUnreachable] * 5


@pytest.mark.server
async def test_a_bucket_that_does_not_exist_is_refused(s3_server: S3Server) -> None:
    storage = S3Storage(s3_server.profile("no-such-bucket"))
    with pytest.raises(StorageRefused) as caught:
        await storage.put("a", b"x")
    assert caught.value.details["code"] == "NoSuchBucket"
    with pytest.raises(StorageRefused):
        assert [stored async for stored in storage.list("")] == []


@pytest.mark.server
async def test_other_objects_of_the_bucket_stay_out_of_sight(
    s3_server: S3Server, s3_profile: StorageProfile
) -> None:
    client = s3_server.client()
    for name in ("a", "team/snapshotsx/a", "team/snapshots/READ ME", "team/snapshots/ok"):
        client.put_object(Bucket=s3_profile.bucket, Key=name, Body=b"")
    assert [stored.key async for stored in S3Storage(s3_profile).list("")] == ["ok"]
    whole = S3Storage(replace(s3_profile, prefix=""))
    assert sorted([stored.key async for stored in whole.list("")]) == [
        "a",
        "team/snapshots/ok",
        "team/snapshotsx/a",
    ]


@pytest.mark.server
async def test_a_link_reads_one_object_and_nothing_else(s3_profile: StorageProfile) -> None:
    storage = S3Storage(s3_profile)
    await storage.put("shared/a", b"for you")
    await storage.put("shared/b", b"not for you")
    link = await storage.presign("shared/a", 60)
    assert link is not None
    assert s3_profile.secret_key is not None
    assert s3_profile.secret_key.reveal() not in link
    assert await to_thread.run_sync(fetched, link) == (200, b"for you")
    last = link[-1]
    for forged in (
        link.replace("shared/a", "shared/b"),
        link[:-1] + ("0" if last != "0" else "1"),
        link.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
    ):
        assert forged != link
        assert await to_thread.run_sync(fetched, forged) == (403, b"")


@pytest.mark.server
async def test_a_link_dies_after_its_time(s3_profile: StorageProfile) -> None:
    storage = S3Storage(s3_profile)
    await storage.put("a", b"x")
    link = await storage.presign("a", 1)
    assert link is not None

    def answers() -> int:
        count = 0
        while (status := fetched(link)[0]) == 200:
            count += 1
        assert status == 403
        return count

    assert await to_thread.run_sync(answers) > 0


@pytest.mark.parametrize("seconds", [0, -1, 7 * 24 * 3600 + 1])
async def test_a_link_cannot_live_for_ever(seconds: int) -> None:
    profile = StorageProfile("x", "s3", bucket="b", access_key=WRONG, secret_key=WRONG)
    with pytest.raises(ArgumentInvalid):
        await S3Storage(profile).presign("a", seconds)


@pytest.mark.server
class TestCredentials:
    """Keys of the profile, then the environment, then `awscli_profile`, then the default profile."""

    async def test_keys_of_the_profile_win_over_everything(
        self, s3_profile: StorageProfile, aws: Setup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aws("default", ("wrong", "wrong"), endpoint_url="http://127.0.0.1:1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "wrong")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
        assert await S3Storage(s3_profile).put("a", b"x") is True

    async def test_the_environment_wins_over_a_named_profile(
        self, s3_server: S3Server, s3_profile: StorageProfile, aws: Setup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aws("profile named", ("wrong", "wrong"))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.keys[0])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.keys[1])
        profile = replace(without_keys(s3_profile), awscli_profile="named")
        assert await S3Storage(profile).put("a", b"x") is True

    async def test_a_named_profile_wins_over_the_default_one(
        self, s3_server: S3Server, s3_profile: StorageProfile, aws: Setup
    ) -> None:
        aws("default", ("wrong", "wrong"))
        aws("profile named", s3_server.keys)
        profile = replace(without_keys(s3_profile), awscli_profile="named")
        assert await S3Storage(profile).put("a", b"x") is True

    async def test_the_default_profile_is_the_last_resort_and_its_endpoint_wins(
        self, s3_server: S3Server, s3_profile: StorageProfile, aws: Setup
    ) -> None:
        assert s3_profile.endpoint is not None
        aws("default", s3_server.keys, endpoint_url=s3_profile.endpoint)
        profile = replace(without_keys(s3_profile), endpoint="http://127.0.0.1:1")
        assert await S3Storage(profile).put("a", b"x") is True

    async def test_no_keys_at_all_are_refused(self, s3_profile: StorageProfile) -> None:
        with pytest.raises(StorageRefused):
            await S3Storage(without_keys(s3_profile)).put("a", b"x")

    async def test_a_named_profile_that_is_not_there_is_a_mistake(self, s3_profile: StorageProfile) -> None:
        profile = replace(without_keys(s3_profile), awscli_profile="nobody")
        with pytest.raises(ConfigInvalid):
            await S3Storage(profile).put("a", b"x")


def test_r2_is_found_by_its_account() -> None:
    profile = StorageProfile("r2", "r2", bucket="b", account_id="abc123", access_key=WRONG, secret_key=WRONG)
    client = connect(profile)
    assert client.meta.endpoint_url == "https://abc123.r2.cloudflarestorage.com"
    assert client.meta.region_name == "auto"


def test_s3_is_found_by_its_region() -> None:
    profile = StorageProfile(
        "s3", "s3", bucket="b", region="eu-central-1", access_key=WRONG, secret_key=WRONG
    )
    assert connect(profile).meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [(None, ConfigMissing), ("minio:9000", ConfigInvalid), ("http://", ConfigInvalid)],
)
async def test_an_endpoint_must_be_an_address(endpoint: str | None, expected: type[EngineError]) -> None:
    profile = StorageProfile("m", "minio", bucket="b", endpoint=endpoint, access_key=WRONG, secret_key=WRONG)
    with pytest.raises(expected):
        await S3Storage(profile).stat("a")
