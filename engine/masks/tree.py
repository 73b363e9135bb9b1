"""Which changes of a JSON document are made where."""

from collections.abc import Sequence

from .dialect import Change, Masked, Step


def split(
    changes: Sequence[Change],
) -> tuple[Masked | None, list[Change], dict[tuple[Step, ...], list[Change]]]:
    """Return what happens to the whole, at single paths, and inside of the elements of which arrays."""
    whole: Masked | None = None
    single: list[Change] = []
    each: dict[tuple[Step, ...], list[Change]] = {}
    for steps, masked in changes:
        if not steps:
            whole = masked
        elif None in steps:
            place = steps.index(None)
            each.setdefault(steps[:place], []).append((steps[place + 1 :], masked))
        else:
            single.append((steps, masked))
    return whole, single, each
