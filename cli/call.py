"""`snapharbor call`."""

import inspect
import json
import sys
from pathlib import Path
from typing import Any, cast

import click
from click.shell_completion import CompletionItem

from ..engine.model.errors import every_error
from ..engine.model.json import JsonObject
from . import output
from .failures import INTERNAL, remembered
from .session import Session, run


class Arguments(click.ParamType[dict[str, Any]]):
    """A JSON object: as text, as `@FILE`, or `-` for the standard input."""

    name = "json|@file|-"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        try:
            parsed: object = json.loads(_text(str(value)))
        except OSError as error:
            self.fail(f"`{str(value)[1:]}` cannot be read: {(error.strerror or '').lower()}", param, ctx)
        except ValueError as error:
            where = (
                f": {error.msg.lower()} at line {error.lineno}"
                if isinstance(error, json.JSONDecodeError)
                else ""
            )
            self.fail(f"it is not JSON{where}", param, ctx)
        if not isinstance(parsed, dict):
            self.fail('it is not a JSON object, as in {"target": "shop"}', param, ctx)
        return cast("dict[str, Any]", parsed)


class Tool(click.ParamType[str]):
    """The name of a tool; completed from those that are on, checked by the server."""

    name = "tool"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from ..server.toolsets import chosen

        names = [one.run.__name__ for one in chosen(read_only=ctx.ensure_object(Session).read_only)]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command()
@click.argument("tool", type=Tool(), required=False)
@click.option("--args", "arguments", type=Arguments(), default="{}", help="The tool's arguments.")
@click.option("--list", "listed", is_flag=True, help="List the tools instead.")
@click.pass_context
def call(ctx: click.Context, tool: str | None, arguments: dict[str, Any], *, listed: bool) -> None:
    """Run one MCP tool without a server.

    Prints the tool's structured answer as JSON. A tool that overwrites or exposes something answers a plan
    and a confirmation first; call it again with `"confirmation"` to do it.
    """
    session = ctx.ensure_object(Session)
    if listed:
        _list(session)
        return
    if tool is None:
        raise click.UsageError("Name the TOOL to call, or give --list.")

    async def work() -> tuple[dict[str, Any], bool]:
        from ..server.inprocess import call_tool

        return await call_tool(
            session.harbor,
            tool,
            arguments,
            read_only=session.read_only,
            tell=lambda text: _tell(session, text),
        )

    answer, failed = run(work)
    if failed:
        raise remembered(answer)
    output.result(session, answer, lambda: json.dumps(answer, indent=2 if sys.stdout.isatty() else None))
    ctx.exit(_exit_code(answer))


def _list(session: Session) -> None:
    from ..server.toolsets import chosen

    offered = [
        (one.run.__name__, inspect.getdoc(one.run) or "") for one in chosen(read_only=session.read_only)
    ]
    found: list[JsonObject] = [{"tool": name, "description": told} for name, told in offered]
    output.result(session, found, lambda: output.table(("TOOL", "DOES"), offered, folded=("DOES",)))


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    return Path(given[1:]).read_text("utf-8") if given.startswith("@") else given


def _tell(session: Session, text: str) -> None:
    if session.json:
        output.line(progress={"message": text})
    else:
        output.note(session, text)


def _exit_code(answer: JsonObject) -> int:
    """Return what a job's failure leaves with, if the answer tells of one."""
    failure = answer.get("failure")
    if answer.get("state") not in ("failed", "cancelled") or not isinstance(failure, dict):
        return 0
    codes = {kind.code: kind.exit_code for kind in every_error()}
    return codes.get(str(failure.get("code")), INTERNAL)
