"""A plan as lines of text, for an agent."""

from ..model.fence import clean
from ..model.plan import Plan


def plan_lines(plan: Plan) -> list[str]:
    """Return what a plan does, a line each: the summary, its effects, warnings and steps."""
    return [
        clean(plan.summary, 400),
        *(f"- {effect.kind}: {clean(effect.what, 300)}" for effect in plan.effects),
        *(f"- warning: {clean(warning, 300)}" for warning in plan.warnings),
        *(f"- step: {clean(step, 200)}" for step in plan.steps),
    ]
