"""From a request to its plan, and from a plan to its result."""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import cast

from ..model.errors import SnapshotUnsanitized
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Plan, Verb
from ..services import Services
from . import look
from .requests import (
    AdoptRequest,
    BuildRequest,
    ExportRequest,
    LoadRequest,
    PruneRequest,
    PullRequest,
    Request,
    RevokeRequest,
    RotateRequest,
    SanitizeRequest,
    ScriptRequest,
    ShareRequest,
    VerifyRequest,
)

VERBS: Mapping[type[Request], Verb] = {
    BuildRequest: "build",
    SanitizeRequest: "sanitize",
    LoadRequest: "load",
    ShareRequest: "share",
    RevokeRequest: "revoke",
    VerifyRequest: "verify",
    PullRequest: "pull",
    ExportRequest: "export",
    PruneRequest: "prune",
    RotateRequest: "rotate",
    ScriptRequest: "script",
    AdoptRequest: "adopt",
}

Decide = Callable[[Services, Request], Awaitable[Plan]]
Perform = Callable[[Services, Plan, Report], Awaitable[JsonObject]]


async def decide(services: Services, request: Request) -> Plan:
    """Return what a request would do. Looks, and touches nothing."""
    planner = cast(Decide, _module(VERBS[type(request)]).plan)
    try:
        return await planner(services, request)
    except SnapshotUnsanitized as error:
        match request:
            case LoadRequest(about) | ShareRequest(about) | ExportRequest(about) | PullRequest(about):
                other = await look.sanitized_instead(services, about)
                raise SnapshotUnsanitized(error.message, f"{other}{error.hint}", **error.details) from None
            case _:
                raise


async def perform(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Do what a plan says and return the result as JSON."""
    runner = cast(Perform, _module(plan.verb).run)
    return await runner(services, plan, report)


def _module(verb: Verb) -> ModuleType:
    return import_module(f".{verb}", __package__)
