"""Masking inside JSON in MariaDB and MySQL, without anything that raises an error on another document."""

import json
from collections.abc import Iterable, Sequence
from typing import TypeVar

from ..model.errors import ArgumentInvalid
from .dialect import Change, Masked, Step, fresh
from .tree import split

Made = TypeVar("Made")
Path = tuple[str, ...]

_NOWHERE = """'$."snapharbor: no such member"'"""
_SCALARS = "('STRING', 'INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')"
# A string inside of a document that was itself made one string: each quote has a backslash before it.
# What names a member is found with its colon, so that the search goes on behind it.
_STRING = r'\\"[^\\"]*+(?:\\\\(?:\\\\|\\"|[^\\"])[^\\"]*+)*+\\"'
_FOUND = rf"({_STRING}(?:(?:\s|\\[ntr])*:)?)"
# MariaDB keeps results of a subquery for values that are equal, which under most collations are `e` and `É`;
# not where there is chance in it.
AFRESH = "RAND() < 1"
# Without, a text would be of whatever the session's current database has as its default.
TEXT = "LONGTEXT CHARACTER SET utf8mb4"
_CUT = '","{}","'
# MariaDB says \1 for what was found, MySQL $1, and neither knows the other's.
_SAYS_DOLLAR = "REGEXP_REPLACE('a', '(a)', '$1') = 'a'"


def changed(document: str, changes: Sequence[Change]) -> str:
    """Return a document with what is at some paths masked; paths that are not there do nothing.

    MariaDB keeps members of the same name but finds only the first, so a document that has them on the way
    becomes NULL.
    """
    whole, each, single = split(changes)
    if whole is not None:
        return _whole(document, whole)
    result = document
    arrays = _spelled((array, array.steps) for array in each)
    leaves = _spelled((masked, steps) for steps, masked in single)
    for array, path in arrays:
        found = _found(result if array.again else document, path)
        elements = f"JSON_EXTRACT({_elements(found, array.inside)}, '$')"
        result = _replace(result, path, elements, when=f"JSON_TYPE({found}) = 'ARRAY'")
    for masked, path in leaves:
        found = _found(document, path)
        said = masked(f"JSON_UNQUOTE({found})")
        result = _replace(result, path, said, when=f"JSON_TYPE({found}) IN {_SCALARS}")
        inside = strings(found, masked)
        result = _replace(result, path, inside, when=f"JSON_TYPE({found}) IN ('OBJECT', 'ARRAY')")
    doubled = _doubled(document, [path for _, path in (*arrays, *leaves)])
    return f"CASE WHEN {doubled} THEN NULL ELSE {result} END" if doubled else result


def strings(document: str, masked: Masked) -> str:
    """Return a document with each of its strings masked, by taking its text apart.

    What is no document, or was cut off because it is longer than the session's `group_concat_max_len`,
    becomes NULL in MariaDB and an error in MySQL.
    """
    alias = fresh(document)
    whole = f"JSON_QUOTE(CONVERT({document} USING utf8mb4))"
    between = f"IF({_SAYS_DOLLAR}, {quoted(_CUT.format('$1'))}, {quoted(_CUT.format(chr(92) + '1'))})"
    cut = f"REGEXP_REPLACE({whole}, {quoted(_FOUND)}, {between})"
    pieces = f"JSON_TABLE(CONCAT('[', {cut}, ']'), '$[*]' COLUMNS (n FOR ORDINALITY, v {TEXT} PATH '$'))"
    said = f"COALESCE(JSON_QUOTE({masked(f'JSON_UNQUOTE({alias}.v)')}), 'null')"
    is_value = f"mod({alias}.n, 2) = 0 AND RIGHT({alias}.v, 1) <> ':'"
    piece = f"CASE WHEN {is_value} THEN {said} ELSE {alias}.v END"
    joined = f"GROUP_CONCAT({piece} ORDER BY {alias}.n SEPARATOR '')"
    return f"JSON_EXTRACT((SELECT {joined} FROM {pieces} AS {alias} WHERE {AFRESH}), '$')"


def _whole(document: str, masked: Masked) -> str:
    scalar = f"JSON_TYPE({document}) IN {_SCALARS}"
    said = f"COALESCE(JSON_QUOTE({masked(f'JSON_UNQUOTE({document})')}), 'null')"
    inside = f"WHEN JSON_TYPE({document}) IN ('OBJECT', 'ARRAY') THEN {strings(document, masked)}"
    return f"CASE WHEN {scalar} THEN {said} {inside} ELSE JSON_EXTRACT({document}, '$') END"


def _spelled(changes: Iterable[tuple[Made, Sequence[Step]]]) -> list[tuple[Made, Path]]:
    return [(made, path) for made, steps in changes for path in _paths(steps)]


def _paths(steps: Sequence[Step]) -> list[Path]:
    """Return the ways to write a path: MariaDB knows a name only as the document spells it.

    Raises:
        ArgumentInvalid: MariaDB can find nothing there.
    """
    if any(str(step).startswith("-") for step in steps):
        raise ArgumentInvalid(
            "no path leads to a member of that name in this engine",
            "Names that begin with a hyphen are not found: write a path to what holds the member.",
        )
    spelled = (
        tuple(
            f"[{step}]" if isinstance(step, int) else f".{json.dumps(step, ensure_ascii=ascii)}"
            for step in steps
        )
        for ascii in (False, True)
    )
    return list(dict.fromkeys(spelled))


def _doubled(document: str, paths: Iterable[Path]) -> str:
    holders = {
        path[:index]: None for path in paths for index, step in enumerate(path) if step.startswith(".")
    }
    found = [_at(document, holder) for holder in holders]
    return " OR ".join(f"JSON_LENGTH(JSON_KEYS({at})) < JSON_LENGTH({at})" for at in found)


def _found(document: str, path: Path) -> str:
    """Return what is at a path; without the check, anything would count as its own element 0."""
    found = _at(document, path)
    arrays = [
        f"JSON_TYPE({_at(document, path[:index])}) = 'ARRAY'"
        for index, step in enumerate(path)
        if step.startswith("[")
    ]
    return f"CASE WHEN {' AND '.join(arrays)} THEN {found} END" if arrays else found


def _at(document: str, path: Path) -> str:
    return f"JSON_EXTRACT({document}, {_literal(path)})"


def _replace(document: str, path: Path, value: str, *, when: str) -> str:
    return f"JSON_REPLACE({document}, CASE WHEN {when} THEN {_literal(path)} ELSE {_NOWHERE} END, {value})"


def _elements(array: str, inside: Sequence[Change]) -> str:
    alias = fresh(array)
    rows = f"JSON_TABLE({array}, '$[*]' COLUMNS (n FOR ORDINALITY, v JSON PATH '$')) AS {alias}"
    item = f"COALESCE({changed(f'{alias}.v', inside)}, 'null')"
    items = f"GROUP_CONCAT({item} ORDER BY {alias}.n SEPARATOR ',')"
    return f"(SELECT CONCAT('[', COALESCE({items}, ''), ']') FROM {rows} WHERE {AFRESH})"


def _literal(path: Path) -> str:
    return quoted("$" + "".join(path))


def quoted(text: str) -> str:
    """Return a literal, as bytes where sessions or drivers differ: backslash, percent, more than ASCII."""
    if text.isascii() and text.isprintable() and not set("\\%") & set(text):
        return "'" + text.replace("'", "''") + "'"
    return f"CONVERT(UNHEX('{text.encode().hex()}') USING utf8mb4)"
