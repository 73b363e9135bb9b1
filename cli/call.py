"""`snapharbor call`."""

import json
import sys
from pathlib import Path
from typing import Any, cast

import click

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


@click.command()
@click.argument("tool")
@click.option("--args", "arguments", type=Arguments(), default="{}", help="The tool's arguments.")
@click.pass_context
def call(ctx: click.Context, tool: str, arguments: dict[str, Any]) -> None:
    """Run one MCP tool without a server.

    Prints the tool's structured answer as JSON. A tool that overwrites or exposes something answers a plan
    and a confirmation first; call it again with `"confirmation"` to do it.
    """
    session = ctx.ensure_object(Session)

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
