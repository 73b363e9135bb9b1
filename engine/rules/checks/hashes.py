"""A plain hash of personal data can be undone by hashing guesses."""

from collections.abc import Iterator

from ...model.finding import Finding
from .context import Context, about

HASHES = frozenset(
    ("md5", "sha224", "sha256", "sha384", "sha512", "digest", "hashtext", "sha1", "sha2", "crc32")
)


def check(context: Context) -> Iterator[Finding]:
    """Report hashes of columns, with the keyed mask to use instead."""
    for found in context.assigned():
        used = [name for name in found.assignment.functions if name.rpartition(".")[2] in HASHES]
        if used and found.assignment.columns:
            column = found.assignment.columns[0].name
            yield about(
                found,
                "unkeyed-hash",
                "warning",
                f"`{used[0]}` of `{column}` can be undone by trying likely values",
                f"Use snapharbor.token({column}): keyed, and the key never leaves the source's side.",
            )
