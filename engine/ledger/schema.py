"""The ledger's file: who may read it, how it is laid out, and what its troubles mean."""

import errno
import os
import sqlite3
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..model.errors import ConfigInvalid, EngineError, SpaceExhausted, TimedOut

VERSION = 1
# A quota or a limit is told as an error of writing.
FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
SCHEMA = """
CREATE TABLE confirmation (
    digest TEXT PRIMARY KEY, principal TEXT NOT NULL, expires_at TEXT NOT NULL, plan TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE job (
    id TEXT PRIMARY KEY, plan TEXT NOT NULL, principal TEXT NOT NULL, state TEXT NOT NULL,
    created_at TEXT NOT NULL, heartbeat_at TEXT NOT NULL, progress TEXT NOT NULL, finished_at TEXT,
    result TEXT, failure TEXT, cancel_requested_at TEXT, worker TEXT, lock TEXT
);
CREATE INDEX job_created ON job (created_at);
CREATE UNIQUE INDEX job_lock ON job (lock) WHERE lock IS NOT NULL AND finished_at IS NULL;
CREATE TABLE share (
    id TEXT PRIMARY KEY, snapshot TEXT NOT NULL, target TEXT NOT NULL, profile TEXT,
    recipients TEXT NOT NULL, created_by TEXT NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL, revoked_at TEXT
);
CREATE TABLE lease (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, data TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE record (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, outcome TEXT NOT NULL, details TEXT NOT NULL, previous TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE TRIGGER record_stays BEFORE DELETE ON record
    BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
CREATE TRIGGER record_stays_as_it_is BEFORE UPDATE ON record
    BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
"""


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """Open the file, create it if it is new, and wait up to `patience` seconds for other writers."""
    with trouble(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its companion files the mode of this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
        connection = sqlite3.connect(
            path, timeout=patience, isolation_level=None, check_same_thread=False, uri=False
        )
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    with transaction(connection):
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > VERSION:
            raise ConfigInvalid(
                f"`{path.name}` was written by a newer version of snapharbor",
                "Upgrade snapharbor, or set another `defaults.working_directory`.",
                found=found,
                known=VERSION,
            )
        if found == 0:
            for statement in _statements(SCHEMA):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
    # Readers never wait for writers, and a commit is on the disk before it is believed.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Be the only writer until the end of the block, and take everything back if it fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def trouble(path: Path) -> Generator[None]:
    """Turn what SQLite and the file system complain about into errors that can be acted on."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise _meaning(error, path) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SpaceExhausted(f"there is no space left for `{path.name}`") from error
        raise _unusable(path, error.strerror or type(error).__name__) from error


def _meaning(error: sqlite3.DatabaseError, path: Path) -> EngineError:
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TimedOut(
            f"another process keeps `{path.name}` locked", "Wait for the process that writes to it to end."
        )
    if name in FULL or (name.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR")) and _is_full(path)):
        return SpaceExhausted(f"there is no space left for `{path.name}`")
    return _unusable(path, name)


def _is_full(path: Path) -> bool:
    """Whether nothing can be made beside a file: no block is left, or no name."""
    if sys.platform == "win32":
        return False
    found = os.statvfs(path.parent)
    return found.f_bavail == 0 or (found.f_files > 0 and found.f_favail == 0)


def _unusable(path: Path, why: str) -> ConfigInvalid:
    hint = "Check the rights on the working directory; keep the file and restore a copy if it is damaged."
    return ConfigInvalid(f"the ledger `{path.name}` cannot be used", hint, reason=why)
