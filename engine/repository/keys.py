"""The repository's master key, the keys derived from it, and the one object that holds it wrapped."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from secrets import token_bytes, token_hex

from blake3 import blake3

from ..keypair import recipient_of, seal, unseal
from ..model.errors import KeyMissing, ObjectMissing, SnapshotCorrupt
from ..model.json import JsonObject, canonical
from ..model.secret import Secret
from ..storage.base import Storage
from .codec import exactly, parse
from .layout import REPOSITORY, SNAPSHOTS
from .signing import Signed, check, sign
from .streaming import KEY, derive
from .transfer import read_object

FORMAT = 1
_DOMAIN = "repository"


@dataclass(frozen=True, slots=True)
class Keys:
    """Every key of one repository; each has one use."""

    repository: str
    master: bytes = field(repr=False)

    def hasher(self) -> blake3:
        """Return a keyed BLAKE3 that gives the id of the chunk it is fed with."""
        return blake3(key=self._derive("chunk id"))

    def chunk(self, chunk_id: str) -> bytes:
        """Return the key of one chunk, which opens no other one."""
        return derive(self._derive("chunks"), b"snapharbor/1 chunk " + chunk_id.encode())

    def manifests(self) -> bytes:
        """Return the key that manifests are encrypted with."""
        return self._derive("manifests")

    def _derive(self, use: str) -> bytes:
        return derive(self.master, f"snapharbor/1 {use}".encode(), salt=self.repository.encode())


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Whose keys open and sign: age secret keys, an Ed25519 private key, and public keys that are trusted."""

    identities: tuple[Secret, ...]
    signing_key: Secret
    trusted: Collection[str]


async def open_keys(storage: Storage, ring: KeyRing) -> Keys:
    """Read the repository's keys.

    Raises:
        KeyMissing: there is no repository, or no identity opens it.
        SnapshotCorrupt, FormatUnknown: they cannot be read, or somebody unknown signed them.
    """
    try:
        stored = await read_object(storage, REPOSITORY)
    except ObjectMissing:
        raise KeyMissing(f"`{REPOSITORY}` is not in the storage", "Build a snapshot first.") from None
    return _unwrap(stored, ring)


async def create_keys(storage: Storage, ring: KeyRing) -> Keys:
    """Read the repository's keys; make a repository if there is none.

    Raises:
        KeyMissing: as for reading, or snapshots are there whose keys are gone.
    """
    if await storage.stat(REPOSITORY) is None:
        async for stored in storage.list(SNAPSHOTS):
            hint = f"Put `{REPOSITORY}` back: without it nothing that is there can be read."
            raise KeyMissing(f"`{stored.key}` is there and `{REPOSITORY}` is not", hint)
        if not ring.identities:
            raise KeyMissing("no identity is configured to encrypt to", "Run `snapharbor config init`.")
        fresh = Keys(token_hex(16), token_bytes(KEY))
        await storage.put(REPOSITORY, _wrap(fresh, [], ring), if_absent=True)
    return await open_keys(storage, ring)


async def rewrap_keys(storage: Storage, ring: KeyRing, recipients: Sequence[str]) -> None:
    """Wrap the master key to these recipients and the own first identity, and to nobody else."""
    keys = await open_keys(storage, ring)
    await storage.put(REPOSITORY, _wrap(keys, recipients, ring))


def _wrap(keys: Keys, recipients: Sequence[str], ring: KeyRing) -> bytes:
    everybody = dict.fromkeys((recipient_of(ring.identities[0]), *recipients))
    body: JsonObject = {
        "format": FORMAT,
        "id": keys.repository,
        "key": seal(keys.master, everybody).decode(),
    }
    return canonical(sign(canonical(body).decode(), ring.signing_key, domain=_DOMAIN).as_json())


def _unwrap(stored: bytes, ring: KeyRing) -> Keys:
    what = f"`{REPOSITORY}`"
    try:
        signed = Signed.from_json(json.loads(stored))
        check(signed, domain=_DOMAIN, what=what, trusted=ring.trusted)
        body = exactly(parse(signed.text, known=FORMAT, what=what), "format", "id", "key")
        master = unseal(str(body["key"]).encode(), ring.identities, what="this repository")
    except (ValueError, RecursionError):
        raise SnapshotCorrupt(f"{what} is not of the form that is written") from None
    if len(master) != KEY:
        raise SnapshotCorrupt(f"{what} holds no master key")
    return Keys(str(body["id"]), master)
