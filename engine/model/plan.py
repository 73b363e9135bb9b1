"""What will happen, decided before anything is touched."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from .json import JsonObject, digest

Verb = Literal[
    "build",
    "sanitize",
    "load",
    "share",
    "revoke",
    "prune",
    "pull",
    "verify",
    "export",
    "rotate",
    "script",
    "adopt",
]
EffectKind = Literal["creates", "overwrites", "ends-sessions", "drops", "exposes", "revokes", "deletes"]
CONFIRMED: frozenset[EffectKind] = frozenset(
    ("overwrites", "ends-sessions", "drops", "exposes", "revokes", "deletes")
)


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that will be different afterwards, in words a person can weigh."""

    kind: EffectKind
    what: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision as data: it can be shown, stored, confirmed, and run by another process.

    `arguments` hold everything that run() needs; `facts` are what was true when it was decided, and
    run() looks again at those that safety depends on. A changed rule or destination is another plan.
    """

    verb: Verb
    target: str
    summary: str
    arguments: JsonObject
    facts: JsonObject = field(default_factory=lambda: MappingProxyType({}))
    steps: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The plan's content hash, 64 hexadecimal characters."""
        return digest(
            {
                "verb": self.verb,
                "target": self.target,
                "arguments": self.arguments,
                "facts": self.facts,
                "effects": [[effect.kind, effect.what] for effect in self.effects],
            }
        )

    @property
    def needs_confirmation(self) -> bool:
        """Whether it overwrites, exposes or deletes something."""
        return any(effect.kind in CONFIRMED for effect in self.effects)
