"""Who calls over HTTP: a bearer token becomes a principal. Only digests of tokens are kept anywhere."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

from ..engine.model.errors import ConfigInvalid, ConfigMissing, NotAuthorized, SecretUnset
from ..engine.model.share import Principal
from ..engine.settings.references import PREFIX, fetch

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


def read_tokens(place: str) -> StaticTokens:
    """Read the tokens that a file or a `secret:` reference lists.

    Raises:
        SecretUnset, ConfigMissing: there is no such place, or no token in it.
        ConfigInvalid: others can read the file, or a line is not of the right form.
    """
    reference = place if place.startswith(PREFIX) else f"{PREFIX}file:{place}"
    try:
        text = fetch(reference, Path.cwd()).text
    except (SecretUnset, ConfigInvalid) as error:
        raise type(error)(f"--token-file {error.message}", error.hint, **error.details) from None
    lines = enumerate(text.splitlines(), 1)
    tokens = [_token(line, number) for number, line in lines if line.strip() and line.strip()[0] != "#"]
    if not tokens:
        raise ConfigMissing("--token-file lists no token", FORM)
    return StaticTokens(tokens)


def bearer(tokens: StaticTokens) -> tuple[TokenVerifier, AuthSettings]:
    """Return what build_server() needs to ask every caller for a token that may at least read.

    There is no authorization server behind fixed tokens, so none is advertised.
    """
    settings = AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1"), resource_server_url=None, required_scopes=["read"]
    )
    return tokens, settings


def refuse_open_door(host: str, *, guarded: bool, hint: str) -> None:
    """Refuse to listen where others can reach us unless something keeps strangers out.

    Raises:
        NotAuthorized: the address is not a loopback one.
    """
    if not guarded and not is_loopback(host):
        raise NotAuthorized(
            f"`{host}` can be reached by others, and nothing would keep them out",
            hint,
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
    named: dict[str, str] = {name: value for name, _, value in (item.partition("=") for item in rest)}
    scopes = frozenset(named.get("scopes", ",".join(SCOPES)).split(","))
    if len(digest) != 64 or set(digest) - set("0123456789abcdef") or scopes - SCOPES:
        raise ConfigInvalid(f"line {number} of the token file cannot be read", FORM)
    if named.keys() - {"groups", "scopes"}:
        raise ConfigInvalid(f"line {number} of the token file cannot be read", FORM)
    groups = tuple(name for name in named.get("groups", "").split(",") if name)
    return KnownToken(digest, Principal(subject, groups, scopes))
