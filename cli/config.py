"""`snapharbor config`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import output
from .session import Session, run

if TYPE_CHECKING:
    from ..engine.model.json import JsonObject
    from ..engine.operations.check import Check
    from ..engine.settings.dbsnapper.convert import Row

MARKS = {"ok": "ok", "info": "info", "warning": "WARNING", "error": "ERROR"}


@click.group()
def config() -> None:
    """Write, check and show the configuration."""


@config.command()
@click.pass_obj
def init(session: Session) -> None:
    """Write a configuration with fresh keys. Asks nothing, overwrites nothing."""
    from ..engine.settings.create import create_configuration

    made = create_configuration(session.config)
    value = {
        "file": str(made.file),
        "working_directory": str(made.working_directory),
        "public_key": made.public_key,
        "verifying_key": made.verifying_key,
    }
    names = {
        "Configuration": str(made.file),
        "Keys": f"{made.file.parent / 'keys'} (keep a copy: nothing opens your snapshots without them)",
        "Working directory": str(made.working_directory),
        "Public key": made.public_key,
    }
    following = "Next: add a target to the file, then run `snapharbor config check`."
    output.result(session, value, lambda: f"{output.facts(names)}\n\n{following}")


@config.command("import")
@click.argument("file", type=click.Path(path_type=Path), metavar="DBSNAPPER_YML")
@click.option(
    "--to",
    "new",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file to write.  [default: ./snapharbor.yml]",
)
@click.option("--dry-run", is_flag=True, help="Say what would become of each key and write nothing.")
@click.pass_obj
def import_(session: Session, file: Path, *, new: Path | None, dry_run: bool) -> None:
    """Write a configuration out of one of DBSnapper's.

    Says of every key what becomes of it. Encrypted values ($aes$) are opened with the file's secret_key, or
    with DBSNAPPER_SECRET_KEY; every secret is encrypted anew, to keys that are made beside the new file. The
    old file is only read. docs/guides/from-dbsnapper.md maps commands, keys and snapshots.
    """
    from ..engine.settings.dbsnapper.write import import_configuration, rows_as_mappings
    from ..engine.settings.environment import NAME

    done = import_configuration(file, new or session.config or Path(NAME), dry_run=dry_run)
    value: JsonObject = {
        "file": str(done.file) if done.file else None,
        "keys": rows_as_mappings(done.rows),
        "variables": rows_as_mappings(done.variables),
        "problems": [{"message": one.message, "hint": one.hint} for one in done.problems],
    }

    def text() -> str:
        told = [_became(done.rows)]
        if done.variables:
            told.append("Set other variables in the place of these:\n" + _became(done.variables))
        if done.problems:
            lines = [f"  {output.visible(f'{one.message}. {one.hint}')}" for one in done.problems]
            told.append("\n".join(("Still to do:", *lines)))
        if done.file:
            following = "see it with `snapharbor config show`, try it with `snapharbor config check`"
            told.append(f"Written: {output.visible(str(done.file))}\nNext: {following}.")
        return "\n\n".join(told)

    output.result(session, value, text)


def _became(rows: "Sequence[Row]") -> str:
    cells = [(one.key, one.to or "nothing", one.note) for one in rows]
    return output.table(("KEY", "BECOMES", "NOTE"), cells, folded=("KEY", "BECOMES", "NOTE"))


@config.command()
@click.pass_obj
def check(session: Session) -> int:
    """Connect to everything that is configured and say what works. The exit code is the first error's."""
    from ..engine.operations.check import exit_code

    async def work() -> "Sequence[Check]":
        async with session.harbor(partial=True) as harbor:
            return await harbor.check()

    checks = run(work)
    code = exit_code(checks)
    value: JsonObject = {
        "ok": code == 0,
        "checks": [
            {
                "area": one.area,
                "name": one.name,
                "level": one.level,
                "message": one.message,
                "hint": one.hint,
                "exit_code": one.exit_code,
            }
            for one in checks
        ],
    }
    output.result(session, value, lambda: report(checks))
    return code


@config.command()
@click.pass_obj
def show(session: Session) -> None:
    """Show what counts and where it came from; secrets and passwords are masked."""
    from ..engine.settings.load import load_settings

    settings = load_settings(session.config)
    value: JsonObject = {
        "file": str(settings.file) if settings.file else None,
        "values": [{"key": one.key, "value": one.value, "origin": one.origin} for one in settings.effective],
        "warnings": settings.warnings,
    }
    rows = [(one.key, one.value, one.origin) for one in settings.effective]
    headers = ("KEY", "VALUE", "FROM")
    output.result(session, value, lambda: output.table(headers, rows, folded=headers))
    for warning in settings.warnings:
        output.note(session, f"Warning: {warning}")


@config.command()
@click.pass_obj
def encrypt(session: Session) -> None:
    """Encrypt the plain secrets of the file in place, to your own identity."""
    from ..engine.settings.encrypt import encrypt_configuration

    done = encrypt_configuration(session.config)
    value = {
        "file": str(done.file),
        "backup": str(done.backup) if done.backup else None,
        "encrypted": done.encrypted,
        "left": done.left,
    }

    def text() -> str:
        lines = [f"encrypted  {key}" for key in done.encrypted] or ["Nothing to encrypt."]
        if done.backup:
            lines.append(f"\nThe plain values are still in {done.backup}: delete it when all is well.")
        return "\n".join(lines)

    output.result(session, value, text)
    for key in done.left:
        output.note(session, f"Warning: `{key}` cannot be encrypted to itself; use secret:file: or keyring.")


def report(checks: "Sequence[Check]") -> str:
    """Return checks as a table with the hints below what they belong to, and a last line about all."""
    rows = [
        (MARKS[one.level], one.area, one.name, f"{one.message}. {one.hint}" if one.hint else one.message)
        for one in checks
    ]
    counts = {level: sum(one.level == level for one in checks) for level in ("error", "warning")}
    said = ", ".join(output.counted(count, level) for level, count in counts.items() if count)
    table = output.table(("", "AREA", "NAME", "RESULT"), rows, folded=("NAME", "RESULT"))
    return f"{table}\n\n{said or 'Everything works.'}"
