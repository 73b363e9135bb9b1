"""What is inside a value: the leaves of JSON, arrays and composite values, each under its path."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from .types import Family

PLAIN_KEY = re.compile(r"[^\W\d]\w*")
KEYS_OF_A_MAP = 60
PATHS = 300
ANY, KEYS = ".*", ".{}"

Leaves = Mapping[str, list[str]]


def leaves(values: Iterable[str], family: Family) -> Leaves:
    """Return the texts inside values by path; a text that is no JSON stands under the empty path.

    An object with many different keys counts as a map: its values are under `.*`, its keys under `.{}`.
    """
    parsed = [_parsed(value, family) for value in values]
    found: defaultdict[str, list[str]] = defaultdict(list)
    trees = [tree for tree in parsed if not isinstance(tree, str)]
    for text in (tree for tree in parsed if isinstance(tree, str)):
        found[""].append(text)
    maps = _maps(trees)
    # `$` starts a path into JSON; composite values and arrays are walked from the column itself.
    root = "" if family in ("composite", "array") else "$"
    for tree in trees:
        for path, text in _walk(tree, root, maps):
            if path in found or len(found) < PATHS:
                found[path].append(text)
    return found


def key_of(path: str) -> str:
    """Return the last key in a path, empty if there is none."""
    names = re.findall(r'\."((?:[^"\\]|\\.)*)"|\.([^\W\d]\w*)', path)
    return next((quoted or plain for quoted, plain in reversed(names)), "")


def step(key: str) -> str:
    """Return a key as it stands in a path."""
    return f".{key}" if PLAIN_KEY.fullmatch(key) else f".{json.dumps(key, ensure_ascii=False)}"


def _parsed(value: str, family: Family) -> object:
    """Return JSON as a value, and other text as it is; text is JSON if it is an object or a list."""
    if family in ("json", "array", "composite") or value[:1] in ("{", "["):
        try:
            tree: object = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return [tree] if isinstance(tree, str) and family == "json" else tree
    return value


def _maps(trees: Iterable[object]) -> frozenset[str]:
    keys: defaultdict[str, set[str]] = defaultdict(set)

    def note(tree: object, path: str) -> None:
        if isinstance(tree, dict):
            for key, child in cast(dict[str, object], tree).items():
                keys[path].add(key)
                note(child, f"{path}.?")
        elif isinstance(tree, list):
            for child in cast(list[object], tree):
                note(child, f"{path}[]")

    for tree in trees:
        note(tree, "")
    return frozenset(path for path, names in keys.items() if len(names) > KEYS_OF_A_MAP)


def _walk(tree: object, path: str, maps: frozenset[str], shape: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, child in cast(dict[str, object], tree).items():
            if shape in maps:
                yield path + KEYS, key
            below = ANY if shape in maps else step(key)
            yield from _walk(child, path + below, maps, f"{shape}.?")
    elif isinstance(tree, list):
        for child in cast(list[object], tree):
            yield from _walk(child, f"{path}[]", maps, f"{shape}[]")
    elif isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield path, str(tree)
