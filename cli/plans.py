"""Runs a request: plan, show, ask, work. Nothing is touched before the question is answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import TYPE_CHECKING

import click

from ..engine.model.errors import Cancelled
from ..engine.model.json import JsonObject
from ..engine.model.plan import Plan
from . import output
from .progress import shown
from .results import described
from .session import Session, interruptible, run

if TYPE_CHECKING:
    from ..engine.harbor import Harbor
    from ..engine.operations.requests import Request

    Asked = Request | Callable[[Harbor], Request]
    Then = Callable[[Harbor, JsonObject], Request]


@dataclass(frozen=True, slots=True)
class Perform:
    """Plans a request and, unless that is all, has it confirmed and run; writes plan and result."""

    session: Session
    yes: bool
    dry_run: bool
    detach: bool

    def __call__(self, request: "Asked", then: "Then | None" = None) -> JsonObject | None:
        """Do what is asked; returns the result, None if it only was planned or runs in the background.

        What is asked `then` is planned, confirmed and run after that, and what came of it is `loaded` in the
        result.
        """
        return run(partial(self._work, request, then))

    async def _work(self, request: "Asked", then: "Then | None") -> JsonObject | None:
        async with self.session.harbor() as harbor:
            plan = await harbor.plan(request(harbor) if callable(request) else request)
            if self.dry_run:
                output.result(self.session, {"dry_run": True, "plan": view(plan)}, lambda: text(plan))
                return None
            confirmed = await self._agreed(harbor, plan)
            if self.detach:
                job = await harbor.start(plan, confirmed=confirmed)
                output.result(self.session, {"job": job.id, "state": job.state}, lambda: job.id)
                output.note(self.session, f"Watch it with `snapharbor jobs {job.id} --wait`.")
                return None
            with shown(self.session) as report:
                done = await harbor.run(plan, confirmed=confirmed, report=report)
            if then is not None:
                plan = await harbor.plan(then(harbor, done))
                confirmed = await self._agreed(harbor, plan)
                with shown(self.session) as report:
                    done = {**done, "loaded": await harbor.run(plan, confirmed=confirmed, report=report)}
            output.result(self.session, done, lambda: described(done))
            return done

    async def _agreed(self, harbor: "Harbor", plan: Plan) -> bool:
        """Show a plan, ask if it needs that, and return whether it is confirmed: not, with nobody to ask.

        Raises:
            Cancelled: the answer is no.
        """
        if self.session.json:
            output.line(plan=view(plan))
        elif plan.needs_confirmation:
            output.tell(text(plan))
        else:
            for warning in plan.warnings:
                output.warn(self.session, warning)
        if not plan.needs_confirmation or self.yes or not self.session.interactive:
            return self.yes
        with interruptible():
            if click.confirm("Go on?", err=True):
                return True
        await harbor.decline(plan)
        raise Cancelled("not confirmed", "Nothing was touched.")


def planned(function: Callable[..., None]) -> Callable[..., None]:
    """Give a verb the options of everything that runs a plan; it takes them as its first argument."""

    @click.option("--detach", is_flag=True, help="Run in the background and print the job's id.")
    @click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
    @click.option("-y", "--yes", is_flag=True, help="Do it without asking.")
    @click.pass_obj
    @wraps(function)
    def packed(session: Session, /, *, yes: bool, dry_run: bool, detach: bool, **arguments: object) -> None:
        function(Perform(session, yes, dry_run, detach), **arguments)

    return packed


def view(plan: Plan) -> JsonObject:
    """Return what a plan says in JSON; its arguments are for the engine only."""
    return {
        "id": plan.id,
        "verb": plan.verb,
        "target": plan.target,
        "summary": plan.summary,
        "steps": plan.steps,
        "effects": [{"kind": effect.kind, "what": effect.what} for effect in plan.effects],
        "warnings": plan.warnings,
        "needs_confirmation": plan.needs_confirmation,
    }


def text(plan: Plan) -> str:
    """Return a plan as a person reads it."""
    lines = [
        output.visible(plan.summary),
        *_section("Steps", [f"{number}. {step}" for number, step in enumerate(plan.steps, 1)]),
        *_section("Effects", [f"{effect.kind.replace('-', ' ')}: {effect.what}" for effect in plan.effects]),
        *_section("Warnings", plan.warnings),
    ]
    return "\n".join(lines)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:", *(f"  {output.visible(line)}" for line in lines)] if lines else []
