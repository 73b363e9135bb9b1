"""Writes the tables in docs/guides/rules.md: `python -m snapharbor.engine.masks.reference`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from ..model.sensitive import Kind
from .catalog import MASKS
from .mask import Mask
from .templates import Template, templates
from .types import Family

FILE = Path(__file__).parents[2] / "docs" / "guides" / "rules.md"
_BLOCK = re.compile(r"(<!-- (masks|templates): [^\n]*\n).*?(<!-- /\2 -->)", re.DOTALL)
_ANY = frozenset(get_args(Family))


def reference() -> str:
    """Return the guide with its tables as masks and templates are."""
    tables = {"masks": _masks(), "templates": _templates()}

    def written(found: re.Match[str]) -> str:
        return found[1] + "".join(f"{line}\n" for line in tables[found[2]]) + found[3]

    return _BLOCK.sub(written, FILE.read_text("utf-8"))


def _masks() -> list[str]:
    head = [
        "| Mask | What comes out | For | Keeps distinct values distinct | Options |",
        "|---|---|---|---|---|",
    ]
    return head + [_mask(mask) for mask in MASKS.values()]


def _mask(mask: Mask) -> str:
    families = "every type" if mask.accepts == _ANY else ", ".join(sorted(mask.accepts))
    return f"| `{mask.name}` | {mask.meaning} | {families} | {mask.bound or 'no'} | {mask.options} |"


def _templates() -> list[str]:
    known = templates()
    return [*_named(known), "", *_by_kind(known)]


def _named(known: tuple[Template, ...]) -> Iterator[str]:
    yield "| Template | Version | What it is about | Kinds of data |"
    yield "|---|---|---|---|"
    for one in known:
        yield f"| `{one.name}` | {one.version} | {one.title} ({one.basis}) | {len(one.masks)} |"


def _by_kind(known: tuple[Template, ...]) -> Iterator[str]:
    yield f"| Kind | {' | '.join(f'`{one.name}`' for one in known)} |"
    yield f"|---|{'---|' * len(known)}"
    for kind in get_args(Kind):
        yield f"| {kind} | {' | '.join(_cell(one, kind) for one in known)} |"


def _cell(chosen: Template, kind: Kind) -> str:
    advice = chosen.masks.get(kind)
    return f"`{advice.mask}`: {', '.join(advice.answers)}" if advice else ""


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
