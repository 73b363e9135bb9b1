"""The pg_dump archive formats, byte for byte, against what the real programs write."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread
from hypothesis import given
from hypothesis import strategies as st
from support.captured import capture
from support.postgres import NewDatabase, Postgres
from support.snapshots import AWKWARD, Bench, client

from snapharbor.engine.database.postgres.archive import archive_files, lay_out
from snapharbor.engine.database.postgres.custom import block_objects, block_rows, split_custom
from snapharbor.engine.database.postgres.toc import (
    ArchiveDamaged,
    ByteStream,
    Entry,
    Toc,
    read_toc,
    write_toc,
)
from snapharbor.engine.model.errors import ArgumentInvalid, SnapshotCorrupt
from snapharbor.engine.model.snapshot import TableData
from snapharbor.engine.model.url import DatabaseUrl


@pytest.fixture
def awkward(each_postgres: Postgres, new_database: NewDatabase) -> DatabaseUrl:
    return new_database(*AWKWARD, server=each_postgres)


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def directory_archive(postgres: Postgres, url: DatabaseUrl, place: Path) -> Toc:
    client(postgres.tools, "pg_dump", url, "-Fd", "-f", place)
    return read_toc(ByteStream([(place / "toc.dat").read_bytes()]))


def test_a_directory_archive_is_read_and_written_byte_for_byte(
    each_postgres: Postgres, awkward: DatabaseUrl, tmp_path: Path
) -> None:
    toc = directory_archive(each_postgres, awkward, tmp_path / "archive")
    assert write_toc(toc) == (tmp_path / "archive" / "toc.dat").read_bytes()


def test_a_custom_archive_is_taken_apart_without_losing_a_byte(
    each_postgres: Postgres, awkward: DatabaseUrl, tmp_path: Path
) -> None:
    dumped = client(each_postgres.tools, "pg_dump", awkward, "-Fc", "-Z0")
    parts = {name: b"".join(blocks) for name, blocks in split_custom(cut(dumped, 77_777))}
    toc = read_toc(ByteStream([parts.pop("toc")]))
    assert dumped.startswith(write_toc(toc))
    by_id = {f"block/{entry.id}": entry for entry in toc.entries}
    for name, content in parts.items():
        entry = by_id[name]
        if entry.desc == b"BLOBS":
            sizes = {oid: len(b"".join(blocks)) for oid, blocks in block_objects(iter([content]), toc)}
            assert sizes == {777: 0, 4242: 6, 5000000: 1300000}
        else:
            assert b"".join(block_rows(iter([content]), toc)).endswith(b"\\.\n\n\n")
    # Each block has its kind and its entry's number in front.
    framing = len(parts) * (1 + 1 + toc.int_size)
    assert len(dumped) == len(write_toc(toc)) + framing + sum(map(len, parts.values()))


def test_a_custom_archive_that_ends_early_is_refused(each_postgres: Postgres, awkward: DatabaseUrl) -> None:
    dumped = client(each_postgres.tools, "pg_dump", awkward, "-Fc", "-Z0")
    for end in (3, 40, 2000, len(dumped) // 2, len(dumped) - 1):
        parts = split_custom(cut(dumped[:end], 4096))
        with pytest.raises(ArchiveDamaged):
            sum(len(block) for _, blocks in parts for block in blocks)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_do_anything_but_refuse(content: bytes) -> None:
    with pytest.raises(ArchiveDamaged):
        read_toc(ByteStream([content]))


async def test_the_entries_of_rows_are_those_that_pg_dump_writes(
    bench: Bench, each_postgres: Postgres, awkward: DatabaseUrl, tmp_path: Path
) -> None:
    genuine = directory_archive(each_postgres, awkward, tmp_path / "archive")
    async with bench.view(awkward) as view:
        captured = await to_thread.run_sync(capture, view)
    ours = lay_out(captured).toc
    assert rows(ours) == rows(genuine)
    assert [entry.desc for entry in ours.entries if entry.desc != b"TABLE DATA"] == [
        entry.desc for entry in genuine.entries if entry.desc != b"TABLE DATA"
    ]
    assert {entry.place for entry in ours.entries if entry.desc == b"BLOBS"} <= {
        b"blobs.toc",
        *(b"blobs_%d.toc" % entry.id for entry in ours.entries),
    }


def rows(toc: Toc) -> dict[tuple[object, object], Entry]:
    """Return the entries of rows without what may differ: numbers, file names, quotes nobody needs."""
    tables = {entry.id: entry.tag for entry in toc.entries if entry.desc == b"TABLE"}
    for entry in toc.entries:
        if entry.desc == b"TABLE DATA":
            assert [tables[other] for other in entry.depends] == [entry.tag]
    return {
        (entry.namespace, entry.tag): replace(
            entry,
            id=0,
            place=b"",
            depends=(),
            copy=(entry.copy or b"").replace(b'"', b"").replace(b"  ", b" "),
        )
        for entry in toc.entries
        if entry.desc == b"TABLE DATA"
    }


async def test_the_largest_table_comes_first(bench: Bench, awkward: DatabaseUrl) -> None:
    source = bench.source(await bench.take(awkward))
    layout = await to_thread.run_sync(lay_out, source)
    sizes = [table.raw_bytes for _, table in layout.tables]
    assert sizes == sorted(sizes, reverse=True)
    order = [entry.place for entry in layout.toc.entries if entry.desc == b"TABLE DATA"]
    assert order[: len(sizes)] == [place.encode() for place, _ in layout.tables]


async def test_rows_that_belong_to_no_table_are_refused(bench: Bench, awkward: DatabaseUrl) -> None:
    async with bench.view(awkward) as view:
        captured = await to_thread.run_sync(capture, view)
    tables = captured.manifest.tables
    stray = replace(tables[0], name=replace(tables[0].name, name="stray"))
    doubled = (*tables, *(table for table in tables_of_pg_dump(captured.parts["toc"], tables[0])))
    for wrong in ((*tables, stray), doubled):
        with pytest.raises(SnapshotCorrupt):
            lay_out(replace(captured, manifest=replace(captured.manifest, tables=wrong)))
    with pytest.raises(SnapshotCorrupt):
        lay_out(replace(captured, manifest=replace(captured.manifest, parts=())))


def tables_of_pg_dump(toc: bytes, like: TableData) -> list[TableData]:
    """Return tables whose rows are in the archive already."""
    return [
        replace(like, name=replace(like.name, schema="public", name=(entry.tag or b"").decode()))
        for entry in read_toc(ByteStream([toc])).entries
        if entry.desc == b"TABLE DATA"
    ]


async def test_an_export_is_private_and_whole_or_not_there(bench: Bench, awkward: DatabaseUrl) -> None:
    snapshot = await bench.take(awkward)
    place = bench.directory / "exports" / "one"
    await bench.export(snapshot, place)
    assert place.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}
    with pytest.raises(ArgumentInvalid):
        await bench.export(snapshot, place)
    for stored in (bench.directory / "storage").rglob("*"):
        if stored.is_file() and "chunk" in str(stored):
            stored.write_bytes(stored.read_bytes()[:-1])
    with pytest.raises(SnapshotCorrupt):
        await bench.export(snapshot, place.with_name("two"))
    assert [path.name for path in place.parent.iterdir()] == ["one"]


async def test_the_files_of_an_archive_are_read_one_after_the_other(
    bench: Bench, awkward: DatabaseUrl
) -> None:
    source = bench.source(await bench.take(awkward))

    def names() -> list[str]:
        return [name for name, blocks in archive_files(source) if [*blocks]]

    found = await to_thread.run_sync(names)
    assert found[0] == "toc.dat"
    assert {"blob_777.dat.gz", "blob_4242.dat.gz", "blob_5000000.dat.gz"} <= {*found}
    assert len(found) == len({*found})
