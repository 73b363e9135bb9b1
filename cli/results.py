"""Turns a result, which is JSON, into lines for a person."""

from collections.abc import Mapping, Sequence

from ..engine.model.json import Json, JsonObject
from .output import facts, size, visible


def described(result: JsonObject) -> str:
    """Return one line per value: sizes and counts as people write them, lists below their name."""
    plain = {_label(key): _spelled(key, value) for key, value in result.items() if not _long(value)}
    lists = [
        f"{_label(key)}:\n" + "\n".join(f"  {visible(_spelled(key, item))}" for item in value)
        for key, value in result.items()
        if isinstance(value, Sequence) and not isinstance(value, str) and value
    ]
    return "\n".join((facts(plain), *lists))


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
    return value or ""
