"""Open a repository to other owners: its master key is wrapped anew, and nothing else is touched."""

from collections.abc import Sequence

from ..keypair import recipient_of
from ..model.errors import ArgumentInvalid, ConfirmationInvalid, RecipientUnknown
from ..model.job import Report
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.settings import Settings
from ..repository.repository import Repository
from ..services import Services
from .places import storage_name, strings
from .requests import RotateRequest
from .share import recipients_of

OBJECT = "repository.json"


async def plan(services: Services, request: RotateRequest) -> Plan:
    """Say who could open the repository afterwards, and who no longer."""
    settings, where = services.settings, storage_name(request.profile)
    key_id, owners = await _now(services.repository(request.profile))
    wanted = _wanted(settings, request, owners)
    added = [owner for owner in wanted if owner not in owners]
    removed = [owner for owner in owners if owner not in wanted]
    return Plan(
        verb="rotate",
        target="*",
        summary=f"wrap the key `{key_id}` of {where} to {_people(settings, wanted)}",
        arguments={"profile": request.profile, "recipients": wanted},
        facts={"key_id": key_id, "owners": list(owners)},
        steps=(f"write `{OBJECT}` anew, signed; no chunk and no manifest is touched",),
        effects=(
            Effect("overwrites", f"`{OBJECT}` of {where}"),
            *(
                Effect("exposes", f"every snapshot in {where}, raw ones too, to {_people(settings, [owner])}")
                for owner in added
            ),
            *(
                Effect("revokes", f"what {_people(settings, [owner])} can open in {where}")
                for owner in removed
            ),
        ),
        warnings=_warnings(removed),
    )


async def run(services: Services, plan: Plan, report: Report) -> JsonObject:
    """Write the key object for the planned owners and return who they are.

    Raises:
        ConfirmationInvalid: somebody rotated it since.
    """
    profile = None if plan.arguments["profile"] is None else str(plan.arguments["profile"])
    repository = services.repository(profile)
    key_id, owners = await _now(repository)
    if (key_id, owners) != (plan.facts["key_id"], strings(plan.facts["owners"])):
        raise ConfirmationInvalid(
            "the repository's owners changed after this was planned", "Plan it again and read the plan."
        )
    wanted = strings(plan.arguments["recipients"])
    await repository.rewrap(wanted)
    return {
        "storage": profile or "local",
        "key_id": key_id,
        "recipients": list(wanted),
        "added": [owner for owner in wanted if owner not in owners],
        "removed": [owner for owner in owners if owner not in wanted],
    }


async def _now(repository: Repository) -> tuple[str, tuple[str, ...]]:
    """Return the id of the repository's key and its owners; only one of them may rotate it."""
    keys, written = await repository.keys(), await repository.key_object()
    return keys.id, written.recipients if written else ()


def _wanted(settings: Settings, request: RotateRequest, owners: Sequence[str]) -> list[str]:
    """Return who can open it afterwards: the own first identity, then the others that stay or come."""
    first, *former = (recipient_of(identity) for identity in settings.identities)
    come = [found.public_key for found in recipients_of(settings, request.add)] if request.add else []
    go = [found.public_key for found in recipients_of(settings, request.remove)] if request.remove else []
    if first in go:
        raise ArgumentInvalid(
            "the own identity cannot be removed", "Let another owner of the repository remove it."
        )
    for stranger in (owner for owner in go if owner not in owners):
        raise RecipientUnknown(
            f"{_people(settings, [stranger])} does not open this repository",
            "See who does with `snapharbor keys`.",
        )
    return list(dict.fromkeys((first, *(owner for owner in (*owners, *come) if owner not in (*go, *former)))))


def _people(settings: Settings, keys: Sequence[str]) -> str:
    return ", ".join(f"`{name_of(settings, key)}`" for key in keys)


def name_of(settings: Settings, public_key: str) -> str:
    """Return the configured name of a public key's owner, or the key itself."""
    names = (recipient.name for recipient in settings.recipients if recipient.public_key == public_key)
    return next(names, public_key)


def _warnings(removed: Sequence[str]) -> tuple[str, ...]:
    if not removed:
        return ()
    return (
        "who could open it before may have kept its key: only a new repository shuts somebody out for good",
    )
