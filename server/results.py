"""How answers and failures leave the house: compact, without nulls, capped, and readable as text."""

import json
from collections.abc import Mapping, Sequence
from traceback import format_tb
from typing import Final, cast

from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, ValidationError

from ..engine.model.errors import ArgumentInvalid, EngineError
from ..engine.model.fence import clean
from ..tools.outcome import FailureView, failure_view

MAX_RESULT: Final = 8192
INTERNAL: Final = FailureView(
    code="internal",
    message="something went wrong that nobody foresaw",
    hint="Call once more; if it stays, report it with the server's log, which holds the details.",
    retryable=False,
    details=None,
)


def answer(structured: object, *, is_error: bool = False) -> CallToolResult:
    """Return structured content as a result whose text says the same in compact JSON."""
    content = cast(dict[str, object], without_nulls(structured))
    return CallToolResult(
        content=[TextContent(text=_json(content))], structured_content=content, is_error=is_error
    )


def answer_of(view: BaseModel) -> CallToolResult:
    """Return a view as a result."""
    return answer(view.model_dump(mode="json"))


def failure(error: EngineError | FailureView) -> CallToolResult:
    """Return a failure: a sentence to read, and code, hint, retryable and details to act on."""
    view = error if isinstance(error, FailureView) else failure_view(error)
    text = f"{view.code}: {view.message}\n{view.hint}"
    content = cast(dict[str, object], without_nulls(view.model_dump(mode="json")))
    return CallToolResult(content=[TextContent(text=text)], structured_content=content, is_error=True)


def traced(error: BaseException) -> str:
    """Return where it happened, without the exceptions' own words: they may quote a row or a secret."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        parts += [type(cause).__qualname__, *format_tb(cause.__traceback__)]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(parts)


def too_large(result: CallToolResult) -> bool:
    """Tell whether a result is larger than any client should have to read."""
    return len(result.model_dump_json(by_alias=True, exclude_none=True).encode()) > MAX_RESULT


def invalid(error: ValidationError, tool: str) -> ArgumentInvalid:
    """Say which arguments are wrong and why, without repeating their values."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    reasons = [f"`{_place(item['loc'])}`: {clean(item['msg'], 120)}" for item in found[:5]]
    return ArgumentInvalid(f"`{tool}` cannot take {'; '.join(reasons)}".rstrip("."))


def without_nulls(value: object) -> object:
    """Return JSON without the keys whose value is null."""
    if isinstance(value, Mapping):
        items = cast(Mapping[str, object], value).items()
        return {key: without_nulls(item) for key, item in items if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_nulls(item) for item in cast(Sequence[object], value)]
    return value


def _place(path: tuple[int | str, ...]) -> str:
    return clean(".".join(str(step) for step in path), 80)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
