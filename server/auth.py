"""Who calls over HTTP: a bearer token becomes a principal. Only digests of tokens are kept anywhere."""

import hmac
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from mcp.server.auth.provider import AccessToken

from ..engine.model.errors import ConfigInvalid, ConfigMissing, NotAuthorized
from ..engine.model.share import Principal

SCOPES = frozenset(("read", "build", "load", "share"))
FORM = "A line is: SHA256-OF-TOKEN SUBJECT [groups=a,b] [scopes=read,build,load,share]"


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token by its digest, and who holds it."""

    digest: str
    principal: Principal


class StaticTokens:
    """A `TokenVerifier` over a fixed list of tokens."""

    def __init__(self, tokens: Sequence[KnownToken]) -> None:
        self._tokens = tuple(tokens)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return who holds the token. Every known digest is compared, each in constant time."""
        given = sha256(token.encode()).hexdigest()
        matching = [known for known in self._tokens if hmac.compare_digest(known.digest, given)]
        if not matching:
            return None
        holder = matching[0].principal
        return AccessToken(
            token=given,
            client_id=holder.subject,
            subject=holder.subject,
            scopes=sorted(holder.scopes),
            claims={"groups": list(holder.groups)},
        )


def principal_of(token: AccessToken) -> Principal:
    """Return the principal that a verified token stands for."""
    groups = cast("list[str]", (token.claims or {}).get("groups", []))
    return Principal(token.subject or token.client_id, tuple(groups), SCOPES.intersection(token.scopes))


def read_tokens(file: Path) -> StaticTokens:
    """Read a token file.

    Raises:
        ConfigMissing: there is no such file, or no token in it.
        ConfigInvalid: others can read or change the file, or a line is not of the right form.
    """
    try:
        mode, text = stat.S_IMODE(file.stat().st_mode), file.read_text("utf-8")
    except OSError as error:
        raise ConfigMissing(f"the token file `{file.name}` cannot be read: {error.strerror}", FORM) from None
    if mode & 0o077:
        raise ConfigInvalid(f"the token file `{file.name}` is open to others", "Run `chmod 600` on it.")
    lines = enumerate(text.splitlines(), 1)
    tokens = [_token(line, number) for number, line in lines if line.strip() and line.strip()[0] != "#"]
    if not tokens:
        raise ConfigMissing(f"the token file `{file.name}` holds no token", FORM)
    return StaticTokens(tokens)


def refuse_open_door(host: str, *, authenticated: bool) -> None:
    """Refuse to listen where others can reach us unless callers are authenticated.

    Raises:
        NotAuthorized: the address is not a loopback one.
    """
    if not authenticated and not is_loopback(host):
        raise NotAuthorized(
            f"`{host}` can be reached by others, and nothing here asks who they are",
            "Listen on 127.0.0.1, or name a file of tokens with --token-file.",
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _token(line: str, number: int) -> KnownToken:
    digest, subject, *rest = line.split() if len(line.split()) > 1 else ("", "")
    named = dict(item.partition("=")[::2] for item in rest)
    scopes = frozenset(named.get("scopes", ",".join(SCOPES)).split(","))
    if len(digest) != 64 or set(digest) - set("0123456789abcdef") or scopes - SCOPES:
        raise ConfigInvalid(f"line {number} of the token file cannot be read", FORM)
    if named.keys() - {"groups", "scopes"}:
        raise ConfigInvalid(f"line {number} of the token file cannot be read", FORM)
    groups = tuple(name for name in named.get("groups", "").split(",") if name)
    return KnownToken(digest, Principal(subject, groups, scopes))
