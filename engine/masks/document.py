"""Documents: what is at some paths, or all that is text."""

from ..model.errors import ArgumentInvalid
from .dialect import Masked
from .mask import Column
from .path import parse_path
from .spec import parse_spec, plain
from .types import parse_type


def at_paths(column: Column) -> str:
    """Mask strings and numbers at paths; of objects and arrays there, all strings.

    Raises:
        ArgumentInvalid: the options are not pairs of a path and a mask.
    """
    if not column.options or len(column.options) % 2:
        raise ArgumentInvalid(
            "the options of the mask `json` are pairs of a path and a mask",
            "Write it as json('$.contact.email', email).",
        )
    pairs = [
        (parse_path(column.option(index)), _inner(column, column.options[index + 1]))
        for index in range(0, len(column.options), 2)
    ]
    return column.sql.json_changed(column.value, pairs, column.type)


def all_strings(column: Column) -> str:
    """Mask each string."""
    written = column.options[0] if column.options else "redact"
    return column.sql.json_strings(column.value, _inner(column, written), column.type)


def _inner(column: Column, written: str) -> Masked:
    from .apply import masked

    spec = parse_spec(plain(written))
    text = parse_type("text")

    def apply(value: str) -> str:
        return masked(Column(spec.name, value, column.sql, column.keys, text, options=spec.options))

    return apply
