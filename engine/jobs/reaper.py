"""Clear away what killed processes left behind, at the start of every run, and say so in the audit chain."""

import shutil
from collections.abc import Iterator
from logging import getLogger
from pathlib import Path

from anyio import to_thread

from ..ledger.base import Entry, Lease
from ..ledger.flock import exclusive
from ..ledger.presence import sweep
from ..model.errors import EngineError, TimedOut
from ..model.url import DatabaseUrl
from ..operations.audit import record
from ..services import UNFINISHED, Services
from .life import bury, dead, press

MOST = 1000
LOG = getLogger(__name__)


async def reap(services: Services) -> None:
    """Finish lost jobs, and remove the databases, servers and files of processes that are gone.

    What cannot be removed now is logged and left to the next run; it never stands in this one's way.
    """
    directory = services.settings.working_directory
    try:
        async with exclusive(directory / "reap.lock", patience=0.1):
            await _reap(services, directory)
    except TimedOut:
        LOG.info("another process is clearing away")
    except EngineError as error:
        LOG.warning("not everything could be cleared away: %s", error.message)


async def _reap(services: Services, directory: Path) -> None:
    for job in await services.ledger.jobs(unfinished=True, limit=MOST):
        press(services, job)
        await bury(services, job)
    for lease in await services.ledger.leases():
        if dead(services, lease.owner, since=lease.created_at):
            await (_drop if lease.kind == "database" else _remove)(services, lease)
    await _remove_directories(services, directory / "tmp")
    await to_thread.run_sync(sweep, directory / "run")


async def _drop(services: Services, lease: Lease) -> None:
    where, name = str(lease.data["url"]), str(lease.data["name"])
    for url in _reachable(services, where):
        try:
            dropped = await services.drop_leased(url, lease)
        except EngineError as error:
            LOG.warning("`%s` on %s could not be dropped: %s", name, where, error.message)
            continue
        if dropped:
            await _destroyed(services, "drop database", name, where)
        return
    LOG.warning("`%s` on %s is left over, and no configured URL leads there with success", name, where)


async def _remove(services: Services, lease: Lease) -> None:
    """Remove a directory that was being filled; its name says that it is one of ours."""
    directory = Path(str(lease.data["path"]))
    if directory.name.startswith(UNFINISHED) and await to_thread.run_sync(_removed, directory):
        await _destroyed(services, "remove directory", directory.name, "export")
    await services.ledger.release(lease.id)


def _removed(directory: Path) -> bool:
    there = directory.exists()
    shutil.rmtree(directory, ignore_errors=True)
    return there


def _reachable(services: Services, where: str) -> Iterator[DatabaseUrl]:
    """Yield the configured URLs, with passwords, of the server that a URL without one names."""
    settings = services.settings
    urls = [settings.override_destination, settings.shared_destination]
    for target in settings.targets.values():
        urls += [target.destination, target.rules.work_url if target.rules else None]
    for url in dict.fromkeys(url for url in urls if url):
        if where.startswith(str(url.on(""))):
            yield url


async def _remove_directories(services: Services, tmp: Path) -> None:
    from ..repository.scratch import spool_directory

    spools = await to_thread.run_sync(_spools, tmp)
    if spools:
        # Whoever makes such a directory removes the abandoned ones first.
        async with spool_directory(tmp):
            spools -= await to_thread.run_sync(_spools, tmp)
    for name in (*sorted(spools), *await to_thread.run_sync(_reap_leased, tmp)):
        await _destroyed(services, "remove directory", name, tmp.name)


def _reap_leased(tmp: Path) -> list[str]:
    from ..database.account import fitting_account
    from ..database.engines import destroy
    from ..database.lease import reap as reap_directories

    # The place of private servers may be another one. What is none of those is removed by `destroy` as well.
    places = dict.fromkeys((tmp, fitting_account().place(tmp)))
    return [name for place in places for name in reap_directories(place, "*", destroy=destroy)]


def _spools(tmp: Path) -> set[str]:
    return {directory.name for directory in tmp.glob("spool-*/")}


async def _destroyed(services: Services, what: str, name: str, where: str) -> None:
    entry = Entry(services.principal.subject, f"reap: {what}", name, "succeeded", {"where": where})
    await record(services, entry)
