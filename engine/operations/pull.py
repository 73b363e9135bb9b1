"""Fetch a snapshot into the local repository: by a share's link, or from another storage."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from anyio import to_thread

from ..model.errors import ArgumentInvalid, ShareExpired, ShareUnknown, StorageUnreachable, TargetUnknown
from ..model.job import Progress, Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..services import Services
from . import look
from .draft import summary
from .export import raw_only_if_asked
from .requests import PullRequest

BUNDLE_BYTES = 64 << 20
PATIENCE_SECONDS = 60


async def plan(services: Services, request: PullRequest) -> Plan:
    """Say what would be fetched from where. A link itself is kept out of the plan's words."""
    if "://" in request.source:
        place = urlsplit(_http(request.source)).hostname or "?"
        return Plan(
            verb="pull",
            target="*",
            summary=f"pull what was shared by a link to {place}",
            arguments={"link": request.source, "snapshot": None},
            steps=("open the bundle with the own identity", "fetch, check and store every chunk"),
            effects=(Effect("creates", "a sanitized snapshot in local storage"),),
        )
    try:
        snapshot = await look.snapshot(services, request.source, original=request.original)
    except TargetUnknown as error:
        message = f"`{request.source[:80]}` is no link, no snapshot and no target"
        raise TargetUnknown(message, f"A share's link begins with https://. {error.hint}") from None
    raw_only_if_asked(snapshot, original=request.original)
    where = f"storage `{snapshot.profile}`" if snapshot.profile else "local storage, where it is already"
    return Plan(
        verb="pull",
        target=snapshot.manifest.target,
        summary=f"pull `{snapshot.id}` from {where}",
        arguments={"link": None, "snapshot": snapshot.id},
        steps=("read, check and store every chunk under the local repository's keys",),
        effects=(Effect("creates", f"{snapshot.manifest.kind} snapshot `{snapshot.id}` in local storage"),),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Fetch and return the local snapshot's summary."""
    from ..repository.copying import copy_snapshot
    from ..repository.sharing import import_bundle, unseal

    local = services.repository(None)
    if (link := plan.arguments["link"]) is None:
        snapshot = await look.snapshot(services, str(plan.arguments["snapshot"]))
        if snapshot.profile is not None:
            source = services.repository(snapshot.profile)
            snapshot = await copy_snapshot(snapshot, source=source, into=local, report=report)
        return summary(snapshot)
    report(Progress("opening the share"))
    bundle = unseal(await to_thread.run_sync(_bundle, str(link)), services.settings.identities)
    snapshot = await import_bundle(local, bundle, fetch=fetch, report=report)
    return {**summary(snapshot), "sender": bundle.sender, "expires_at": bundle.expires_at}


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect: a link of ours never has one, and one could lead anywhere."""

    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        return None


def fetch(link: str) -> AbstractContextManager[HTTPResponse]:
    """Open a link for one sequential read; blocking.

    Raises:
        ShareExpired, ShareUnknown: the other side does not give it (any more).
        StorageUnreachable: the other side does not answer.
    """
    return _opened(link)


@contextmanager
def _opened(link: str) -> Generator[HTTPResponse]:
    opener = build_opener(_NoRedirect)
    try:
        with opener.open(_http(link), timeout=PATIENCE_SECONDS) as response:
            yield cast(HTTPResponse, response)
    except HTTPError as error:
        error.close()
        if error.code in (403, 410):
            raise ShareExpired("the link has expired or was never valid") from None
        raise ShareUnknown(f"the other side answered {error.code}: revoked, or never there") from None
    except (URLError, HTTPException, TimeoutError, ConnectionError):
        host = urlsplit(link).hostname
        raise StorageUnreachable(
            f"`{host}` does not answer", "Try again; what was fetched is kept."
        ) from None


def _bundle(link: str) -> bytes:
    with fetch(link) as response:
        sealed = response.read(BUNDLE_BYTES + 1)
    if len(sealed) > BUNDLE_BYTES:
        raise ShareUnknown("what the link leads to is no share")
    return sealed


def _http(link: str) -> str:
    if urlsplit(link).scheme not in ("http", "https") or not urlsplit(link).hostname:
        raise ArgumentInvalid(
            "the link does not begin with http:// or https://", "Give the link as you got it."
        )
    return link
