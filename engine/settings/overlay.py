"""SNAPHARBOR_ variables as a tree that lies over the file."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from ..model.errors import ConfigInvalid
from .document import Block, KeyPath, Node, Origin, Scalar, children
from .environment import CONFIG, PREFIX, environment
from .schema import Root
from .shape import Kind, Leaf, Named, below, members, paths, placed, variable_word

_ELSEWHERE = {
    "SECRET": "KEYS__IDENTITY",
    "SECRET_KEY": "KEYS__IDENTITY",
    "WORKING_DIR": "DEFAULTS__WORKING_DIRECTORY",
}


def overlay(file: Block) -> tuple[Block, tuple[str, ...]]:
    """Return what the variables set, and a warning for each one that sets nothing.

    Args:
        file: the tree of the file: its names decide which target `MY_SHOP` is (`my-shop`, `my_shop`).
    """
    tree = Block({}, Origin("environment"))
    unknown: list[str] = []
    for name in sorted(environment()):
        if not name.startswith(PREFIX) or name == CONFIG:
            continue
        path = _locate(name.removeprefix(PREFIX), Root, file, name)
        if path is None:
            unknown.append(name)
        elif environment()[name]:
            tree = placed(tree, path, Scalar(environment()[name], Origin(name)))
    return tree, tuple(_unknown(name, file) for name in unknown)


def variable_name(path: KeyPath) -> str:
    """Return the variable that sets the value at a key path."""
    return PREFIX + "__".join(map(variable_word, path))


def _locate(rest: str, kind: Kind, node: Node | None, name: str) -> KeyPath | None:
    """Return the key path that the rest of a variable's name spells."""
    if isinstance(kind, Leaf):
        return () if not rest else None
    found = children(node)
    known = (
        list(found)
        if isinstance(kind, Named)
        else [*members(kind), *(old for old in kind.former if "." not in old)]
    )
    matching = [key for key in known if f"{rest}__".startswith(f"{variable_word(key)}__")]
    longest = max(map(len, matching), default=0)
    best = [key for key in matching if len(key) == longest]
    if len(best) > 1:
        both = " and ".join(f"`{key}`" for key in best)
        raise ConfigInvalid(f"`{name}` can mean {both}", "Rename one of them.", variable=name)
    if not best and isinstance(kind, Named):
        word = rest.partition("__")[0].lower()
        best = [word] if re.fullmatch("[a-z0-9][a-z0-9_]*", word) else []
    for key in best:
        path = _locate(rest[len(key) :].removeprefix("__"), below(kind, key) or Leaf(), found.get(key), name)
        return None if path is None else (key, *path)
    return None


def _unknown(name: str, file: Block) -> str:
    short = name.removeprefix(PREFIX)
    if short in _ELSEWHERE:
        return f"`{name}` sets nothing; did you mean `{PREFIX}{_ELSEWHERE[short]}`?"
    near = get_close_matches(name, list(_names(short, file)), n=1, cutoff=0.6)
    return f"`{name}` sets nothing" + (f"; did you mean `{near[0]}`?" if near else "")


def _names(short: str, file: Block) -> Iterator[str]:
    """Yield every variable that would set something, also for a target that only this variable names."""
    block, _, rest = short.partition("__")
    named = rest.partition("__")[0].lower()
    kind = below(Root, block.lower())
    if isinstance(kind, Named) and named:
        file = placed(file, (block.lower(), named), Block({}, Origin(PREFIX + short)))
    return (variable_name(path) for path in paths(Root, file))
