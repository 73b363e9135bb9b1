"""How a job ended: what is remembered of it, and what of that stands in the audit chain."""

import errno
from collections.abc import Sequence

from ..model.errors import Cancelled, EngineError, SpaceExhausted
from ..model.job import Failure, State
from ..model.json import Json, JsonObject

INTERNAL = 1
FULL = (errno.ENOSPC, errno.EDQUOT)
MADE = ("snapshot", "parent", "share", "recipients", "expires_at", "destination", "previous", "directory")
RECORDED = frozenset((*MADE, "added", "removed", "key_id", "tables", "rows", "chunks", "tool"))


def meant(error: Exception) -> Exception:
    """Return an error as it is to be told: a full disk is no mistake of ours, wherever it is met."""
    if isinstance(error, OSError) and error.errno in FULL:
        return SpaceExhausted("the disk of the working directory is full")
    return error


def failure(error: BaseException) -> Failure:
    """Return an error as it is remembered. Of our own mistakes only the kind: their words may quote a row."""
    if isinstance(error, EngineError):
        kind = error.code, error.message, error.hint, error.exit_code, error.retryable
        return Failure(*kind, details=dict(error.details))
    hint = "This is our mistake; the job's log says where it happened. Please report it."
    return Failure("internal", f"unexpected `{type(error).__name__}`", hint, INTERNAL, False, {})


def state(error: BaseException | None) -> State:
    """Return the state of a job that ended with that error, or well."""
    if error is None:
        return "succeeded"
    return "cancelled" if isinstance(error, Cancelled) else "failed"


def recorded(result: JsonObject | None) -> JsonObject:
    """Return what of a result is for the audit chain: names of what was made or removed, and counts."""
    return {name: value for name, value in (result or {}).items() if name in RECORDED and _plain(value)}


def _plain(value: Json) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | int)
