"""One SQLite file, asked from async code: one connection, used by one worker thread at a time."""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread

from .encode import Row
from .schema import connect, transaction, trouble

T = TypeVar("T")
Value = str | int | None


class Cursor:
    """What a transaction may do. Blocking."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, query: str, *values: Value) -> list[Row]:
        """Return the rows that a query finds."""
        return [dict(row) for row in self._connection.execute(query, values)]

    def write(self, statement: str, *values: Value) -> int:
        """Run a statement and return how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def insert(self, table: str, row: Row, more: str = "") -> None:
        """Insert a row; `more` is the statement's end."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.write(f"INSERT INTO {table} ({names}) VALUES ({marks}) {more}", *row.values())  # noqa: S608


class LedgerFile:
    """Runs transactions and queries; every failure is an EngineError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._turn = anyio.CapacityLimiter(1)

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, patience: float) -> "AsyncGenerator[LedgerFile]":
        """Open the file, or create it; `patience` is how many seconds to wait for other writers."""
        connection = await to_thread.run_sync(connect, path, patience)
        file = cls(connection, path)
        try:
            yield file
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(connection.close, limiter=file._turn)

    async def write(self, work: Callable[[Cursor], T]) -> T:
        """Do all of `work` in one transaction, or nothing of it."""

        def run() -> T:
            with trouble(self._path), transaction(self._connection):
                return work(Cursor(self._connection))

        return await to_thread.run_sync(run, limiter=self._turn)

    async def read(self, query: str, *values: Value) -> Sequence[Row]:
        """Return the rows that a query finds."""

        def run() -> Sequence[Row]:
            with trouble(self._path):
                return Cursor(self._connection).rows(query, *values)

        return await to_thread.run_sync(run, limiter=self._turn)
