"""The `snapharbor` command: its verbs, and what leaves the process when one ends."""

import gc
import sys
from collections.abc import Sequence

import click

from .. import __version__
from ..engine.model.errors import Cancelled, EngineError, SpaceExhausted
from .failures import BROKEN_PIPE, crashed, failed, misused
from .lazy import Verbs
from .session import Session
from .streams import OutputLost, guard_streams

# What is imported stays: to look through it for garbage as often as Python does is a tenth of a command.
NEW_OBJECTS = 10_000

VERBS = {
    "Snapshots": {
        "targets": "List the configured targets.",
        "target": "Show one target and its snapshots.",
        "snapshots": "List the snapshots of all targets.",
        "build": "Take a snapshot of a target's source.",
        "adopt": "Make a snapshot out of a dump, such as one of DBSnapper's.",
        "sanitize": "Sanitize a snapshot by the target's rules.",
        "subset": "Take a snapshot of the rows that a target's subset takes.",
        "explain-subset": "Say which rows a target's subset would take, and why.",
        "load": "Load a snapshot, or a file of SQL, into a database.",
        "verify": "Read a snapshot back and check every byte.",
        "compare": "Say what differs between two snapshots.",
        "proof": "Show what was done to a sanitized snapshot, and what it leaks.",
        "check-proof": "Check a signed statement with the signer's public key alone.",
        "export": "Write a snapshot as a plain archive.",
        "prune": "Remove snapshots that no rule keeps.",
        "ui": "Do all that in a full-screen terminal.",
    },
    "Rules": {
        "explain": "Say what a target's rules would do, before anything runs.",
        "suggest": "Write rules for what looks personal and is undecided.",
        "templates": "List the templates of masks, or show one.",
        "check-rules": "Check a target's rules: the gate of a pipeline.",
    },
    "Sharing": {
        "share": "Open a sanitized snapshot to others.",
        "revoke": "Close a share before its time.",
        "pull": "Fetch a snapshot by a link, or from a storage.",
        "serve": "Serve the links of local shares.",
    },
    "Agents and programs": {
        "mcp": "Serve the tools to an MCP client, over stdio or http.",
        "call": "Run one MCP tool without a server.",
    },
    "Housekeeping": {
        "config": "Write, check and show the configuration.",
        "jobs": "List, watch and cancel jobs.",
        "keys": "Show whose keys open each storage, and change that.",
        "audit": "Show, verify and export the audit record.",
        "completion": "Print a shell's completion script.",
    },
}

cli = Verbs(
    "snapharbor",
    sections=VERBS,
    hidden=("worker",),
    help="""Sanitized, verified, shareable snapshots of PostgreSQL and MySQL databases.

    The options may stand before or after the command.""",
)
cli.context_settings = {"help_option_names": ["-h", "--help"]}
click.version_option(__version__, prog_name="snapharbor", message="%(prog)s %(version)s")(cli)


def main() -> None:
    """Run the command of this process and exit with its code."""
    gc.set_threshold(NEW_OBJECTS)
    guard_streams()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line, print what went wrong if anything did, and return the exit code."""
    session = Session()
    # Known before the line is parsed, so that a line that cannot be parsed is answered in JSON too.
    session.json = "--json" in arguments
    try:
        code = _run(session, arguments)
        sys.stdout.flush()
    except OutputLost as lost:
        return (
            failed(session, SpaceExhausted("the output could not be written")) if lost.full else BROKEN_PIPE
        )
    return code


def _run(session: Session, arguments: Sequence[str]) -> int:
    try:
        code: object = cli.main(list(arguments), "snapharbor", standalone_mode=False, obj=session)
    except OutputLost:
        raise
    except (click.Abort, KeyboardInterrupt):
        return failed(session, Cancelled("cancelled"))
    except click.ClickException as error:
        return misused(session, error)
    except EngineError as error:
        return failed(session, error)
    except Exception as error:
        return crashed(session, error)
    return code if isinstance(code, int) else 0
