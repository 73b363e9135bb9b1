"""The repository's master key, the keys derived from it, and the one object that holds it wrapped."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from secrets import token_bytes, token_hex
from typing import cast

from blake3 import blake3

from ..keypair import recipient_of, seal, unseal
from ..model.errors import KeyMissing, ObjectMissing, SnapshotCorrupt
from ..model.json import Json, JsonObject, canonical
from ..model.secret import Secret
from ..storage.base import Storage
from .codec import exactly, parse
from .header import KEY_ID
from .layout import REPOSITORY, SNAPSHOTS
from .signing import Signed, check, sign
from .streaming import KEY, derive
from .transfer import read_object
from .values import KeyObject

FORMAT = 2
_DOMAIN = "repository"


@dataclass(frozen=True, slots=True)
class Keys:
    """Every key of one repository; each has one use."""

    repository: str
    master: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The id of the master key, 16 hexadecimal characters: it tells nothing about the key."""
        return self._derive("key id")[:KEY_ID].hex()

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
        SnapshotCorrupt, FormatUnknown: they cannot be read.
        SignerUntrusted: somebody unknown signed them.
    """
    written, sealed = await _read(storage, ring)
    try:
        master = unseal(sealed, ring.identities, what="this repository")
    except KeyMissing as error:
        owners: list[Json] = list(written.recipients)
        hint = f"It opens with the identity of {' or '.join(f'`{owner}`' for owner in written.recipients)}."
        raise KeyMissing(error.message, hint, recipients=owners) from None
    keys = Keys(written.repository, master)
    if len(master) != KEY or keys.id != written.key_id:
        raise SnapshotCorrupt(f"`{REPOSITORY}` does not hold the master key that it names")
    return keys


async def read_key_object(storage: Storage, ring: KeyRing) -> KeyObject | None:
    """Read what the key object says without being opened; None: there is no repository.

    Raises:
        SnapshotCorrupt, FormatUnknown: it cannot be read.
        SignerUntrusted: somebody unknown signed it.
    """
    if await storage.stat(REPOSITORY) is None:
        return None
    return (await _read(storage, ring))[0]


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
    """Wrap the master key to the own first identity and these recipients, and to nobody else."""
    keys = await open_keys(storage, ring)
    await storage.put(REPOSITORY, _wrap(keys, recipients, ring))


def _wrap(keys: Keys, recipients: Sequence[str], ring: KeyRing) -> bytes:
    everybody = tuple(dict.fromkeys((recipient_of(ring.identities[0]), *recipients)))
    body: JsonObject = {
        "format": FORMAT,
        "id": keys.repository,
        "key_id": keys.id,
        "recipients": everybody,
        "key": seal(keys.master, everybody).decode(),
    }
    return canonical(sign(canonical(body).decode(), ring.signing_key, domain=_DOMAIN).as_json())


async def _read(storage: Storage, ring: KeyRing) -> tuple[KeyObject, bytes]:
    """Return the key object, its signature checked, and the wrapped key in it."""
    what = f"`{REPOSITORY}`"
    try:
        stored = await read_object(storage, REPOSITORY)
    except ObjectMissing:
        raise KeyMissing(f"{what} is not in the storage", "Build a snapshot first.") from None
    try:
        signed = Signed.from_json(json.loads(stored))
        check(signed, domain=_DOMAIN, what=what, trusted=ring.trusted)
        names = ("format", "id", "key_id", "recipients", "key")
        body = exactly(parse(signed.text, known=FORMAT, what=what), *names)
        if not isinstance(body["recipients"], list):
            raise ValueError("no list")
        recipients = tuple(map(str, cast(list[object], body["recipients"])))
        key = KeyObject(str(body["id"]), str(body["key_id"]), recipients, signed.signed_by)
        return key, str(body["key"]).encode()
    except (ValueError, RecursionError):
        raise SnapshotCorrupt(f"{what} is not of the form that is written") from None
