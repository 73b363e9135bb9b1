"""Whose keys open the repositories of the configured storages."""

from dataclasses import dataclass

import anyio

from ..model.errors import EngineError
from ..repository.repository import Repository
from ..repository.values import KeyObject
from ..services import Services
from ..tasks import open_tasks

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class StorageKeys:
    """The repository of one storage (profile None: the local one).

    `key` is None if there is no repository yet or it cannot be read; `problem` says why it cannot be opened,
    if it cannot.
    """

    profile: str | None
    key: KeyObject | None = None
    problem: EngineError | None = None


async def keys(services: Services) -> tuple[StorageKeys, ...]:
    """Read the key object of every configured storage, the local one first; what fails hides nothing else."""
    found: dict[str | None, StorageKeys] = {}
    slots = anyio.Semaphore(AT_ONCE)

    async def one(repository: Repository) -> None:
        async with slots:
            found[repository.profile] = await _keys_of(repository)

    async with open_tasks() as group:
        for repository in services.repositories():
            group.start_soon(one, repository)
    return tuple(found[repository.profile] for repository in services.repositories())


async def _keys_of(repository: Repository) -> StorageKeys:
    key = None
    try:
        key = await repository.key_object()
        if key is not None:
            await repository.keys()
    except EngineError as error:
        return StorageKeys(repository.profile, key, error)
    return StorageKeys(repository.profile, key)
