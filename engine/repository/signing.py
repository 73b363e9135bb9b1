"""Ed25519 signatures over domain-separated bytes, and whose they are."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..keypair import private_key
from ..model.errors import SignerUntrusted, SnapshotCorrupt
from ..model.json import JsonObject
from ..model.secret import Secret


@dataclass(frozen=True, slots=True)
class Signed:
    """Text with its signature. `signed_by` is the public key in hexadecimal, `signature` is base64."""

    text: str
    signed_by: str
    signature: str

    def as_json(self) -> JsonObject:
        """Return it as it is stored."""
        return {"text": self.text, "signed_by": self.signed_by, "signature": self.signature}

    @classmethod
    def from_json(cls, value: object) -> "Signed":
        """Parse what `as_json` gave.

        Raises:
            SnapshotCorrupt: it is something else.
        """
        match value:
            case {"text": str(text), "signed_by": str(signed_by), "signature": str(signature)}:
                return cls(text, signed_by, signature)
            case _:
                raise SnapshotCorrupt("a signed text is not of the form that is written")


def sign(text: str, signing_key: Secret, *, domain: str) -> Signed:
    """Sign text for one purpose; it counts for no other."""
    return Signed(text, *sign_bytes(_message(text, domain), signing_key))


def check(signed: Signed, *, domain: str, what: str, trusted: Collection[str] | None = None) -> None:
    """Check a signature, and that its key is trusted (None: any key).

    Raises:
        SnapshotCorrupt: the signature does not hold.
        SignerUntrusted: it holds, and somebody unknown made it.
    """
    check_bytes(_message(signed.text, domain), signed.signed_by, signed.signature, what=what)
    if trusted is not None and signed.signed_by not in trusted:
        raise SignerUntrusted(
            f"{what} was signed by `{signed.signed_by[:64]}`, who is not trusted here",
            signed_by=signed.signed_by[:64],
        )


def sign_bytes(message: bytes, signing_key: Secret) -> tuple[str, str]:
    """Return the public key in hexadecimal and the signature in base64."""
    private = private_key(signing_key)
    return _spell(private.public_key()), base64.b64encode(private.sign(message)).decode()


def check_bytes(message: bytes, signed_by: str, signature: str, *, what: str) -> None:
    """Check a signature in base64 by a public key in hexadecimal.

    Raises:
        SnapshotCorrupt: it does not hold.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed_by))
        key.verify(decode_base64(signature), message)
    except (InvalidSignature, ValueError):
        raise SnapshotCorrupt(f"the signature of {what} does not hold") from None


def decode_base64(text: str) -> bytes:
    """Decode base64, or raise ValueError."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _spell(public: Ed25519PublicKey) -> str:
    return public.public_bytes_raw().hex()


def _message(text: str, domain: str) -> bytes:
    return b"snapharbor/1 " + domain.encode() + b"\0" + text.encode()
