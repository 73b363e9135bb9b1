"""Where a database is: a parsed URL whose password is kept apart and never shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from .errors import ConfigInvalid
from .secret import Secret

Engine = Literal["postgres", "mysql"]

SCHEMES: Mapping[str, Engine] = MappingProxyType(
    {
        "postgres": "postgres",
        "postgresql": "postgres",
        "pg": "postgres",
        "pglocal": "postgres",
        "pgl": "postgres",
        "mysql": "mysql",
        "mariadb": "mysql",
        "mylocal": "mysql",
        "myl": "mysql",
    }
)
DEFAULT_PORT: Mapping[Engine, int] = MappingProxyType({"postgres": 5432, "mysql": 3306})


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """One database on one server.

    `host` may be a directory (a Unix socket). `options` are the query parameters as written.
    """

    engine: Engine
    host: str
    port: int
    user: str
    database: str
    password: Secret | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False, hash=False)

    @classmethod
    def parse(cls, text: str) -> "DatabaseUrl":
        """Parse a URL such as `postgres://user:password@host:5432/name?sslmode=require`.

        Raises:
            ConfigInvalid: the text is not such a URL; the message never repeats it.
        """
        try:
            parts = urlsplit(text)
            options = dict(parse_qsl(parts.query, keep_blank_values=True))
            port = parts.port or int(options.pop("port", 0))
            if parts.fragment or set("/@") & set(parts.path[1:]):
                raise ValueError
        except ValueError:
            scheme = text.partition("://")[0].lower()
            known = scheme if scheme in SCHEMES else "postgres"
            raise ConfigInvalid("the database URL cannot be read", _hint(known, SCHEMES[known])) from None
        engine = SCHEMES.get(parts.scheme.lower())
        if engine is None:
            known = ", ".join(sorted(SCHEMES))
            shown = f"`{parts.scheme[:20]}`" if parts.netloc else "this"
            raise ConfigInvalid(f"{shown} is not a database URL scheme", f"Use one of: {known}.")
        database = unquote(parts.path.removeprefix("/"))
        password = unquote(parts.password) if parts.password else options.pop("password", "")
        host = options.pop("host", "") or unquote(parts.hostname or "")
        host = host or options.get("socket", "") or options.get("unix_socket", "")
        if not host or not database or "\x00" in text:
            raise ConfigInvalid(
                "the database URL has no host or no database name", _hint(parts.scheme.lower(), engine)
            )
        return cls(
            engine=engine,
            host=host,
            port=port or DEFAULT_PORT[engine],
            user=unquote(parts.username or options.pop("user", "")),
            database=database,
            password=Secret(password) if password else None,
            options=MappingProxyType(options),
        )

    def __str__(self) -> str:
        """Return the URL without user, password or parameters: safe to show anywhere."""
        return f"{self.engine}://{self.host}:{self.port}/{self.database}"

    def on(self, database: str) -> "DatabaseUrl":
        """Return the same server and user, another database."""
        return replace(self, database=database)


def _hint(scheme: str, engine: Engine) -> str:
    return (
        f"Write it as {scheme}://user:password@host:{DEFAULT_PORT[engine]}/name, or for a socket as "
        f"{scheme}://user@/name?host=/directory; percent-encode special characters in it."
    )
