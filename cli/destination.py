"""The three options that name a destination, of which one may be given."""

from collections.abc import Callable
from typing import Any

import click

from ..engine.model.errors import ConfigInvalid
from ..engine.model.url import DatabaseUrl
from .output import warn
from .session import Session


def one_destination(ctx: click.Context, _param: click.Parameter, value: object) -> None:
    """Keep what an option names as the verb's `destination`; a second one is refused."""
    if value is not None and ctx.params.setdefault("destination", value) is not value:
        raise click.UsageError("Give one of --destdb-env, --destdb and --database.", ctx)


class DestinationUrl(click.ParamType[DatabaseUrl]):
    """A database URL on the command line."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> DatabaseUrl:
        url = self.parsed(str(value), param, ctx)
        if url.password and ctx:
            warning = "the password stands in the list of processes; --destdb-env keeps it out"
            warn(ctx.ensure_object(Session), warning)
        return url

    def parsed(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> DatabaseUrl:
        """Parse a URL, or fail without repeating it."""
        try:
            return DatabaseUrl.parse(text)
        except ConfigInvalid as error:
            self.fail(f"{error.message}. {error.hint}", param, ctx)


class DestinationVariable(DestinationUrl):
    """The name of an environment variable that holds a database URL."""

    name = "variable"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> DatabaseUrl:
        from ..engine.settings.environment import environment

        if not (text := environment().get(str(value))):
            self.fail(f"the environment variable `{value}` is not set", param, ctx)
        return self.parsed(text, param, ctx)


def destination_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options that name a destination; it takes what they name as `destination`."""
    for name, kind, help in (
        ("--database", click.STRING, "Load into this database of the usual destination's server."),
        ("--destdb", DestinationUrl(), "Load into this URL."),
        ("--destdb-env", DestinationVariable(), "Load into the URL that this environment variable holds."),
    ):
        option = click.option(name, type=kind, callback=one_destination, expose_value=False, help=help)
        function = option(function)
    return function
