"""`snapharbor serve`: gives out what signed links of local shares open, and nothing else.

Everything it sends is encrypted to the share's recipients already; the signature decides who may fetch it.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from http import HTTPStatus
from logging import getLogger
from pathlib import Path
from typing import BinaryIO, Final

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .. import __version__
from ..engine.harbor import Harbor
from ..engine.ledger.base import Entry
from ..engine.model.errors import EngineError, ObjectMissing, ShareExpired, ShareUnknown
from ..engine.model.fence import clean
from ..engine.model.share import Share
from ..engine.operations.audit import record
from ..engine.operations.clock import now
from ..engine.operations.links import check_signature, check_time, link_key
from ..engine.repository.layout import chunk_key, is_chunk_id, share_key
from ..engine.storage.base import Storage
from .access import HarborFactory
from .auth import refuse_open_door
from .listen import address, listen, serve
from .ranges import Span, span_of

LOG = getLogger(__name__)
BLOCK: Final = 256 * 1024
TLS: Final = "Listen on 127.0.0.1 behind a proxy with TLS, or give --certificate and --key."
STATUS: Final[Mapping[type[EngineError], int]] = {ShareUnknown: 404, ObjectMissing: 404, ShareExpired: 410}
_SHARE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def build_share_app(harbor: Harbor) -> Starlette:
    """Return the application; the harbor stays open as long as it serves."""
    app = Starlette(
        routes=[
            Route("/health", _health),
            Route("/shares/{share}", _bundle),
            Route("/shares/{share}/chunks/{chunk}", _chunk),
        ],
        exception_handlers={EngineError: _refused, HTTPException: _misdirected},
    )
    app.state.harbor = harbor
    app.state.key = link_key(harbor.services.settings.signing_key)
    return app


async def run_shares(
    factory: HarborFactory,
    *,
    host: str,
    port: int,
    certificate: tuple[Path, Path] | None = None,
    told: Callable[[str], None],
) -> None:
    """Serve shares on an address, telling its URL once it listens.

    Raises:
        NotAuthorized: others can reach the address, and links would travel in the clear.
    """
    refuse_open_door(host, guarded=certificate is not None, hint=TLS)
    async with factory() as harbor:
        app = build_share_app(harbor)
        listening = listen(host, port)
        scheme = "https" if certificate else "http"
        ready = partial(told, f"{scheme}://{address(listening, host)}")
        await serve(app, listening, certificate=certificate, ready=ready)


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "version": __version__})


async def _bundle(request: Request) -> Response:
    """Send a share's sealed bundle, and record who opened what. A stranger's guess is not worth a record."""
    _signed(request)
    try:
        share = await _opened(request)
        answer = await _send(request, share, share_key(share.id))
    except EngineError as refusal:
        await _record(request, refusal.code)
        raise
    if request.method != "HEAD":
        await _record(request, "fetched")
    return answer


async def _record(request: Request, outcome: str) -> None:
    """Record a fetch; that this fails keeps nobody's data from them."""
    harbor: Harbor = request.app.state.harbor
    wanted = str(request.path_params["share"])
    try:
        await record(harbor.services, Entry("whoever has the link", "fetch", clean(wanted, 128), outcome, {}))
    except EngineError as unwritten:
        LOG.error("a fetch is missing in the audit chain: %s", unwritten.message)


async def _chunk(request: Request) -> Response:
    _signed(request)
    share = await _opened(request)
    chunk = str(request.path_params["chunk"])
    if not is_chunk_id(chunk):
        raise ShareUnknown("the link is not one of ours")
    return await _send(request, share, chunk_key(chunk))


def _signed(request: Request) -> None:
    """Return if we made the link: this is asked first, so that ids cannot be tried out."""
    query = request.query_params
    expires, signature = query.get("expires", ""), query.get("signature", "")
    check_signature(request.app.state.key, request.url.path, expires=expires, signature=signature)


async def _opened(request: Request) -> Share:
    """Return the share that the request's link, which is ours, opens now."""
    check_time(request.query_params.get("expires", ""))
    wanted = str(request.path_params["share"])
    harbor: Harbor = request.app.state.harbor
    # Everybody's: the link says who may read, not who serves.
    shares = await harbor.services.ledger.shares() if _SHARE_ID.fullmatch(wanted) else ()
    share = next((share for share in shares if share.id == wanted), None)
    if share is None or share.revoked_at is not None:
        raise ShareUnknown("the share was revoked or never existed")
    if share.expires_at <= now():
        raise ShareExpired("the share has expired")
    return share


async def _send(request: Request, share: Share, key: str) -> Response:
    harbor: Harbor = request.app.state.harbor
    storage = harbor.services.storage(share.profile)
    stored = await storage.stat(key)
    if stored is None:
        raise ObjectMissing("what the link opens is not in the storage any more")
    span = span_of(request.headers.get("range"), stored.size)
    headers = {"accept-ranges": "bytes", "cache-control": "private, no-store", **span.headers}
    if not span.satisfiable or request.method == "HEAD":
        return Response(status_code=span.status, headers=headers)
    content = _content(storage, key, span)
    return StreamingResponse(content, span.status, headers, media_type="application/octet-stream")


async def _content(storage: Storage, key: str, span: Span) -> AsyncIterator[bytes]:
    async with storage.open(key) as file:
        await to_thread.run_sync(_skip, file, span.start)
        left = span.length
        while left and (block := await to_thread.run_sync(file.read, min(BLOCK, left))):
            left -= len(block)
            yield block


def _skip(file: BinaryIO, count: int) -> None:
    while count and (block := file.read(min(BLOCK, count))):
        count -= len(block)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, EngineError)
    status = STATUS.get(type(error), 503 if error.retryable else 500)
    return _problem(status, clean(error.message, 300), code=error.code, hint=clean(error.hint, 300))


async def _misdirected(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(error.status_code, error.detail)


def _problem(status: int, detail: str, **more: str) -> Response:
    """Return an error as problem details (RFC 9457)."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, media_type="application/problem+json")
