"""`snapharbor check-proof`."""

import json
from pathlib import Path

import click

from . import output
from .session import Session

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(name="check-proof")
@click.argument("file", type=FILE)
@click.option(
    "--key", required=True, metavar="KEY", help="The public signing key, 64 hexadecimal characters."
)
@click.pass_obj
def check_proof(session: Session, file: Path, key: str) -> None:
    """Check a signed statement with the signer's public key alone.

    FILE is what `snapharbor proof --attestation` wrote. Needs no configuration, no storage and no network.
    The statement names its snapshot by the SHA-256 of the manifest, which `snapharbor verify` tells of a
    snapshot at hand.
    """
    from ..engine.repository.attestation import read_statement

    said = read_statement(file, key)
    output.result(session, said, lambda: f"signed by {key.lower()}\n{json.dumps(said, indent=1)}")
