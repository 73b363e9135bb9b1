"""One mask on one value: NULL stays NULL, empty stays empty, an array is masked element by element."""

from dataclasses import replace
from difflib import get_close_matches

from ..model.errors import ArgumentInvalid
from .catalog import MASKS
from .mask import Column, Mask


def known(name: str) -> Mask:
    """Return the mask of a name.

    Raises:
        ArgumentInvalid: there is none; the hint names the closest.
    """
    if (mask := MASKS.get(name)) is not None:
        return mask
    near = get_close_matches(name, list(MASKS), n=1, cutoff=0.5)
    hint = f"Did you mean `{near[0]}`?" if near else f"There is: {', '.join(MASKS)}."
    raise ArgumentInvalid(f"no mask `{name[:40]}`", hint)


def masked(column: Column) -> str:
    """Return the SQL of a column's masked value.

    Raises:
        ArgumentInvalid: the mask is unknown, or not for such a column or with such options.
    """
    mask = known(column.mask)
    _refuse(mask, column)
    if mask.whole:
        return mask.build(column)
    if column.type.array:
        element = replace(column.type, array=False, spelled=column.type.spelled.split("[")[0].rstrip())
        return column.sql.elements(
            column.value, lambda value: _present(mask, column.over(value, element)), column.type
        )
    return _present(mask, column)


def _present(mask: Mask, column: Column) -> str:
    """Leave alone what is not there: NULL, and in text columns the empty text."""
    value = column.value
    if column.type.family == "text":
        value = column.text
        condition = f"octet_length({value}) > 0"
    else:
        condition = f"{value} IS NOT NULL"
    return f"CASE WHEN {condition} THEN {mask.build(column)} ELSE {value} END"


def _refuse(mask: Mask, column: Column) -> None:
    if column.type.family not in mask.accepts:
        raise ArgumentInvalid(
            f"the mask `{mask.name}` is not for the type `{column.type.spelled}`",
            f"It is for: {', '.join(sorted(mask.accepts))}. Use null, constant or keep for any other type.",
        )
    if column.unique and not mask.keeps_unique:
        raise ArgumentInvalid(
            f"the mask `{mask.name}` does not keep distinct values distinct",
            "Use a mask that does, such as hash, or key for whole numbers.",
        )
    if column.options and not mask.options:
        raise ArgumentInvalid(f"the mask `{mask.name}` has no options", f"Write it as {mask.name}.")
    if len(column.options) > mask.most_options:
        raise ArgumentInvalid(f"the mask `{mask.name}` has fewer options", f"They are: {mask.options}.")
