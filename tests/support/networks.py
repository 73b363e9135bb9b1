"""Random schemas whose tables refer to each other in every way, with rows, and subsets of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

Row = tuple[int, int]  # table, id
MOST_TABLES, MOST_ROWS, MOST_EDGES = 5, 8, 7


@dataclass(frozen=True)
class Network:
    """Tables `t0`, `t1`, … with `id` and a column for every edge (from, to); NULL is 0.

    `rows` has, by table and id, what each edge of that table refers to. `required` edges are never NULL.
    """

    tables: int
    edges: tuple[tuple[int, int], ...]
    required: frozenset[int]
    rows: dict[Row, tuple[int, ...]]
    chosen: dict[int, frozenset[int]]

    def own(self, table: int) -> list[int]:
        """Return the numbers of a table's edges."""
        return [number for number, (one, _) in enumerate(self.edges) if one == table]

    def refers(self, row: Row) -> dict[int, Row]:
        """Return what a row refers to, by the number of the edge."""
        values = zip(self.own(row[0]), self.rows[row], strict=True)
        return {edge: (self.edges[edge][1], value) for edge, value in values if value}

    def sql(self, schema: str, kinds: Sequence[str] = ("int",)) -> Iterator[str]:
        """Yield the statements that make it; the keys of its tables are of these kinds by turns."""
        yield f"CREATE SCHEMA {schema}"
        types = [kinds[table % len(kinds)] for table in range(self.tables)]
        for table in range(self.tables):
            columns = "".join(
                f", e{edge} {types[self.edges[edge][1]]}{' NOT NULL' if edge in self.required else ''}"
                for edge in self.own(table)
            )
            yield f"CREATE TABLE {schema}.t{table} (id {types[table]} PRIMARY KEY{columns})"
        for (table, number), values in self.rows.items():
            listed = ", ".join("NULL" if value == 0 else str(value) for value in (number, *values))
            yield f"INSERT INTO {schema}.t{table} VALUES ({listed})"
        for edge, (one, other) in enumerate(self.edges):
            yield f"ALTER TABLE {schema}.t{one} ADD FOREIGN KEY (e{edge}) REFERENCES {schema}.t{other} (id)"

    def closed(self, rows: set[Row]) -> set[Row]:
        """Return rows with all that they refer to."""
        found, waiting = set(rows), list(rows)
        while waiting:
            for other in self.refers(waiting.pop()).values():
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    @property
    def seeds(self) -> set[Row]:
        """The rows that are chosen."""
        return {(table, number) for table, numbers in self.chosen.items() for number in numbers}

    @property
    def reaching(self) -> set[int]:
        """The tables that refer to chosen ones, however far away."""
        found = set(self.chosen)
        while more := {one for one, other in self.edges if other in found} - found:
            found |= more
        return found - set(self.chosen)

    def any(self) -> set[Row]:
        """Return what a subset takes where any reference is enough."""
        found = self.seeds
        while more := {
            row
            for row in self.rows.keys() - found
            if row[0] in self.reaching and found.intersection(self.refers(row).values())
        }:
            found |= more
        return self.closed(found)

    def every(self) -> set[Row] | None:
        """Return what a subset takes where every reference has to be kept, None where there are circles."""
        found, waiting, done = self.seeds, self.reaching, set(self.chosen)
        while waiting:
            ready = [
                one
                for one in sorted(waiting)
                if not any(table == one and to in waiting for table, to in self.edges)
            ]
            if not ready:
                return None
            for row in [row for row in self.rows if row[0] == ready[0]]:
                to = [other for other in self.refers(row).values() if other[0] in done]
                if to and found.issuperset(to):
                    found.add(row)
            done.add(ready[0])
            waiting.discard(ready[0])
        return self.closed(found)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a network whose rows satisfy its keys."""
    tables = draw(st.integers(1, MOST_TABLES))
    number = st.integers(0, tables - 1)
    edges = tuple(draw(st.lists(st.tuples(number, number), max_size=MOST_EDGES)))
    sizes = [draw(st.integers(1, MOST_ROWS)) for _ in range(tables)]
    required = frozenset(draw(st.sets(st.sampled_from(range(len(edges))))) if edges else ())
    rows: dict[Row, tuple[int, ...]] = {}
    for table in range(tables):
        own = [edge for edge, (one, _) in enumerate(edges) if one == table]
        for row in range(1, sizes[table] + 1):
            values = (draw(st.integers(int(edge in required), sizes[edges[edge][1]])) for edge in own)
            rows[table, row] = tuple(values)
    begun = draw(st.sets(number, min_size=1, max_size=2))
    chosen = {
        table: frozenset(draw(st.sets(st.integers(1, sizes[table]), max_size=3))) for table in sorted(begun)
    }
    return Network(tables, edges, required, rows, chosen)
