"""How plans, jobs, shares, leases and audit records are spelled in the ledger, and read again.

A row is a mapping from field to text, number or None; structured fields hold JSON in ASCII, so that any
string comes back as it was.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from ..model.job import Failure, Job, Progress
from ..model.json import Json
from ..model.plan import Effect, Plan
from ..model.share import Share
from .base import Lease, Record

Row = Mapping[str, str | int | None]

STRUCTURED = frozenset(("plan", "progress", "result", "failure", "recipients", "data", "details"))


def columns(kind: type[Job | Share]) -> tuple[str, ...]:
    """Return the names of a type's fields, which are those of its row."""
    return tuple(field.name for field in fields(kind))


def encode(value: Job | Share | Lease | Record) -> Row:
    """Return a value as a row."""
    return {
        name: dumps(part) if name in STRUCTURED and part is not None else part
        for name, part in _parts(value).items()
    }


def dumps(value: "Json | Plan | Progress | Failure") -> str:
    """Return a value as JSON in ASCII, whatever characters are in it."""
    return json.dumps(value, separators=(",", ":"), default=_plain, allow_nan=False)


def decode_plan(text: str) -> Plan:
    """Return the plan of that JSON; its id is what it was."""
    return _plan(json.loads(text))


def decode_job(row: Row) -> Job:
    """Return the job of a row."""
    value = _read(row)
    value["plan"] = _plan(value["plan"])
    value["progress"] = Progress(**value["progress"])
    value["failure"] = Failure(**value["failure"]) if value["failure"] else None
    return Job(**value)


def decode_share(row: Row) -> Share:
    """Return the share of a row."""
    value = _read(row)
    value["recipients"] = tuple(value["recipients"])
    return Share(**value)


def decode_record(row: Row) -> Record:
    """Return the audit record of a row. Details that are no JSON become others, so that they are found."""
    try:
        return Record(**_read(row))
    except ValueError:
        return Record(**_read({**row, "details": '{"unreadable":true}'}))


def decode_lease(row: Row) -> Lease:
    """Return the lease of a row."""
    return Lease(**_read(row))


def _read(row: Row) -> dict[str, Any]:
    return {
        name: json.loads(part) if name in STRUCTURED and isinstance(part, str) else part
        for name, part in row.items()
    }


def _plan(value: dict[str, Any]) -> Plan:
    value["steps"] = tuple(value["steps"])
    value["warnings"] = tuple(value["warnings"])
    value["effects"] = tuple(Effect(**effect) for effect in value["effects"])
    return Plan(**value)


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, Plan | Progress | Failure | Effect):
        return _parts(value)
    if isinstance(value, Mapping):
        return dict(cast(Mapping[str, Json], value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _parts(value: Plan | Effect | Progress | Failure | Job | Share | Lease | Record) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
