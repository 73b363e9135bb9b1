"""Try everything that the configuration names, and say what works, what is worrying, what is broken."""

import os
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import anyio
from anyio import to_thread

from ..database.engines import kit
from ..keypair import recipient_of, verifying_key
from ..model.errors import (
    ClientMissing,
    EngineError,
    HookFailed,
    KeyMissing,
    RulesMissing,
    SnapshotCorrupt,
    TimedOut,
)
from ..model.target import Target
from ..model.url import DatabaseUrl, Engine
from ..proof.kernel import compiled
from ..services import Services
from ..settings.references import exposed
from ..tasks import open_tasks
from .destination import examine
from .fuse import guard_copy, guard_work
from .ruleset import engine_of, rules_of

Level = Literal["ok", "info", "warning", "error"]
AREAS = ("configuration", "keys", "tools", "proof", "source", "rules", "destination", "storage")
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Check:
    """What one thing turned out to be. `exit_code` is that of the error, 0 if it is none."""

    area: str
    name: str
    level: Level
    message: str
    hint: str = ""
    exit_code: int = 0


Found = list[Check]


async def check(services: Services, seconds: float = 30.0) -> tuple[Check, ...]:
    """Connect to every source, destination and storage at once and look at keys, programs and rules.

    Nothing is changed, but for one small object per storage that is written, read and deleted (not in
    read-only mode). Whatever does not answer within `seconds` is an error and hides nothing else.
    """
    found: Found = [*_configuration(services), *_keys(services), _search()]
    for engine in _engines(services):
        found += await _tools(services, engine)
    slots = anyio.Semaphore(AT_ONCE)

    async def attempt(area: str, name: str, look: Callable[[], Awaitable[Sequence[Check]]]) -> None:
        async with slots:
            found.extend(await _tried(area, name, seconds, look))

    async with open_tasks() as group:
        for area, name, look in _looks(services):
            group.start_soon(attempt, area, name, look)
    return tuple(sorted(found, key=lambda one: (AREAS.index(one.area), one.name)))


def exit_code(checks: Sequence[Check]) -> int:
    """Return 0, or the exit code of the first error."""
    return next((one.exit_code for one in checks if one.level == "error"), 0)


Look = Callable[[], Awaitable[Sequence[Check]]]


def _looks(services: Services) -> Iterator[tuple[str, str, Look]]:
    """Yield everything that takes time, by area and name."""
    settings = services.settings
    places = {"override": settings.override_destination, "shared": settings.shared_destination}
    for key, target in settings.targets.items():
        if target.source is not None:
            yield "source", key, partial(_source, services, target, target.source)
        yield "rules", key, partial(_rules, services, target)
        if target.rules is not None and target.rules.work_url is not None:
            name = f"{key} (sanitize)"
            yield "destination", name, partial(_work, services, name, target, target.rules.work_url)
        places[key] = target.destination
    for name, url in places.items():
        if url is not None:
            yield "destination", name, partial(_destination, services, name, url)
    for profile in (None, *settings.storage_profiles):
        yield "storage", profile or "local", partial(_storage, services, profile)


async def _tried(area: str, name: str, seconds: float, look: Look) -> Sequence[Check]:
    try:
        with anyio.fail_after(seconds):
            return await look()
    except TimeoutError:
        return [_failed(area, name, TimedOut(f"no answer within {seconds:g} seconds"))]
    except EngineError as error:
        return [_failed(area, name, error)]


def _failed(area: str, name: str, error: EngineError) -> Check:
    return Check(area, name, "error", error.message, error.hint, error.exit_code)


def _configuration(services: Services) -> Iterator[Check]:
    settings = services.settings
    where = str(settings.file) if settings.file else "the environment only"
    yield Check("configuration", "file", "ok", f"read from {where}")
    for problem in settings.problems:
        yield _failed("configuration", str(problem.details["key"]), problem)
    for warning in settings.warnings:
        yield Check("configuration", "value", "warning", warning)
    directory = settings.working_directory
    if directory.exists() and exposed(directory):
        yield Check(
            "configuration", "working directory", "warning", f"others can look into `{directory}`",
            f"Run: chmod 700 '{directory}'",
        )  # fmt: skip
    elif directory.exists() and not os.access(directory, os.W_OK):
        yield Check("configuration", "working directory", "error", f"`{directory}` is not writable", "", 10)
    for target in settings.targets.values():
        yield from _hooks(target)
    if not settings.targets:
        yield Check("configuration", "targets", "info", "no target is configured", "Add one under `targets`.")


def _hooks(target: Target) -> Iterator[Check]:
    programs = {"before_build": target.hooks.before_build, "after_load": target.hooks.after_load}
    for name, program in programs.items():
        if program and shutil.which(program[0]) is None:
            yield _failed("configuration", target.key, HookFailed(f"`hooks.{name}` names no program"))


def _keys(services: Services) -> Iterator[Check]:
    settings = services.settings
    try:
        if not settings.identities:
            raise KeyMissing("there is no identity", "Run `snapharbor config init`, or set `keys.identity`.")
        for number, identity in enumerate(settings.identities):
            name = "previous identity" if number else "identity"
            yield Check("keys", name, "ok", f"public key {recipient_of(identity)}")
    except EngineError as error:
        yield _failed("keys", "identity", error)
    try:
        if not settings.signing_key:
            raise KeyMissing(
                "there is no signing key", "Run `snapharbor config init`, or set `keys.signing`."
            )
        yield Check("keys", "signing", "ok", f"public key {verifying_key(settings.signing_key)}")
    except EngineError as error:
        yield _failed("keys", "signing", error)


def _search() -> Check:
    if compiled():
        return Check("proof", "leak search", "ok", "compiled")
    message = "in plain Python, a hundred times slower: no C compiler was there at installation"
    return Check("proof", "leak search", "warning", message, "Install one, then Snapharbor again.")


def _engines(services: Services) -> tuple[Engine, ...]:
    """Return the kinds of servers that the configuration names, PostgreSQL if it names none."""
    found: set[Engine] = {
        url.engine
        for target in services.settings.targets.values()
        for url in (target.source, target.destination)
        if url is not None
    }
    return tuple(sorted(found)) or ("postgres",)


async def _tools(services: Services, engine: Engine) -> list[Check]:
    chosen = kit(engine)
    try:
        programs = await chosen.programs(services.settings)
    except ClientMissing as error:
        needed = bool(services.settings.targets)
        level: Level = "error" if needed else "warning"
        code = error.exit_code if needed else 0
        return [Check("tools", chosen.name.lower(), level, error.message, error.hint, code)]
    return [Check("tools", name, "ok", message) for name, message in programs]


async def _source(services: Services, target: Target, url: DatabaseUrl) -> Sequence[Check]:
    """Say who answers, then open the moment that a build would read, and close it again."""
    database, key = services.database(url), target.key
    server = await database.identify()
    kind = " (standby)" if server.standby else ""
    message = f"{server.product} {server.version}{kind}, role `{server.role}`"
    found = [Check("source", key, "ok", f"{message}, {server.bytes / 1_000_000:,.1f} MB")]
    if server.role_can_write:
        hint = "Use a read-only role; the guide on privileges has the script."
        found.append(Check("source", key, "warning", f"role `{server.role}` can write to the source", hint))
    try:
        async with database.view(target.selection, target.limits) as view:
            tables = len({piece.table for piece in view.slices})
            found.append(Check("source", key, "ok", f"{tables:,} tables can be read; {view.tool} fits"))
            found += [Check("source", key, "info", sentence) for sentence in view.left_out]
    except EngineError as error:
        found.append(_failed("source", key, error))
    return found


async def _rules(services: Services, target: Target) -> Sequence[Check]:
    try:
        rules = await to_thread.run_sync(rules_of, services, target)
    except RulesMissing as error:
        return [Check("rules", target.key, "info", error.message, error.hint)]
    where = "on the work server"
    if target.rules is None or target.rules.work_url is None:
        where = f"on a private {await _private(services, target)}"
    count = len(rules.rules)
    statements = f"{count:,} statement{'' if count == 1 else 's'}"
    return [Check("rules", target.key, "ok", f"{statements} of {rules.tier}, run {where}")]


async def _private(services: Services, target: Target) -> str:
    """Return which server copies of a target's source are sanitized on."""
    chosen = kit(engine_of(target))
    if target.source is None:
        return f"{chosen.name} of the snapshot's version, or the newest at hand"
    try:
        source = await services.database(target.source).identify()
    except EngineError:  # the source's own check says what is wrong
        return f"{chosen.name} of the source's version, or the newest at hand"
    return await chosen.private_server(services.settings, source.major)


async def _destination(services: Services, name: str, url: DatabaseUrl) -> Sequence[Check]:
    where = f"`{url.database}` on {url.host}:{url.port}"
    if (target := services.settings.targets.get(name)) and target.protected:
        return [Check("destination", name, "info", f"{where} is protected: nothing is loaded into it")]
    destination = await examine(services, url, frozenset())
    if not destination.exists:
        return [Check("destination", name, "ok", f"{where} does not exist yet; a load creates it")]
    if destination.note is not None:
        return [Check("destination", name, "ok", f"{where} was loaded by us ({destination.note})")]
    hint = "A load replaces it, and asks for a confirmation first."
    return [Check("destination", name, "warning", f"{where} exists and was not made by us", hint)]


async def _work(services: Services, name: str, target: Target, url: DatabaseUrl) -> Sequence[Check]:
    await guard_work(services, url, origins=frozenset())
    if target.source is not None:
        await guard_copy(services, url, target.source.engine, target.source.database)
    return [
        Check("destination", name, "ok", f"{url.host}:{url.port} holds no source; private copies go there")
    ]


async def _storage(services: Services, profile: str | None) -> Sequence[Check]:
    storage = services.storage(profile)
    key, content = f"probe/{secrets.token_hex(8)}", secrets.token_bytes(64)
    if services.read_only:
        await storage.stat(key)
        answers = Check("storage", profile or "local", "info", "answers; nothing was written (read-only)")
        return [answers, *await _repository(services, profile)]
    try:
        await storage.put(key, content)
        async with storage.open(key) as file:
            read = await to_thread.run_sync(file.read)
    finally:
        with anyio.CancelScope(shield=True), anyio.move_on_after(10):
            await storage.delete(key)
    if read != content:
        raise SnapshotCorrupt("the storage returned other bytes than were written")
    works = Check("storage", profile or "local", "ok", "an object was written, read and deleted")
    return [works, *await _repository(services, profile)]


async def _repository(services: Services, profile: str | None) -> Sequence[Check]:
    """Open the repository that stands there, if one does, with the keys at hand."""
    if not (services.settings.signing_key and services.settings.identities):
        return ()  # that is told under `keys`
    repository, name = services.repository(profile), profile or "local"
    try:
        key = await repository.key_object()
        if key is None:
            return ()
        await repository.keys()
    except EngineError as error:
        return [_failed("storage", name, error)]
    owners = f"{len(key.recipients)} owners" if len(key.recipients) > 1 else "no other owner"
    return [Check("storage", name, "ok", f"its repository opens: key `{key.key_id}`, {owners}")]
