"""docs/guides/from-dbsnapper.md: every row of its tables is run."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.cli import Ran, Shop, written
from support.dbsnapper import NAME, document
from support.settings import Corner

from snapharbor.engine.settings.dbsnapper.keys import KEYS
from snapharbor.engine.settings.dbsnapper.write import import_configuration

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "from-dbsnapper.md"
UNCONFIRMED = 32


def rows(table: str) -> list[tuple[str, str]]:
    """Return the rows of a table of the guide."""
    found = re.search(rf"<!-- table: {table} -->\n.*\n.*\n((?:\|.*\n)+)", GUIDE.read_text())
    assert found is not None, f"the guide has no table `{table}`"
    cells = [line.strip("| ").split(" | ", 1) for line in found[1].splitlines()]
    return [(old.strip("` "), new.strip(" ")) for old, new in cells]


@pytest.fixture
def moved(shop: Shop) -> Shop:
    """Return the shop with two sets, a subset, and a file to load."""
    with (shop.command.home / "snapharbor.yml").open("a") as file:
        file.write("    subset: {subset_tables: [{table: public.customers, where: id <= 10}]}\n")
    for _ in range(2):
        assert shop.command.here("sanitize", "shop", "--original").code == 0
    written(shop.command.home / "file.sql", ["CREATE TABLE made (id int);"])
    with zipfile.ZipFile(shop.command.home / "7_shop.zip", "w") as archive:
        archive.writestr("shop.sql", "CREATE TABLE made (id int);")
    return Shop(shop.command.having(VARIABLE=shop.command.variables["COPY"]), shop.source, shop.copy)


def run(shop: Shop, words: Sequence[str]) -> Ran:
    """Run a line of the guide; what serves gets no client."""
    typed = [shop.command.variables["COPY"] if word == "URL" else word for word in words]
    if words[0] == "mcp":
        return shop.command(*typed)
    written(
        shop.command.home / "file.sql",
        [f"CREATE TABLE made_{'_'.join(re.findall('[a-z]+', ' '.join(words)))} ()"],
    )
    return shop.command.here(*typed)


@pytest.mark.server
def test_every_command_of_the_guide_works_and_what_does_not_names_what_does(moved: Shop) -> None:
    wrong: list[str] = []
    for old, new in rows("commands"):
        left, right = old.split()[1:], new.strip("`").split()[1:]
        there = new.startswith("`snapharbor ")
        if there:
            ran = run(moved, right)
            if ran.code:
                wrong.append(f"{new}: {ran.code} {ran.err}{ran.out[-300:]}")
        if not (there and left == right) and not answered(run(moved, left), left, new):
            wrong.append(f"{old}: {run(moved, left)}")
    assert not wrong


def answered(ran: Ran, left: Sequence[str], new: str) -> bool:
    """Whether a line of the original works as it is, needs a confirmation, or names what to do."""
    if ran.code == 0 or (ran.code == UNCONFIRMED and new.endswith("--yes`")):
        return True
    message, _, hint = ran.err.partition("\n")
    if "--json" in left:
        hint = str(ran.last()["error"]["hint"])
    hint = message if "--help" in hint else hint
    if ran.code != 2:
        return False
    if new.startswith("refused: "):
        reason = new.removeprefix("refused: ").removeprefix("a ")
        return reason in hint.lower() or reason in hint
    if hint.startswith("Leave it out"):
        return True
    said = re.findall("`([^`]+)`", new)[0]
    verb = " ".join(word for word in said.split()[:3] if word not in ("shop",) and not word.startswith("-"))
    return (verb if said.startswith("snapharbor ") else said) in hint


@pytest.mark.parametrize(("old", "new"), rows("keys"))
def test_every_key_of_the_guide_becomes_what_it_says(corner: Corner, old: str, new: str) -> None:
    file = corner.secret("dbsnapper.yml", document(old.replace("NAME", "*")))
    (row,) = import_configuration(file, corner.file).rows
    told = f"`{row.to.replace(f'.{NAME}.', '.NAME.')}`" if row.to else f"left out: {row.note}"
    assert told == new


def test_the_guide_has_every_key_once() -> None:
    assert [old.replace("NAME", "*") for old, _ in rows("keys")] == list(KEYS)
