"""Reading what is defined in a database: the server's own CREATE statements, fit for another place and owner.

It is what the stock dump programs ask for, too; asked on our own connection it is of our own moment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...model.catalog import Catalog, Table, TableName
from ...model.target import Selection
from ..selection import Selected, select, sentence
from .entries import (
    Definition,
    Entry,
    Form,
    Kind,
    belonging_to_nobody,
    in_order,
    without_database,
    without_keys,
)
from .grants import Grants, read_grants
from .inspect import QUALIFIED, read_catalog, unquoted
from .names import quote
from .session import Connection
from .slices import form_of

DEFAULTS = """
SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA
WHERE SCHEMA_NAME = %s
"""
SEQUENCES = """
SELECT TABLE_NAME FROM information_schema.TABLES
WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'SEQUENCE' ORDER BY 1
"""
TRIGGERS = """
SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_STATEMENT, SQL_MODE,
       CHARACTER_SET_CLIENT, COLLATION_CONNECTION
FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s
ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER
"""
ROUTINES = """
SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s ORDER BY 1, 2
"""
EVENTS = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s ORDER BY 1"
UNSEEN = "left out, because the role has no {} privilege: {}, if there are any"
REACHING = "left out, because it runs by itself: {}"


@dataclass(slots=True)
class Reader:
    """Reads definitions on one connection; `told` takes sentences on what is missing or reaches outside."""

    connection: Connection
    database: str
    selected: Selected
    catalog: Catalog
    told: list[str] = field(default_factory=list[str])

    async def read(self, selection: Selection) -> Definition:
        """Read everything that the selection takes.

        Raises:
            PrivilegeMissing: the role may not see a table or view.
        """
        grants = await read_grants(self.connection)
        charset, collation = (await self.connection.rows(DEFAULTS, (self.database,)))[0]
        tables = [table for table in self.selected.tables if table.kind == "table"]
        views = [table for table in self.selected.tables if table.kind == "view"]
        entries = [
            *await self._sequences(),
            *[await self._table(table) for table in tables],
            *await self._routines(grants),
            *in_order([await self._view(view) for view in views]),
            *await self._triggers(grants),
            *await self._events(grants, selection),
        ]
        return Definition(self.database, str(charset), str(collation), tuple(entries))

    async def _create(self, kind: str, name: str) -> Mapping[str, str | None]:
        """Return what SHOW CREATE says, by position of the columns that count."""
        row = (await self.connection.rows(f"SHOW CREATE {kind} {quote(name)}"))[0]
        return {str(number): None if value is None else str(value) for number, value in enumerate(row)}

    async def _sequences(self) -> list[Entry]:
        if not self.connection.version.mariadb:
            return []
        found: list[Entry] = []
        for (name,) in await self.connection.rows(SEQUENCES, (self.database,)):
            text = (await self._create("SEQUENCE", name))["1"] or ""
            state = await self.connection.rows(
                f"SELECT next_not_cached_value, cycle_count FROM {quote(name)}"  # noqa: S608
            )
            value, cycles = state[0]
            then = f"DO SETVAL({quote(name)}, {int(value)}, 0, {int(cycles)})"
            found.append(Entry("SEQUENCE", name, text, then=then))
        return found

    async def _table(self, table: Table) -> Entry:
        name = table.name.name
        text = (await self._create("TABLE", name))["1"] or ""
        broken = [key for owner, key in self.selected.broken_keys if owner == table.name]
        kept = [key for key in table.foreign_keys if key.name not in broken]
        keys = tuple((key.name, key.referenced.name) for key in kept)
        forms: dict[str, Form] = {
            column.name: form for column in table.columns if (form := form_of(column)) is not None
        }
        return Entry("TABLE", name, without_keys(text, broken), keys=keys, forms=forms)

    async def _view(self, view: Table) -> Entry:
        name = view.name.name
        shown = await self._create("VIEW", name)
        text = belonging_to_nobody(shown["1"] or "")
        databases = {unquoted(one) for one, other in QUALIFIED.findall(text) if self._is_table(one, other)}
        if self.database in databases:
            text = without_database(text, self.database)
            self.told.append(f"reads another database, and so does every copy: view `{name}`")
        settings = {"character_set_client": shown["2"] or "", "collation_connection": shown["3"] or ""}
        reads = tuple(read.name for read in view.reads)
        return Entry("VIEW", name, text, reads=reads, settings=settings)

    def _is_table(self, schema: str, name: str) -> bool:
        """Tell whether two names are those of a database and a table, and not of a table and a column."""
        own = TableName(self.database, unquoted(name))
        return unquoted(schema) == self.database and self.catalog.table(own) is not None

    async def _routines(self, grants: Grants) -> list[Entry]:
        if not grants.may_see_routines(self.database):
            self.told.append(UNSEEN.format("SHOW_ROUTINE", "routines"))
        found: list[Entry] = []
        for type_, name in await self.connection.rows(ROUTINES, (self.database,)):
            kind: Kind = type_
            shown = await self._create(kind, name)
            if not shown["2"]:
                self.told.append(f"left out, because the role may not see its text: {kind.lower()} `{name}`")
                continue
            self._note(kind, name, shown["2"])
            text = belonging_to_nobody(shown["2"])
            found.append(Entry(kind, name, text, settings=_settings(shown["1"], shown["3"], shown["4"])))
        return found

    async def _triggers(self, grants: Grants) -> list[Entry]:
        if not grants.may("TRIGGER", self.database):
            self.told.append(UNSEEN.format("TRIGGER", "triggers"))
        taken = {table.name.name for table in self.selected.tables}
        found: list[Entry] = []
        for row in await self.connection.rows(TRIGGERS, (self.database,)):
            name, timing, event, table, body, mode, client, collation = row
            if table not in taken:
                continue
            self._note("TRIGGER", name, body)
            head = f"CREATE TRIGGER {quote(name)} {timing} {event} ON {quote(table)} FOR EACH ROW"
            settings = _settings(mode, client, collation)
            found.append(Entry("TRIGGER", name, f"{head} {body}", table=table, settings=settings))
        return found

    async def _events(self, grants: Grants, selection: Selection) -> list[Entry]:
        if not grants.may("EVENT", self.database):
            self.told.append(UNSEEN.format("EVENT", "events"))
        names = [str(name) for (name,) in await self.connection.rows(EVENTS, (self.database,))]
        if selection.without_reaching:
            self.told.extend(REACHING.format(f"EVENT {name}") for name in names)
            return []
        found: list[Entry] = []
        for name in names:
            shown = await self._create("EVENT", name)
            self._note("EVENT", name, shown["3"] or "")
            settings = _settings(shown["1"], shown["4"], shown["5"])
            text = belonging_to_nobody(shown["3"] or "")
            found.append(
                Entry("EVENT", name, text, settings={**settings, "time_zone": shown["2"] or "SYSTEM"})
            )
        return found

    def _note(self, kind: str, name: str, body: str) -> None:
        """Say of a body that it names its own database: no copy under another name can stand without it."""
        own = rf"(?<![\w`]){re.escape(self.database)}\s*\.|{re.escape(quote(self.database))}\s*\."
        if re.search(own, body):
            text = f"names its database, and in a copy under another name reaches for that: {kind.lower()}"
            self.told.append(f"{text} `{name}`")


def _settings(mode: str | None, client: str | None, collation: str | None) -> dict[str, str]:
    return {
        "sql_mode": mode or "",
        "character_set_client": client or "utf8mb4",
        "collation_connection": collation or "utf8mb4_general_ci",
    }


def elsewhere(catalog: Catalog) -> tuple[str, ...]:
    """Return the sentence on tables whose rows another server or table keeps."""
    names = (table.name.name for table in catalog.tables if table.kind == "foreign")
    return sentence("left out, table{s} whose rows are kept elsewhere", names)


async def read_whole(connection: Connection, database: str) -> Definition:
    """Read everything that is defined in the current database."""
    catalog, everything = await read_catalog(connection, database), Selection(use_default_schema=False)
    return await Reader(connection, database, select(everything, catalog), catalog).read(everything)
