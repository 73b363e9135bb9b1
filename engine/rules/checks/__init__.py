"""What is wrong, or worth knowing, about rules before they run. One file per check."""

from collections.abc import Callable, Iterator

from ...model.finding import Finding, ordered
from . import (
    copies,
    enum_labels,
    foreign_keys,
    generated,
    hashes,
    length,
    masks,
    materialized,
    no_rows,
    not_checked,
    not_null,
    order,
    partitions,
    row_security,
    targets,
    triggers,
    unfiltered,
    unique,
    unknown,
    user_made,
    volatile,
)
from .context import Context

Check = Callable[[Context], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    unknown.check,
    user_made.check,
    targets.check,
    not_checked.check,
    copies.check,
    unfiltered.check,
    no_rows.check,
    unique.check,
    not_null.check,
    length.check,
    masks.check,
    enum_labels.check,
    foreign_keys.check,
    triggers.check,
    generated.check,
    materialized.check,
    partitions.check,
    row_security.check,
    volatile.check,
    hashes.check,
    order.check,
)


def check_all(context: Context) -> tuple[Finding, ...]:
    """Return what every check has to say, errors first, then by line."""
    return ordered(finding for check in CHECKS for finding in check(context))
