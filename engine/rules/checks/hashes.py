"""A plain hash of personal data can be undone by hashing guesses."""

from collections.abc import Iterator
from contextlib import suppress

from ...model.errors import RuleRefused
from ...model.finding import Finding
from ..masking import Masker
from ..writing import spelled
from .context import Assigned, Context, about
from .masks import ANY_KEY

# Which mask keeps what a column of a kind is good for, where it is not called like the kind.
MASKS: dict[str, str] = {
    "email": "email",
    "username": "username",
    "phone": "phone",
    "first-name": "first_name",
    "last-name": "last_name",
    "full-name": "full_name",
    "company": "company",
    "iban": "iban",
    "card": "card",
}

HASHES = frozenset(
    ("md5", "sha224", "sha256", "sha384", "sha512", "digest", "hashtext", "sha1", "sha2", "crc32")
)


def check(context: Context) -> Iterator[Finding]:
    """Report hashes of columns, with the keyed mask to use instead."""
    for found in context.assigned():
        used = [name for name in found.assignment.functions if name.rpartition(".")[2] in HASHES]
        if used and found.assignment.columns:
            column = found.assignment.columns[0].name
            mask = keyed_mask(context, found)
            yield about(
                found,
                "unkeyed-hash",
                "warning",
                f"`{used[0]}` of `{column}` can be undone by trying likely values",
                f"Use {mask}: keyed, and the key never leaves the source's side.",
            )


def keyed_mask(context: Context, found: Assigned) -> str:
    """Return the call of the mask for what the column holds, as far as one fits it."""
    uses, personal = found.assignment.columns, context.personal or {}
    use = next((use for use in uses if use.name == found.column.name), uses[0])
    name = ".".join(spelled(part, context.engine) for part in (*use.qualified, use.name))
    places = ((found.table.name, column) for column in (found.column.name, use.name))
    kind = next((personal[place] for place in places if place in personal), None)
    masker = Masker(context.catalog, context.engine, ANY_KEY)
    for mask in (MASKS.get(kind or "", ""), "token"):
        call = f"snapharbor.{mask}({name})"
        with suppress(RuleRefused):
            if mask and masker.text(call, found.table, assigned=found.column.name):
                return f"`{call}` for `{found.table.name}.{found.column.name}`"
    return "a keyed mask"
