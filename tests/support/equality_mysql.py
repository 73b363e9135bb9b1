"""Both ways to run rules on one MariaDB database, through the doors that sanitizing uses."""

from collections.abc import Mapping
from pathlib import Path

from snapharbor.engine.database.base import Rewrite
from snapharbor.engine.database.mysql.database import MysqlDatabase
from snapharbor.engine.database.mysql.workbench import MysqlWorkbench
from snapharbor.engine.model.catalog import Catalog
from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.pushdown import Facts, Rewritten
from snapharbor.engine.model.rules import RuleSet
from snapharbor.engine.model.target import Limits, Selection
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.masking import Masker
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.pushdown import compile_reads
from snapharbor.engine.rules.resolve import resolve_all

from .equality import KEY, Outcome, Rows
from .mysql import MysqlServer

EVERYTHING = Selection()


class Both:
    """Runs rules on a database while it is read, and in a copy, and returns what each makes of the rows."""

    def __init__(self, server: MysqlServer, directory: Path) -> None:
        self.mariadb = server.mariadb
        self._settings = server.settings(directory)

    def database(self, url: DatabaseUrl) -> MysqlDatabase:
        """Return a database as targets have it."""
        return MysqlDatabase(url, self._settings, readers=2)

    async def in_a_copy(self, url: DatabaseUrl, rules: RuleSet) -> Outcome:
        """Run rules in a database that is their own to change."""
        database = self.database(url)
        masker = Masker(await database.inspect(), "mysql", KEY)
        try:
            resolved = resolve_all(analyse_all(rules, "mysql"), masker.catalog)
            await MysqlWorkbench(database, url, alone=True).apply([masker.rule(rule) for rule in resolved])
            return Outcome((await self._rows(database, None))[0])
        except EngineError as error:
            return Outcome(error=error)

    async def while_reading(self, url: DatabaseUrl, rules: RuleSet) -> Outcome:
        """Read a database as rules leave it; of rules that run in a copy, the tables that need none."""
        database = self.database(url)
        rewrite = rewriting(rules)
        try:
            rewritten = await database.rewritten(EVERYTHING, Limits(), rewrite)
            if rewritten.hazards and not rewritten.reads:
                return Outcome(hazards=rewritten.hazards)
            rows, view = await self._rows(database, rules)
            ours = {name.name for name in view.reads} if rewritten.hazards else rows.keys()
            return Outcome({name: rows[name] for name in ours}, hazards=rewritten.hazards)
        except EngineError as error:
            return Outcome(error=error)

    async def _rows(self, database: MysqlDatabase, rules: RuleSet | None) -> tuple[Rows, Rewritten]:
        rewrite = rewriting(rules) if rules is not None else None
        found: dict[str, list[bytes]] = {}
        async with database.view(EVERYTHING, Limits(), rewrite=rewrite) as view:
            await view.verify()
            with view.reader() as reader:
                for piece in view.slices:
                    lines = b"".join(map(bytes, reader.read(piece))).splitlines(keepends=True)
                    found.setdefault(piece.table.name, []).extend(lines)
            return {name: sorted(lines) for name, lines in found.items()}, view.rewritten or Rewritten()


def rewriting(rules: RuleSet) -> Rewrite:
    """Return what compiles rules for a source."""

    def rewrite(catalog: Catalog, facts: Facts) -> Rewritten:
        return compile_reads(analyse_all(rules, "mysql"), facts, Masker(catalog, "mysql", KEY))

    return rewrite


def rules_of(text: str) -> RuleSet:
    """Parse rules as they would stand in a file."""
    return parse(text, "sanitize.query_file", "mysql")


def by_table(outcome: Outcome) -> Mapping[str, list[bytes]]:
    """Return the rows of every table."""
    assert outcome.rows is not None, outcome
    return outcome.rows
