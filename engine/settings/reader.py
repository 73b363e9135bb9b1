"""YAML text into the tree, with words of our own for everything that can be wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ..model.errors import ConfigMissing
from .document import Block, Items, KeyPath, Node, Origin, Scalar, invalid

MAX_BYTES = 256 * 1024
_MAX_DEPTH = 12
_MAX_NODES = 20_000


class _Mark(Protocol):
    index: int
    line: int


class _Composed(Protocol):
    """A node of ruamel.yaml, whose own types are unknown: `id` tells scalar, sequence, mapping."""

    id: str
    tag: str
    value: object
    start_mark: _Mark
    end_mark: _Mark


class _Trouble(Protocol):
    """What ruamel.yaml says about a text that is not YAML."""

    problem: str | None
    problem_mark: _Mark | None
    context_mark: _Mark | None


class _Composer(Protocol):
    def compose(self, text: str) -> _Composed | None: ...


def read_text(file: Path) -> str:
    """Return a configuration file's text, or say what is wrong with the file."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise invalid((), Origin(str(file), 1), f"is larger than {MAX_BYTES // 1024} KiB")
        content = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ConfigMissing(f"`{file}` cannot be read: {reason}", file=str(file)) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = "holds a byte that is not UTF-8"
        raise invalid((), Origin(str(file), line), problem, "Save the file as UTF-8.") from None


def parse(text: str, place: str) -> Block:
    """Parse a YAML text; an empty one is an empty mapping.

    Raises:
        ConfigInvalid: not YAML, not a mapping, a key twice; with line and, where there is one, the key.
    """
    try:
        top = cast(_Composer, YAML(typ="safe", pure=True)).compose(text)
    except MarkedYAMLError as error:
        trouble = cast(_Trouble, error)
        mark = trouble.problem_mark or trouble.context_mark
        problem, hint = _explained(trouble.problem or "", text, mark.index if mark else 0)
        line = mark.line if mark else 0
        raise invalid(_key_near(text, line), Origin(place, line + 1), problem, hint) from None
    except YAMLError:
        line = next((number for number, row in enumerate(text.split("\n"), 1) if _CONTROL.search(row)), 1)
        raise invalid((), Origin(place, line), "holds a control character", "Remove it.") from None
    root = Block({}, Origin(place, 1)) if top is None else _Reader(place).node(top, ())
    if isinstance(root, Block):
        return root
    if isinstance(root, Scalar) and root.text is None:
        return Block({}, root.origin)
    found = "a list" if isinstance(root, Items) else "a single value"
    raise invalid((), root.origin, f"is {found} at the top level", "Begin with `targets:` or another key.")


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# What the parser quotes is punctuation of YAML, the name of a token, or a word of the file.
_GRAMMAR = re.compile(r"[^\w\s]{1,3}|<[a-z ]+>")


_KEY = re.compile(r"( *)([A-Za-z0-9_.-]{1,64}) *:")


def _key_near(text: str, line: int) -> KeyPath:
    """Guess by indentation which key a line that cannot be parsed belongs to."""
    path: KeyPath = ()
    left = len(text)
    for row in reversed(text.split("\n")[: line + 1]):
        found = _KEY.match(row)
        if found and len(found[1]) < left:
            left = len(found[1])
            path = (found[2], *path)
    return path


def _explained(problem: str, text: str, index: int) -> tuple[str, str]:
    """Say what is wrong in YAML without repeating a word of the file."""
    here = text[index : index + 1]
    if here == "\t":
        return "is indented with a tab", "Indent with spaces."
    if here == "`":
        return "has a template without quotes around it", 'Write it as "{{`NAME` | env}}".'
    if here and here in "*&!%@":
        return f"has a value that begins with `{here}`", "Put the value in quotes."
    if "document" in problem:
        return "holds more than one YAML document", "Remove the line `---` and what follows it."
    return f"is not YAML: {_QUOTED.sub(_shown, problem)}", "Check indentation, colons and quotes around here."


def _shown(quoted: re.Match[str]) -> str:
    inside = quoted[0][1:-1]
    return f"`{inside}`" if _GRAMMAR.fullmatch(inside) else "…"


class _Reader:
    """Turns composed nodes into ours."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.left = _MAX_NODES

    def node(self, node: _Composed, path: KeyPath) -> Node:
        """Return one node with everything below it."""
        self.left -= 1
        origin = self._origin(node)
        if len(path) > _MAX_DEPTH or self.left < 0:
            raise invalid(path[:3], origin, "is nested too deeply or repeated too often")
        if node.id == "scalar":
            text = None if node.tag.endswith(":null") else str(node.value)
            return Scalar(text, origin, (node.start_mark.index, node.end_mark.index))
        if node.id == "sequence":
            found = cast(Sequence[_Composed], node.value)
            return Items(
                tuple(self.node(member, (*path, str(at))) for at, member in enumerate(found)), origin
            )
        return Block(self._members(cast(Sequence[tuple[_Composed, _Composed]], node.value), path), origin)

    def _members(self, pairs: Sequence[tuple[_Composed, _Composed]], path: KeyPath) -> dict[str, Node]:
        inherited: dict[str, Node] = {}
        own: dict[str, Node] = {}
        lines: dict[str, Origin] = {}
        for key, value in pairs:
            origin = self._origin(key)
            if key.id != "scalar":
                raise invalid(path, origin, "has a key that is not a single word")
            if key.tag.endswith(":merge"):
                inherited |= self._merged(value, path, origin)
                continue
            name = str(key.value)
            if name in own:
                raise invalid((*path, name), origin, f"is written twice, first in line {lines[name].line}")
            own[name] = replace(self.node(value, (*path, name)), origin=origin)
            lines[name] = origin
        return inherited | own

    def _merged(self, value: _Composed, path: KeyPath, origin: Origin) -> dict[str, Node]:
        """Return what `<<:` brings in: one mapping or several, of which the first wins."""
        found = self.node(value, (*path, "<<"))
        merged: dict[str, Node] = {}
        for source in reversed(found.members) if isinstance(found, Items) else (found,):
            if not isinstance(source, Block):
                raise invalid((*path, "<<"), origin, "does not refer to a mapping")
            merged |= source.members
        return merged

    def _origin(self, node: _Composed) -> Origin:
        return Origin(self.place, node.start_mark.line + 1)
