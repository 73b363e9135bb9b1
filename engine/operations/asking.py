"""Asking a source many small questions: together, and those beside one that fails once more."""

from collections.abc import Sequence

from ..database.base import Database
from ..model.errors import DatabaseUnreachable, EngineError
from ..model.target import Limits

AT_ONCE = 100
Rows = Sequence[tuple[object, ...]]


async def answers(database: Database, queries: Sequence[str], limits: Limits) -> list[Rows | EngineError]:
    """Return the rows of each query, or the error that it ended with.

    Raises:
        DatabaseUnreachable: nobody answers any more.
    """
    found: list[Rows | EngineError] = [()] * len(queries)
    starts = range(0, len(queries), AT_ONCE)
    waiting = [range(start, min(start + AT_ONCE, len(queries))) for start in starts]
    while waiting:
        some = waiting.pop()
        try:
            rows = await database.probe([queries[place] for place in some], limits) if some else []
        except DatabaseUnreachable:
            raise
        except EngineError as error:
            failed = int(str(error.details.get("position", 0)))
            found[some[failed]] = error
            waiting += (some[failed + 1 :], some[:failed])
            continue
        for place, answer in zip(some, rows, strict=True):
            found[place] = answer
    return found
