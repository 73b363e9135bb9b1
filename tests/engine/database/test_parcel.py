"""Archives of strangers: what is told of them, and what is never unpacked."""

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from snapharbor.engine.database import parcel as room
from snapharbor.engine.database.parcel import look_into, unpack
from snapharbor.engine.database.postgres.plain import without_owners
from snapharbor.engine.model.errors import ArgumentInvalid, SpaceExhausted

SQL = b"-- Dumped from database version 15.4\n-- Dumped by pg_dump version 17.1\nSELECT 1;\n"
CUSTOM = b"PGDMP\x01\x0f\x00\x04\x08\x01" + b"x" * 20


def zipped(at: Path, members: dict[str, bytes], mode: int = 0) -> Path:
    file = at / "shop.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return file


def test_a_parcel_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    found = look_into(zipped(tmp_path, {"a/toc.dat": b"PGDMP", "a/1.dat.gz": b"12345", "b/readme": b"x"}))
    assert (found.form, found.root, found.engine) == ("directory", PurePosixPath("a"), "postgres")
    found = look_into(zipped(tmp_path, {"shop.dump": CUSTOM, "notes": b"\0"}))
    assert (found.form, found.bytes, found.engine) == ("custom", len(CUSTOM), "postgres")
    found = look_into(zipped(tmp_path, {"shop.sql": SQL}))
    assert (found.form, found.majors, found.engine) == ("sql", (15, 17), "postgres")
    found = look_into(
        zipped(tmp_path, {"shop.sql": b"-- MySQL dump 10.13\n--\n-- Host: h    Database: shop\n"})
    )
    assert (found.engine, found.product, found.database) == ("mysql", "MySQL", "shop")
    found = look_into(zipped(tmp_path, {"shop.sql": b"/*M!999999\\- enable the sandbox mode */\n"}))
    assert (found.engine, found.product, found.database) == ("mysql", "MariaDB", "")
    assert look_into(zipped(tmp_path, {"shop.sql": b"SELECT 1;"})).engine is None


@pytest.mark.parametrize(
    "name",
    ["../toc.dat", "/toc.dat", "a/../../b", "a\\..\\b", "a/b/c/d/e", ".hidden", "a\nb", "C:/x", "a//../b"],
)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArgumentInvalid):
        look_into(zipped(tmp_path, {"shop.sql": SQL, name: b"x"}))


def test_links_and_pipes_and_doubles_are_refused(tmp_path: Path) -> None:
    for mode in (stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o600, stat.S_IFCHR | 0o600):
        with pytest.raises(ArgumentInvalid):
            look_into(zipped(tmp_path, {"shop.sql": SQL}, mode))
    file = zipped(tmp_path, {"shop.sql": SQL})
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("shop.sql", SQL)
    with pytest.raises(ArgumentInvalid):
        look_into(file)


@pytest.mark.parametrize(
    "members", [{}, {"a.sql": SQL, "b.sql": SQL}, {"x": b"\0"}, {"toc.dat": b"P", "b/toc.dat": b"P"}]
)
def test_an_archive_without_one_dump_is_refused(tmp_path: Path, members: dict[str, bytes]) -> None:
    with pytest.raises(ArgumentInvalid):
        look_into(zipped(tmp_path, members))


def test_what_is_damaged_or_no_file_is_refused(tmp_path: Path) -> None:
    file = zipped(tmp_path, {"shop.sql": SQL * 100})
    content = file.read_bytes()
    for damaged in (content[: len(content) // 2], content[:60] + b"????" + content[64:]):
        file.write_bytes(damaged)
        with pytest.raises(ArgumentInvalid):
            unpack(file, look_into(file), tmp_path / "out", lambda _: None)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
    for other in (tmp_path, tmp_path / "nowhere.zip"):
        with pytest.raises(ArgumentInvalid):
            look_into(other)


def test_more_files_than_any_dump_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MEMBERS", 2)
    with pytest.raises(ArgumentInvalid):
        look_into(zipped(tmp_path, {"a": SQL, "b": SQL, "c": SQL}))


def test_only_the_dump_is_unpacked_for_its_owner_alone(tmp_path: Path) -> None:
    file = zipped(tmp_path, {"a/toc.dat": b"PGDMP", "a/1.dat": b"12345", "other/big": b"x"}, 0o777)
    counted: list[int] = []
    dump = unpack(file, look_into(file), tmp_path / "out", counted.append)
    assert {path.name: path.read_bytes() for path in dump.iterdir()} == {
        "toc.dat": b"PGDMP",
        "1.dat": b"12345",
    }
    assert not (tmp_path / "out/other").exists()
    assert sum(counted) == 10
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out", dump, *dump.iterdir())}
    assert modes == {0o700, 0o600}


def test_what_does_not_fit_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = zipped(tmp_path, {"shop.sql": SQL + b" " * 100_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1000))  # type: ignore[attr-defined]
    with pytest.raises(SpaceExhausted):
        unpack(file, look_into(file), tmp_path / "out", lambda _: None)
    assert not list((tmp_path / "out").iterdir())


def plain(text: str) -> str:
    return b"".join(without_owners(text.encode().splitlines(keepends=True))).decode()


def test_owners_are_left_out_where_statements_begin_and_nowhere_else() -> None:
    owner = "ALTER TABLE public.t OWNER TO app;\n"
    assert plain(f'CREATE TABLE t (id int);\n\n{owner}GRANT ALL ON t TO "A b";\nSELECT 1;\n') == (
        "CREATE TABLE t (id int);\n\n\n\nSELECT 1;\n"
    )
    for kept in (
        f"COPY t (a) FROM stdin;\n{owner}\\.\n",
        f"SELECT '\n{owner}';\n",
        f"SELECT 'it''s;\n{owner}';\n",
        f"SELECT E'\\';\n{owner}';\n",
        f'SELECT ";\n{owner}";\n',
        f"CREATE FUNCTION f() AS $a$\nx;\n$b$;\n{owner}$a$;\n",
        f"/* ;\n{owner}*/\n",
        f"SELECT 1 -- ;\n{owner}",
    ):
        assert plain(kept) == kept
    assert plain(f"-- it's a comment\n{owner}") == "-- it's a comment\n\n"
    assert plain(f"COPY t (a) FROM stdin;\nx\n\\.\n{owner}") == "COPY t (a) FROM stdin;\nx\n\\.\n\n"
