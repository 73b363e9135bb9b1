"""Which values of a file hold a secret in plain text."""

import re
from collections.abc import Iterator
from pathlib import Path

from .document import Block, Items, KeyPath, Node, Scalar
from .references import PREFIX as REFERENCE
from .resolve import IDENTITY, PREVIOUS
from .schema import Root
from .sealed import PREFIX as SEALED
from .shape import Kind, Leaf, below
from .templates import only_templates

_LOGIN = re.compile(r"^[^/]*//[^/]*?:([^/]*)@")
_OPTION = re.compile(r"[?&]\w*pass\w*=([^&]*)")


def plain_secrets(tree: Block, file: Path) -> Iterator[tuple[KeyPath, Scalar]]:
    """Yield the secrets of a file, with their key paths, that are neither referred to nor encrypted."""
    for path, scalar, kind in scalars(tree, Root, ()):
        mark = kind.mark.kind if kind.mark else ""
        text = scalar.text or ""
        if scalar.origin.place != str(file) or text.startswith((REFERENCE, SEALED)):
            continue
        if (mark == "secret" and not only_templates(text)) or (mark == "url" and has_password(text)):
            yield path, scalar


def can_be_encrypted(path: KeyPath) -> bool:
    """Whether a value is not itself what opens encrypted values."""
    return path[:2] not in (IDENTITY, PREVIOUS)


def has_password(url: str) -> bool:
    """Whether a URL has a password that is more than a template."""
    found = [*_LOGIN.findall(url), *_OPTION.findall(url)]
    return any(not only_templates(password) for password in found)


def scalars(node: Node, kind: Kind, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Scalar, Leaf]]:
    """Yield every value of a tree that the schema knows a place for."""
    if isinstance(node, Scalar):
        if isinstance(kind, Leaf):
            yield path, node, kind
    elif isinstance(node, Items):
        for index, member in enumerate(node.members):
            yield from scalars(member, kind, (*path, str(index)))
    else:
        for key, member in node.members.items():
            yield from scalars(member, below(kind, key) or Leaf(), (*path, key))
