"""What the server, the driver and the client programs complain about, as our errors.

The server's DETAIL and CONTEXT, and any message that quotes data, never get through: they hold row values.
"""

import re
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ...model.errors import (
    Cancelled,
    ConfigInvalid,
    DatabaseFailed,
    DatabaseRefused,
    DatabaseUnreachable,
    EngineError,
    PrivilegeMissing,
    SpaceExhausted,
    TimedOut,
)
from ..private import ENDED_HINT
from ..process import Completed

if TYPE_CHECKING:
    import psycopg

LONGEST = 300
CLOSED = "The server closed the connection: try again, and read its log if it happens twice."
FULL = "Free space on the database server, then run the same command again."
REPLICA = "Raise max_standby_streaming_delay on the replica, or set hot_standby_feedback = on."
NO_TLS = "Set sslmode=disable if the network is trusted, or turn on TLS in the server."

PREFIXES = re.compile(
    r"^[\w.]+: (error: )?|query failed: |could not execute query: |connection failed: |connection is bad: |"
    r"\b(ERROR|FATAL|PANIC):\s+"
)

# By SQLSTATE, the longest matching start first.
STATES: dict[str, tuple[type[EngineError], str]] = {
    "08": (DatabaseUnreachable, CLOSED),
    "25P03": (TimedOut, ""),
    "25P04": (TimedOut, ""),
    "28": (DatabaseRefused, ""),
    "3D000": (DatabaseRefused, "Check the name of the database in the URL."),
    "40001": (TimedOut, REPLICA),
    "42501": (PrivilegeMissing, ""),
    "53100": (SpaceExhausted, FULL),
    "53300": (DatabaseUnreachable, "Every connection of the server is taken: try later, or lower `cpus`."),
    "55006": (DatabaseFailed, "Close the sessions that use it, then run the same command again."),
    "55P03": (TimedOut, ""),
    "57014": (TimedOut, ""),
    "57P": (DatabaseUnreachable, CLOSED),
}

# Classes whose messages quote data or are written by the database's own code: only the condition is named.
QUOTING = ("22", "38", "39", "P0")

# By the English text of libpq and the server, for connection attempts and programs, which give no SQLSTATE.
TEXTS: tuple[tuple[str, type[EngineError], str], ...] = (
    (r"worker process died unexpectedly", DatabaseFailed, ENDED_HINT),
    (r"starting up|shutting down|in recovery mode|not yet accepting", DatabaseUnreachable, ""),
    (r"too many (clients|connections)|remaining connection slots", *STATES["53300"]),
    (r"no pg_hba\.conf entry.*no encryption", DatabaseRefused, "Set sslmode=require in the URL."),
    (r"does not support SSL|SSL was required", DatabaseRefused, NO_TLS),
    (r"SSL support is not compiled in", DatabaseRefused, "Install client tools that speak TLS."),
    (r"invalid \w+ value|invalid (connection option|integer value)", ConfigInvalid, ""),
    (r"certificate|SSL error|SSL SYSCALL error|sslmode", DatabaseRefused, "Check sslmode and sslrootcert."),
    (r"could not translate host name|failed to resolve host", DatabaseUnreachable, "Check the host name."),
    (r"due to lock timeout|could not obtain lock", TimedOut, ""),
    (r"due to statement timeout|idle-in-transaction timeout|transaction timeout", TimedOut, ""),
    (r"conflict with recovery", TimedOut, REPLICA),
    (r"due to user request", Cancelled, ""),
    (r"permission denied|must be (owner|superuser|able to)|must have .*privilege", PrivilegeMissing, ""),
    (r"affected by row-level security", PrivilegeMissing, "Use a role with BYPASSRLS."),
    (r"No space left on device|disk full|quota exceeded", SpaceExhausted, ""),
    (r"database .* does not exist", *STATES["3D000"]),
    (r"server closed the connection|connection to server was lost|terminating connection|"
     r"Connection reset|no connection to the server|SSL connection has been closed",
     DatabaseUnreachable, CLOSED),
    (r"FATAL:|password|authentication", DatabaseRefused, ""),
    (r"connection (to server|failed)|could not connect|timeout expired|Connection refused",
     DatabaseUnreachable, ""),
)  # fmt: skip


@contextmanager
def translated() -> Generator[None]:
    """Raise our own error for whatever psycopg raises inside the block."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise translate(error) from None


def translate(error: "psycopg.Error") -> EngineError:
    """Return our error for one of psycopg's, without any row value."""
    state = error.sqlstate
    if state is None:
        return _by_text(str(error), DatabaseUnreachable)
    found = by_state(state, error.diag.message_primary or "")
    if (constraint := error.diag.constraint_name) is not None:
        found.details["constraint"] = constraint
    return found


def by_state(state: str, message: str = "") -> EngineError:
    """Return our error for a SQLSTATE and the server's primary message."""
    kind, hint = next(
        (STATES[state[:size]] for size in (5, 3, 2) if state[:size] in STATES), (DatabaseFailed, "")
    )
    if state == "57014" and "user request" in message:
        kind = Cancelled
    if not message or state.startswith(QUOTING):
        message = condition(state)
    return kind(one_line(message), hint, sqlstate=state)


def condition(state: str) -> str:
    """Return the words for a SQLSTATE, such as `invalid text representation`."""
    from psycopg import errors

    try:
        name = errors.lookup(state).__name__
    except KeyError:
        return f"the server reported SQLSTATE {state}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def from_program(program: str, done: Completed) -> EngineError:
    """Return our error for a client program that failed."""
    if done.code < 0:
        return DatabaseFailed(
            f"`{program}` was ended by {_signal(-done.code)}",
            ENDED_HINT,
            program=program,
            exit_code=done.code,
        )
    if state := re.search(r":\s+(?=[A-Z]*\d)([0-9A-Z]{5})(?::|\s*$)", done.stderr, re.MULTILINE):
        return by_state(state[1])
    error = _by_text(done.stderr, DatabaseFailed)
    details = {**error.details, "program": program, "exit_code": done.code}
    message = error.message or f"`{program}` ended with code {done.code}"
    return type(error)(message, error.hint, **details)


def _signal(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def one_line(text: str) -> str:
    """Return a text as a single line of bounded length, names in backticks, without a full stop."""
    line = re.sub(r'"([^"]*)"', r"`\1`", " ".join(text.split()).rstrip("."))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _by_text(text: str, default: type[EngineError]) -> EngineError:
    lines = [line for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error:|ERROR:|FATAL:|PANIC:|failed", line)]
    line = (telling or lines or [""])[0]
    found = ((kind, hint) for pattern, kind, hint in TEXTS if re.search(pattern, line))
    kind, hint = next(found, (default, ""))
    # What stands in quotes after a colon, or after the word `value`, is data; names follow other words.
    shown = re.sub(r'(: ?|\bvalue )".*', r'\1"…"', PREFIXES.sub("", line))
    return kind(one_line(shown), hint)
