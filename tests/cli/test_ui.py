"""The full-screen terminal, driven by the library's own pilot: what is shown, asked and done."""

import logging
import re
from pathlib import Path

import anyio
import pytest
from support.cli import Shop
from support.harbor import CANARY, World, add_snapshot, manifest
from support.small import MakeSmall
from textual.pilot import Pilot
from textual.widgets import Button, Static
from textual.widgets._toast import Toast

from snapharbor.cli.screens.board import Board, Rows
from snapharbor.cli.screens.plan import PlanScreen
from snapharbor.cli.screens.told import ToldScreen
from snapharbor.cli.screens.work import WorkScreen
from snapharbor.engine.model.errors import DatabaseUnreachable
from snapharbor.engine.model.job import Progress, Report
from snapharbor.engine.model.json import JsonObject
from snapharbor.engine.model.plan import Plan

PATIENCE = 60
SIZE = (120, 36)
RULES = "UPDATE person SET email = 'user' || id || '@example.test' WHERE true"


async def seen(pilot: Pilot[None], screen: type, ended: bool = False) -> None:
    """Wait for a screen, and for the end of what it shows."""
    with anyio.fail_after(PATIENCE):
        while not isinstance(pilot.app.screen, screen) or (ended and label(pilot) != "Close"):
            await pilot.pause(0.05)


async def listed(pilot: Pilot[None], count: int) -> list[str]:
    """Wait until so many snapshots are listed, and return their kinds."""
    table = pilot.app.query_one("#snapshots", Rows)
    with anyio.fail_after(PATIENCE):
        while table.row_count != count:
            await pilot.pause(0.05)
    return [str(table.get_row_at(index)[2]) for index in range(count)]


def label(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#leave", Button).label)


def told(pilot: Pilot[None], where: str = "#told") -> str:
    return str(pilot.app.screen.query_one(where, Static).render())


async def carried_out(pilot: Pilot[None], key: str) -> str:
    """Press a key, agree to the plan, wait for the end, read how it ended, and close."""
    await pilot.press(key)
    await seen(pilot, PlanScreen)
    await pilot.click("#go")
    await seen(pilot, WorkScreen, ended=True)
    end = told(pilot)
    await pilot.press("enter")
    await seen(pilot, pilot.app.screen_stack[0].__class__)
    return end


@pytest.mark.server
async def test_a_snapshot_is_built_sanitized_and_loaded(make_small: MakeSmall) -> None:
    shop = make_small(
        "CREATE TABLE person (id int PRIMARY KEY, email text)",
        "INSERT INTO person SELECT n, 'p' || n || '@corp.example' FROM generate_series(1, 20) n",
        rules=RULES,
    )
    async with shop.harbor() as harbor:
        board = Board(harbor)
        async with board.run_test(size=SIZE) as pilot:
            await pilot.pause()
            assert "shop" in told(pilot, "#facts")
            assert "rows" in await carried_out(pilot, "b")
            assert await listed(pilot, 1) == ["original"]
            assert "clean" in await carried_out(pilot, "s")
            assert sorted(await listed(pilot, 2)) == ["original", "sanitized"]
            await pilot.press("tab")
            kinds = await listed(pilot, 2)
            await pilot.press(*["down"] * kinds.index("sanitized"))
            await carried_out(pilot, "l")
            assert shop.here("SELECT email FROM person WHERE id = 7") == [("user7@example.test",)]
            # Now something is there: Enter is no, and nothing is overwritten.
            await pilot.press("tab", "tab")
            await listed(pilot, 2)
            await pilot.press("l")
            await seen(pilot, PlanScreen)
            assert isinstance(board.focused, Button)
            assert board.focused.id == "leave"
            await pilot.press("enter")
            await pilot.pause()
        records = await harbor.audit()
        assert (records[-1].what, records[-1].outcome) == ("load", "declined")


async def board_of(world: World, keys: str, screen: type) -> str:
    """Press keys on a harbor of words and return what the screen that comes says."""
    async with world.open() as harbor:
        await add_snapshot(harbor, manifest())
        board = Board(harbor)
        async with board.run_test(size=SIZE) as pilot:
            await listed(pilot, 1)
            await pilot.press(*keys)
            await seen(pilot, screen)
            return told(pilot)


async def test_an_error_is_told_with_what_to_do(tmp_path: Path) -> None:
    error = DatabaseUnreachable("nobody answers at [b]db.example[/b]:5432", "Start it.")
    said = await board_of(World(tmp_path, source_error=error), "b", ToldScreen)
    assert said == "nobody answers at [b]db.example[/b]:5432 (database-unreachable)\nStart it."


async def test_work_is_stopped_and_the_screen_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    async def forever(_plan: Plan, *, confirmed: bool, report: Report) -> JsonObject:
        assert confirmed
        report(Progress("reading", 10, 100, "bytes", "orders"))
        try:
            await anyio.sleep_forever()
        finally:
            stopped.append("work")
        raise AssertionError

    async with World(tmp_path).open() as harbor:
        monkeypatch.setattr(harbor, "run", forever)
        board = Board(harbor)
        async with board.run_test(size=SIZE) as pilot:
            await pilot.press("b")
            await seen(pilot, PlanScreen)
            await pilot.press("enter")
            await seen(pilot, WorkScreen)
            await pilot.pause(0.3)
            assert told(pilot) == "reading: 10 B of 100 B, orders"
            # Whoever wants to leave meanwhile has it stopped first.
            await pilot.press("ctrl+q")
            await seen(pilot, WorkScreen, ended=True)
            assert stopped == ["work"]
            assert told(pilot).startswith("Stopped.")
            await pilot.press("escape", "q")
            await pilot.pause()
        assert board.return_code == 0


async def test_what_the_engine_logs_is_shown_and_obeyed_by_nobody(tmp_path: Path) -> None:
    before = logging.lastResort
    async with World(tmp_path).open() as harbor:
        board = Board(harbor)
        async with board.run_test(size=SIZE, notifications=True) as pilot:
            assert logging.lastResort is not None
            about = {
                "name": "snapharbor.test",
                "levelno": logging.WARNING,
                "msg": "a [b]lease[/b]\x1b[2J was left",
            }
            logging.lastResort.handle(logging.makeLogRecord(about))
            await pilot.pause(0.2)
            shown = [str(toast.render()) for toast in board.screen.query(Toast)]
        assert shown == ["a [b]lease[/b]\\x1b[2J was left"]
    assert logging.lastResort is before


async def test_a_mistake_of_ours_prints_no_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with World(tmp_path).open() as harbor:
        board = Board(harbor)

        async def survey(_key: str) -> None:
            secret = CANARY
            raise RuntimeError(secret)

        monkeypatch.setattr(harbor, "survey", survey)
        await board.run_async(headless=True)
    assert isinstance(board.failure, RuntimeError)
    assert CANARY not in "".join(capsys.readouterr())


def test_it_needs_a_terminal(shop: Shop) -> None:
    ran = shop.command.here("ui")
    assert (ran.code, "needs a terminal" in ran.err) == (2, True)


def test_the_real_command_draws_and_leaves(shop: Shop) -> None:
    ran = shop.command.terminal("ui", answers={"No snapshots yet": "q"}, columns=100)
    assert ran.code == 0
    # The other screen was entered and left.
    assert re.search(r"\x1b\[\?1049h.*\x1b\[\?1049l", ran.out, re.DOTALL)
