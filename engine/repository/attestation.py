"""What a signer attests of a sanitized snapshot: an in-toto statement in a DSSE envelope, signed by Ed25519.

Anybody with the public key can check it, with any program that reads DSSE v1 and in-toto Statement v1.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import cast

from ..model.errors import ArgumentInvalid, SignerUntrusted, SnapshotCorrupt
from ..model.json import Json, JsonObject, canonical
from ..model.secret import Secret
from ..model.snapshot import Manifest, Sanitization
from .codec import exactly, plain
from .signing import check_bytes, decode_base64, sign_bytes
from .transfer import SMALL

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
KEY = re.compile(r"[0-9a-fA-F]{64}")
PREDICATE_TYPE = "urn:snapharbor:sanitization:1"


def statement(manifest: Manifest, text: str) -> JsonObject | None:
    """Return the statement about a snapshot whose manifest has this text; None for an original.

    The subject's digest is the SHA-256 of the manifest's text, which names every chunk by its own digest.
    """
    done = manifest.sanitization
    if done is None:
        return None
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": manifest.id, "digest": {"sha256": hashlib.sha256(text.encode()).hexdigest()}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": _predicate(manifest, done),
    }


def _predicate(manifest: Manifest, done: Sanitization) -> JsonObject:
    scan = done.scan
    return {
        "target": manifest.target,
        "createdAt": manifest.created_at,
        "source": {
            "identity": manifest.source,
            "engine": manifest.engine,
            "version": manifest.server_version,
        },
        "rules": {"tier": done.tier, "sha256": done.digest, "statements": done.statements},
        "plan": done.plan,
        "strategy": done.tables,
        "rows": {str(table.name): table.rows for table in manifest.tables},
        **({} if done.rows_touched is None else {"rowsTouched": done.rows_touched}),
        "coverage": {
            "columns": done.coverage,
            "undecided": [finding.fingerprint for finding in done.undecided],
            "accepted": [plain(accepted) for accepted in done.accepted],
        },
        "leakScan": {"passed": scan.passed, "report": plain(scan)} if scan else None,
        "tools": [manifest.made_by, manifest.tool],
    }


def attest(manifest: Manifest, text: str, signing_key: Secret) -> JsonObject | None:
    """Return the signed envelope about a sanitized snapshot, None for an original."""
    said = statement(manifest, text)
    if said is None:
        return None
    payload = canonical(said)
    signed_by, signature = sign_bytes(_encoded(payload), signing_key)
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": signed_by, "sig": signature}],
    }


def check_attestation(
    envelope: JsonObject | None, manifest: Manifest, text: str, *, signed_by: str, what: str
) -> None:
    """Check that a signer attested just this snapshot, with everything that its manifest says.

    Raises:
        SnapshotCorrupt: it did not, or an original has an attestation.
    """
    said = statement(manifest, text)
    if (said is None) != (envelope is None):
        raise SnapshotCorrupt(f"{what} is {'not attested' if said else 'attested, and an original'}")
    if said is None:
        return
    if canonical(open_envelope(envelope, signed_by, what=what)) != canonical(said):
        raise SnapshotCorrupt(f"the attestation of {what} is about something else")


def open_envelope(envelope: object, signed_by: str, *, what: str) -> JsonObject:
    """Return the statement in an envelope that the owner of a public key (hexadecimal) signed.

    Raises:
        SnapshotCorrupt: it is no such envelope, or the signature does not hold.
        SignerUntrusted: somebody else signed it.
    """
    try:
        fields = exactly(envelope, "payloadType", "payload", "signatures")
        (member,) = cast(list[object], fields["signatures"])
        signature = exactly(member, "keyid", "sig")
        payload = decode_base64(str(fields["payload"]))
        if fields["payloadType"] != PAYLOAD_TYPE:
            raise ValueError("another type")
        if signature["keyid"] != signed_by:
            other = str(signature["keyid"])[:64]
            raise SignerUntrusted(f"the attestation of {what} was signed by `{other}`", signed_by=other)
        check_bytes(_encoded(payload), signed_by, str(signature["sig"]), what=f"the attestation of {what}")
        return cast(dict[str, Json], json.loads(payload))
    except (ValueError, TypeError, RecursionError):
        raise SnapshotCorrupt(f"the attestation of {what} is not of the form that is written") from None


def read_statement(file: Path, key: str) -> JsonObject:
    """Return the statement in a file that holds an envelope, signed by the owner of a public key.

    Raises:
        ArgumentInvalid: the key is none.
        SnapshotCorrupt: the file holds no such envelope, or the signature does not hold.
        SignerUntrusted: somebody else signed it.
    """
    what = f"`{file}`"
    if not KEY.fullmatch(key):
        raise ArgumentInvalid(
            f"`{key[:80]}` is no public signing key",
            "It has 64 hexadecimal characters: ask the signer for it.",
        )
    try:
        envelope: object = json.loads(file.read_bytes()[:SMALL])
    except (OSError, ValueError, RecursionError):
        raise SnapshotCorrupt(f"{what} holds no attestation", "Write one with `snapharbor proof`.") from None
    try:
        said = open_envelope(envelope, key.lower(), what=what)
    except SignerUntrusted as error:
        hint = "Do not rely on it, unless the signer tells you in another way that this is their key."
        raise SignerUntrusted(error.message, hint, **error.details) from None
    if (said.get("_type"), said.get("predicateType")) != (STATEMENT_TYPE, PREDICATE_TYPE):
        raise SnapshotCorrupt(f"{what} attests something else than sanitizing")
    return said


def _encoded(payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
