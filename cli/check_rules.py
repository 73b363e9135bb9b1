"""`snapharbor check-rules`."""

import click

from ..engine.model.errors import RulesBlocked
from . import output
from .explain import explained
from .params import TARGET
from .session import Session


@click.command("check-rules")
@click.argument("target", type=TARGET)
@click.option(
    "--strict", is_flag=True, help="Fail on warnings too, undecided columns among them, whatever the policy."
)
@click.pass_obj
def check_rules(session: Session, target: str, strict: bool) -> int:
    """Check a target's rules: the gate of a pipeline.

    Connects to the source and only reads. Exits with 25 (`rules-blocked`) if a finding stops sanitizing;
    accept one in the configuration (sanitize.accept) with its fingerprint, a reason and an author.
    """
    from ..engine.report.plain import as_json
    from ..engine.report.stories import failing
    from ..engine.report.text import verdict_lines

    told = explained(session, target)
    failed = failing(told, strict=strict)
    whole = as_json(told)
    value = {key: whole[key] for key in ("target", "tier", "digest", "plan", "findings")}
    output.result(
        session,
        {**value, "ok": not failed, "strict": strict, "failed": [one.fingerprint for one in failed]},
        lambda: "\n".join(verdict_lines(told, failed)),
    )
    return RulesBlocked.exit_code if failed else 0
