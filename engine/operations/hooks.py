"""Programs of the configuration that run around a job: argument lists, never a shell."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..database.process import attend, stream
from ..model.errors import ClientMissing, ConfirmationInvalid, HookFailed
from ..model.job import Progress, Report
from ..model.json import JsonObject
from ..model.plan import Plan
from ..model.url import DatabaseUrl
from .places import strings


def hook(program: Sequence[str]) -> JsonObject:
    """Return what a plan keeps of a hook, so that another program is another plan."""
    return {"hook": list(program)} if program else {}


def told(program: Sequence[str]) -> tuple[str, ...]:
    """Return the step of a plan in which a hook runs; its arguments are nobody's business."""
    return (f"run the program `{Path(program[0]).name}` of the target's hooks",) if program else ()


async def run_hook(
    name: str, program: Sequence[str], plan: Plan, report: Report, *, url: DatabaseUrl | None = None
) -> None:
    """Run a hook and wait for its end; what it prints goes nowhere.

    It gets variables and no secret: `SNAPHARBOR_HOOK`, `SNAPHARBOR_TARGET`, and after a load
    `SNAPHARBOR_SNAPSHOT` and `SNAPHARBOR_DESTINATION`, a URL without user or password.

    Raises:
        ConfirmationInvalid: another program was configured when this was planned.
        HookFailed: it is not there, or ended with another code than 0.
    """
    if tuple(program) != strings(plan.arguments.get("hook")):
        raise ConfirmationInvalid(
            f"`hooks.{name}` of `{plan.target}` changed after this was planned", "Plan it again."
        )
    if not program:
        return
    report(Progress(f"running {Path(program[0]).name}"))
    try:
        with stream(program, env=_variables(name, plan, url), stdout=False) as child:
            done = await attend(child, child.wait)
    except (ClientMissing, OSError):
        raise HookFailed(f"`hooks.{name}` of `{plan.target}` names no program that can be run") from None
    if done.code:
        after = "; the snapshot is loaded" if url else ""
        raise HookFailed(
            f"`{Path(program[0]).name}` of `hooks.{name}` ended with code {done.code}{after}",
            ended_with=done.code,
        )


def _variables(name: str, plan: Plan, url: DatabaseUrl | None) -> Mapping[str, str]:
    found = {"SNAPHARBOR_HOOK": name, "SNAPHARBOR_TARGET": plan.target}
    if url is not None:
        found |= {"SNAPHARBOR_SNAPSHOT": str(plan.arguments["snapshot"]), "SNAPHARBOR_DESTINATION": str(url)}
    return found
