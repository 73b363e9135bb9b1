"""Confirmations: random enough that nobody guesses one, and kept only as a digest."""

import hashlib
import secrets

from ..model.errors import ConfirmationInvalid


def fresh() -> str:
    """Return a new confirmation, 192 random bits in URL-safe characters."""
    return secrets.token_urlsafe(24)


def stored(confirmation: str) -> str:
    """Return what is kept of a confirmation: its SHA-256 in hexadecimal."""
    return hashlib.sha256(confirmation.encode(errors="surrogatepass")).hexdigest()


def refused() -> ConfirmationInvalid:
    """Return the one answer to all that do not fit, so that it tells nothing about other people's."""
    return ConfirmationInvalid("the confirmation is unknown, used or expired")
