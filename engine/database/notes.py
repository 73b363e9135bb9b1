"""What is noted while a source is read, more than memory may hold: in files that nobody else can read."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from ..model.errors import SpaceExhausted

CACHE_KIB = 32 * 1024
SETTINGS = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = MEMORY;
"""


class Notes:
    """Tables of one file. Whatever is asked of it under its lock may be asked by any thread."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._lock = Lock()

    @contextmanager
    def _locked(self) -> Generator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise SpaceExhausted(f"the rows of the subset could not be noted: {error}") from None


@contextmanager
def open_file(file: Path, tables: str) -> Generator[sqlite3.Connection]:
    """Make a file with empty tables in a private directory; it is gone at the end."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database.executescript(SETTINGS + tables)
        database.execute("BEGIN")  # without an end: what does not fit into memory goes to the file, no more
        yield database
    finally:
        database.close()
        file.unlink(missing_ok=True)
