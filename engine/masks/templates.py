"""Templates: for each kind of personal data the mask to use, and the clause that it answers to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from ..model.errors import ArgumentInvalid
from ..model.sensitive import Kind
from ..model.settings import closest

FILES = Path(__file__).with_name("templates")
NAMES = ("pii", "gdpr", "ccpa", "hipaa", "pci")
"""Every template, the one that is taken by default first."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What a law or standard names; `note` says what is not found by itself."""

    id: str
    says: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """The mask for a kind of data, what it leaves, and the clauses that it answers to."""

    mask: str
    meaning: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A versioned choice of masks. `basis` is the text that it is about, `omits` what it does not do."""

    name: str
    version: int
    title: str
    basis: str
    covers: str
    omits: tuple[str, ...]
    clauses: tuple[Clause, ...]
    masks: Mapping[Kind, Advice]

    def kinds(self, clause: Clause) -> tuple[Kind, ...]:
        """Return the kinds whose masks answer to a clause."""
        return tuple(kind for kind, advice in self.masks.items() if clause.id in advice.answers)


@cache
def template(name: str) -> Template:
    """Return the template of a name.

    Raises:
        ArgumentInvalid: there is none; the hint names the closest.
    """
    if name not in NAMES:
        hint = closest(name, dict.fromkeys(NAMES), "")
        raise ArgumentInvalid(f"there is no template `{name[:40]}`", hint)
    import tomllib

    read: dict[str, Any] = tomllib.loads((FILES / f"{name}.toml").read_text("utf-8"))
    masks: dict[Kind, Advice] = {
        cast(Kind, kind): _advice(written) for kind, written in read["masks"].items()
    }
    return Template(
        name=read["name"],
        version=read["version"],
        title=read["title"],
        basis=read["basis"],
        covers=" ".join(read["covers"].split()),
        omits=tuple(read["omits"]),
        clauses=tuple(Clause(**written) for written in read["clauses"]),
        masks=MappingProxyType(masks),
    )


def templates() -> tuple[Template, ...]:
    """Return every template."""
    return tuple(map(template, NAMES))


def _advice(written: Mapping[str, Any]) -> Advice:
    return Advice(written["mask"], written["meaning"], tuple(written["answers"]))
