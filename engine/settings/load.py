"""Reads the configuration: file and environment in, Settings out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ..model.errors import ConfigInvalid, ConfigMissing, EngineError
from ..model.json import Json
from ..model.settings import Settings
from .build import Builder
from .document import Block, Items, KeyPath, Node, Origin, Scalar, invalid
from .effective import effective
from .environment import find_file
from .overlay import overlay
from .reader import parse, read_text
from .references import exposed
from .resolve import Resolver
from .schema import IGNORED, REFUSED, Root
from .shape import at, members, merged, origin_of, paths, renamed, taken, without

NAMED = ("targets", "storage_profiles", "recipients")


def load_settings(config: Path | None = None, *, partial: bool = False) -> Settings:
    """Return the settings of the file that counts, under what the environment sets.

    Args:
        config: the file; None searches SNAPHARBOR_CONFIG, `./snapharbor.yml`, the user's own, and does
            without one if the environment says something.
        partial: leave out targets and storages that cannot be used, and give the reasons as `problems`: to
            be looked at, and for nothing else, because a source that is not known is not protected.

    Raises:
        ConfigMissing: the named file is not there, or there is no configuration at all.
        ConfigInvalid: a value cannot be used; details hold file, line and key, and the other problems.
        SecretUnset: a template or reference leads nowhere.
        KeyMissing: a value is encrypted to an identity that is not at hand.
    """
    file = find_file(config)
    document = read_document(file)
    if file is None and not document.tree.members:
        raise ConfigMissing("there is no configuration")
    base = file.parent if file else Path.cwd()
    resolver = Resolver(base, warnings=list(document.warnings))
    tree = resolver.resolve(document.tree)
    problems = resolver.problems
    if problems and not partial:
        raise _first(problems)
    tree = without(tree, [_path_of(problem)[:2] for problem in problems if _path_of(problem)[0] in NAMED])
    root = validate(tree)
    builder = Builder(root, tree, base, resolver.identities, resolver.warnings, problems if partial else None)
    settings = builder.settings(file)
    _exposure(file, document.tree, resolver.warnings)
    return replace(
        settings,
        warnings=tuple(resolver.warnings),
        problems=tuple(problems),
        effective=(*effective(root, tree), *settings.effective),
    )


@dataclass(frozen=True, slots=True)
class Document:
    """File and environment as one tree, as written, with today's spellings."""

    tree: Block
    warnings: tuple[str, ...]


def read_document(file: Path | None) -> Document:
    """Read file and environment; nothing is resolved yet."""
    warnings: list[str] = []

    def told(path: KeyPath, new: str, origin: Origin) -> None:
        warnings.append(f"`{'.'.join(path)}` ({origin}) is deprecated: it is read as `{new}`")

    written = parse(read_text(file), str(file)) if file else Block({}, Origin("environment"))
    written = _effective(written, warnings)
    variables, unknown = overlay(written)
    trees = [renamed(tree, Root, told) for tree in (written, variables)]
    under, over = cast(list[Block], trees)
    return Document(merged(under, over), (*warnings, *unknown))


def _effective(tree: Block, warnings: list[str]) -> Block:
    """Return the tree without the keys that nothing comes of; a mapping that held nothing else goes too."""
    for key, reason in IGNORED.items():
        path = tuple(key.split("."))
        tree, found = taken(tree, path)
        if found is not None:
            warnings.append(f"`{key}` ({found.origin}) has no effect here: {reason}")
            if tree.members.get(path[0]) == Block({}, origin_of(tree, path[:1])):
                tree, _ = taken(tree, path[:1])
    return tree


def validate(tree: Block) -> Root:
    """Check a tree against the schema.

    Raises:
        ConfigInvalid: the first problem; the details list all of them.
    """
    try:
        return Root.model_validate(_plain(tree))
    except ValidationError as error:
        problems = [_problem(tree, problem) for problem in error.errors(include_input=False)]
        problems.sort(key=lambda problem: origin_of(tree, _path_of(problem)).line or 0)
        raise _first(problems) from None


def _first(problems: Sequence[EngineError]) -> EngineError:
    first = problems[0]
    if len(problems) == 1:
        return first
    everything: list[Json] = [problem.message for problem in problems]
    return type(first)(first.message, first.hint, **{**first.details, "problems": everything})


def _path_of(problem: EngineError) -> KeyPath:
    return tuple(str(problem.details["key"]).split("."))


def _plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Items):
        return [_plain(member) for member in node.members]
    return {key: _plain(member) for key, member in node.members.items()}


_WORDS: Mapping[str, str] = {
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "dict_type": "must be a mapping: keys with values below it",
    "model_type": "must be a mapping: keys with values below it",
    "model_attributes_type": "must be a mapping: keys with values below it",
    "tuple_type": "must be a list",
    "string_type": "must be one value, not a list or mapping",
    "missing": "is missing",
    "string_pattern_mismatch": "is not of the right form",
}


def _problem(tree: Block, problem: ErrorDetails) -> ConfigInvalid:
    path = tuple(str(part) for part in problem["loc"])
    if path[-1:] == ("[key]",):
        name = (*path[:-2], path[-2][:80])
        return invalid(name, origin_of(tree, path), "is not a name", "Use letters, digits, `.`, `_` and `-`.")
    origin = origin_of(tree, path)
    if problem["type"] == "extra_forbidden":
        return invalid(path, origin, "is not a key that is known here", _closest_key(tree, path))
    said = problem["msg"][:1].lower() + problem["msg"][1:]
    hint = ""
    if (kind := at(Root, path)) and isinstance(kind, type):
        hint = f"Known keys: {', '.join(members(kind))}."
    return invalid(path, origin, _WORDS.get(problem["type"], f"is wrong: {said}"), hint)


def _closest_key(tree: Block, path: KeyPath) -> str:
    """Return a hint for an unknown key: what it is called here, or the key that was meant."""
    *parents, wrong = path
    if wrong in REFUSED:
        return REFUSED[wrong]
    kind = at(Root, tuple(parents))
    if not isinstance(kind, type):
        return ""
    deep = {".".join(found) for found in paths(kind, None)}
    known = {**{name: name for name in members(kind)}, **{name.split(".")[-1]: name for name in deep}}
    near = get_close_matches(wrong, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{'.'.join((*parents, known[near[0]]))}`?"
    return f"Known keys: {', '.join(members(kind))}."


def _exposure(file: Path | None, tree: Block, warnings: list[str]) -> None:
    from .plain import plain_secrets

    if file is not None and exposed(file) and any(plain_secrets(tree, file)):
        warnings.append(f"`{file}` holds plain secrets and can be read by others: chmod 600, config encrypt")
