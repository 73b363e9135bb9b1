"""Walking the schema: which keys may stand where, and what the environment calls them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from .document import Block, KeyPath, Node, Origin, children
from .schema import Mark, Model


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value, or a list of values."""

    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping whose keys the user chooses."""

    of: "Kind"


Kind = type[Model] | Named | Leaf


def members(model: type[Model]) -> dict[str, Kind]:
    """Return the keys of a model with what each of them is."""
    return {
        name: _kind(field.annotation, next((mark for mark in field.metadata if isinstance(mark, Mark)), None))
        for name, field in model.model_fields.items()
    }


def _kind(annotation: Any, mark: Mark | None) -> Kind:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    if get_origin(annotation) is dict:
        return Named(_kind(get_args(annotation)[1], None))
    for option in get_args(annotation):
        if isinstance(option, type) and issubclass(option, Model):
            return option
    return Leaf(mark)


def below(kind: Kind, key: str) -> Kind | None:
    """Return what stands under a key, None if nothing may."""
    if isinstance(kind, Named):
        return kind.of
    return None if isinstance(kind, Leaf) else members(kind).get(key)


def at(kind: Kind, path: KeyPath) -> Kind | None:
    """Return what stands at a key path."""
    found: Kind | None = kind
    for key in path:
        found = below(found, key) if found is not None else None
    return found


def paths(kind: Kind, node: Node | None, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the key path of every value that could be set, for the names the document uses."""
    if isinstance(kind, Leaf):
        yield path
        return
    found = children(node)
    keys = dict.fromkeys(found, kind.of) if isinstance(kind, Named) else members(kind)
    for key, child in keys.items():
        yield from paths(child, found.get(key), (*path, key))


def variable_word(key: str) -> str:
    """Return how a key is spelled in a variable: upper case, anything but letters and digits as `_`."""
    return re.sub(r"[^A-Z0-9_]", "_", key.upper())


def renamed(node: Node, kind: Kind, told: Callable[[KeyPath, str, Origin], None], path: KeyPath = ()) -> Node:
    """Return the tree with former spellings replaced by today's; `told` hears of each."""
    if not isinstance(node, Block) or isinstance(kind, Leaf):
        return node
    if not isinstance(kind, Named):
        for old, new in kind.former.items():
            node, moved = taken(node, tuple(old.split(".")))
            if moved is not None:
                told((*path, *old.split(".")), ".".join((*path, new)), moved.origin)
                node = placed(node, tuple(new.split(".")), moved)
    today = {
        key: renamed(child, below(kind, key) or Leaf(), told, (*path, key))
        for key, child in node.members.items()
    }
    return replace(node, members=today)


def placed(block: Block, path: KeyPath, node: Node) -> Block:
    """Return the block with a node put at a path, unless something is there."""
    key, *rest = path
    if rest:
        inner = block.members.get(key)
        node = placed(inner if isinstance(inner, Block) else Block({}, node.origin), tuple(rest), node)
        return replace(block, members={**block.members, key: node})
    return replace(block, members={key: node, **block.members})


def merged(under: Block, over: Block) -> Block:
    """Return both trees as one; where both have a value, `over` counts."""
    result: dict[str, Node] = dict(under.members)
    for key, node in over.members.items():
        covered = result.get(key)
        if isinstance(covered, Block) and isinstance(node, Block):
            node = merged(covered, node)
        result[key] = node
    return replace(under, members=result)


def without(block: Block, gone: Iterable[KeyPath]) -> Block:
    """Return the tree without what stands at these paths."""
    for path in gone:
        block, _ = taken(block, path)
    return block


def taken(block: Block, path: KeyPath) -> tuple[Block, Node | None]:
    """Return the tree without what stands at a path, and that, if anything does."""
    key, *rest = path
    found = block.members.get(key)
    if found is None:
        return block, None
    if not rest:
        return replace(block, members={k: v for k, v in block.members.items() if k != key}), found
    if not isinstance(found, Block):
        return block, None
    inner, moved = taken(found, tuple(rest))
    return replace(block, members={**block.members, key: inner}), moved


def origin_of(root: Block, path: KeyPath) -> Origin:
    """Return where the value at a path, or the nearest mapping above it, stands."""
    node: Node = root
    for key in path:
        if key not in children(node):
            break
        node = children(node)[key]
    return node.origin
