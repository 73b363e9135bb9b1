"""The audit chain and its anchor: who did what, and proof that nothing was changed or taken away since.

Each record's digest covers its content and the digest before it, so that a changed, removed or reordered
record is found. That alone cannot show that the newest records were cut off: what is left is a whole, only
shorter chain. So the number and the digest of the newest record stand in a file beside the ledger, signed
with our key, and that file is never moved on from a chain that does not hold what it says. It is written
after the record, so a crash between the two leaves it one behind, which is no harm. Whoever puts back old
copies of both files, or has the signing key, can still hide the newest records: keep exported copies, and
verify against them.
"""

import json
import os
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path

from anyio import to_thread

from ..ledger.base import Entry, Record
from ..ledger.chain import GENESIS, as_json, follows
from ..ledger.encode import dumps
from ..ledger.flock import exclusive
from ..ledger.schema import trouble
from ..model.errors import ArgumentInvalid, AuditBroken, SnapshotCorrupt
from ..model.json import canonical
from ..services import Services

DOMAIN = "audit head"
PAGE = 1000
KEY_HINT = (
    "If you changed keys.signing, the next job records that and signs anew; else keep the files as evidence."
)
LOG = getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A chain that holds: how many records it has, the newest one's digest, and who signed that.

    `signed_by` is a public key; None: nothing was recorded yet, or no signing key is configured. `found` is
    how many records of a former export are still there.
    """

    checked: int
    head: str
    signed_by: str | None
    found: int = 0


@dataclass(frozen=True, slots=True)
class _Head:
    number: int
    digest: str
    signed_by: str | None


async def record(services: Services, entry: Entry) -> Record:
    """Add a link to the audit chain and move the anchor to it."""
    async with exclusive(services.settings.working_directory / "audit.lock"):
        key, head = _key(services), await _sound(services)
        if head and key != head.signed_by:
            changed = Entry(entry.who, "audit", "signing key", "changed", {"from": head.signed_by, "to": key})
            await services.ledger.append(changed)
        written = await services.ledger.append(entry)
        if head:
            await _anchor(services, written.number, written.digest)
        return written


async def verify_audit(services: Services, exported: Iterable[str] = ()) -> AuditReport:
    """Check every record of the chain and its anchor.

    Args:
        exported: Lines of a former export, which shows what both of them cannot: that both were put back.

    Raises:
        AuditBroken: a record was changed, removed, added or moved, or is not the one that was exported;
            `details` name the first `number`.
        ArgumentInvalid: a line is no record.
    """
    kept = dict(_kept(exported))
    head = _head(services)
    key = _key(services)
    number, digest = 0, GENESIS
    async for link in _links(services):
        if not follows(link, number + 1, digest):
            raise AuditBroken(f"record {number + 1} is not what was written", number=number + 1)
        number, digest = link.number, link.digest
        if head and head.number == number and head.digest != digest:
            raise AuditBroken(f"record {number} is not the one that was signed", number=number)
        if kept.get(number, digest) != digest:
            raise AuditBroken(f"record {number} is not the one that was exported", number=number)
    if head and head.number > number:
        raise AuditBroken(f"records {number + 1} to {head.number} were removed", number=number + 1)
    if number and not _head(services):
        raise AuditBroken(f"the signed head `{_file(services).name}` was removed", number=number)
    if head and key and head.signed_by != key:
        raise AuditBroken("the head was signed with another key", KEY_HINT, number=head.number)
    if missing := min((one for one in kept if one > number), default=0):
        raise AuditBroken(f"record {missing} was exported and is not there any more", number=missing)
    return AuditReport(number, digest, head.signed_by if head else None, len(kept))


def _kept(exported: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield number and digest of every exported record."""
    for place, line in enumerate(exported, 1):
        try:
            record = json.loads(line)
            yield int(record["number"]), str(record["digest"])
        except (ValueError, KeyError, TypeError):
            hint = "It is what `snapharbor audit export` wrote, a record on each line."
            raise ArgumentInvalid(f"line {place} of the export is no record", hint) from None


async def export_audit(services: Services) -> AsyncGenerator[str]:
    """Yield every record as a line of JSON, oldest first; its digest is over the canonical spelling."""
    async for link in _links(services):
        yield dumps(as_json(link))


async def _links(services: Services) -> AsyncGenerator[Record]:
    after = 0
    while page := await services.ledger.records(after, PAGE):
        for link in page:
            yield link
        after = page[-1].number


async def _sound(services: Services) -> _Head | None:
    """Return the head if the chain holds what it says; a chain without any record gets its first head."""
    try:
        head = _head(services)
    except AuditBroken as broken:
        LOG.error("audit: %s", broken.message)
        return None
    found = await services.ledger.records(head.number - 1 if head and head.number else 0, 1)
    if head is None and not found:
        return await _anchor(services, 0, GENESIS)
    if head and (not head.number or (found and found[0].digest == head.digest)):
        return head
    LOG.error("audit: the chain does not hold what its signed head says; run `snapharbor audit verify`")
    return None


def _head(services: Services) -> _Head | None:
    from ..repository.signing import Signed, check

    try:
        signed = Signed.from_json(json.loads(_file(services).read_text()))
        if signed.signed_by:
            check(signed, domain=DOMAIN, what="the audit chain's head")
        content = json.loads(signed.text)
        return _Head(int(content["number"]), str(content["digest"]), signed.signed_by or None)
    except FileNotFoundError:
        return None
    except (SnapshotCorrupt, ValueError, KeyError, TypeError):
        raise AuditBroken(f"the signed head `{_file(services).name}` was changed", number=0) from None


async def _anchor(services: Services, number: int, digest: str) -> _Head:
    from ..repository.signing import Signed, sign

    text, key = canonical({"number": number, "digest": digest}).decode(), services.settings.signing_key
    signed = sign(text, key, domain=DOMAIN) if key else Signed(text, "", "")
    await to_thread.run_sync(_replace, _file(services), canonical(signed.as_json()))
    return _Head(number, digest, signed.signed_by or None)


def _replace(file: Path, content: bytes) -> None:
    fresh = file.with_name(f"{file.name}.new")
    with trouble(file):
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(descriptor)
        fresh.replace(file)


def _file(services: Services) -> Path:
    return services.settings.working_directory / "audit.head"


def _key(services: Services) -> str | None:
    from ..keypair import verifying_key

    key = services.settings.signing_key
    return verifying_key(key) if key else None
