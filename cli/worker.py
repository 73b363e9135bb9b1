"""`snapharbor worker`, which runs one queued job; for `start_worker` of the engine alone."""

import logging

import click

from .session import Session


@click.command(hidden=True)
@click.argument("job_id", metavar="ID")
@click.pass_obj
def worker(session: Session, job_id: str) -> None:
    """Run one queued job and end."""
    import anyio

    from ..engine.jobs.worker import work

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    anyio.run(work, session.config, job_id)
