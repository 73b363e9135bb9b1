"""A storage in an S3-compatible bucket: S3, R2, MinIO, Spaces, or any endpoint."""

import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, cast

import boto3
from anyio import to_thread
from botocore.config import Config
from botocore.credentials import Credentials, EnvProvider
from botocore.session import Session

from ..model.errors import ArgumentInvalid, ConfigInvalid, ConfigMissing
from ..model.target import StorageProfile
from .base import Stored
from .bucket import Bucket
from .keys import checked_key, checked_prefix, is_key
from .multipart import MultipartUpload
from .retry import Patience
from .stream import Source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_SIZE = 16 << 20
LONGEST_LINK = 7 * 24 * 3600


class _Clients(Protocol):
    """The one thing of a session that is needed."""

    def client(self, name: Literal["s3"], *, endpoint_url: str | None, config: Config) -> "S3Client": ...


class S3Storage:
    """A `Storage` of objects under one prefix of a bucket.

    Files above `part_size` bytes go up in parallel parts. On servers without conditional writes,
    `if_absent` looks first, so two writers at the same moment may both be told True.
    """

    def __init__(
        self, profile: StorageProfile, *, part_size: int = PART_SIZE, patience: Patience | None = None
    ) -> None:
        self._prefix = f"{profile.prefix.strip('/')}/" if profile.prefix.strip("/") else ""
        self._bucket = Bucket(profile.bucket, lambda: connect(profile))
        self._part_size = part_size
        self._patience = patience or Patience()

    async def put(self, key: str, content: bytes | Path, *, if_absent: bool = False) -> bool:
        """Store bytes or a file's bytes; the file stays where it is."""
        name = self._name(key)
        if if_absent and await to_thread.run_sync(self._bucket.stat, name) is not None:
            return False
        source = await to_thread.run_sync(Source.of, content)
        if source.size <= self._part_size:
            return await to_thread.run_sync(lambda: self._bucket.put(name, source, if_absent=if_absent))
        upload = MultipartUpload(
            self._bucket, name, source, part_size=self._part_size, patience=self._patience
        )
        return await upload.run(if_absent=if_absent)

    @asynccontextmanager
    async def open(self, key: str) -> AsyncGenerator[BinaryIO]:
        """Open an object; reading survives broken connections, and fails if the object is replaced."""
        with await to_thread.run_sync(self._bucket.reader, self._name(key), self._patience) as reader:
            yield reader

    async def stat(self, key: str) -> Stored | None:
        """Return size and age."""
        found = await to_thread.run_sync(self._bucket.stat, self._name(key))
        return None if found is None else Stored(key, found.size, found.modified)

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """Yield the objects, in the server's order; names that are no keys of ours are left out."""
        pages = self._bucket.pages(self._prefix + checked_prefix(prefix))
        while (page := await to_thread.run_sync(next, pages, None)) is not None:
            for found in page:
                if is_key(key := found.key.removeprefix(self._prefix)):
                    yield Stored(key, found.size, found.modified)

    async def delete(self, key: str) -> None:
        """Remove an object."""
        await to_thread.run_sync(self._bucket.delete, self._name(key))

    async def presign(self, key: str, seconds: int) -> str | None:
        """Return a link; it dies earlier if the credentials that sign it are temporary and do.

        Raises:
            ArgumentInvalid: `seconds` is not within 1 and seven days.
        """
        if not 1 <= seconds <= LONGEST_LINK:
            raise ArgumentInvalid(f"a link cannot live for {seconds} seconds", "Take 1 second to 7 days.")
        return await to_thread.run_sync(self._bucket.presign, self._name(key), seconds)

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)


def connect(profile: StorageProfile) -> "S3Client":
    """Return a client; keys of the profile come first, then the environment, `awscli_profile`, the rest.

    Raises:
        ConfigMissing, ConfigInvalid: there is no endpoint, or it is not an address.
    """
    core = _session(profile)
    keys = _explicit(profile) or EnvProvider().load()
    region = profile.region or core.get_config_variable("region")
    session = boto3.Session(
        botocore_session=core,
        aws_access_key_id=keys.access_key if keys else None,
        aws_secret_access_key=keys.secret_key if keys else None,
        aws_session_token=keys.token if keys else None,
        region_name=region or ("auto" if profile.provider == "r2" else "us-east-1"),
    )
    try:
        client = cast("_Clients", session).client(
            "s3", endpoint_url=_endpoint(profile, core), config=_config(profile)
        )
    except ValueError:
        raise ConfigInvalid(
            f"the endpoint of storage profile `{profile.name}` is not an address",
            "Write it as https://host or http://host:port.",
        ) from None
    if profile.provider != "s3" and client.meta.endpoint_url.endswith(".amazonaws.com"):
        raise ConfigMissing(
            f"storage profile `{profile.name}` has no endpoint",
            "Set `account_id` for R2, `endpoint` for any other provider.",
        )
    return client


def _session(profile: StorageProfile) -> Session:
    """Return where the rest of the settings comes from; a profile with keys of its own reads no AWS files."""
    if _explicit(profile) is None:
        return Session(profile=profile.awscli_profile or None)
    nothing = (None, None, os.devnull, None)
    return Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nothing,
            "credentials_file": nothing,
        }
    )


def _explicit(profile: StorageProfile) -> Credentials | None:
    if not profile.access_key or not profile.secret_key:
        return None
    token = profile.session_token.reveal() if profile.session_token else None
    return Credentials(profile.access_key.reveal(), profile.secret_key.reveal(), token)


def _endpoint(profile: StorageProfile, core: Session) -> str | None:
    """Return the endpoint; None leaves it to the AWS profile, which wins, or the environment."""
    shared = core.get_scoped_config()
    if "endpoint_url" in shared or "services" in shared:
        return None
    if profile.endpoint is None and profile.provider == "r2" and profile.account_id:
        return f"https://{profile.account_id}.r2.cloudflarestorage.com"
    return profile.endpoint


def _config(profile: StorageProfile) -> Config:
    """Return the client's settings: it neither retries nor adds checksums, both is done above it."""
    plain = profile.provider == "s3" and profile.endpoint is None
    return Config(
        signature_version="s3v4",
        connect_timeout=10,
        read_timeout=60,
        tcp_keepalive=True,
        max_pool_connections=16,
        retries={"total_max_attempts": 1, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        user_agent_extra="snapharbor",
        s3={"addressing_style": "auto" if plain else "path"},
    )
