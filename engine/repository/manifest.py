"""Manifests as objects: signed, compressed, encrypted; nothing else makes a snapshot exist."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import cast

from ..model.errors import SnapshotCorrupt
from ..model.json import JsonObject, canonical
from ..model.secret import Secret
from ..model.snapshot import Manifest
from . import codec
from .attestation import attest, check_attestation
from .gzip import GzipError, compressor, decompressor
from .header import HEADER, MANIFEST, confirm, header, key_id_of, refused
from .keys import KeyRing, Keys
from .signing import Signed, check, sign
from .streaming import Encryptor, decrypt
from .transfer import SMALL

_DOMAIN = "manifest"


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one signer says of a snapshot: its manifest, and what happened to it if it is sanitized."""

    signed: Signed
    attestation: JsonObject | None

    @property
    def sha256(self) -> str:
        """The digest of the manifest's text, which the attestation is about."""
        return sha256(self.signed.text.encode()).hexdigest()

    def as_json(self) -> JsonObject:
        """Return it as it is stored."""
        return {"manifest": self.signed.as_json(), "attestation": self.attestation}


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest, what its signer says, and what the sender said if it came through a share."""

    manifest: Manifest
    own: Testimony
    origin: Testimony | None = None


def sign_manifest(
    manifest: Manifest, signing_key: Secret, *, origin: Testimony | None = None
) -> SignedManifest:
    """Sign a manifest, after making sure that it can be read back.

    Raises:
        ValueError: it cannot; the caller made a manifest that no reader would accept.
    """
    text = codec.encode(manifest)
    try:
        same = codec.decode(text, what="the manifest") == manifest
    except SnapshotCorrupt as error:
        raise ValueError("a manifest that cannot be read back") from error
    if not same:
        raise ValueError("a manifest that reads back as another one")
    own = Testimony(sign(text, signing_key, domain=_DOMAIN), attest(manifest, text, signing_key))
    return SignedManifest(manifest, own, origin)


def open_testimony(
    value: object, *, what: str, trusted: Collection[str] | None
) -> tuple[Manifest, Testimony]:
    """Check what a signer says, who must be trusted (None: anybody may be it).

    Raises:
        SnapshotCorrupt: a signature does not hold, or it is not of the form that is written.
        SignerUntrusted: somebody unknown signed it.
        FormatUnknown: a newer version wrote it.
    """
    try:
        fields = codec.exactly(value, "manifest", "attestation")
    except ValueError:
        raise SnapshotCorrupt(f"{what} is not of the form that is written") from None
    signed = Signed.from_json(fields["manifest"])
    check(signed, domain=_DOMAIN, what=what, trusted=trusted)
    manifest = codec.decode(signed.text, what=what)
    attestation = cast(JsonObject | None, fields["attestation"])
    check_attestation(attestation, manifest, signed.text, signed_by=signed.signed_by, what=what)
    return manifest, Testimony(signed, attestation)


def seal_manifest(signed: SignedManifest, keys: Keys) -> bytes:
    """Return the object that is stored."""
    origin = None if signed.origin is None else signed.origin.as_json()
    document = canonical({"own": signed.own.as_json(), "origin": origin})
    parts = [header(MANIFEST, keys.id)]
    encryptor = Encryptor(keys.manifests(), _associated(signed.manifest.id), write=parts.append)
    gzip = compressor()
    encryptor.write(gzip.compress(document) + gzip.flush())
    encryptor.finish()
    return b"".join(parts)


def open_manifest(sealed: bytes, snapshot_id: str, *, keys: Keys, ring: KeyRing) -> SignedManifest:
    """Decrypt, check and parse a stored manifest.

    Raises:
        SnapshotCorrupt: it is not what was written under that id.
        KeyMissing: it was encrypted under another repository's key.
        SignerUntrusted: somebody unknown signed it.
        FormatUnknown: a newer version wrote it.
    """
    what = f"the manifest of `{snapshot_id}`"
    document = _unpack(sealed, snapshot_id, keys=keys, what=what)
    found, own = open_testimony(document["own"], what=what, trusted=ring.trusted)
    if found.id != snapshot_id:
        raise SnapshotCorrupt(f"{what} belongs to another snapshot")
    sent, theirs = document["origin"], f"the sender's copy of `{snapshot_id}`"
    origin = None if sent is None else open_testimony(sent, what=theirs, trusted=None)[1]
    return SignedManifest(found, own, origin)


def _unpack(sealed: bytes, snapshot_id: str, *, keys: Keys, what: str) -> dict[str, object]:
    stream, associated = BytesIO(sealed), _associated(snapshot_id)
    written = key_id_of(stream.read(HEADER), MANIFEST, what=what)
    try:
        packed = b"".join(decrypt(keys.manifests(), stream.read, associated=associated, what=what))
    except SnapshotCorrupt:
        raise refused(what, written=written, wanted=keys.id) from None
    confirm(what, written=written, wanted=keys.id)
    try:
        unpacker = decompressor()
        plain = unpacker.decompress(packed, max_length=SMALL)
        if not unpacker.eof:
            raise ValueError("longer than it can be")
        return codec.exactly(json.loads(plain), "own", "origin")
    except (GzipError, ValueError, RecursionError):
        raise SnapshotCorrupt(f"{what} is not of the form that is written") from None


def _associated(snapshot_id: str) -> bytes:
    return f"snapharbor/1 manifest {snapshot_id}".encode()
