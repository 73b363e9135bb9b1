"""Writes a configuration of ours that says what the original's said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Protocol, cast

from ruamel.yaml import YAML

from ...model.errors import ConfigInvalid, ConfigMissing, EngineError
from ...model.secret import Secret
from ..create import KEYS, make_keys
from ..document import KeyPath
from ..environment import environment
from ..files import write_new, writing
from ..load import load_settings
from ..overlay import variable_name
from ..reader import parse, read_text
from ..sealed import seal
from .convert import Converted, Row, Value, convert
from .keys import KEYS as OLD_KEYS
from .keys import NO_VARIABLE, VARIABLES, To

PREFIX = "DBSNAPPER_"
SECRET_KEY = f"{PREFIX}SECRET_KEY"
_STARTS = (PREFIX, "DB_SNAPPER_")
_WIDTH = 4096
_NUMBER = re.compile("0|[1-9][0-9]{0,8}")


class _Dumper(Protocol):
    """The part of the untyped ruamel.yaml that writes."""

    width: int
    default_flow_style: bool

    def dump(self, data: object, stream: StringIO) -> None: ...


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written where, what became of each key and variable, and what is still wrong with it.

    `file` is None if nothing was written.
    """

    file: Path | None
    rows: tuple[Row, ...]
    variables: tuple[Row, ...]
    problems: tuple[EngineError, ...] = ()


def import_configuration(old: Path, new: Path, *, dry_run: bool = False) -> Imported:
    """Convert the original's configuration into a new file of mode 0600, its secrets encrypted.

    The old file is only read. Keys are made beside the new one, as `config init` does.

    Args:
        old: The original's file.
        new: The file to write; nothing is ever overwritten.
        dry_run: Only say what would become of each key.

    Raises:
        ConfigMissing: there is no old file.
        ConfigInvalid: there is a new one already, or the old one cannot be read.
        KeyMissing: an encrypted value does not open.
    """
    new = new.expanduser().absolute()
    if not dry_run and (new.exists() or new.is_symlink()):
        raise ConfigInvalid(f"`{new}` exists already", "Name another place with --to, or move it away first.")
    old = old.expanduser().absolute()
    found = convert(parse(_read(old), str(old)), environment().get(SECRET_KEY))
    variables = tuple(_variable(name) for name in sorted(environment()) if name.startswith(_STARTS))
    if dry_run:
        return Imported(None, found.rows, variables)
    with writing():
        new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        identity, *_ = make_keys(new.parent)
        write_new(new, _text(found, old, identity).encode())
    return Imported(new, found.rows, variables, _problems(new))


def _problems(new: Path) -> tuple[EngineError, ...]:
    """Return what keeps the new file from being used; the original would not have used that either."""
    try:
        return load_settings(new, partial=True).problems
    except EngineError as error:
        return (error,)


def _read(old: Path) -> str:
    try:
        return read_text(old)
    except ConfigMissing as error:
        hint = "Name DBSnapper's own file, usually ~/.config/dbsnapper/dbsnapper.yml."
        raise ConfigMissing(error.message, hint, **error.details) from None


def _text(found: Converted, old: Path, identity: Secret) -> str:
    tree: dict[str, object] = {"keys": dict(KEYS)}
    for path, value in sorted(found.values.items(), key=lambda one: [*map(_rank, one[0])]):
        _put(tree, path, _written(path, value, identity))
    yaml = cast(_Dumper, YAML(typ="rt", pure=True))
    yaml.width, yaml.default_flow_style = _WIDTH, False
    stream = StringIO()
    yaml.dump(tree, stream)
    head = (
        f"# Made from `{old.name}` by `snapharbor config import`. What every key means: docs/configuration.md"
    )
    return f"{head}\n{stream.getvalue()}"


def _rank(part: str) -> tuple[bool, str]:
    """Order keys as people write them: what a thing is and comes from before all else."""
    return part not in ("name", "snapshot", "provider", "src_url", "targets"), part


def _put(tree: dict[str, object], path: KeyPath, value: object) -> None:
    for key in path[:-1]:
        tree = cast(dict[str, object], tree.setdefault(key, {}))
    tree[path[-1]] = value


def _written(path: KeyPath, value: Value, identity: Secret) -> object:
    if isinstance(value, Secret):
        return seal(value.reveal(), path, identity)
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return value


def _variable(name: str) -> Row:
    """Say what a variable of the original is called here; what it holds is not looked at."""
    if name in VARIABLES:
        return Row(name, None, VARIABLES[name])
    if name in NO_VARIABLE:
        return Row(name, None, None, NO_VARIABLE[name])
    rest = name.removeprefix(PREFIX).lower().split("__")
    for pattern, rule in OLD_KEYS.items():
        parts = pattern.split(".")
        if len(parts) == len(rest) and all(
            part in ("*", word) for part, word in zip(parts, rest, strict=True)
        ):
            return _told(name, rule, parts, rest)
        if isinstance(rule, str) and parts == rest[: len(parts)]:
            return Row(name, None, None, rule)
    return Row(name, None, None, "it sets nothing that is known")


def _told(name: str, rule: "To | str", pattern: list[str], rest: list[str]) -> Row:
    if isinstance(rule, str):
        return Row(name, None, None, rule)
    names = iter([word for part, word in zip(pattern, rest, strict=True) if part == "*"])
    path = tuple(next(names) if part == "*" else part for part in rule.key.split("."))
    return Row(name, None, variable_name(path))


def rows_as_mappings(rows: tuple[Row, ...]) -> list[Mapping[str, str | int | None]]:
    """Return rows as JSON."""
    return [{"key": row.key, "line": row.line, "to": row.to, "note": row.note} for row in rows]
