"""What the server, the driver and the client program complain about, as our errors.

Many messages of the server quote values, and a syntax error quotes the statement. So a message is passed on
only for conditions that are known to name nothing but tables, columns, keys and users.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from ...model.errors import (
    DatabaseFailed,
    DatabaseRefused,
    DatabaseUnreachable,
    EngineError,
    PrivilegeMissing,
    SpaceExhausted,
    TimedOut,
)
from ..process import REFUSED, Completed

if TYPE_CHECKING:
    import pymysql

LONGEST = 300
CLOSED = "The server closed the connection: try again, and read its log if it happens twice."
FULL = "Free space on the database server, then run the same command again."
TAKEN = "Every connection of the server is taken: try later, or lower `cpus`."
PACKET = "Raise max_allowed_packet on the server to at least twice the largest value."
CHANGED = "Run the same command again: a table was changed while it was being read."

Known = tuple[type[EngineError], str]

# By the number of the condition.
NUMBERS: dict[int, Known] = {
    **dict.fromkeys((1045, 1698, 1862, 3118, 4151), (DatabaseRefused, "")),
    **dict.fromkeys((1044, 1049), (DatabaseRefused, "Check the name of the database in the URL.")),
    **dict.fromkeys((1095, 1142, 1143, 1227, 1370, 1410, 1419), (PrivilegeMissing, "")),
    **dict.fromkeys((1158, 1159, 1160, 1161), (DatabaseUnreachable, CLOSED)),
    **dict.fromkeys((1040, 1203, 1226), (DatabaseUnreachable, TAKEN)),
    **dict.fromkeys((1053, 1077, 1927, 2006, 2013, 2055), (DatabaseUnreachable, CLOSED)),
    **dict.fromkeys((2002, 2003, 2005), (DatabaseUnreachable, "")),
    2026: (DatabaseRefused, "Check the TLS options of the URL."),
    **dict.fromkeys((1205, 1213, 1317, 1969, 3024, 3572), (TimedOut, "")),
    **dict.fromkeys((1412,), (TimedOut, CHANGED)),
    **dict.fromkeys((1021, 1114, 1041, 1037, 1038), (SpaceExhausted, FULL)),
    **dict.fromkeys((1153, 1301, 1690, 2020), (DatabaseFailed, PACKET)),
}  # fmt: skip

# Conditions whose messages name objects and never quote a value or a statement.
HARMLESS = frozenset(
    (
        *(1005, 1007, 1008, 1044, 1045, 1046, 1048, 1049, 1050, 1051, 1054, 1059, 1091, 1095, 1142, 1143),
        *(1205, 1213, 1214, 1227, 1231, 1235, 1264, 1273, 1286, 1304, 1305, 1347, 1356, 1359, 1360, 1362),
        *(1146, 1364),
        *(1370, 1406, 1412, 1418, 1419, 1435, 1449, 1451, 1452, 1478, 1698, 1792, 1901, 1906, 3819, 4025),
        *(2002, 2003, 2005, 2006, 2013, 2026),
    )
)  # fmt: skip

PROGRAM = re.compile(r"^ERROR (\d+) \(\w+\)(?: at line \d+)?: (.*)$", re.MULTILINE)


@contextmanager
def translated() -> Generator[None]:
    """Raise our own error for whatever the driver raises inside the block."""
    import pymysql

    try:
        yield
    except (pymysql.MySQLError, OSError) as error:
        raise translate(error) from None


def translate(error: "pymysql.MySQLError | OSError") -> EngineError:
    """Return our error for one of the driver's, without any row value."""
    import pymysql

    if isinstance(error, pymysql.MySQLError) and len(error.args) > 1 and isinstance(error.args[0], int):
        return by_number(error.args[0], str(error.args[1]))
    if isinstance(error, pymysql.InterfaceError | OSError):
        return DatabaseUnreachable("the connection was lost", CLOSED)
    return DatabaseFailed(one_line(type(error).__name__))


def by_number(number: int, message: str = "") -> EngineError:
    """Return our error for a condition's number and the server's message."""
    kind, hint = NUMBERS.get(number, (DatabaseFailed, ""))
    if number not in HARMLESS or not message:
        message = condition(number)
    return kind(one_line(message), hint, errno=number)


@cache
def condition(number: int) -> str:
    """Return the words for a condition's number, such as `dup entry`."""
    from pymysql.constants import CR, ER

    names = {value: name for room in (CR, ER) for name, value in vars(room).items() if name.isupper()}
    name = names.get(number)
    if name is None:
        return f"the server reported error {number}"
    return re.sub(r"^(er|cr) ", "", name.replace("_", " ").lower()) + f" (error {number})"


def from_program(program: str, done: Completed) -> EngineError:
    """Return our error for a client program that failed."""
    if found := PROGRAM.search(done.stderr):
        return by_number(int(found[1]), found[2])
    # What a client says without a number may hold rows; what stands for one in a container says why not.
    message = one_line(done.stderr) if done.code == REFUSED else f"`{program}` ended with code {done.code}"
    return DatabaseFailed(message, "", program=program, exit_code=done.code)


def one_line(text: str) -> str:
    """Return a text as a single line of bounded length, names in backticks, without a full stop."""
    line = re.sub(r"(?<!\w)'([^']*)'(?!\w)", r"`\1`", " ".join(text.split()).rstrip("."))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
