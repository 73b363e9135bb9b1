"""The group of verbs: a verb's module is imported when that verb is called, and not before."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from .session import Session

Sections = Mapping[str, Mapping[str, str]]


class Verbs(click.Group):
    """Knows every verb by section and sentence, so that help and completion import none of them.

    A verb `x-y` is the click command `x_y` in the module `x_y` of this folder. `hidden` verbs are for
    programs and stand in no list.
    """

    def __init__(self, name: str, *, sections: Sections, hidden: tuple[str, ...], help: str) -> None:
        super().__init__(name, help=help, params=global_options())
        self.sections = sections
        self.hidden_verbs = hidden
        self.sentences = {verb: text for verbs in sections.values() for verb, text in verbs.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.sentences)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands and cmd_name in (*self.sentences, *self.hidden_verbs):
            name = cmd_name.replace("-", "_")
            module = import_module(f".{name}", __package__)
            self.add_command(_with_global_options(getattr(module, name)), cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.sentences, ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, verbs in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = [
            CompletionItem(verb, help=text)
            for verb, text in self.sentences.items()
            if verb.startswith(incomplete)
        ]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)


def global_options(*, hidden: bool = False) -> list[click.Parameter]:
    """Return the flags that may stand before or after a verb."""

    def remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        if value and param.name:
            setattr(ctx.ensure_object(Session), param.name, value)

    return [
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Read this configuration instead of searching for snapharbor.yml.",
            **_kept(remember, hidden),
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            help="Write JSON lines: progress, then one result or error.",
            **_kept(remember, hidden),
        ),
        click.Option(
            ["--read-only"],
            is_flag=True,
            help="Refuse everything that changes a database, a storage or a share.",
            **_kept(remember, hidden),
        ),
    ]


def _kept(callback: Any, hidden: bool) -> dict[str, Any]:
    return {"callback": callback, "hidden": hidden, "expose_value": False}


def _with_global_options(command: click.Command) -> click.Command:
    taken = {name for option in command.params for name in option.opts}
    command.params += [
        option for option in global_options(hidden=True) if not taken.intersection(option.opts)
    ]
    if isinstance(command, click.Group):
        for member in command.commands.values():
            _with_global_options(member)
    return command
