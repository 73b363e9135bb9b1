"""`snapharbor sanitize`."""

import click

from .params import TARGET, Index, reference
from .plans import Perform, planned


@click.command()
@click.argument("target", type=TARGET)
@click.argument("index", type=Index(ids=True), required=False)
@click.option("-n", "--new", "--new-set", is_flag=True, help="Read the source afresh.")
@click.option("-o", "--original", is_flag=True, help="Read the source afresh, and keep an original too.")
@click.option("-e", "--ephemeral", is_flag=True, help="Run the rules in a throw-away database in any case.")
@planned
def sanitize(
    perform: Perform, target: str, *, index: str | None, new: bool, original: bool, ephemeral: bool
) -> None:
    """Sanitize a snapshot by the target's rules.

    INDEX is the snapshot's number, 0 for the newest, `latest`, or the start of its id.
    Without it the newest original is taken. With --new, or where there is no original, the source is read
    through the rules, so that nothing raw is ever kept; where that would not be the same as running them in
    a copy, an original is built and they are.
    """
    from ..engine.model.errors import RuleLeaks
    from ..engine.operations.requests import SanitizeRequest

    if (new or original) and index is not None:
        raise click.UsageError("The source is read afresh, so there is no INDEX to take.")
    chosen = None if index is None else reference(target, index)
    done = perform(SanitizeRequest(target, chosen, new=new, original=original, ephemeral=ephemeral))
    if done is not None and not done.get("clean", True):
        raise RuleLeaks(
            f"`{done['snapshot']}` is kept and is not clean: it cannot be shared",
            "Mask what is named above and sanitize again, or accept it in sanitize.accept.",
        )
