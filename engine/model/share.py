"""Who may do what, and what was given to whom until when."""

from dataclasses import dataclass
from datetime import UTC, datetime

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks. On stdio and the command line it is the operating system's user."""

    subject: str
    groups: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset(("read", "build", "load", "share"))


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody with a public key (age X25519, `age1…`)."""

    name: str
    public_key: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """One sanitized snapshot, opened to recipients until a moment (ISO 8601, UTC)."""

    id: str
    snapshot: str
    target: str
    profile: str | None
    recipients: tuple[str, ...]
    created_by: str
    created_at: str
    expires_at: str
    revoked_at: str | None = None

    def is_open(self) -> bool:
        """Whether its link still works, as far as is known here."""
        return self.revoked_at is None and datetime.fromisoformat(self.expires_at) > datetime.now(UTC)
