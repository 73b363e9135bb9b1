"""Shares: one snapshot's manifest, chunk keys and links, signed by the sender and sealed to recipients."""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from ..keypair import seal as encrypt
from ..keypair import unseal as decrypt
from ..model.errors import ShareExpired, SnapshotCorrupt, SnapshotUnsanitized
from ..model.job import Report
from ..model.json import JsonObject, canonical
from ..model.secret import Secret
from ..model.snapshot import Chunk, Manifest, SanitizedSnapshot, Snapshot
from .chunk import packed, plain
from .codec import exactly, parse
from .copying import adopt
from .manifest import SignedManifest, Testimony, open_testimony, sign_manifest
from .repository import Repository
from .signing import Signed, check, sign
from .streaming import KEY

FORMAT = 2
_DOMAIN = "share"
_WHAT = "this share"


class Readable(Protocol):
    """Something that is read to its end."""

    def read(self, size: int, /) -> bytes: ...


Fetch = Callable[[str], AbstractContextManager[Readable]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened share. `sender` is a public key: it signed the bundle and the manifest, and whether it is
    known is for the recipient to say. `key_id` is that of the sender's repository; `links` and `keys` are by
    chunk id.
    """

    share: str
    expires_at: str
    sender: str
    key_id: str
    said: Testimony
    manifest: Manifest
    links: Mapping[str, str]
    keys: Mapping[str, bytes] = field(repr=False)


async def seal(
    repository: Repository,
    snapshot: SanitizedSnapshot,
    *,
    share: str,
    expires_at: str,
    recipients: Sequence[str],
    links: Mapping[str, str],
) -> bytes:
    """Return the bundle that opens this snapshot, and nothing else, to these age public keys.

    Args:
        repository: where the snapshot is.
        snapshot: which one.
        share: the share's id.
        expires_at: ISO 8601, UTC; who opens it later is refused, though only the links enforce it.
        recipients: age public keys.
        links: for every chunk id, where a recipient fetches its object.

    Raises:
        RecipientUnknown: a recipient's key is not one.
        SnapshotUnsanitized: the stored manifest says that it holds raw data.
    """
    keys, ring = await repository.keys(), await repository.ring()
    manifest = (await repository.signed(snapshot.id)).manifest
    _refuse_raw(manifest)
    wanted = {chunk.id for chunk in manifest.chunks()}
    body: JsonObject = {
        "format": FORMAT,
        "share": share,
        "expires_at": expires_at,
        "key_id": keys.id,
        "snapshot": sign_manifest(manifest, ring.signing_key).own.as_json(),
        "links": {chunk_id: links[chunk_id] for chunk_id in wanted},
        "keys": {chunk_id: keys.chunk(chunk_id).hex() for chunk_id in wanted},
    }
    text = canonical(body).decode()
    return encrypt(canonical(sign(text, ring.signing_key, domain=_DOMAIN).as_json()), recipients)


def unseal(sealed: bytes, identities: tuple[Secret, ...]) -> Bundle:
    """Open a bundle and check that one sender signed all of it.

    Raises:
        KeyMissing: it is not for any of these identities.
        ShareExpired: its time is over.
        SnapshotCorrupt, FormatUnknown: it is not what a sender writes.
    """
    opened = decrypt(sealed, identities, what=_WHAT)
    try:
        signed = Signed.from_json(json.loads(opened))
        check(signed, domain=_DOMAIN, what=_WHAT)
        bundle = _parse(signed)
        expired = datetime.fromisoformat(bundle.expires_at) <= datetime.now(UTC)
    except (ValueError, TypeError, RecursionError):
        raise SnapshotCorrupt(f"{_WHAT} is not of the form that is written") from None
    if expired:
        raise ShareExpired(f"the share ended at {bundle.expires_at}")
    return bundle


async def import_bundle(repository: Repository, bundle: Bundle, *, fetch: Fetch, report: Report) -> Snapshot:
    """Fetch a shared snapshot and store it under our own keys; what the sender signed is kept with it.

    Args:
        repository: where it goes.
        bundle: an opened share, from a sender that the caller has looked at.
        fetch: opens a link for one sequential, blocking read; called in worker threads.
        report: takes progress.

    Raises:
        SnapshotCorrupt: a fetched object is not what the sender stored; nothing was kept.
        JobConflict: another snapshot has its id here.
    """

    def read(chunk: Chunk) -> Generator[bytes]:
        with fetch(bundle.links[chunk.id]) as stored:
            yield from plain(
                chunk, packed(chunk, stored.read, key=bundle.keys[chunk.id], key_id=bundle.key_id)
            )

    original = SignedManifest(bundle.manifest, bundle.said)
    return await adopt(original, read, into=repository, report=report)


def _parse(signed: Signed) -> Bundle:
    names = ("format", "share", "expires_at", "key_id", "snapshot", "links", "keys")
    body = exactly(parse(signed.text, known=FORMAT, what=_WHAT), *names)
    manifest, said = open_testimony(body["snapshot"], what="the manifest of this share", trusted=None)
    _refuse_raw(manifest)
    wanted = {chunk.id for chunk in manifest.chunks()}
    links, keys = exactly(body["links"], *wanted), exactly(body["keys"], *wanted)
    raw = {chunk_id: bytes.fromhex(str(key)) for chunk_id, key in keys.items()}
    if said.signed.signed_by != signed.signed_by or any(len(key) != KEY for key in raw.values()):
        raise ValueError("signed by several, or keys that are none")
    return Bundle(
        share=str(body["share"]),
        expires_at=str(body["expires_at"]),
        sender=signed.signed_by,
        key_id=str(body["key_id"]),
        said=said,
        manifest=manifest,
        links={chunk_id: str(link) for chunk_id, link in links.items()},
        keys=raw,
    )


def _refuse_raw(manifest: Manifest) -> None:
    if manifest.sanitization is None:
        raise SnapshotUnsanitized(f"`{manifest.id}` holds raw data, which is never shared")
