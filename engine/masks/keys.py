"""Sub-keys: what stands in an expression opens one family of masks, and never leads back to the master."""

import hashlib
import hmac
from dataclasses import dataclass, field

from ..model.errors import ArgumentInvalid
from ..model.secret import Secret

SHORTEST = 16
_BLOCK = 64
_VERSION = "snapharbor/1 mask"


@dataclass(frozen=True, slots=True)
class Blocks:
    """HMAC-SHA-256's inner and outer key block, hexadecimal, 64 bytes each."""

    inner: str = field(repr=False)
    outer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MaskKeys:
    """The keys of all families of masks, each derived with HKDF-SHA-256 from one master."""

    master: Secret

    def __post_init__(self) -> None:
        if len(self.master.reveal()) < SHORTEST:
            raise ArgumentInvalid(
                f"the masking key is shorter than {SHORTEST} characters", "Generate a long random one."
            )

    def derive(self, use: str) -> bytes:
        """Return the 32 bytes for one use; no two uses have anything in common."""
        extracted = hmac.digest(bytes(32), self.master.reveal().encode(), hashlib.sha256)
        return hmac.digest(extracted, f"{_VERSION} {use}".encode() + b"\x01", hashlib.sha256)

    def blocks(self, family: str) -> Blocks:
        """Return the two blocks with which SHA-256 becomes HMAC under the key of a family."""
        key = self.derive(family).ljust(_BLOCK, b"\0")
        return Blocks(bytes(byte ^ 0x36 for byte in key).hex(), bytes(byte ^ 0x5C for byte in key).hex())
