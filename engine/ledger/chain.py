"""The audit chain: every link's digest covers its content, its number and the digest before it."""

from dataclasses import fields, replace

from ..model.json import JsonObject, digest
from .base import Entry, Record
from .moment import now

GENESIS = "0" * 64


def link(entry: Entry, last: Record | None) -> Record:
    """Return the link that follows `last`, or the first one."""
    open_end = Record(
        number=last.number + 1 if last else 1,
        at=now(),
        who=entry.who,
        what=entry.what,
        subject=entry.subject,
        outcome=entry.outcome,
        details=entry.details,
        previous=last.digest if last else GENESIS,
        digest="",
    )
    return replace(open_end, digest=content_digest(open_end))


def content_digest(record: Record) -> str:
    """Return the digest that a link's content calls for."""
    return digest({name: value for name, value in as_json(record).items() if name != "digest"})


def follows(record: Record, number: int, previous: str) -> bool:
    """Whether a link is whole and stands where it was written: `number`, after the digest `previous`."""
    try:
        return (record.number, record.previous, record.digest) == (number, previous, content_digest(record))
    except (TypeError, ValueError):
        return False


def as_json(record: Record) -> JsonObject:
    """Return a link as a JSON object, by the names of its fields."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
