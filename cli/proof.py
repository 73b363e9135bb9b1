"""`snapharbor proof`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine.model.errors import RuleLeaks
from . import output
from .files import write_file
from .params import SNAPSHOT
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.attested import Attested

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("snapshot", type=SNAPSHOT)
@click.option("--html", "page", type=FILE, metavar="FILE", help="Write the report as a page, too.")
@click.option("--attestation", type=FILE, metavar="FILE", help="Write the signed statement (DSSE), too.")
@click.pass_obj
def proof(session: Session, snapshot: str, page: Path | None, attestation: Path | None) -> int:
    """Show what was done to a sanitized snapshot, and what it leaks.

    SNAPSHOT is an id or its start, TARGET, or TARGET:INDEX. Says what was looked for and where, every place
    in which original data was found (never a value), and who signed for it. Exits with 24 (`rule-leaks`) if
    the snapshot is not clean.
    """
    from ..engine.report import proof as report
    from ..engine.report.proof_page import render

    told = attested(session, snapshot)
    if page is not None:
        write_file(page, render(told), replace=True)
    if attestation is not None:
        write_file(attestation, json.dumps(told.envelope, indent=1, default=dict) + "\n", replace=True)
    output.result(session, report.as_json(told), lambda: "\n".join(report.lines(told)))
    return 0 if told.scan.passed else RuleLeaks.exit_code


def attested(session: Session, reference: str) -> "Attested":
    """Return a sanitized snapshot with the statement about it."""

    async def work() -> "Attested":
        async with session.harbor() as harbor:
            return await harbor.attested(reference)

    return run(work)
