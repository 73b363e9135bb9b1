"""Finding out which rule it was that failed while a source was read, and where it stands."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..model.analysis import Resolved
from ..model.catalog import Catalog
from ..model.errors import EngineError, RuleFailed
from ..model.json import JsonObject
from ..model.target import Target
from ..services import Services
from .asking import answers
from .foresight import read_facts
from .places import source_of
from .ruleset import masker_of

if TYPE_CHECKING:
    from ..rules.steps import Step

SECONDS, QUESTION_SECONDS = 120.0, 30
AT_ONCE = 10


async def located(
    services: Services, target: Target, catalog: Catalog, rules: Sequence[Resolved], error: RuleFailed
) -> RuleFailed:
    """Return the error of reading through rules with the place of the one that fails.

    The source is asked for what each computes, as it is now and for a limited time; where nothing fails in
    that, the error is returned as it is.
    """
    from ..rules.steps import steps

    state = error.details.get("sqlstate")
    if state is None:
        return error
    database, until = services.database(source_of(target)), time.monotonic() + SECONDS
    limits = replace(target.limits, statement_timeout=QUESTION_SECONDS, max_snapshot_age=0)
    try:
        facts = await read_facts(database, target)
        waiting = [*steps(rules, facts, masker_of(services, target, catalog))]
        while waiting and time.monotonic() < until:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            told = await answers(database, [step.query for step in some], limits)
            for step, answer in zip(some, told, strict=True):
                if isinstance(answer, EngineError) and answer.details.get("sqlstate") == state:
                    return _told(error, step)
    except EngineError:
        return error
    return error


def _told(error: RuleFailed, step: "Step") -> RuleFailed:
    place: JsonObject = {"line": step.line, "column": step.column, "table": str(step.table)}
    return RuleFailed(
        f"line {step.line}, column {step.column}: {error.message}",
        "Correct the rule; nothing was kept of this run.",
        **{**error.details, **place},
    )
