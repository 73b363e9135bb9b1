"""Sets of rows that may be larger than memory: numbers in an SQLite file that nobody else can read.

A row is the number of its table and its place there; its reason is a small number. No value is ever here.
"""

import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

CACHE_KIB = 64 * 1024
SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = MEMORY;
CREATE TABLE taken (leaf INTEGER, place INTEGER, why INTEGER, PRIMARY KEY (leaf, place)) WITHOUT ROWID;
CREATE TABLE fresh (leaf INTEGER, place INTEGER, why INTEGER, PRIMARY KEY (leaf, place)) WITHOUT ROWID;
CREATE TABLE found (
  leaf INTEGER, place INTEGER, uses INTEGER, rank INTEGER, met INTEGER, PRIMARY KEY (leaf, place)
) WITHOUT ROWID;
CREATE TABLE shut (leaf INTEGER PRIMARY KEY, whole INTEGER);
"""
# A row counts once, for the first reason, and never if its table is taken whole or not at all.
NEW = """NOT EXISTS (SELECT 1 FROM taken AS t WHERE t.leaf = f.leaf AND t.place = f.place)
AND NOT EXISTS (SELECT 1 FROM shut AS s WHERE s.leaf = f.leaf)"""
MISSING = """NOT EXISTS (SELECT 1 FROM taken AS t WHERE t.leaf = f.leaf AND t.place = f.place)
AND NOT EXISTS (SELECT 1 FROM shut AS s WHERE s.leaf = f.leaf AND s.whole)"""
# By how much is known of a row: its table and place, and maybe the bits of what it uses, and its rank.
FOUND = {
    2: "INSERT INTO found VALUES (?1, ?2, 0, 0, {met}) ON CONFLICT DO UPDATE SET met = met | {met}",
    3: "INSERT INTO found VALUES (?1, ?2, ?3, 0, {met}) ON CONFLICT DO UPDATE SET met = met | {met}",
    4: "INSERT INTO found VALUES (?1, ?2, ?3, ?4, {met}) ON CONFLICT DO UPDATE SET met = met | {met}",
}


class RowSets:
    """Rows that are taken, and those of them whose references have not been followed yet (`fresh`)."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._lock = Lock()

    def shut(self, leaves: Iterable[int], *, whole: bool) -> None:
        """Take no row of these tables from now on, as they are taken whole or not at all."""
        self._database.executemany("INSERT INTO shut VALUES (?, ?)", ((leaf, whole) for leaf in leaves))

    def find(self, rows: Iterable[tuple[int, ...]], *, known: int = 2, met: int = 1) -> None:
        """Remember rows that may be taken, each so many numbers; one that comes again is met once more."""
        self._database.executemany(FOUND[known].format(met=met), rows)

    def settle(self, why: Sequence[int], *, every: bool = False, budget: int | None = None) -> int:
        """Take the rows that were found, for the reason of the first that met them; forget the others.

        What is new is fresh. With `every`, only those that were met by all that they use. With a budget, so
        many of them, those of the lowest rank.

        Returns:
            How many the budget left out.
        """
        reason = (
            "CASE " + " ".join(f"WHEN f.met & {1 << bit} THEN {one}" for bit, one in enumerate(why)) + " END"
        )
        condition = f"{NEW} AND (f.uses & ~f.met) = 0" if every else NEW
        rows = f"SELECT f.leaf, f.place, {reason} FROM found AS f WHERE {condition}"
        cut = 0
        if budget is not None:
            count = self._one(f"SELECT count(*) FROM found AS f WHERE {condition}")
            cut = max(count - max(budget, 0), 0)
            rows += f" ORDER BY f.rank, f.leaf, f.place LIMIT {max(budget, 0)}"
        self._database.execute(f"INSERT INTO fresh {rows}")
        self._database.execute(f"INSERT INTO taken {rows}")
        self._database.execute("DELETE FROM found")
        return cut

    def refresh(self) -> None:
        """Make all rows fresh, so that references of every one are followed."""
        self._database.execute("INSERT OR IGNORE INTO fresh SELECT * FROM taken")

    def missing(self) -> int:
        """Return how many rows that were found are not taken, those of whole tables left out; forget all."""
        count = self._one(f"SELECT count(*) FROM found AS f WHERE {MISSING}")
        self._database.execute("DELETE FROM found")
        return count

    def next_fresh(self, leaf: int, most: int) -> list[int]:
        """Return so many fresh rows of a table, which are not fresh any more."""
        batch = self._places("SELECT place FROM fresh WHERE leaf = ? ORDER BY place LIMIT ?", leaf, most)
        if batch:
            self._database.execute("DELETE FROM fresh WHERE leaf = ? AND place <= ?", (leaf, batch[-1]))
        return batch

    def batches(self, leaf: int, most: int) -> Iterator[list[int]]:
        """Yield the rows taken of a table, so many at a time."""
        last = -1
        while batch := self.after(leaf, last, most):
            yield batch
            last = batch[-1]

    def after(self, leaf: int, last: int, most: int) -> list[int]:
        """Return so many rows taken of a table that follow one; from any thread."""
        query = "SELECT place FROM taken WHERE leaf = ? AND place > ? ORDER BY place LIMIT ?"
        with self._lock:
            return self._places(query, leaf, last, most)

    def count(self, leaf: int) -> int:
        """Return how many rows are taken of a table."""
        return self._one("SELECT count(*) FROM taken WHERE leaf = ?", leaf)

    def reasons(self, leaf: int) -> dict[int, int]:
        """Return how many rows of a table came for each reason."""
        rows = self._database.execute("SELECT why, count(*) FROM taken WHERE leaf = ? GROUP BY why", (leaf,))
        return dict(rows.fetchall())

    def _places(self, query: str, *values: int) -> list[int]:
        return [place for (place,) in self._database.execute(query, values)]

    def _one(self, query: str, *values: int) -> int:
        return int(self._database.execute(query, values).fetchone()[0])


@contextmanager
def open_rowsets(directory: Path) -> Generator[RowSets]:
    """Open empty sets in a private directory; their file is gone at the end."""
    file = directory / "rows.sqlite"
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database.executescript(SCHEMA)
        yield RowSets(database)
    finally:
        database.close()
        file.unlink(missing_ok=True)
