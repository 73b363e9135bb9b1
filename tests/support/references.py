"""What refers to what in a real database, row by row, by its declared keys: an oracle for subsets."""

from collections.abc import Iterable

from snapharbor.engine.model.url import DatabaseUrl

from .postgres import query

Spot = tuple[str, str]  # table and place
KEYS = """
SELECT conrelid::regclass::text, confrelid::regclass::text, f.relkind = 'p', t.relkind = 'p', (
  SELECT string_agg(format('r.%I = t.%I', own.attname, their.attname), ' AND ')
  FROM unnest(confkey, conkey) AS pair (theirs, ours)
  JOIN pg_attribute own ON own.attrelid = confrelid AND own.attnum = pair.theirs
  JOIN pg_attribute their ON their.attrelid = conrelid AND their.attnum = pair.ours)
FROM pg_constraint JOIN pg_class f ON f.oid = conrelid JOIN pg_class t ON t.oid = confrelid
WHERE contype = 'f' AND conparentid = 0
"""


class References:
    """Every reference of every row, and which tables refer to which; a partition counts as what it is of."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.to: dict[Spot, set[Spot]] = {}
        self.tables: set[tuple[str, str]] = set()
        tops = "SELECT oid::regclass::text, pg_partition_root(oid)::regclass::text FROM pg_class"
        self.top = {str(name): str(top or name) for name, top in query(url, tops)}
        for child, parent, parted, to_parted, on in query(url, KEYS):
            self.tables.add((self.top[str(child)], self.top[str(parent)]))
            ours, theirs = "" if parted else "ONLY ", "" if to_parted else "ONLY "
            for one, place, other, there in query(
                url,
                f"SELECT t.tableoid::regclass::text, t.ctid::text, r.tableoid::regclass::text, r.ctid::text "
                f"FROM {ours}{child} t JOIN {theirs}{parent} r ON {on}",
            ):
                self.to.setdefault((str(one), str(place)), set()).add((str(other), str(there)))

    def closed(self, rows: Iterable[Spot]) -> set[Spot]:
        """Return rows with all that they refer to."""
        found, waiting = set(rows), list(rows)
        while waiting:
            more = self.to.get(waiting.pop(), set()) - found
            found |= more
            waiting += more
        return found

    def any(self, seeds: Iterable[Spot], chosen: str) -> set[Spot]:
        """Return what a subset of one table takes where any reference is enough."""
        reaching = {chosen}
        while more := {one for one, other in self.tables if other in reaching} - reaching:
            reaching |= more
        back: dict[Spot, set[Spot]] = {}
        for row, others in self.to.items():
            if self.top[row[0]] in reaching - {chosen}:
                for other in others:
                    back.setdefault(other, set()).add(row)
        found, waiting = set(seeds), list(seeds)
        while waiting:
            more = back.get(waiting.pop(), set()) - found
            found |= more
            waiting += more
        return self.closed(found)
