"""What is printed when a command fails, and with which exit code it leaves."""

import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand, NoSuchOption

from ..engine.model.errors import EngineError, every_error
from ..engine.model.json import Json, JsonObject
from .former import command_hint, option_hint
from .output import line, readable, tell
from .session import Session

INTERNAL = 1
BROKEN_PIPE = 141


def failed(session: Session, error: EngineError) -> int:
    """Print an engine's error and return its exit code."""
    value: JsonObject = {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
        "retryable": error.retryable,
        "details": error.details,
    }
    _print(session, value)
    return error.exit_code


def sentence_of(error: EngineError) -> str:
    """Return an engine's error as lines for a person: what happened, then what to do."""
    first = f"{readable(error.message)} ({error.code})"
    return "\n".join((first, readable(error.hint))) if error.hint else first


def misused(session: Session, error: click.ClickException) -> int:
    """Print click's complaint about the command line and return its exit code."""
    hint = _advice(error)
    if isinstance(error, NoArgsIsHelpError) and not session.json:
        error.show()
    else:
        code = "usage" if isinstance(error, click.UsageError) else "internal"
        known = isinstance(error, NoSuchOption | NoSuchCommand)
        message = error.message if known else error.format_message()
        _print(session, _value(code, message.rstrip("."), hint, error.exit_code))
    return error.exit_code


def _advice(error: click.ClickException) -> str:
    path = (
        error.ctx.command_path.partition(" ")[2] if isinstance(error, click.UsageError) and error.ctx else ""
    )
    if isinstance(error, NoSuchCommand) and (hint := command_hint(f"{path} {error.command_name}".strip())):
        return hint
    if isinstance(error, NoSuchOption) and (hint := option_hint(path, error.option_name)):
        return hint
    near = error.possibilities if isinstance(error, NoSuchOption | NoSuchCommand) else None
    if near:
        return f"Did you mean `{near[0]}`?"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{error.ctx.get_usage()}\nRun `{error.ctx.command_path} --help` for help."
    return ""


def crashed(session: Session, error: BaseException) -> int:
    """Keep the traceback of our own mistake in the log file, print one line, and return 1."""
    log = _log(session, error)
    where = f"The traceback is in {log}; please report it." if log else "No log file could be written."
    _print(session, _value("internal", f"unexpected `{type(error).__name__}`", where, INTERNAL))
    return INTERNAL


def remembered(failure: Mapping[str, object]) -> Exception:
    """Return the error that a job or a tool ended with, so that it is printed and exits as at first hand."""
    details = cast("dict[str, Json]", failure.get("details") or {})
    message, hint = str(failure.get("message", "")), str(failure.get("hint", ""))
    for kind in every_error():
        if kind.code == failure.get("code"):
            return kind(message, hint, **details)
    return click.ClickException(f"{message}. {hint}")


def _value(code: str, message: str, hint: str, exit_code: int) -> JsonObject:
    return {
        "code": code,
        "message": message,
        "hint": hint,
        "exit_code": exit_code,
        "retryable": False,
        "details": {},
    }


def _print(session: Session, error: JsonObject) -> None:
    if session.json:
        line(error=error)
        return
    first = f"{readable(str(error['message']))} ({error['code']})"
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True).print(Text.assemble(("Error: ", "bold red"), first), soft_wrap=True)
    else:
        tell(f"Error: {first}")
    if error["hint"]:
        tell(readable(str(error["hint"])))


def _log(session: Session, error: BaseException) -> Path | None:
    """Keep where it happened, without the exceptions' own words: they may quote a row or a secret."""
    import tempfile

    try:
        handle, name = tempfile.mkstemp(prefix="snapharbor-", suffix=".log", dir=session.directory)
    except OSError:
        return None
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        for cause in _chain(error):
            file.write(f"{type(cause).__module__}.{type(cause).__qualname__}\n")
            file.writelines(traceback.format_tb(cause.__traceback__))
    return Path(name)


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception and all that led to it, each once: a member may point back to its group."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or cause in found:
            continue
        found.append(cause)
        waiting += (cause.__context__, cause.__cause__)
        if isinstance(cause, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", cause).exceptions
    return found
