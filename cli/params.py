"""Kinds of arguments that several verbs take, with their completion."""

import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ..engine.model.errors import EngineError
from .session import Session

if TYPE_CHECKING:
    from ..engine.harbor import Harbor
    from ..engine.model.settings import Settings

PATIENCE = 3
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


Known = Callable[["Settings"], Iterable[str]]
Remembered = Callable[["Harbor"], Awaitable[Iterable[str]]]


class Named(click.ParamType[str]):
    """A name out of the configuration; completed from there, checked by the engine."""

    def __init__(self, name: str, known: Known) -> None:
        self.name = name
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not (name := str(value)).strip():
            self.fail("it is empty", param, ctx)
        return name

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from ..engine.settings.load import load_settings

        try:
            settings = load_settings(ctx.ensure_object(Session).config)
        except EngineError:
            return []
        return [CompletionItem(name) for name in self._known(settings) if name.startswith(incomplete)]


class Kept(click.ParamType[str]):
    """An id of something that was made; completed from what is kept."""

    def __init__(self, name: str, remembered: Remembered) -> None:
        self.name = name
        self._remembered = remembered

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        import anyio

        from ..engine.harbor import Harbor

        async def work() -> list[str]:
            with anyio.move_on_after(PATIENCE):
                async with Harbor.open(ctx.ensure_object(Session).config) as harbor:
                    return [one for one in await self._remembered(harbor) if one.startswith(incomplete)]
            return []

        try:
            return [CompletionItem(one) for one in anyio.run(work)]
        except EngineError:
            return []


class Reference(Named):
    """A snapshot: a target's name, or once a digit was typed, an id; only then are storages asked."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        found = super().shell_complete(ctx, param, incomplete)
        ids = _IDS.shell_complete(ctx, param, incomplete) if incomplete[:1].isdecimal() else []
        return [*found, *ids]


class Duration(click.ParamType[int]):
    """Seconds, or a number with a unit: `90`, `45s`, `30m`, `2h`, `7d`, `1w`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        matched = re.fullmatch(r"([0-9]{1,6})([smhdw]?)", str(value))
        if matched is None or not int(matched[1]):
            self.fail(f"{str(value)!r} is not a duration; write 90s, 30m, 2h or 7d", param, ctx)
        return int(matched[1]) * _UNITS[matched[2] or "s"]


class Index(click.ParamType[str]):
    """Which snapshot of a target: `0` for the newest, `1`, …, `latest`; perhaps the start of an id."""

    name = "index"

    def __init__(self, *, ids: bool) -> None:
        self._ids = ids

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        index = str(value)
        if index == "latest" or re.fullmatch("[0-9]{1,7}", index):
            return index
        if re.fullmatch("[0-9]{8}-[0-9a-f-]*", index):
            if not self._ids:
                self.fail("a snapshot's id stands alone, without the target", param, ctx)
            return index
        known = (
            "a number, `latest` nor the start of a snapshot's id" if self._ids else "a number nor `latest`"
        )
        return self.fail(f"{index!r} is neither {known}", param, ctx)


class IndexOrFile(click.ParamType[str | Path]):
    """The same, or the path of a file that ends in `.sql`."""

    name = "index or file"

    def __init__(self, *, ids: bool) -> None:
        self._index = Index(ids=ids)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | Path:
        if str(value).lower().endswith(".sql"):
            return Path(str(value))
        if str(value).lower().endswith(".zip"):
            self.fail("`snapharbor adopt` makes a snapshot out of it, which can be loaded then", param, ctx)
        return self._index.convert(value, param, ctx)


def _recipients(settings: "Settings") -> Iterable[str]:
    groups = (group for recipient in settings.recipients for group in recipient.groups)
    return dict.fromkeys((*(recipient.name for recipient in settings.recipients), *groups))


async def _snapshots(harbor: "Harbor") -> Iterable[str]:
    return [snapshot.id for snapshot in await harbor.snapshots()]


async def _jobs(harbor: "Harbor") -> Iterable[str]:
    return [job.id for job in await harbor.jobs()]


async def _shares(harbor: "Harbor") -> Iterable[str]:
    return [share.id for share in await harbor.shares() if share.is_open()]


_IDS = Kept("snapshot", _snapshots)
TARGET = Named("target", lambda settings: settings.targets)
SNAPSHOT = Reference("snapshot", lambda settings: settings.targets)
PROFILE = Named("profile", lambda settings: settings.storage_profiles)
RECIPIENT = Named("recipient", _recipients)
JOB = Kept("job", _jobs)
SHARE = Kept("share", _shares)


def reference(target: str, index: str | None) -> str:
    """Return the engine's spelling of `TARGET`, `TARGET INDEX`, or an id in the place of either."""
    if index is None or "-" in index:
        return index or target
    return f"{target}:{index}"
