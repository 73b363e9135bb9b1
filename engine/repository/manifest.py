"""Manifests as objects: signed, compressed, encrypted; nothing else makes a snapshot exist."""

import json
from dataclasses import dataclass
from io import BytesIO

from ..model.errors import SnapshotCorrupt
from ..model.json import canonical
from ..model.secret import Secret
from ..model.snapshot import Manifest
from . import codec
from .gzip import GzipError, compressor, decompressor
from .header import HEADER, MANIFEST, confirm, header, key_id_of, refused
from .keys import KeyRing, Keys
from .signing import Signed, check, sign
from .streaming import Encryptor, decrypt
from .transfer import SMALL

_DOMAIN = "manifest"


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest, its signature, and what the sender signed if it came through a share."""

    manifest: Manifest
    signed: Signed
    origin: Signed | None = None


def sign_manifest(manifest: Manifest, signing_key: Secret, *, origin: Signed | None = None) -> SignedManifest:
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
    return SignedManifest(manifest, sign(text, signing_key, domain=_DOMAIN), origin)


def open_signed(signed: Signed, *, what: str, ring: KeyRing | None) -> Manifest:
    """Return the manifest out of a signed text; the signer must be trusted if there is a ring."""
    check(signed, domain=_DOMAIN, what=what, trusted=None if ring is None else ring.trusted)
    return codec.decode(signed.text, what=what)


def seal_manifest(signed: SignedManifest, keys: Keys) -> bytes:
    """Return the object that is stored."""
    origin = None if signed.origin is None else signed.origin.as_json()
    document = canonical({"manifest": signed.signed.as_json(), "origin": origin})
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
    signed = Signed.from_json(document["manifest"])
    sent = None if document["origin"] is None else Signed.from_json(document["origin"])
    found = open_signed(signed, what=what, ring=ring)
    if found.id != snapshot_id:
        raise SnapshotCorrupt(f"{what} belongs to another snapshot")
    if sent is not None:
        check(sent, domain=_DOMAIN, what=f"the sender's copy of `{snapshot_id}`")
    return SignedManifest(found, signed, sent)


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
        return codec.exactly(json.loads(plain), "manifest", "origin")
    except (GzipError, ValueError, RecursionError):
        raise SnapshotCorrupt(f"{what} is not of the form that is written") from None


def _associated(snapshot_id: str) -> bytes:
    return f"snapharbor/1 manifest {snapshot_id}".encode()
