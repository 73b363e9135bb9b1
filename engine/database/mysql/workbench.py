"""A private copy to apply rules to: triggers taken down, ON UPDATE off, foreign keys checked last.

Nothing here can be undone by the server, which ends transactions at every definition: whoever gives up
destroys the copy.
"""

import re
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from ...model.errors import EngineError, RuleFailed
from ...model.job import Report
from ...model.rules import Rule
from ...model.secret import Secret
from ...model.url import DatabaseUrl
from ..base import ChunkSource, Database
from .definition import read_whole
from .entries import Definition, Entry
from .keys import Key, read_keys
from .loading import entering, making, ruling
from .names import account, literal, quote
from .session import Connection, connect

ROLE = "snapharbor_rules"
COLUMN = re.compile(r"^\s*(`(?:[^`]|``)*` .*?),?$")
# Outside of quotes: a default or a comment may hold the same words.
ON_UPDATE = re.compile(
    r"^((?:[^'`]|'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`)*?) ON UPDATE current_timestamp(?:\(\d*\))?",
    re.IGNORECASE,
)


class MysqlWorkbench:
    """A database that nobody else uses, on a server of its own (`alone`) or one that may have others."""

    def __init__(self, database: Database, url: DatabaseUrl, *, alone: bool) -> None:
        self.database = database
        self._url = url
        self._alone = alone

    async def fill(self, source: ChunkSource, jobs: int, report: Report) -> None:
        """Restore a snapshot into the copy."""
        await self.database.restore(source, jobs, report)

    async def apply(self, rules: Sequence[Rule]) -> tuple[int, ...]:
        """Run rules and return the rows that each one touched; after a failure the copy is of no use.

        Triggers of the user do not fire, so no audit table receives old values, and columns with ON UPDATE
        keep theirs. Foreign keys cascade as they always do and are otherwise checked after the last rule.

        Raises:
            RuleFailed: the server refused a rule, or a constraint does not hold.
            SpaceExhausted, DatabaseUnreachable, TimedOut: the server is to blame, not the rule.
        """
        async with connect(self._url, read_only=False) as keeper:
            definition = await read_whole(keeper, self._url.database)
            keys = await read_keys(keeper, self._url.database)
            before = [await key.orphans(keeper) for key in keys]
            async with self._quiet(keeper, definition), self._runner(keeper) as runner:
                # What an unsafe rule makes may be its session's own.
                unsafe = any(rule.unsafe for rule in rules)
                touched = [await _apply(rule, keeper, keeper if unsafe else runner, keys) for rule in rules]
                for key, orphans in zip(keys, before, strict=True):
                    await _check(key, keeper, orphans)
        return tuple(touched)

    @asynccontextmanager
    async def _quiet(self, keeper: Connection, definition: Definition) -> AsyncGenerator[None]:
        """Take triggers down and stop columns from keeping time, and put both back at the end."""
        triggers = definition.of("TRIGGER")
        clocks = [pair for table in definition.of("TABLE") for pair in _clocks(table)]
        await keeper.run(*entering(keeper.version), *_altering(keeper))
        await keeper.run(*(f"DROP TRIGGER {quote(trigger.name)}" for trigger in triggers))
        await keeper.run(*(without for without, _ in clocks))
        yield
        await keeper.run(*entering(keeper.version))
        await keeper.run(*(with_ for _, with_ in clocks))
        for trigger in triggers:
            await keeper.run(*making(trigger, keeper.version))

    @asynccontextmanager
    async def _runner(self, keeper: Connection) -> AsyncGenerator[Connection]:
        """Connect as a user who may read and write rows of the copy, and nothing else.

        A server that others use gets no user: there rules run as who we are.
        """
        if not self._alone:
            yield keeper
            return
        user, password = account(ROLE, self._url), Secret(secrets.token_hex(24))
        database = re.sub(r"([_%\\])", r"\\\1", self._url.database)
        await keeper.run(
            f"DROP USER IF EXISTS {user}",
            f"CREATE USER {user} IDENTIFIED BY {literal(password.reveal())}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {quote(database)}.* TO {user}",
        )
        url = replace(self._url, user=ROLE, password=password)
        async with connect(url, read_only=False) as runner:
            yield runner
        await keeper.run(f"DROP USER {user}")


def _clocks(table: Entry) -> Sequence[tuple[str, str]]:
    """Return, for each column with ON UPDATE, the statements that take it off and that put it back."""
    columns = [found[1] for line in table.text.split("\n")[1:] if (found := COLUMN.match(line))]
    modify = f"ALTER TABLE {quote(table.name)} MODIFY COLUMN "
    return [
        (modify + without[1] + column[without.end() :], modify + column)
        for column in columns
        if (without := ON_UPDATE.match(column))
    ]


async def _apply(rule: Rule, keeper: Connection, runner: Connection, keys: Sequence[Key]) -> int:
    """Run one rule. The driver takes one statement at a time, whatever the text holds."""
    connection = keeper if rule.kind == "truncate" else runner
    follows = any(key.follows(rule) for key in keys)
    try:
        await connection.run(
            *entering(connection.version),
            *ruling(connection.version),
            f"SET SESSION foreign_key_checks = {int(follows)}",
        )
        await connection.run("SET SESSION unique_checks = 1", *_checking(connection))
        touched = await connection.run(rule.text)
    except EngineError as error:
        raise (error if error.retryable else _failed(error, rule)) from None
    return -1 if rule.kind == "truncate" or rule.unsafe else touched


def _altering(connection: Connection) -> Sequence[str]:
    """Return what lets a table be altered that keeps its history."""
    return ("SET SESSION system_versioning_alter_history = KEEP",) if connection.version.mariadb else ()


def _checking(connection: Connection) -> Sequence[str]:
    return ("SET SESSION check_constraint_checks = 1",) if connection.version.mariadb else ()


async def _check(key: Key, keeper: Connection, before: int) -> None:
    if await key.orphans(keeper) > before:
        raise RuleFailed(
            f"constraint `{key.name}` of `{key.table}` does not hold after the rules",
            "Change the referenced and the referencing columns alike, or delete both sides.",
            constraint=key.name,
            table=key.table,
        )


def _failed(error: EngineError, rule: Rule) -> RuleFailed:
    return RuleFailed(
        f"the rule at line {rule.line} failed: {error.message}",
        "Correct the rule; nothing was kept of this run.",
        line=rule.line,
        tables=list(rule.tables),
    )
