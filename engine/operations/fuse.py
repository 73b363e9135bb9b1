"""The fuse: databases and servers that nothing is ever loaded into or worked on, whatever URL leads there.

A server is known by what it calls itself. Where a configured one cannot be asked, its address speaks for it;
where one answers and cannot be told from another, it counts as the same.
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import anyio

from ..database.engines import kit
from ..model.catalog import Server
from ..model.errors import (
    ConfigInvalid,
    DatabaseRefused,
    DatabaseUnreachable,
    DestinationProtected,
    EngineError,
    PrivilegeMissing,
)
from ..model.target import Target
from ..model.url import DatabaseUrl, Engine
from ..services import Services
from ..tasks import open_tasks

HERE = "this machine"
SOURCE = "a source of this configuration"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A configured database that stays as it is, and who answers there: None if nobody could be asked.

    `silent` tells that nobody answered at all, or not to us.
    """

    url: DatabaseUrl
    what: str
    server: Server | None
    silent: bool

    async def may_be_on(self, url: DatabaseUrl, there: Server) -> bool:
        """Whether it cannot be ruled out that it is on the server of a URL, where `there` answers."""
        if (self.url.host, self.url.port) == (url.host, url.port):
            return True
        if self.server is not None:
            return self.server.may_be(there)
        return not self.silent or await _same_address(self.url, url)


async def guard_destination(
    services: Services, url: DatabaseUrl, there: Server, *, origins: frozenset[str]
) -> None:
    """Refuse a destination that is a source, or the destination of a protected target.

    `origins` are identities that snapshots were taken of: they protect sources that cannot be reached
    from here.

    Raises:
        DestinationProtected: it is, or cannot be told from one.
    """
    place = f"`{url.database}` on {url.host}:{url.port}"
    names = {f"{system}/{url.database}" for system in (there.system, there.started)}
    found = SOURCE if names & origins else None
    for one in () if found else await _guarded(services, url):
        if one.url.database == url.database and await one.may_be_on(url, there):
            found = one.what
            break
    if found == SOURCE:
        raise DestinationProtected(
            f"{place} is {found}", "Choose another database name; a source is never overwritten."
        )
    if found:
        raise DestinationProtected(
            f"{place} is {found}", "Choose another destination, or change `protected` of that target."
        )


async def guard_work(services: Services, url: DatabaseUrl, *, origins: frozenset[str]) -> None:
    """Refuse a server for private copies that holds a source, or cannot be told from one that does.

    A copy there would put raw data, its load, and a role that may write everything beside the source.

    Raises:
        DestinationProtected: it does, or is a standby.
        PrivilegeMissing: the role may not create databases.
    """
    refuse_protected(url, services.settings.protected)
    there = await services.housekeeper(url).server()
    systems = {origin.partition("/")[0] for origin in origins}
    found = not systems.isdisjoint((there.system, there.started))
    for one in () if found else await _guarded(services, url):
        found = found or (one.what == SOURCE and await one.may_be_on(url, there))
    if found:
        raise DestinationProtected(
            f"the work server {url.host}:{url.port} holds {SOURCE}",
            "Name another server in sanitize.dst_url, or leave it out for a private throw-away server.",
        )
    refuse_unable(there, url)


async def guard_copy(services: Services, url: DatabaseUrl, engine: Engine, database: str) -> None:
    """Refuse a server on which no private copy of a database can be made.

    Raises:
        ConfigInvalid: it is of another kind.
        DestinationProtected: it has a database of the name that the copy must have.
    """
    if url.engine != engine:
        raise ConfigInvalid(
            f"the work server {url.host}:{url.port} is {kit(url.engine).name}, and what is copied is of"
            f" {kit(engine).name}",
            "Name a server of the same kind in sanitize.dst_url, or leave it out.",
        )
    name = kit(engine).copied_as(database)
    if name and await services.housekeeper(url).exists(name):
        raise DestinationProtected(
            f"the work server {url.host}:{url.port} already has a database `{name}`, and that is the name"
            " which the private copy needs",
            "Drop that database if it is not needed, or name another server in sanitize.dst_url.",
        )


def refuse_protected(url: DatabaseUrl, patterns: tuple[str, ...]) -> None:
    """Refuse a URL that matches a protected pattern."""
    for pattern in patterns:
        if any(fnmatchcase(name, pattern) for name in (url.database, f"{url.host}/{url.database}")):
            raise DestinationProtected(
                f"`{url.database}` on {url.host}:{url.port} matches the protected pattern `{pattern}`",
                "Choose another destination, or change `protected` in the configuration.",
            )


def refuse_unable(server: Server, url: DatabaseUrl) -> None:
    """Refuse a server that takes no changes, or none from this role."""
    if server.standby:
        raise DestinationProtected(
            f"the server {url.host}:{url.port} is a standby, which takes no changes",
            "Use the URL of its primary, or of another server.",
        )
    if not server.role_can_create:
        raise PrivilegeMissing(
            f"role `{server.role}` may not create databases on {url.host}:{url.port}",
            kit(url.engine).creating,
        )


def own_destination(services: Services, target: Target) -> DatabaseUrl | None:
    """Return where a target is loaded to if nothing else is asked for."""
    return services.settings.shared_destination if is_pulled(services, target) else target.destination


def is_pulled(services: Services, target: Target) -> bool:
    """Whether a target is somebody else's, whose share's link was followed."""
    return target.key not in services.settings.targets


async def _guarded(services: Services, url: DatabaseUrl) -> tuple[Guarded, ...]:
    """Ask everybody who is to be protected, and is of the same engine as a URL, who they are."""
    found: list[Guarded] = []

    async def ask(one: Guarded) -> None:
        try:
            if one.what == SOURCE:
                server = await services.database(one.url).identify()
                found.append(replace(one, server=server, url=one.url.on(server.database)))
            else:
                found.append(replace(one, server=await services.housekeeper(one.url).server()))
        except (DatabaseUnreachable, DatabaseRefused):
            found.append(replace(one, silent=True))
        except EngineError:
            found.append(one)

    async with open_tasks() as group:
        for one in dict.fromkeys(_protected(services)):
            if one.url.engine == url.engine:
                group.start_soon(ask, one)
    return tuple(found)


def _protected(services: Services) -> Iterator[Guarded]:
    for target in services.settings.targets.values():
        if target.source is not None:
            yield Guarded(target.source, SOURCE, None, silent=False)
        owned = (own_destination(services, target), target.subset.destination if target.subset else None)
        for own in owned if target.protected else ():
            if own is not None:
                why = f"the destination of the protected target `{target.key}`"
                yield Guarded(own, why, None, silent=False)


async def _same_address(one: DatabaseUrl, other: DatabaseUrl) -> bool:
    """Whether two URLs lead to one port of one machine, as far as names are known here."""
    return one.port == other.port and not (await _addresses(one)).isdisjoint(await _addresses(other))


async def _addresses(url: DatabaseUrl) -> frozenset[str]:
    found: set[str] = set()
    for host in url.host.split(","):
        if host.startswith(("/", "@")):
            found.add(HERE)
            continue
        with suppress(OSError):
            for *_, (address, *_) in await anyio.getaddrinfo(host, url.port, type=socket.SOCK_STREAM):
                found.add(HERE if _is_here(str(address)) else str(address))
    return frozenset(found)


def _is_here(address: str) -> bool:
    """Tell whether an address belongs to this machine: only those can be bound."""
    family = (
        socket.AF_INET6 if ipaddress.ip_address(address.partition("%")[0]).version == 6 else socket.AF_INET
    )
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
