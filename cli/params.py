"""Kinds of arguments that several verbs take, with their completion."""

import re
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..engine.model.errors import EngineError
from .session import Session

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Named(click.ParamType[str]):
    """A name out of the configuration; completed from there, checked by the engine."""

    def __init__(self, name: str, table: str) -> None:
        self.name = name
        self._table = table

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
        return [
            CompletionItem(name) for name in getattr(settings, self._table) if name.startswith(incomplete)
        ]


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


TARGET = Named("target", "targets")
SNAPSHOT = Named("snapshot", "targets")
PROFILE = Named("profile", "storage_profiles")


def reference(target: str, index: str | None) -> str:
    """Return the engine's spelling of `TARGET`, `TARGET INDEX`, or an id in the place of either."""
    if index is None or "-" in index:
        return index or target
    return f"{target}:{index}"
