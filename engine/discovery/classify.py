"""Which columns look like personal data: what their names, their types and a few of their values say.

Values are looked at and let go here; what comes out is kinds, confidence and counts.
"""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..model.catalog import Catalog, Column, Table, TableName
from ..model.errors import DatabaseUnreachable, EngineError
from ..model.sensitive import PERSONAL, Evidence, Kind
from .contacts import plain_phone
from .leaves import Leaves, key_of, leaves, step
from .measure import at, contradicted, measure
from .naming import a_trail, about_people, by_name, of_sessions
from .sample import Question, questions, sparse_question, worth_a_second_look
from .types import USER_TYPES, Family, Types, by_type, fits

Answers: TypeAlias = list[list[tuple[object, ...]]]
Ask: TypeAlias = Callable[[Sequence[str]], Awaitable[Answers]]
Place: TypeAlias = tuple[TableName, str]

WORTH_TELLING = 0.25
AT_ONCE = 40
SECONDS = 60.0
ROW_BYTES = 100
NAMES: frozenset[Kind] = frozenset(("first-name", "last-name", "full-name", "username"))
ADDRESSES: frozenset[Kind] = frozenset(("street", "address", "city", "postcode"))
TELLING: frozenset[Kind] = frozenset(
    ("email", "phone", "first-name", "last-name", "national-id", "iban", "card")
)


@dataclass(frozen=True, slots=True)
class Classification:
    """What every column looks like; `unread` says why no value of a table could be looked at."""

    types: Types
    found: Mapping[Place, tuple[Evidence, ...]] = field(default_factory=dict[Place, tuple[Evidence, ...]])
    unread: Mapping[TableName, str] = field(default_factory=dict[TableName, str])

    def of(self, table: TableName, column: str) -> tuple[Evidence, ...]:
        """Return the evidence about a column, the strongest first."""
        return self.found.get((table, column), ())


def looks_personal(evidence: Sequence[Evidence]) -> bool:
    """Tell whether evidence is enough to ask for a decision."""
    return any(piece.confidence >= PERSONAL for piece in evidence)


async def classify(catalog: Catalog, ask: Ask, *, seconds: float = SECONDS) -> Classification:
    """Look at every table that holds rows of its own, within a time; partitions count as their table.

    Args:
        catalog: The structure.
        ask: Runs queries on the source, read-only and time-limited, and raises for one that fails.
        seconds: When no further table is begun.
    """
    own = (await ask([USER_TYPES]))[0] if catalog.engine == "postgres" else ()
    types = Types.read(own)
    sampled, unread = await _sample(catalog, ask, types, time.monotonic() + seconds)
    found: dict[Place, tuple[Evidence, ...]] = {}
    for table in catalog.tables:
        if table.kind in ("view", "foreign") or table.partition_of:
            continue
        found.update(_of_table(table, types, sampled))
    return Classification(types, found, unread)


def _of_table(
    table: Table, types: Types, sampled: Mapping[Place, list[str]]
) -> Iterator[tuple[Place, tuple[Evidence, ...]]]:
    """Judge columns by themselves, then again beside each other: a table of people makes some surer."""
    people = about_people(table.name.name)
    first = {
        column.name: _of_column(
            table, column, types, sampled.get((table.name, column.name), []), people=people
        )
        for column in table.columns
    }
    signs = {piece.kind for pieces in first.values() for piece in pieces if piece.confidence >= 0.7}
    people = people or len(signs & TELLING) >= 2
    for name, pieces in first.items():
        surer = [_beside_people(piece) for piece in pieces] if people else pieces
        ordered = sorted(surer, key=lambda piece: (-piece.confidence, piece.path, piece.kind))
        yield (table.name, name), tuple(piece for piece in ordered if piece.confidence >= WORTH_TELLING)


def _beside_people(piece: Evidence) -> Evidence:
    if piece.kind == "birth-date" and piece.by == ("values",):
        return replace(piece, confidence=0.7)
    if piece.kind in ("full-name", "last-name", "free-text") and piece.by == ("values",):
        return replace(piece, confidence=min(0.95, round(piece.confidence + 0.1, 2)))
    return piece


def _of_column(
    table: Table, column: Column, types: Types, values: list[str], *, people: bool
) -> list[Evidence]:
    family = types.family(column.type)
    inside = leaves(values, family) if family in ("text", "json", "array", "composite") else {"": values}
    named = [piece for piece in by_name(column.name, table.name.name) if fits(piece, family)]
    if family == "array" and named and not fits(named[0], types.family(types.element(column.type))):
        named = []
    named = [_prose(piece, family) for piece in named]
    found = _join([*named, *by_type(column.type, family, people=people)], inside, "", family)
    if family == "composite":
        inside = {**{step(name): list[str]() for name, _ in types.fields(column.type)}, **inside}
    for path in inside:
        if path:
            by_key = list(by_name(key, table.name.name)) if (key := key_of(path)) else []
            found += _join([_prose(piece, "text") for piece in by_key], inside, path, "text")
    return found + _swept(table, column, family, found)


def _join(said: Sequence[Evidence], inside: Leaves, path: str, family: Family) -> list[Evidence]:
    """Bring together what a name or type says about a place and what its values say."""
    values = inside.get(path, [])
    measured: dict[Kind, Evidence] = {piece.kind: piece for piece in measure(values, family)}
    merged: dict[Kind, Evidence] = {}
    for piece in said:
        shown = measured.pop(piece.kind, None) or _mere_digits(piece.kind, values)
        before = merged.get(piece.kind)
        if before is not None:
            piece = replace(before, by=(*before.by, *piece.by), confidence=_both(before, piece))
        if shown is not None:
            piece = replace(
                shown, by=tuple(dict.fromkeys((*piece.by, *shown.by))), confidence=_both(piece, shown)
            )
        elif contradicted(piece.kind, values) and piece.by == ("name",):
            piece = replace(piece, confidence=round(piece.confidence * 0.3, 2), sampled=len(values))
        else:
            piece = replace(piece, sampled=len(values), confidence=_related(piece, measured))
        merged[piece.kind] = piece
    together = (*merged.values(), *measured.values())
    whole = any(
        piece.confidence >= 0.85 and piece.kind != "free-text" and piece.matching for piece in together
    )
    return [at(piece, path) for piece in together if not (whole and piece.kind == "free-text")]


def _both(one: Evidence, other: Evidence) -> float:
    return round(min(0.99, 1 - (1 - one.confidence) * (1 - other.confidence)), 2)


def _related(piece: Evidence, measured: Mapping[Kind, Evidence]) -> float:
    """Return a surer confidence where values are of a neighbouring kind, such as a street in an address."""
    family = next((kinds for kinds in (NAMES, ADDRESSES) if piece.kind in kinds), frozenset[Kind]())
    near = max((measured[kind].confidence for kind in family & measured.keys()), default=0.0)
    return round(min(0.95, piece.confidence + 0.2 * near), 2)


def _mere_digits(kind: Kind, values: Sequence[str]) -> Evidence | None:
    matching = sum(map(plain_phone, values)) if kind == "phone" else 0
    if matching < 0.5 * len(values) or not matching:
        return None
    return Evidence("phone", 0.4, ("values",), matching, len(values))


def _prose(piece: Evidence, family: Family) -> Evidence:
    """A picture that is text is a place where one is; a file that is text is prose."""
    return replace(piece, kind="free-text") if piece.kind == "document" and family != "binary" else piece


def _swept(table: Table, column: Column, family: Family, found: Sequence[Evidence]) -> list[Evidence]:
    """Return what a column has because of its table: trails copy other tables' rows, sessions hold tokens."""
    if looks_personal(found):
        return []
    name = table.name.name
    if a_trail(name) and (family == "json" or (family == "text" and _copies(column.name))):
        return [Evidence("free-text", 0.6, ("name",))]
    if of_sessions(name) and family == "text" and column.name in table.primary_key:
        return [Evidence("secret", 0.6, ("name",))]
    return []


def _copies(name: str) -> bool:
    return any(
        word in name.lower() for word in ("old", "new", "before", "after", "row", "diff", "data", "payload")
    )


async def _sample(
    catalog: Catalog, ask: Ask, types: Types, deadline: float
) -> tuple[dict[Place, list[str]], dict[TableName, str]]:
    """Ask for values, small tables first; partitions are seen through the table they belong to."""
    sizes = _sizes(catalog)
    own = [
        table for table in catalog.tables if table.kind in ("table", "partitioned") and not table.partition_of
    ]
    waiting = sorted(own, key=lambda table: sizes[table.name])
    values: defaultdict[Place, list[str]] = defaultdict(list)
    unread: dict[TableName, str] = {}
    while waiting:
        some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        if time.monotonic() > deadline:
            unread.update((table.name, "the time for looking at values was over") for table in some)
            continue
        asked = [
            question
            for table in some
            for question in questions(table, sizes[table.name], types, catalog.engine)
        ]
        await _ask_all(ask, asked, values, unread)
        again = [
            question
            for table in some
            if table.name not in unread
            and any((table.name, column.name) in values for column in table.columns)
            for column in table.columns
            if (table.name, column.name) not in values
            and worth_a_second_look(column, types.family(column.type), sizes[table.name])
            and (question := sparse_question(table, column, types, catalog.engine)) is not None
        ]
        await _ask_all(ask, again, values, {})
    return values, unread


async def _ask_all(
    ask: Ask, asked: Sequence[Question], values: dict[Place, list[str]], unread: dict[TableName, str]
) -> None:
    """Ask together; if a question fails, one by one, and note those that do."""
    try:
        answers = await ask([question.query for question in asked]) if asked else []
    except DatabaseUnreachable:
        raise
    except EngineError as error:
        if len(asked) == 1:
            unread[asked[0].table] = error.message.partition(": ")[2] or error.message
            return
        for question in asked:
            await _ask_all(ask, [question], values, unread)
        return
    for question, rows in zip(asked, answers, strict=True):
        for place, column in enumerate(question.columns):
            texts = [str(row[place]) for row in rows if row[place] is not None]
            if texts:
                values.setdefault((question.table, column), []).extend(texts)


def _sizes(catalog: Catalog) -> dict[TableName, int]:
    """Return estimated rows, from bytes where none were counted; a partitioned table has its partitions'."""
    tables = {table.name: table for table in catalog.tables}
    own = {table.name: table.bytes // ROW_BYTES if table.rows < 0 else table.rows for table in catalog.tables}
    sizes = {name: 0 if tables[name].kind == "partitioned" else rows for name, rows in own.items()}
    for table in catalog.tables:
        parent = table.partition_of if table.kind == "table" else None
        while parent in tables:
            sizes[parent] += own[table.name]
            parent = tables[parent].partition_of
    return sizes
