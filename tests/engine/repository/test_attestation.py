"""What is attested of a sanitized snapshot, checked as a stranger would who has only the public key."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from support.repository import manifest, somebody

from snapharbor.engine.model.errors import SignerUntrusted, SnapshotCorrupt
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.proof import Hit
from snapharbor.engine.model.snapshot import Manifest
from snapharbor.engine.repository import codec
from snapharbor.engine.repository.attestation import attest, check_attestation, open_envelope
from snapharbor.engine.repository.manifest import open_testimony, sign_manifest

ANA, BEN = somebody(), somebody()
CLEAN = manifest("s1", kind="sanitized")


def envelope_of(whole: Manifest = CLEAN) -> dict[str, Any]:
    made = attest(whole, codec.encode(whole), ANA.signing_key)
    assert made is not None
    return dict(made)


def test_a_stranger_with_the_public_key_can_check_it() -> None:
    envelope = envelope_of()
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"]
    signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    (signature,) = envelope["signatures"]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(ANA.signs_as))
    key.verify(base64.b64decode(signature["sig"]), signed)
    assert (kind, signature["keyid"]) == ("application/vnd.in-toto+json", ANA.signs_as)


def test_it_says_what_was_done_and_of_which_manifest() -> None:
    text = codec.encode(CLEAN)
    said = json.loads(base64.b64decode(envelope_of()["payload"]))
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["subject"] == [
        {"name": "s1", "digest": {"sha256": hashlib.sha256(text.encode()).hexdigest()}}
    ]
    predicate = said["predicate"]
    assert predicate["source"]["identity"] == CLEAN.source
    assert predicate["rules"] == {"tier": "query_file", "sha256": "a" * 64, "statements": 2}
    assert predicate["plan"] == "b" * 64
    assert predicate["strategy"] == {"public.orders": "ephemeral"}
    assert predicate["leakScan"]["passed"] is True
    assert predicate["leakScan"]["report"]["masked"] == ["public.orders.email"]
    assert predicate["tools"] == ["snapharbor 0.0.0", "pg_dump 18.6"]


def test_an_original_is_not_attested() -> None:
    raw = manifest("s1")
    assert attest(raw, codec.encode(raw), ANA.signing_key) is None
    with pytest.raises(SnapshotCorrupt, match="original"):
        check_attestation(envelope_of(), raw, codec.encode(raw), signed_by=ANA.signs_as, what="it")


def leaking(whole: Manifest) -> Manifest:
    done = whole.sanitization
    assert done is not None
    assert done.scan is not None
    scan = replace(done.scan, hits=(Hit("public.orders", "note", "original", 3),))
    return replace(whole, sanitization=replace(done, scan=scan))


OTHERS: dict[str, Callable[[Manifest], Manifest]] = {
    "another id": lambda whole: replace(whole, id="s2"),
    "another source": lambda whole: replace(whole, source="elsewhere"),
    "a leak": leaking,
    "other times": lambda whole: replace(whole, timings={}),
}


@pytest.mark.parametrize("case", OTHERS)
def test_it_does_not_count_for_another_manifest(case: str) -> None:
    other = OTHERS[case](CLEAN)
    with pytest.raises(SnapshotCorrupt, match="something else"):
        check_attestation(envelope_of(), other, codec.encode(other), signed_by=ANA.signs_as, what="it")


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda whole: None,
    "a list": lambda whole: [whole],
    "more": lambda whole: {**whole, "more": 1},
    "no signature": lambda whole: {**whole, "signatures": []},
    "two signatures": lambda whole: {**whole, "signatures": whole["signatures"] * 2},
    "another type": lambda whole: {**whole, "payloadType": "text/plain"},
    "a payload that is none": lambda whole: {**whole, "payload": "!"},
    "another payload": lambda whole: {**whole, "payload": base64.b64encode(b"{}").decode()},
    "a number for a signature": lambda whole: {**whole, "signatures": [{"keyid": ANA.signs_as, "sig": 1}]},
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_envelope_of_another_form_is_refused(case: str) -> None:
    with pytest.raises(SnapshotCorrupt):
        open_envelope(BROKEN[case](envelope_of()), ANA.signs_as, what="it")


def test_somebody_else_cannot_attest_for_the_signer() -> None:
    with pytest.raises(SignerUntrusted, match=ANA.signs_as):
        open_envelope(envelope_of(), BEN.signs_as, what="it")
    own = sign_manifest(CLEAN, ANA.signing_key).own
    theirs: JsonObject | None = attest(CLEAN, codec.encode(CLEAN), BEN.signing_key)
    with pytest.raises(SignerUntrusted, match=BEN.signs_as):
        open_testimony(replace(own, attestation=theirs).as_json(), what="it", trusted=None)
    with pytest.raises(SnapshotCorrupt, match="not attested"):
        open_testimony(replace(own, attestation=None).as_json(), what="it", trusted=None)
