"""Which kinds of values can be recognised in another place, and how they are written there."""

from collections.abc import Iterator, Sequence
from itertools import product

from ..model.sensitive import Kind
from .wanted import Changed, Wanted

# Values of these kinds mean one person by themselves, however many rows have them.
IDENTIFYING: frozenset[Kind] = frozenset(
    ("email", "phone", "card", "iban", "national-id", "secret", "full-name", "username")
)
NUMBERS: frozenset[Kind] = frozenset(("phone", "card", "iban", "national-id", "identifier"))
# Of a telephone number the digits are looked for together.
ONE_WORD: frozenset[Kind] = frozenset(
    ("email", "ip", "mac", "secret", "iban", "card", "phone", "username", "url")
)
PROSE: frozenset[Kind] = frozenset(("free-text", "health", "document"))
# Everywhere: a street is named Georgia, a song is by a King. A person's two names together say something.
GIVEN: frozenset[Kind] = frozenset(("first-name",))
FAMILY: frozenset[Kind] = frozenset(("last-name",))
COMMON: frozenset[Kind] = frozenset(("first-name", "last-name", "city", "postcode"))

SMALLEST_NUMBER = 100_000_000
LONGEST_GROUP = 120  # bytes
GAPS = "+ ()./-"
SHORTEST = 4  # bytes; nothing shorter is looked for
# Those of Latin-1, but for the sign of multiplication; each has its small letter 32 places on.
CAPITALS = (*range(0xC0, 0xD7), *range(0xD8, 0xDF))


def is_common(column: Wanted) -> bool:
    """Tell whether the values of a column by themselves stand in many places and mean nobody."""
    return bool(column.kinds) and COMMON.issuperset(column.kinds) and not column.paths


def names(columns: Sequence[Wanted]) -> Iterator[tuple[Wanted, Wanted]]:
    """Yield the columns of a row that hold a given and a family name, in both orders."""
    common = [column for column in columns if is_common(column)]
    for given, family in product(common, common):
        if GIVEN.issuperset(given.kinds) and FAMILY.issuperset(family.kinds):
            yield given, family
            yield family, given


def is_prose(column: Wanted) -> bool:
    """Tell whether a column may hold sentences: what looks like nothing known may."""
    return not column.kinds or bool(PROSE.intersection(column.kinds))


def together(columns: Sequence[Wanted]) -> Iterator[tuple[Wanted, ...]]:
    """Yield columns that are read in one go: of the same rows, and alone if they may stay where they are."""
    groups: dict[tuple[Changed | None, str], list[Wanted]] = {}
    for column in columns:
        groups.setdefault((column.changed, column.name if column.elsewhere else ""), []).append(column)
    yield from map(tuple, groups.values())


def telling(columns: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Return those of a row's columns whose values are looked for, alone or together."""
    together = {column for pair in names(columns) for column in pair}
    return tuple(column for column in columns if column in together or not is_common(column))
