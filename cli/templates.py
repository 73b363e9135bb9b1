"""`snapharbor templates`."""

import click

from ..engine.masks.templates import NAMES, template
from ..engine.masks.templates import templates as every_template
from . import output
from .session import Session


@click.command()
@click.argument("name", type=click.Choice(NAMES), required=False)
@click.pass_obj
def templates(session: Session, name: str | None) -> None:
    """List the templates of masks, or show one.

    A template says which mask each kind of personal data gets, and which clause of a law or standard that
    answers to. What it does not do stands in it, too. None of them is legal advice.
    """
    from ..engine.report.suggested import template_json, template_lines, template_row

    if name is not None:
        chosen = template(name)
        output.result(session, template_json(chosen), lambda: "\n".join(template_lines(chosen)))
        return
    rows = [(one.name, str(one.version), one.title, one.basis) for one in every_template()]
    output.result(
        session,
        [template_row(one) for one in every_template()],
        lambda: output.table(("TEMPLATE", "VERSION", "TITLE", "BASIS"), rows, folded=("TITLE", "BASIS")),
    )
