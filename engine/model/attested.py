"""A sanitized snapshot with what its signer attests of it."""

from dataclasses import dataclass

from .json import JsonObject
from .proof import LeakScan
from .snapshot import Manifest, Sanitization


@dataclass(frozen=True, slots=True)
class Attested:
    """A sanitized snapshot's manifest, checked, and the signed statement about it.

    Attributes:
        manifest: What it holds and how it was made.
        sha256: The digest of the manifest's text, which the statement is about.
        envelope: The statement, signed: DSSE as JSON.
        signed_by: The signer's public key.
        sent_by: The key of whoever shared it, if somebody did.
    """

    manifest: Manifest
    sha256: str
    envelope: JsonObject
    signed_by: str
    sent_by: str | None = None

    @property
    def done(self) -> Sanitization:
        """How it was sanitized."""
        assert self.manifest.sanitization is not None
        return self.manifest.sanitization

    @property
    def scan(self) -> LeakScan:
        """The search for originals."""
        assert self.done.scan is not None
        return self.done.scan
