"""Sets of rows that may be larger than memory: numbers in an SQLite file that nobody else can read.

A row is the number of its table and its place there; its reason is a small number. No value is ever
here, but for keys that are numbers themselves.
"""

import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..database.notes import Notes, open_file

TABLES = """
CREATE TABLE taken (leaf INTEGER, place INTEGER, why INTEGER, PRIMARY KEY (leaf, place)) WITHOUT ROWID;
CREATE TABLE fresh (leaf INTEGER, place INTEGER, why INTEGER, PRIMARY KEY (leaf, place)) WITHOUT ROWID;
CREATE TABLE found (
  leaf INTEGER, place INTEGER, uses INTEGER, rank INTEGER, met INTEGER, PRIMARY KEY (leaf, place)
) WITHOUT ROWID;
"""
Chunks = Iterable[list[tuple[int, ...]]]
# A row counts once, for the first reason.
NEW = "NOT EXISTS (SELECT 1 FROM taken AS t WHERE t.leaf = f.leaf AND t.place = f.place)"
# By how much is known of a row: its table and place, and maybe the bits of what it uses, and its rank.
FOUND = {
    2: "INSERT INTO found VALUES (?1, ?2, 0, 0, {met}) ON CONFLICT DO UPDATE SET met = met | {met}",
    3: "INSERT INTO found VALUES (?1, ?2, ?3, 0, {met}) ON CONFLICT DO UPDATE SET met = met | {met}",
    4: "INSERT INTO found VALUES (?1, ?2, ?3, ?4, {met}) ON CONFLICT DO UPDATE SET met = met | {met}",
}


class RowSets(Notes):
    """Rows that are taken, and those whose references have not been followed yet (`fresh`): they will be.

    Every method may be called by any thread.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        super().__init__(database)
        self._shut: set[int] = set()
        self._whole: set[int] = set()

    def shut(self, leaves: Iterable[int], *, whole: bool) -> None:
        """Take no row of these tables from now on, as they are taken whole or not at all."""
        numbers = set(leaves)
        self._shut |= numbers
        if whole:
            self._whole |= numbers

    def take(self, rows: Chunks, why: int) -> None:
        """Take rows for one reason, each a table and a place; one that is taken already stays as it is."""
        self._many(f"INSERT OR IGNORE INTO taken VALUES (?, ?, {why})", self._open(rows))

    def queue(self, rows: Chunks, why: int) -> None:
        """Make rows fresh for one reason, each a table and a place, unless they are taken already."""
        there = "SELECT 1 FROM taken WHERE leaf = ?1 AND place = ?2"
        statement = f"INSERT OR IGNORE INTO fresh SELECT ?1, ?2, {why} WHERE NOT EXISTS ({there})"
        self._many(statement, self._open(rows))

    def _open(self, rows: Chunks) -> Chunks:
        shut = self._shut
        return ([row for row in chunk if row[0] not in shut] for chunk in rows) if shut else rows

    def find(self, rows: Chunks, *, met: int = 1) -> None:
        """Remember rows that may be taken; one that comes again is met once more."""
        for chunk in filter(None, rows):
            self._many(FOUND[len(chunk[0])].format(met=met), [chunk])

    def settle(
        self, why: Sequence[int], *, fresh: bool, every: bool = False, budget: int | None = None
    ) -> int:
        """Take the rows that were found, for the reason of the first that met them; forget the others.

        What is new may be `fresh` then. With `every`, only those that were met by all that they use. With a
        budget, so many of them, those of the lowest rank.

        Returns:
            How many the budget left out.
        """
        reason = (
            "CASE " + " ".join(f"WHEN f.met & {1 << bit} THEN {one}" for bit, one in enumerate(why)) + " END"
        )
        shut = f"f.leaf NOT IN ({', '.join(map(str, sorted(self._shut)))})"
        rows = f"FROM found AS f WHERE {NEW} AND {shut}{' AND f.uses & ~f.met = 0' if every else ''}"
        cut = 0
        with self._locked():
            if budget is not None:
                cut = max(self._one(f"SELECT count(*) {rows}") - max(budget, 0), 0)
                rows += f" ORDER BY f.rank, f.leaf, f.place LIMIT {max(budget, 0)}"
            for table in ("fresh", "taken") if fresh else ("taken",):
                self._database.execute(f"INSERT INTO {table} SELECT f.leaf, f.place, {reason} {rows}")
            self._database.execute("DELETE FROM found")
        return cut

    def freshen(self) -> None:
        """Make all rows fresh."""
        with self._locked():
            self._database.execute("INSERT INTO fresh SELECT * FROM taken")

    def missing(self, rows: Chunks) -> int:
        """Return how many rows, each a table and a place, are not taken, those of whole tables left out."""
        there = "SELECT 1 FROM taken WHERE leaf = ? AND place = j.value"
        query = f"SELECT count(*) FROM json_each(?) AS j WHERE NOT EXISTS ({there})"
        count = 0
        for chunk in rows:
            for leaf in {row[0] for row in chunk} - self._whole:
                places = json.dumps([place for number, place, *_ in chunk if number == leaf])
                with self._locked():
                    count += self._one(query, places, leaf)
        return count

    def next_fresh(self, leaf: int, most: int) -> list[int]:
        """Return so many fresh rows of a table, which are taken and not fresh any more."""
        with self._locked():
            batch = self._places("SELECT place FROM fresh WHERE leaf = ? ORDER BY place LIMIT ?", leaf, most)
            if batch:
                these = "FROM fresh WHERE leaf = ? AND place <= ?"
                self._database.execute(f"INSERT OR IGNORE INTO taken SELECT * {these}", (leaf, batch[-1]))
                self._database.execute(f"DELETE {these}", (leaf, batch[-1]))
        return batch

    def batches(self, leaf: int, most: int, whys: Sequence[int] | None = None) -> Iterator[list[int]]:
        """Yield the rows taken of a table, so many at a time; with `whys`, those for these reasons."""
        last: int | None = None
        while batch := self.after(leaf, last, most, whys=whys):
            yield batch
            last = batch[-1]

    def after(
        self, leaf: int, last: int | None, most: int, *, whys: Sequence[int] | None = None
    ) -> list[int]:
        """Return so many rows taken of a table that follow one, None for the first."""
        with self._locked():
            return self._places(_following(last, whys), leaf, most)

    def parts(self, leaf: int, most: int, whys: Sequence[int] | None = None) -> Iterator[int | None]:
        """Yield, for each of `batches`, the place that it follows."""
        last: int | None = None
        while True:
            query = f"SELECT max(place) FROM ({_following(last, whys)})"
            with self._locked():
                end: int | None = self._database.execute(query, (leaf, most)).fetchone()[0]
            if end is None:
                return
            yield last
            last = end

    def reasons(self, leaf: int) -> dict[int, int]:
        """Return how many rows of a table came for each reason."""
        with self._locked():
            query = "SELECT why, count(*) FROM taken WHERE leaf = ? GROUP BY why"
            return dict(self._database.execute(query, (leaf,)).fetchall())

    def whys(self, leaf: int, places: Sequence[int]) -> dict[int, int]:
        """Return the reasons of those rows of a table that are taken."""
        query = "SELECT place, why FROM taken WHERE leaf = ? AND place IN (SELECT value FROM json_each(?))"
        with self._locked():
            return dict(self._database.execute(query, (leaf, json.dumps(places))).fetchall())

    def _many(self, statement: str, rows: Chunks) -> None:
        for chunk in rows:
            with self._locked():
                self._database.executemany(statement, chunk)

    def _places(self, query: str, *values: int) -> list[int]:
        return [place for (place,) in self._database.execute(query, values)]

    def _one(self, query: str, *values: int | str) -> int:
        return int(self._database.execute(query, values).fetchone()[0])


def _following(last: int | None, whys: Sequence[int] | None = None) -> str:
    after = "" if last is None else f"AND place > {last} "
    for_ = "" if whys is None else f"AND why IN ({', '.join(map(str, whys))}) "
    return f"SELECT place FROM taken WHERE leaf = ? {after}{for_}ORDER BY place LIMIT ?"


@contextmanager
def open_rowsets(directory: Path) -> Generator[RowSets]:
    """Open empty sets in a private directory; their file is gone at the end."""
    with open_file(directory / "rows.sqlite", TABLES) as database:
        yield RowSets(database)
