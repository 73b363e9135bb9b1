"""The right client programs are found, chosen and named."""

from pathlib import Path

import pytest

from snapharbor.engine.database.postgres.tools import (
    Toolbox,
    choose_client,
    choose_server,
    discover,
    speaks_tls,
)
from snapharbor.engine.model.errors import ClientMissing, ClientTooOld
from snapharbor.engine.model.settings import Programs

NO_TLS = 'echo "psql: error: sslmode value \\"require\\" invalid when SSL support is not compiled in" >&2'


def programs(directory: Path, version: str, *, tls: bool = True, only: str | None = None) -> Programs:
    """Write programs that answer like PostgreSQL's of a version."""
    directory.mkdir()
    for name in (only,) if only else ("pg_dump", "pg_restore", "psql"):
        path = directory / name
        path.write_text(f'#!/bin/sh\n{"" if tls else NO_TLS}\necho "{name} (PostgreSQL) {version}"\n')
        path.chmod(0o755)
    return Programs(directory, "`bin`")


async def boxes(directory: Path, *versions: str, tls: bool = True) -> list[Toolbox]:
    found: list[Toolbox] = []
    for version in versions:
        found += await discover(programs(directory / version, version, tls=tls))
    return found


async def test_what_is_on_this_machine_is_found_without_paths_in_its_name() -> None:
    found = await discover()
    assert found == tuple(sorted(found, key=lambda box: box.major))
    assert {box.origin for box in found} <= {"system", "embedded"}
    label = found[-1].label("pg_dump")
    assert label == f"pg_dump {found[-1].version} ({found[-1].origin})"


async def test_debian_s_wrapper_is_not_taken_for_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = tmp_path / "pg_wrapper"
    wrapper.write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 99.1"\n')
    wrapper.chmod(0o755)
    (tmp_path / "pg_dump").symlink_to(wrapper)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert 99 not in {box.major for box in await discover()}


async def test_programs_on_the_path_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{programs(tmp_path / 'bin', '98.1').directory}:/usr/bin:/bin")
    assert 98 in {box.major for box in await discover()}


async def test_a_configured_directory_is_the_only_one(tmp_path: Path) -> None:
    (box,) = await discover(programs(tmp_path / "bin", "17.2"))
    assert (box.version, box.major, box.origin) == ("17.2", 17, "configured")


async def test_a_configured_directory_without_programs_is_an_error_that_names_the_setting(
    tmp_path: Path,
) -> None:
    setting = "`database_tools.postgresql.bin` (snapharbor.yml:3)"
    with pytest.raises(ClientMissing) as failure:
        await discover(Programs(tmp_path, setting))
    assert setting in failure.value.message


async def test_the_oldest_that_is_new_enough_is_chosen(tmp_path: Path) -> None:
    found = await boxes(tmp_path, "15.18", "16.4", "18.6")
    assert (await choose_client(found, 16, tls=False)).version == "16.4"
    assert (await choose_client(found, 17, tls=True)).version == "18.6"


async def test_a_client_older_than_the_server_is_refused_with_both_versions(tmp_path: Path) -> None:
    with pytest.raises(ClientTooOld) as failure:
        await choose_client(await boxes(tmp_path, "14.1", "15.18"), 18, tls=False)
    assert failure.value.details == {"client": "15.18", "server": 18}


async def test_a_client_without_tls_is_passed_over_where_the_url_insists(tmp_path: Path) -> None:
    plain = await boxes(tmp_path, "16.1", tls=False)
    with pytest.raises(ClientMissing):
        await choose_client(plain, 16, tls=True)
    found = [*plain, *await boxes(tmp_path, "17.1")]
    assert (await choose_client(found, 16, tls=True)).version == "17.1"
    assert (await choose_client(found, 16, tls=False)).version == "16.1"


async def test_a_directory_that_lacks_a_program_is_no_client(tmp_path: Path) -> None:
    found = await discover(programs(tmp_path / "bin", "18.1", only="pg_dump"))
    with pytest.raises(ClientMissing):
        await choose_client(found, 18, tls=False)
    with pytest.raises(ClientMissing):
        found[0].program("psql")


async def test_no_client_at_all_is_an_error() -> None:
    with pytest.raises(ClientMissing):
        await choose_client((), 18, tls=False)


async def test_the_newest_server_is_chosen_or_the_one_asked_for() -> None:
    found = await discover()
    assert choose_server(found).major == found[-1].major
    assert choose_server(found, found[0].major).major == found[0].major
    with pytest.raises(ClientMissing):
        choose_server(found, 9)


async def test_programs_say_whether_they_speak_tls(tmp_path: Path) -> None:
    (without,) = await boxes(tmp_path, "16.1", tls=False)
    assert not await speaks_tls(without)
    embedded = [box for box in await discover() if box.origin == "embedded"]
    assert [await speaks_tls(box) for box in embedded] == [False] * len(embedded)
