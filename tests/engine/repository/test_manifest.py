import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repository import build, keys_in, manifest, somebody

from snapharbor.engine.model.catalog import TableName
from snapharbor.engine.model.errors import FormatUnknown, SnapshotCorrupt
from snapharbor.engine.model.json import Json, canonical
from snapharbor.engine.model.snapshot import Chunk, Manifest, Part, Sanitization, TableData
from snapharbor.engine.repository import codec
from snapharbor.engine.storage.memory import MemoryStorage

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
CHUNKS = st.lists(
    st.builds(
        Chunk,
        st.text("0123456789abcdef", min_size=64, max_size=64),
        st.integers(1, 64 << 20),
        st.integers(1, 1 << 40),
    ),
    max_size=3,
).map(tuple)
TABLES = st.lists(
    st.builds(
        TableData,
        st.builds(TableName, TEXT, TEXT),
        st.lists(TEXT).map(tuple),
        st.integers(0, 1 << 60),
        CHUNKS,
    ),
    max_size=4,
    unique_by=lambda table: table.name,
).map(tuple)
PARTS = st.lists(st.builds(Part, TEXT, CHUNKS), max_size=3, unique_by=lambda part: part.name).map(tuple)
COUNTS = st.dictionaries(TEXT, st.integers(0, 1 << 60), max_size=3)
TIMINGS = st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=3)


@given(st.data())
def test_every_manifest_comes_back_exactly(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(("original", "sanitized")))
    done = Sanitization("query_file", data.draw(TEXT), "p", {"public.a": "pushdown"}, 3, data.draw(COUNTS))
    wanted = replace(
        manifest("s1"),
        kind=kind,
        target=data.draw(TEXT),
        parts=data.draw(PARTS),
        tables=data.draw(TABLES),
        parent=data.draw(st.none() | TEXT),
        environment=data.draw(st.none() | TEXT),
        left_out=tuple(data.draw(st.lists(TEXT, max_size=3))),
        sanitization=done if kind == "sanitized" else None,
        timings=data.draw(TIMINGS),
    )
    text = codec.encode(wanted)
    assert codec.decode(text, what="it") == wanted
    assert codec.encode(codec.decode(text, what="it")) == text


def changed(**values: Json) -> str:
    return canonical({**json.loads(codec.encode(manifest("s1"))), **values}).decode()


def without(name: str) -> str:
    value = json.loads(codec.encode(manifest("s1")))
    del value[name]
    return canonical(value).decode()


EMPTY_PART: dict[str, Json] = {"name": "toc", "chunks": ()}
CHUNK: dict[str, Json] = {"id": "a" * 64, "raw_bytes": 1, "stored_bytes": 1}


def with_chunk(**values: Json) -> str:
    chunk: dict[str, Json] = {**CHUNK, **values}
    return changed(parts=[{"name": "toc", "chunks": [chunk]}])


HOSTILE: dict[str, str] = {
    "nothing": "",
    "not JSON": "{",
    "a list": "[]",
    "a number": "1",
    "deep": "[" * 200_000,
    "a key missing": without("tables"),
    "a key too many": changed(more=1),
    "a key twice": codec.encode(manifest("s1")).replace("{", '{"id":"s1",', 1),
    "spaces": codec.encode(manifest("s1")).replace(",", ", "),
    "no format": without("format"),
    "format as text": changed(format="1"),
    "format as truth": changed(format=True),
    "an id that leaves": changed(id="../../etc/passwd"),
    "an id with a slash": changed(id="a/b"),
    "an id with a newline": changed(id="s1\n"),
    "an id of another type": changed(id=["s1"]),
    "a time that is none": changed(created_at="yesterday"),
    "a kind that is none": changed(kind="raw"),
    "sanitized without saying how": changed(kind="sanitized"),
    "major as a fraction": changed(server_major=18.5),
    "major as truth": changed(server_major=True),
    "a number too long": codec.encode(manifest("s1")).replace(":18,", f":{'9' * 5000},"),
    "not a number": codec.encode(manifest("s1")).replace(":1.5}", ":NaN}"),
    "endless": codec.encode(manifest("s1")).replace(":1.5}", ":Infinity}"),
    "half a character": codec.encode(manifest("s1")).replace('"shop"', '"\\ud800"'),
    "a list as mapping": changed(timings=[]),
    "text as list": changed(schemas="public"),
    "a chunk id that leaves": with_chunk(id="../" + "a" * 61),
    "a chunk id in capitals": with_chunk(id="A" * 64),
    "a chunk id too short": with_chunk(id="a" * 63),
    "a chunk id with a newline": with_chunk(id="a" * 63 + "\n"),
    "an empty chunk": with_chunk(raw_bytes=0),
    "a chunk too large": with_chunk(raw_bytes=(64 << 20) + 1),
    "a negative object": with_chunk(stored_bytes=-1),
    "a chunk with more": with_chunk(more=1),
    "a part twice": changed(parts=[EMPTY_PART, EMPTY_PART]),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_refused(case: str) -> None:
    with pytest.raises(SnapshotCorrupt):
        codec.decode(HOSTILE[case], what="it")


def test_the_frame_of_the_hostile_cases_is_sound() -> None:
    assert codec.decode(with_chunk(), what="it").parts[0].chunks == (Chunk("a" * 64, 1, 1),)
    assert codec.decode(changed(), what="it") == manifest("s1")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    )
)
def test_any_json_is_refused_calmly(value: Json) -> None:
    with pytest.raises(SnapshotCorrupt):
        codec.decode(canonical(value).decode(), what="it")


@pytest.mark.parametrize("number", [0, 2, -1, 10**9])
def test_another_format_is_refused_before_the_rest_is_looked_at(number: int) -> None:
    with pytest.raises(FormatUnknown) as refused:
        codec.decode(canonical({"format": number, "shape": "unknown"}).decode(), what="it")
    assert refused.value.hint
    assert refused.value.details == {"format": number}


UNREADABLE: dict[str, Callable[[Manifest], Manifest]] = {
    "id": lambda whole: replace(whole, id="S 1"),
    "time": lambda whole: replace(whole, created_at="now"),
    "number": lambda whole: replace(whole, timings={"read": float("nan")}),
}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_a_manifest_that_no_reader_would_accept_is_not_written(case: str, tmp_path: Path) -> None:
    storage = MemoryStorage()
    with pytest.raises(ValueError):
        await build(somebody().repository(storage, tmp_path), UNREADABLE[case](manifest("s1")), b"1\n")
    assert await keys_in(storage, "snapshots/") == set()
