"""Masking inside `jsonb` in PostgreSQL, without anything that raises an error on another document."""

import re
from collections.abc import Sequence

from .dialect import Change, Masked, Step, fresh
from .tree import split

_STRING = r'"(?:[^"\\]|\\.)*"'
_TOKENS = rf'({_STRING})(?!:)|({_STRING}:|[^"]+)'
_COUNTS = re.compile(r"-?[0-9]+")


def changed(document: str, changes: Sequence[Change]) -> str:
    """Return a `jsonb` document with what is at some paths masked; paths that are not there do nothing."""
    whole, each, single = split(changes)
    if whole is not None:
        return _leaf(document, whole)
    result = document
    for array in each:
        found = _found(result if array.again else document, array.steps)
        is_array = f"jsonb_typeof({found}) = 'array'"
        elements = f"CASE WHEN {is_array} THEN {_elements(found, array.inside)} END"
        whole_array = f"coalesce({elements}, {result})"
        result = _set(result, array.steps, elements, when=is_array) if array.steps else whole_array
    for steps, masked in single:
        found = _found(document, steps)
        result = _set(result, steps, _leaf(found, masked), when=f"{found} IS NOT NULL")
    return f"CASE WHEN jsonb_typeof({document}) IN ('object', 'array') THEN {result} ELSE {document} END"


def strings(document: str, masked: Masked) -> str:
    """Return a `jsonb` document with each of its strings masked, by taking its text apart."""
    alias = fresh(document)
    said = masked(f"({alias}.m[1]::jsonb #>> '{{}}')")
    piece = f"CASE WHEN {alias}.m[1] IS NULL THEN {alias}.m[2] ELSE {_json(said)}::text END"
    matches = f"regexp_matches(({document})::text, {quoted(_TOKENS)}, 'g') WITH ORDINALITY AS {alias}(m, n)"
    return f"array_to_string(ARRAY(SELECT {piece} FROM {matches} ORDER BY {alias}.n), '')::jsonb"


def _found(document: str, steps: Sequence[Step]) -> str:
    """Return what is at a path; without the check, a member called 0 would count as element 0, and back."""
    found = f"({document} #> {_path(steps)})" if steps else document
    kinds = [
        f"jsonb_typeof({document} #> {_path(steps[:index])}) = '{_holder(step)}'"
        for index, step in enumerate(steps)
        if _COUNTS.fullmatch(str(step))
    ]
    return f"CASE WHEN {' AND '.join(kinds)} THEN {found} END" if kinds else found


def _holder(step: Step) -> str:
    return "array" if isinstance(step, int) else "object"


def _set(document: str, steps: tuple[Step, ...], value: str, *, when: str) -> str:
    """Return a document with another value at a path; an empty path changes nothing."""
    path = f"CASE WHEN {when} THEN {_path(steps)} ELSE '{{}}'::text[] END"
    return f"jsonb_set({document}, {path}, coalesce({value}, 'null'::jsonb), false)"


def _elements(array: str, inside: Sequence[Change]) -> str:
    alias = fresh(array)
    rows = f"jsonb_array_elements({array}) WITH ORDINALITY AS {alias}(value, n)"
    return f"to_jsonb(ARRAY(SELECT {changed(f'{alias}.value', inside)} FROM {rows} ORDER BY {alias}.n))"


def _leaf(value: str, masked: Masked) -> str:
    """Mask a string or number; of anything larger, all its strings."""
    said = masked(f"({value} #>> '{{}}')")
    return (
        f"CASE WHEN jsonb_typeof({value}) IN ('string', 'number') THEN {_json(said)} "
        f"WHEN jsonb_typeof({value}) IN ('object', 'array') THEN {strings(value, masked)} ELSE {value} END"
    )


def _json(text: str) -> str:
    return f"coalesce(to_jsonb(({text})::text), 'null'::jsonb)"


def _path(steps: Sequence[Step]) -> str:
    return f"ARRAY[{', '.join(quoted(str(step)) for step in steps)}]::text[]"


def quoted(text: str) -> str:
    """Return a literal, as bytes where sessions or drivers differ: backslash, percent, more than ASCII."""
    if text.isascii() and text.isprintable() and not set("\\%") & set(text):
        return "'" + text.replace("'", "''") + "'"
    return f"convert_from(decode('{text.encode().hex()}', 'hex'), 'UTF8')"
