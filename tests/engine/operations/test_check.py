"""Trying everything that is configured: what works is told, what is broken hides nothing else."""

import secrets
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest
from support.postgres import NewDatabase, Postgres, Reader, execute
from support.s3 import S3Server
from support.settings import Corner

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.errors import SecretUnset
from snapharbor.engine.model.target import StorageProfile
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.check import Check, check, exit_code
from snapharbor.engine.operations.requests import BuildRequest
from snapharbor.engine.services import Services, open_services
from snapharbor.engine.settings.create import create_configuration
from snapharbor.engine.settings.load import load_settings

TABLE = "CREATE TABLE person (id int PRIMARY KEY, email text)"


def text(url: DatabaseUrl) -> str:
    """Write a URL with its password, as a configuration has it."""
    password = f":{url.password.reveal()}" if url.password else ""
    host = f"?host={url.host}" if url.host.startswith("/") else ""
    return f"postgres://{url.user}{password}@{'' if host else url.host}:{url.port}/{url.database}{host}"


@asynccontextmanager
async def opened(corner: Corner, targets: str = "", *, read_only: bool = False) -> AsyncGenerator[Services]:
    file = create_configuration(corner.home / "snapharbor.yml").file
    file.write_text(file.read_text().replace("targets: {}", targets or "targets: {}"))
    async with open_services(file, read_only=read_only) as services:
        yield services


async def found(corner: Corner, targets: str = "", *, read_only: bool = False) -> tuple[Check, ...]:
    async with opened(corner, targets, read_only=read_only) as services:
        return await check(services)


def levels(checks: tuple[Check, ...], area: str) -> list[tuple[str, str, int]]:
    return [(one.name, one.level, one.exit_code) for one in checks if one.area == area]


async def test_a_fresh_configuration_passes(corner: Corner) -> None:
    checks = await found(corner)
    assert exit_code(checks) == 0
    assert {one.level for one in checks} == {"ok", "info"}
    assert levels(checks, "keys") == [("identity", "ok", 0), ("signing", "ok", 0)]
    assert levels(checks, "storage") == [("local", "ok", 0)]
    assert levels(checks, "tools")
    assert not list((corner.home / ".snapharbor/snapshots").rglob("probe/*"))


async def test_a_source_is_asked_who_it_is_and_whether_its_role_can_write(
    corner: Corner, new_database: NewDatabase, reader: Reader
) -> None:
    owner = new_database(TABLE)
    reading = reader(owner)
    checks = await found(
        corner,
        f"""targets:
  careful: {{snapshot: {{src_url: "{text(reading)}"}}}}
  careless: {{snapshot: {{src_url: "{text(owner)}"}}}}
""",
    )
    assert levels(checks, "source") == [
        ("careful", "ok", 0),
        ("careful", "ok", 0),
        ("careless", "ok", 0),
        ("careless", "warning", 0),
        ("careless", "ok", 0),
    ]
    assert f"role `{reading.user}`" in next(one.message for one in checks if one.name == "careful")
    assert exit_code(checks) == 0


async def test_one_broken_target_does_not_hide_the_others(
    corner: Corner, new_database: NewDatabase, reader: Reader
) -> None:
    url = reader(new_database(TABLE))
    checks = await found(
        corner,
        f"""targets:
  away: {{snapshot: {{src_url: "postgres://u@127.0.0.1:1/d"}}}}
  fine: {{snapshot: {{src_url: "{text(url)}"}}}}
  wrong: {{snapshot: {{src_url: "{text(url.on("no_such_database"))}"}}}}
""",
    )
    assert levels(checks, "source") == [
        ("away", "error", 40),
        ("fine", "ok", 0),
        ("fine", "ok", 0),
        ("wrong", "error", 41),
    ]
    assert exit_code(checks) == 40


async def test_a_table_that_cannot_be_read_and_a_schema_that_is_left_out_are_told(
    corner: Corner, new_database: NewDatabase, reader: Reader
) -> None:
    owner = new_database(TABLE)
    url = reader(owner)
    execute(owner, "CREATE SCHEMA later", "CREATE TABLE later.orders (id int)")
    narrow = f"""targets:
  a: {{snapshot: {{src_url: "{text(url)}"}}}}
  b: {{snapshot: {{src_url: "{text(url)}", schema_config: {{use_default_schema: false}}}}}}
"""
    checks = await found(corner, narrow)
    assert levels(checks, "source") == [
        ("a", "ok", 0),
        ("a", "ok", 0),
        ("a", "info", 0),
        ("b", "ok", 0),
        ("b", "error", 44),
    ]


async def test_what_does_not_answer_in_time_is_an_error(corner: Corner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        targets = f'targets: {{a: {{snapshot: {{src_url: "postgres://u@127.0.0.1:{port}/d"}}}}}}'
        async with opened(corner, targets) as services:
            checks = await check(services, seconds=0.2)
    assert levels(checks, "source") == [("a", "error", 47)]
    assert levels(checks, "storage") == [("local", "ok", 0)]


async def test_a_destination_that_is_a_source_under_another_name_is_an_error(
    corner: Corner, new_database: NewDatabase
) -> None:
    source, stranger = new_database(TABLE), new_database()
    link = corner.home / "link"
    link.symlink_to(source.host)
    alias = replace(source, host=str(link))
    checks = await found(
        corner,
        f"""targets:
  fresh: {{snapshot: {{dst_url: "{text(source.on("not_there_yet"))}"}}}}
  itself: {{snapshot: {{src_url: "{text(source)}", dst_url: "{text(alias)}"}}}}
  precious: {{snapshot: {{dst_url: "{text(source.on("reproduction"))}"}}}}
  strange: {{snapshot: {{dst_url: "{text(stranger)}"}}}}
""",
    )
    assert levels(checks, "destination") == [
        ("fresh", "ok", 0),
        ("itself", "error", 30),
        ("precious", "error", 30),
        ("strange", "warning", 0),
    ]


async def test_a_destination_that_no_load_can_end_at_is_an_error(
    corner: Corner, new_database: NewDatabase, reader: Reader, loader: DatabaseUrl
) -> None:
    source = reader(new_database(TABLE))
    checks = await found(
        corner,
        f"""targets:
  calm: {{protected: true, snapshot: {{dst_url: "{text(loader.on("calm"))}"}}}}
  long: {{snapshot: {{dst_url: "{text(loader.on("x" * 64))}"}}}}
  reading: {{snapshot: {{dst_url: "{text(source.on("not_there"))}"}}}}
  theirs: {{snapshot: {{dst_url: "{text(loader.on("postgres"))}"}}}}
  work: {{sanitize: {{override_query: "DELETE FROM person", dst_url: "{text(loader.on("work"))}"}}}}
""",
    )
    assert levels(checks, "destination") == [
        ("calm", "info", 0),
        ("long", "error", 16),
        ("reading", "error", 44),
        ("theirs", "error", 30),
        ("work (sanitize)", "ok", 0),
    ]


async def test_a_work_server_that_holds_a_source_is_an_error(
    corner: Corner, new_database: NewDatabase, reader: Reader, loader: DatabaseUrl
) -> None:
    rules = f'override_query: "DELETE FROM person", dst_url: "{text(loader.on("work"))}"'
    source = text(reader(new_database(TABLE)))
    checks = await found(
        corner, f'targets: {{a: {{snapshot: {{src_url: "{source}"}}, sanitize: {{{rules}}}}}}}'
    )
    assert levels(checks, "destination") == [("a (sanitize)", "error", 30)]


async def test_the_private_server_is_of_the_source_s_version(
    corner: Corner, new_database: NewDatabase, reader: Reader, each_postgres: Postgres
) -> None:
    source = reader(new_database(TABLE, server=each_postgres))
    checks = await found(
        corner,
        f"""targets:
  a: {{snapshot: {{src_url: "{text(source)}"}}, sanitize: {{override_query: "DELETE FROM person"}}}}
""",
    )
    (message,) = [one.message for one in checks if one.area == "rules"]
    assert message.endswith(f" {each_postgres.tools.version}")


async def test_rules_are_parsed_and_their_variables_looked_up(corner: Corner) -> None:
    checks = await found(
        corner,
        """targets:
  good: {sanitize: {override_query: "UPDATE person SET email = NULL"}}
  none: {environment: test}
  syntax: {sanitize: {override_query: "UPDATE person SET email = ("}}
  unset: {sanitize: {override_query: "UPDATE person SET email = '{{`NOWHERE` | env}}'"}}
""",
    )
    assert levels(checks, "rules") == [
        ("good", "ok", 0),
        ("none", "info", 0),
        ("syntax", "error", 21),
        ("unset", "error", 12),
    ]


def profile_text(profile: StorageProfile, **changes: str) -> str:
    assert profile.access_key is not None
    assert profile.secret_key is not None
    values = {
        "provider": profile.provider,
        "bucket": profile.bucket,
        "endpoint": str(profile.endpoint),
        "access_key": profile.access_key.reveal(),
        "secret_key": profile.secret_key.reveal(),
    } | changes
    return ", ".join(f'{key}: "{value}"' for key, value in values.items())


async def test_every_storage_is_written_read_and_left_clean(
    corner: Corner, s3_server: S3Server, s3_profile: StorageProfile
) -> None:
    profiles = f"""targets: {{}}
storage_profiles:
  disk: {{provider: local, path: disk}}
  bucket: {{{profile_text(s3_profile)}}}
  gone: {{{profile_text(s3_profile, bucket="no-such-bucket")}}}
"""
    file = create_configuration(corner.home / "snapharbor.yml").file
    file.write_text(file.read_text().replace("targets: {}", profiles).replace("storage_profiles: {}", ""))
    async with open_services(file) as services:
        checks = await check(services)
    assert levels(checks, "storage") == [
        ("bucket", "ok", 0),
        ("disk", "ok", 0),
        ("gone", "error", exit_code(checks)),
        ("local", "ok", 0),
    ]
    assert 50 <= exit_code(checks) < 60
    assert "Contents" not in s3_server.client().list_objects_v2(Bucket=s3_profile.bucket)
    assert not [path for path in (corner.home / "disk").rglob("*") if path.is_file()]


async def test_read_only_writes_nothing(corner: Corner) -> None:
    checks = await found(corner, read_only=True)
    assert levels(checks, "storage") == [("local", "info", 0)]
    assert not (corner.home / ".snapharbor/snapshots").exists()


async def test_missing_keys_and_programs_are_errors(corner: Corner) -> None:
    corner.write("database_tools: {postgresql: {bin: nowhere}}\ntargets: {a: {environment: test}}")
    async with open_services(corner.file) as services:
        checks = await check(services)
    assert levels(checks, "keys") == [("identity", "error", 54), ("signing", "error", 54)]
    assert levels(checks, "tools") == [("postgresql", "error", 42)]


@pytest.mark.parametrize("mode", [0o755, 0o770])
async def test_a_working_directory_that_others_can_enter_is_worrying(corner: Corner, mode: int) -> None:
    directory = corner.home / ".snapharbor"
    directory.mkdir()
    directory.chmod(mode)
    checks = await found(corner)
    assert ("working directory", "warning", 0) in levels(checks, "configuration")


async def test_everything_that_cannot_be_used_is_told_and_the_rest_is_tried(
    corner: Corner, new_database: NewDatabase, reader: Reader
) -> None:
    url = reader(new_database(TABLE))
    file = create_configuration(corner.home / "snapharbor.yml").file
    targets = f"""targets:
  fine: {{snapshot: {{src_url: "{text(url)}"}}}}
  unset: {{snapshot: {{src_url: "{{{{`NOWHERE` | env}}}}", dst_url: "secret:file:nowhere"}}}}
  wrong: {{snapshot: {{src_url: nothing}}}}
  storing: {{storage_profile: bucket, snapshot: {{src_url: "{text(url)}"}}}}
storage_profiles:
  bucket: {{provider: s3, bucket: b, region: r, access_key: "secret:env:NOWHERE", secret_key: k}}
"""
    written = file.read_text().replace("targets: {}", targets).replace("storage_profiles: {}", "")
    file.write_text(written)
    async with Harbor.open(file, partial=True) as harbor:
        checks = await harbor.check()
        with pytest.raises(SecretUnset):
            await harbor.plan(BuildRequest("fine"))
    assert [one for one in levels(checks, "configuration") if one[1] == "error"] == [
        ("storage_profiles.bucket.access_key", "error", 12),
        ("targets.storing.storage_profile", "error", 10),
        ("targets.unset.snapshot.dst_url", "error", 12),
        ("targets.unset.snapshot.src_url", "error", 12),
        ("targets.wrong.snapshot.src_url", "error", 10),
    ]
    assert levels(checks, "source") == [("fine", "ok", 0), ("fine", "ok", 0)]
    with pytest.raises(SecretUnset) as refused:
        load_settings(file)
    assert len(cast("list[str]", refused.value.details["problems"])) == 3


async def test_what_is_worrying_about_the_file_is_told(corner: Corner) -> None:
    corner.set(SNAPHARBOR_SECRET=secrets.token_hex(8))
    file = create_configuration(corner.home / "snapharbor.yml").file
    file.write_text(
        file.read_text().replace("targets: {}", "override: {dst_db_url: 'postgres://u:p@127.0.0.1:1/d'}")
    )
    file.chmod(0o644)
    async with open_services(file) as services:
        checks = await check(services)
    assert levels(checks, "configuration").count(("value", "warning", 0)) == 2
