"""`snapharbor keys`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..engine.model.json import JsonObject
from . import output
from .params import PROFILE, RECIPIENT
from .plans import Perform, planned
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.settings import Settings
    from ..engine.operations.keys import StorageKeys


@click.group(invoke_without_command=True)
@click.pass_context
def keys(ctx: click.Context) -> None:
    """Show whose keys open each storage, and change that.

    Without a command: every configured storage with the id of its repository's key and its owners.
    """
    session = ctx.ensure_object(Session)

    async def work() -> None:
        async with session.harbor() as harbor:
            found = await harbor.keys()
            settings = harbor.settings
        output.result(session, [view(one) for one in found], lambda: text(found, settings))

    if ctx.invoked_subcommand is None:
        run(work)


@keys.command()
@click.option(
    "--profile", type=PROFILE, metavar="NAME", help="The storage whose key it is; without it the local one."
)
@click.option(
    "--add",
    type=RECIPIENT,
    multiple=True,
    metavar="NAME",
    help="Open it to this person, group or public key too.",
)
@click.option("--remove", multiple=True, metavar="NAME", help="Open it to this owner no longer.")
@planned
def rotate(perform: Perform, profile: str | None, *, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Wrap a repository's key anew: to the own identity, and to other owners.

    The first identity of the configuration takes the place of `keys.previous`; the other owners stay. No
    chunk and no manifest is touched.
    """
    from ..engine.operations.requests import RotateRequest

    perform(RotateRequest(profile, add, remove))


def view(found: "StorageKeys") -> JsonObject:
    """Return one storage's keys as JSON."""
    shown: JsonObject = {"storage": found.profile or "local", "opens": bool(found.key and not found.problem)}
    if key := found.key:
        shown = {
            **shown,
            "repository": key.repository,
            "key_id": key.key_id,
            "recipients": key.recipients,
            "signed_by": key.signed_by,
        }
    if problem := found.problem:
        shown = {**shown, "code": problem.code, "message": problem.message, "hint": problem.hint}
    return shown


def text(found: "Sequence[StorageKeys]", settings: "Settings") -> str:
    """Return storages and their owners as a table, and below what is wrong."""
    from ..engine.operations.rotate import name_of

    rows = [
        (
            one.profile or "local",
            one.key.key_id if one.key else "-",
            ", ".join(name_of(settings, owner) for owner in one.key.recipients) if one.key else "-",
            _state(one),
        )
        for one in found
    ]
    table = output.table(("STORAGE", "KEY ID", "OPENS TO", "STATE"), rows, folded=("OPENS TO",))
    problems = [
        output.readable(f"{one.profile or 'local'}: {one.problem.message}\n{one.problem.hint}")
        for one in found
        if one.problem
    ]
    return "\n\n".join((table, *problems))


def _state(found: "StorageKeys") -> str:
    if found.problem:
        return found.problem.code
    return "opens" if found.key else "no repository yet"
