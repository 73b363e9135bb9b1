"""Guided work: each prompt is a function of the same name as the .md file that holds its text."""

from pathlib import Path
from string import Template
from typing import Annotated, TypeVar

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from ..engine.model.fence import clean

Lifespan = TypeVar("Lifespan")
Name = Annotated[str, Field(description="Name of a target; see list_targets")]
TemplateName = Annotated[str, Field(description="pii, gdpr, ccpa, hipaa or pci")]


def register(server: MCPServer[Lifespan]) -> None:
    """Add every prompt to a server."""
    server.prompt(title="Prepare a development copy")(prepare_copy)
    server.prompt(title="Write rules for this database")(write_rules)
    server.prompt(title="Review sanitization rules")(review_rules)
    server.prompt(title="Prove a snapshot clean")(prove_clean)
    server.prompt(title="Share with a team")(share_with_team)
    server.prompt(title="Diagnose a target")(diagnose_target)


def prepare_copy(target: Name) -> str:
    """Build, sanitize and load a fresh copy of a target for development."""
    return _text("prepare_copy", target=target)


def write_rules(target: Name, template: TemplateName = "pii") -> str:
    """Write sanitization rules for a target together with its person, until nothing is undecided."""
    return _text("write_rules", target=target, template=template)


def review_rules(target: Name) -> str:
    """Read what a target's sanitization rules would do, and name what they miss."""
    return _text("review_rules", target=target)


def prove_clean(target: Name) -> str:
    """Check a target's newest sanitized snapshot, and say what was searched, found and signed."""
    return _text("prove_clean", target=target)


def share_with_team(target: Name, recipients: str = "the groups of the target") -> str:
    """Give a team a sanitized snapshot of a target."""
    return _text("share_with_team", target=target, recipients=recipients)


def diagnose_target(target: Name) -> str:
    """Find out why a target does not work."""
    return _text("diagnose_target", target=target)


def _text(name: str, **values: str) -> str:
    text = Path(__file__).with_name(f"{name}.md").read_text("utf-8")
    return Template(text).substitute({key: clean(value, 120) for key, value in values.items()})
