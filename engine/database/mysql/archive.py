"""A snapshot as plain SQL, which the stock clients load into whatever database they are told to."""

from collections.abc import Iterator

from ..base import ChunkSource
from .entries import AFTER, BEFORE, Definition, Entry, read_definition, settings_of
from .loading import LENIENT, variables
from .statements import inserts

FILE = "snapshot.sql"
# Inside of this the body of a routine or trigger may have any sign that ends a statement.
DELIMITER = ";;"
KEPT = ("sql_mode", "time_zone", "foreign_key_checks", "unique_checks", "character_set_client")
WITH_BODY = frozenset(("FUNCTION", "PACKAGE", "PACKAGE BODY", "PROCEDURE", "TRIGGER", "EVENT"))


def script(source: ChunkSource) -> Iterator[bytes]:
    """Yield the SQL; blocking."""
    definition = read_definition(source)
    yield _beginning()
    yield from _made(definition, before=True)
    forms = {entry.name: entry.forms for entry in definition.of("TABLE")}
    for table in source.manifest.tables:
        name = table.name.name
        if table.rows:
            yield b"START TRANSACTION;\n"
            for statement in inserts(name, table.columns, forms.get(name, {}), source.table(table.name)):
                yield statement + b";\n"
            yield b"COMMIT;\n"
    yield from _made(definition, before=False)
    yield _end()


def _beginning() -> bytes:
    lines = [
        "-- Load it into an empty database: mariadb --binary-mode DATABASE < snapshot.sql",
        "SET NAMES utf8mb4;",
        *(f"SET @snapharbor_{name} = @@SESSION.{name};" for name in KEPT),
        f"SET SESSION {', '.join(variables(None, mode=LENIENT))};",
        "/*M!100200 SET SESSION check_constraint_checks = 0 */;",
    ]
    return ("\n".join(lines) + "\n").encode()


def _end() -> bytes:
    return "".join(f"SET SESSION {name} = @snapharbor_{name};\n" for name in KEPT).encode()


def _made(definition: Definition, *, before: bool) -> Iterator[bytes]:
    for entry in definition.of(*(BEFORE if before else AFTER)):
        yield _statement(entry)


def _statement(entry: Entry) -> bytes:
    lines: list[str] = []
    if entry.settings:
        lines += [f"{settings_of(entry)};"]
    if entry.kind in WITH_BODY:
        delimiter = _delimiter(entry.text)
        lines += [f"DELIMITER {delimiter}", f"{entry.text} {delimiter}", "DELIMITER ;"]
    else:
        lines += [f"{entry.text};"]
    if entry.then:
        lines += [f"{entry.then};"]
    if entry.settings:
        lines += ["SET NAMES utf8mb4;", f"SET SESSION {', '.join(variables(None, mode=LENIENT))};"]
    return ("\n".join(lines) + "\n").encode()


def _delimiter(text: str) -> str:
    """Return what does not stand in a text."""
    delimiter = DELIMITER
    while delimiter in text:
        delimiter = f"{delimiter}$"
    return delimiter
