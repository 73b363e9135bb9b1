"""`snapharbor serve`."""

from functools import partial
from pathlib import Path

import click

from . import output
from .session import Session

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="Port to listen on; 0 is any free one.",
)
@click.option("--certificate", type=FILE, help="TLS certificate chain, PEM.")
@click.option("--key", type=FILE, help="Private key of the certificate, PEM.")
@click.pass_obj
def serve(session: Session, host: str, port: int, certificate: Path | None, key: Path | None) -> None:
    """Serve the links of local shares.

    A link is a secret on its way, so another address than this machine's own needs TLS: a certificate
    here, or a proxy in front. `share.serve_url` in the configuration is what the links begin with.
    """
    import anyio

    from ..server.serve import run_shares

    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key belong together")
    pair = (certificate, key) if certificate and key else None
    told = partial(output.note, session)
    anyio.run(partial(run_shares, session.harbor, host=host, port=port, certificate=pair, told=told))
