"""Manifests as canonical JSON, and back: strict, because what is read may have been written by anybody."""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ..model.errors import FormatUnknown, SnapshotCorrupt
from ..model.json import Json, canonical
from ..model.snapshot import FORMAT, Chunk, Manifest
from .layout import is_chunk_id, is_snapshot_id
from .values import CHUNK_BYTES

Value = TypeVar("Value")


def encode(manifest: Manifest) -> str:
    """Return the one spelling of a manifest, which is what gets signed."""
    return canonical(plain(manifest)).decode()


def decode(text: str, *, what: str) -> Manifest:
    """Parse a manifest.

    Raises:
        FormatUnknown: a newer version of this program wrote it.
        SnapshotCorrupt: it is not exactly what `encode` returns for some manifest.
    """
    try:
        manifest = cast(Manifest, _build(Manifest, parse(text, known=FORMAT, what=what)))
        _check(manifest)
        if encode(manifest) != text:
            raise ValueError("not the canonical spelling")
    except (ValueError, RecursionError):
        raise SnapshotCorrupt(f"{what} is not a manifest of the form that is written") from None
    return manifest


def exactly(value: object, *names: str) -> dict[str, object]:
    """Return a JSON object that has exactly these keys.

    Raises:
        ValueError: it is something else.
    """
    found = _mapping(value)
    if found.keys() != {*names}:
        raise ValueError("other keys")
    return found


def parse(text: str, *, known: int, what: str) -> dict[str, object]:
    """Parse a JSON object of the known format.

    Raises:
        FormatUnknown: its format is another number.
        ValueError: it is no such object.
    """
    loaded: object = json.loads(text, object_pairs_hook=_no_repeats, parse_constant=_refuse)
    found = _mapping(loaded)
    number = _expect(int, found.get("format"))
    if number != known:
        raise FormatUnknown(f"{what} has format {number}, and this version reads {known}", format=number)
    return found


def plain(value: object) -> Json:
    """Return a value of the model as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in cast(tuple[object, ...], value)]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast(Mapping[str, object], value).items()}
    return cast(Json, value)


def _build(wanted: object, value: object) -> object:
    """Build a value of exactly the wanted type: no coercion, no missing or extra key."""
    arguments = get_args(wanted)
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        return None if value is None else _build(arguments[0], value)
    if origin is Literal:
        return _one_of(arguments, value)
    if origin is tuple:
        return tuple(_build(arguments[0], item) for item in cast(list[object], _expect(list, value)))
    if origin is Mapping:
        return {key: _build(arguments[1], item) for key, item in _mapping(value).items()}
    kind = cast(type[object], wanted)
    return _build_fields(kind, value) if hasattr(kind, "__dataclass_fields__") else _expect(kind, value)


def _build_fields(wanted: type[object], value: object) -> object:
    hints = get_type_hints(wanted)
    given = exactly(value, *hints)
    make = cast(Callable[..., object], wanted)
    return make(**{name: _build(kind, given[name]) for name, kind in hints.items()})


def _expect(wanted: type[Value], value: object) -> Value:
    if type(value) is wanted or (wanted is float and type(value) is int):
        return cast(Value, value)
    raise ValueError("another type")


def _one_of(allowed: tuple[object, ...], value: object) -> object:
    if isinstance(value, str) and value in allowed:
        return value
    raise ValueError("not one of the words")


def _check(manifest: Manifest) -> None:
    """Check what types do not say, above all that ids can stand in keys."""
    datetime.fromisoformat(manifest.created_at)
    names = [part.name for part in manifest.parts]
    tables = [table.name for table in manifest.tables]
    sound = (
        is_snapshot_id(manifest.id)
        and len({*names}) == len(names)
        and len({*tables}) == len(tables)
        and (manifest.kind == "sanitized") == (manifest.sanitization is not None)
        and all(table.rows >= 0 for table in manifest.tables)
        and all(map(_is_sound, manifest.chunks()))
    )
    if not sound:
        raise ValueError("values that cannot be")


def _is_sound(chunk: Chunk) -> bool:
    return is_chunk_id(chunk.id) and 0 < chunk.raw_bytes <= CHUNK_BYTES and chunk.stored_bytes > 0


def _mapping(value: object) -> dict[str, object]:
    return cast(dict[str, object], _expect(dict, value))


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
