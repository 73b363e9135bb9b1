"""What counts, key by key, with where it came from and without a secret: what `config show` prints."""

from collections.abc import Iterator
from typing import cast

from ..model.errors import ConfigInvalid
from ..model.settings import Setting
from ..model.url import DatabaseUrl
from .document import Block, KeyPath, Node, Scalar, children
from .schema import Model, Root
from .shape import Kind, Leaf, Named, below, members

MASK = "********"


def effective(root: Root, tree: Block) -> tuple[Setting, ...]:
    """Return every value that is set or has a default."""
    return tuple(_walk(root, Root, tree, ()))


def _walk(value: object, kind: Kind, node: Node | None, path: KeyPath) -> Iterator[Setting]:
    if value in (None, "", ()):
        return
    if isinstance(kind, Leaf):
        yield Setting(".".join(path), _shown(value, kind, node), _origin(node))
        return
    below_it = children(node)
    if isinstance(kind, Named):
        found = cast(dict[str, object], value)
    else:
        found = {key: getattr(value, key) for key in members(kind)} if isinstance(value, Model) else {}
    for key, child in found.items():
        yield from _walk(child, below(kind, key) or Leaf(), below_it.get(key), (*path, key))


def _origin(node: Node | None) -> str:
    if node is None:
        return "default"
    note = node.note if isinstance(node, Scalar) else ""
    return f"{node.origin} ({note})" if note else str(node.origin)


def _shown(value: object, kind: Leaf, node: Node | None) -> str:
    mark = kind.mark.kind if kind.mark else ""
    kept_elsewhere = isinstance(node, Scalar) and (
        node.note == "encrypted" or node.note.startswith("secret:")
    )
    if mark == "url":
        return _shown_text(str(value))
    if mark == "secret" or kept_elsewhere:
        return MASK
    if mark == "sql":
        return f"SQL, {len(str(value)):,} characters"
    if isinstance(value, tuple):
        return ", ".join(cast(tuple[str, ...], value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown_text(text: str) -> str:
    try:
        return shown_url(DatabaseUrl.parse(text))
    except ConfigInvalid:  # told elsewhere, and what it holds instead nobody knows
        return MASK


def shown_url(url: DatabaseUrl) -> str:
    """Return a URL with its user and without its secrets."""
    password = f":{MASK}" if url.password else ""
    login = f"{url.user}{password}@" if url.user or password else ""
    options = "&".join(f"{key}={MASK if 'pass' in key else value}" for key, value in url.options.items())
    return str(url).replace("://", f"://{login}", 1) + (f"?{options}" if options else "")
