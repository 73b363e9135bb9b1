"""Which changes of a JSON document are made where, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

from .dialect import Change, Masked, Step

Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """What happens inside of each element of an array; `again` if another change may have been there."""

    steps: Steps
    inside: Sequence[Change]
    again: bool


def split(changes: Sequence[Change]) -> tuple[Masked | None, list[Each], list[Change]]:
    """Return what happens to the whole, inside of arrays, and at single paths.

    Arrays come first, as they are put back whole, and the outer before the inner.
    """
    whole: Masked | None = None
    single: list[Change] = []
    arrays: dict[Steps, list[Change]] = {}
    for steps, masked in changes:
        if not steps:
            whole = masked
        elif None in steps:
            place = steps.index(None)
            arrays.setdefault(steps[:place], []).append((steps[place + 1 :], masked))
        else:
            single.append((steps, masked))
    outer_first = sorted(arrays, key=len)
    each = [
        Each(steps, arrays[steps], again=any(steps[: len(other)] == other for other in outer_first[:index]))
        for index, steps in enumerate(outer_first)
    ]
    return whole, each, sorted(single, key=lambda change: len(change[0]))
