"""Where a load may go. The fuse: what is refused, what must be confirmed, and why."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..model.errors import ConfigMissing, DatabaseRefused, DatabaseUnreachable, DestinationProtected
from ..model.plan import Effect
from ..model.target import Target
from ..model.url import DatabaseUrl
from ..services import Services
from ..tasks import open_tasks


@dataclass(frozen=True, slots=True)
class Destination:
    """A database to be made or replaced. `note` is what we left on it, None if it is not ours."""

    url: DatabaseUrl
    identity: str
    server_major: int
    exists: bool
    note: str | None
    sessions: int

    def effects(self, *, keep: bool) -> tuple[Effect, ...]:
        """Return what a load does to it, in words."""
        name = f"database `{self.url.database}` on {self.url.host}:{self.url.port}"
        if not self.exists:
            return (Effect("creates", name),)
        whose = "loaded by us earlier" if self.note else "NOT made by us"
        effects = [Effect("overwrites", f"{name}, {whose}")]
        if self.sessions:
            effects.append(Effect("ends-sessions", f"{self.sessions} open sessions on it"))
        if not keep:
            effects.append(Effect("drops", f"what `{self.url.database}` holds now"))
        return tuple(effects)


def choose(services: Services, target: Target, *, given: str | None, database: str | None) -> DatabaseUrl:
    """Return where to load: the URL given to this process, the global override, or the target's own.

    A target that is not configured here is one that others shared: its own is the default for those.

    `given` is the text under which `Services.given` holds a URL, so that no plan stores a password.
    `database` is another name on that server.

    Raises:
        ConfigMissing: none of them is set.
    """
    settings = services.settings
    pulled = target.key not in settings.targets  # somebody else's, whose share's link was followed
    own = settings.shared_destination if pulled else target.destination
    chosen = services.given[given] if given else settings.override_destination or own
    if chosen is None:
        block = "share" if target.type == "share" else "snapshot"
        own_key = f"targets.{target.key}.{block}.dst_url"
        key = "defaults.shared_target_dst_db_url" if pulled else own_key
        hint = f"Set {key}, or name a destination in the call."
        raise ConfigMissing(f"there is no destination for target `{target.key}`", hint)
    return chosen.on(database) if database else chosen


async def examine(services: Services, url: DatabaseUrl, origins: frozenset[str]) -> Destination:
    """Look at a destination and refuse it if it is a source or protected.

    `origins` are identities that snapshots were taken of: they protect sources that cannot be reached
    from here.

    Raises:
        DestinationProtected: it is a source, or matches a protected pattern.
    """
    _refuse_protected(url, services.settings.protected)
    housekeeper = services.housekeeper(url)
    server = await housekeeper.server()
    identity = f"{server.system}/{url.database}"
    if identity in origins or url_of_a_source(services, url) or identity in await _sources(services):
        raise DestinationProtected(
            f"`{url.database}` on {url.host}:{url.port} is a source of this configuration",
            "Choose another database name; a source is never overwritten.",
        )
    exists = await housekeeper.exists(url.database)
    note = await housekeeper.ours(url.database) if exists else None
    sessions = await housekeeper.sessions(url.database) if exists else 0
    return Destination(url, identity, server.major, exists, note, sessions)


def url_of_a_source(services: Services, url: DatabaseUrl) -> bool:
    """Tell whether a source is written with the same host, port and database."""
    place = (url.host, url.port, url.database)
    sources = (target.source for target in services.settings.targets.values())
    return any(place == (source.host, source.port, source.database) for source in sources if source)


async def _sources(services: Services) -> set[str]:
    found: set[str] = set()

    async def look(url: DatabaseUrl) -> None:
        try:
            found.add((await services.database(url).identify()).identity)
        except (DatabaseUnreachable, DatabaseRefused):
            return  # known by its URL and by the snapshots taken of it

    async with open_tasks() as group:
        for source in {target.source for target in services.settings.targets.values() if target.source}:
            group.start_soon(look, source)
    return found


def _refuse_protected(url: DatabaseUrl, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        if any(fnmatchcase(name, pattern) for name in (url.database, f"{url.host}/{url.database}")):
            raise DestinationProtected(
                f"`{url.database}` on {url.host}:{url.port} matches the protected pattern `{pattern}`",
                "Choose another destination, or change `protected` in the configuration.",
            )
