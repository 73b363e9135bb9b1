"""Turns a result, which is JSON, into lines for a person."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ..engine.model.json import Json, JsonObject
from .output import facts, size, visible


def described(result: JsonObject) -> str:
    """Return one line per value: sizes and counts as people write them, lists below their name."""
    plain = {
        _label(key): _searched(value) if key == "leaks" else _spelled(key, value)
        for key, value in result.items()
        if not _long(value)
    }
    lists = [
        f"{_label(key)}:\n" + "\n".join(f"  {visible(_spelled(key, item))}" for item in value)
        for key, value in result.items()
        if isinstance(value, Sequence) and not isinstance(value, str) and value
    ]
    return "\n".join((facts(plain), *lists, *_leaks(result.get("leaks"))))


def _searched(leaks: Json) -> str:
    """Return how much was searched for how much."""
    told = cast(Mapping[str, int], leaks)
    return (
        f"{told['cells']:,} values and {told['definitions']:,} definitions, "
        f"for {told['originals']:,} originals of {told['columns']:,} columns"
    )


def _leaks(leaks: Json) -> Iterator[str]:
    """Yield what the search of a snapshot found, a line each."""
    if not isinstance(leaks, Mapping):
        return
    for hit in cast(Sequence[Mapping[str, str]], leaks["hits"]):
        where = visible(f"{hit['place']}.{hit['column']}" if hit["column"] else hit["place"])
        taken = "  (accepted)" if hit["accepted"] else ""
        yield f"  found  {hit['kind']} in {where}, {hit['count']:,} times  [{hit['fingerprint']}]{taken}"
    yield from (f"  not searched  {visible(sentence)}" for sentence in cast(Sequence[str], leaks["unread"]))
    for one in cast(Sequence[Mapping[str, str]], leaks["calls_home"]):
        yield f"  calls home  {visible(one['what'])} {visible(one['name'])}: {visible(one['why'])}"


def _long(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _label(key: str) -> str:
    return key.replace("_", " ")


def _spelled(key: str, value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return size(value) if key.endswith("bytes") else f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f} s"
    if isinstance(value, Mapping):
        return ", ".join(f"{_label(name)} {_spelled(name, part)}" for name, part in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_spelled(key, item) for item in value)
    return (value or "").removeprefix(f"{_label(key)}, ")
