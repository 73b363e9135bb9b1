"""Masking inside JSON in MariaDB and MySQL, without anything that raises an error on another document."""

import json
from collections.abc import Sequence

from .dialect import Change, Masked, Step, fresh
from .tree import split

_NOWHERE = """'$."snapharbor: no such member"'"""
_SCALARS = "('STRING', 'INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL')"
# A string inside of a document that was itself made one string: each quote has a backslash before it.
_STRING = r'\\"(?:[^\\"]|\\\\(?:\\\\|\\"|[^\\"]))*+\\"'
_NOT_NAME = r"(?!(?:\s|\\[ntr])*:)"


def changed(document: str, changes: Sequence[Change]) -> str:
    """Return a document with what is at some paths masked; paths that are not there do nothing."""
    whole, single, each = split(changes)
    if whole is not None:
        return _whole(document, whole)
    result = document
    for steps, masked in single:
        found = f"JSON_EXTRACT({document}, {_path(steps)})"
        said = masked(f"JSON_UNQUOTE({found})")
        result = _replace(result, steps, said, when=f"JSON_TYPE({found}) IN {_SCALARS}")
        inside = f"JSON_EXTRACT({strings(found, masked)}, '$')"
        result = _replace(result, steps, inside, when=f"JSON_TYPE({found}) IN ('OBJECT', 'ARRAY')")
    for steps, inside_each in each.items():
        found = f"JSON_EXTRACT({document}, {_path(steps)})"
        array = f"JSON_EXTRACT({_elements(found, inside_each)}, '$')"
        result = _replace(result, steps, array, when=f"JSON_TYPE({found}) = 'ARRAY'")
    return result


def strings(document: str, masked: Masked) -> str:
    """Return a document with each of its strings masked, by taking its text apart."""
    alias = fresh(document)
    quoted_whole = f"JSON_QUOTE({document})"
    cut = f"REGEXP_REPLACE({quoted_whole}, {quoted(f'({_STRING}){_NOT_NAME}')}, {quoted(_CUT)})"
    pieces = f"JSON_TABLE(CONCAT('[', {cut}, ']'), '$[*]' COLUMNS (n FOR ORDINALITY, v LONGTEXT PATH '$'))"
    said = f"COALESCE(JSON_QUOTE({masked(f'JSON_UNQUOTE({alias}.v)')}), 'null')"
    piece = f"CASE WHEN mod({alias}.n, 2) = 0 THEN {said} ELSE {alias}.v END"
    return f"(SELECT GROUP_CONCAT({piece} ORDER BY {alias}.n SEPARATOR '') FROM {pieces} AS {alias})"


_CUT = r'","\\1","'


def _whole(document: str, masked: Masked) -> str:
    scalar = f"JSON_TYPE({document}) IN {_SCALARS}"
    said = f"COALESCE(JSON_QUOTE({masked(f'JSON_UNQUOTE({document})')}), 'null')"
    inside = f"WHEN JSON_TYPE({document}) IN ('OBJECT', 'ARRAY') THEN {strings(document, masked)}"
    return f"CASE WHEN {scalar} THEN {said} {inside} ELSE {document} END"


def _replace(document: str, steps: Sequence[Step], value: str, *, when: str) -> str:
    return f"JSON_REPLACE({document}, CASE WHEN {when} THEN {_path(steps)} ELSE {_NOWHERE} END, {value})"


def _elements(array: str, inside: Sequence[Change]) -> str:
    alias = fresh(array)
    rows = f"JSON_TABLE({array}, '$[*]' COLUMNS (n FOR ORDINALITY, v JSON PATH '$')) AS {alias}"
    items = f"GROUP_CONCAT({changed(f'{alias}.v', inside)} ORDER BY {alias}.n SEPARATOR ',')"
    return f"(SELECT CONCAT('[', COALESCE({items}, ''), ']') FROM {rows})"


def _path(steps: Sequence[Step]) -> str:
    said = (f"[{step}]" if isinstance(step, int) else "." + json.dumps(str(step)) for step in steps)
    return quoted("$" + "".join(said))


def quoted(text: str) -> str:
    """Return a literal, as bytes where a backslash or more than ASCII is in it: sessions differ in both."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return "'" + text.replace("'", "''") + "'"
    return f"CONVERT(UNHEX('{text.encode().hex()}') USING utf8mb4)"
