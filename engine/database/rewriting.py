"""What rules make of reading a source, as far as that is alike for all engines."""

from collections.abc import Sequence

from ..model.errors import SourceUnsuitable
from ..model.pushdown import Hazard, Rewritten


def require(rewritten: Rewritten) -> Rewritten:
    """Return what can be read through rules, or refuse to read: raw rows must never come instead."""
    if rewritten.hazards and not rewritten.reads:
        raise SourceUnsuitable(
            f"the rules cannot run while reading: {rewritten.hazards[0]}",
            "The source changed since this was planned: plan it again.",
        )
    return rewritten


def refused_reads(rewritten: Rewritten, hazards: Sequence[Hazard]) -> Rewritten:
    """Return that all rules run in a copy, because the source does not read tables as they would need it."""
    forced = {hazard.table: hazard for hazard in hazards if hazard.table is not None}
    return Rewritten(hazards=(*rewritten.hazards, *hazards), forced={**rewritten.forced, **forced})
