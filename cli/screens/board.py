"""The first screen: targets on the left, the chosen one's snapshots on the right."""

import asyncio
import logging
from typing import ClassVar, cast

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Footer, Header, Static
from textual.worker import WorkerFailed

from ...engine.harbor import Harbor
from ...engine.model.errors import EngineError
from ...engine.model.snapshot import Snapshot
from ...engine.operations.requests import BuildRequest, LoadRequest, Request, SanitizeRequest, VerifyRequest
from ..failures import sentence_of
from ..output import visible
from ..snapshots import HEADERS, by_target, row, trouble
from ..target import head
from ..targets import NONE
from .plan import PlanScreen
from .told import ToldScreen
from .work import WorkScreen

KEYS = (
    ("b", "build", "Build"),
    ("s", "sanitize", "Sanitize"),
    ("l", "load", "Load"),
    ("v", "verify", "Verify"),
    ("r", "refresh", "Look again"),
    ("q", "leave", "Quit"),
)


class Rows(DataTable[Text]):
    """A table of which whole rows are chosen."""


class Board(App[None]):
    """Shows what there is; every key that does something shows its plan first."""

    TITLE = "Snapharbor"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding(*key) for key in KEYS]
    CSS_PATH = "board.tcss"

    def __init__(self, harbor: Harbor) -> None:
        super().__init__()
        self._harbor = harbor
        self.failure: Exception | None = None
        self._shown: dict[str, Snapshot] = {}
        self._logged_before = logging.lastResort

    async def show(self) -> None:
        """Run until somebody leaves, then raise what went wrong, if anything did."""
        await self.run_async()
        if self.failure is not None:
            raise self.failure

    def compose(self) -> ComposeResult:
        yield Header(icon="")
        with Horizontal():
            yield Rows(id="targets", cursor_type="row")
            with Vertical():
                yield Static(NONE, id="facts", markup=False)
                yield Rows(id="snapshots", cursor_type="row")
                yield Static(id="none", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Fill the list of targets; the first one is chosen. What is logged is shown from now on."""
        logging.lastResort = _Notices(self)
        self.sub_title = visible(str(self._harbor.settings.file or ""))
        table = self._table("#targets")
        table.add_columns("TARGET", "TYPE")
        for target in self._harbor.targets():
            table.add_row(_cell(target.key), _cell(target.type), key=target.key)
        self._table("#snapshots").add_columns(*HEADERS)
        table.focus()

    def on_unmount(self) -> None:
        """Leave what is logged to others."""
        logging.lastResort = self._logged_before

    @on(DataTable.RowHighlighted, "#targets")
    def choose(self, highlighted: "DataTable.RowHighlighted") -> None:
        """Show another target."""
        if highlighted.row_key.value is not None:
            self.look(highlighted.row_key.value)

    @work(exclusive=True, group="look")
    async def look(self, key: str) -> None:
        """List a target's snapshots; whoever moves on meanwhile does not wait for it."""
        facts, table, none = (
            self.query_one("#facts", Static),
            self._table("#snapshots"),
            self.query_one("#none", Static),
        )
        facts.update(head(self._harbor.target(key)))
        table.clear()
        table.loading = True
        try:
            found = await self._harbor.survey(key)
        except EngineError as error:
            none.update(sentence_of(error))
            return
        finally:
            table.loading = False
        sets = by_target(found.snapshots).get(key, ())
        members = [(index, member) for index, one in enumerate(sets) for member in one]
        self._shown = {member.manifest.id: member for _, member in members}
        for index, member in members:
            table.add_row(*map(_cell, row(index, member)), key=member.manifest.id)
        none.update(trouble(found.unreadable) or ("" if members else "No snapshots yet: press b or s."))

    def action_build(self) -> None:
        """Build the chosen target."""
        if (key := self._chosen("#targets")) is not None:
            self.perform(BuildRequest(key))

    def action_sanitize(self) -> None:
        """Sanitize the chosen target's newest original, or its source."""
        if (key := self._chosen("#targets")) is not None:
            self.perform(SanitizeRequest(key))

    def action_load(self) -> None:
        """Load the chosen snapshot."""
        if (snapshot := self._snapshot()) is not None:
            manifest = snapshot.manifest
            self.perform(LoadRequest(manifest.id, original=manifest.kind == "original"))

    def action_verify(self) -> None:
        """Verify the chosen snapshot."""
        if (snapshot := self._snapshot()) is not None:
            self.perform(VerifyRequest(snapshot.manifest.id))

    def action_refresh(self) -> None:
        """Look at the chosen target again."""
        if (key := self._chosen("#targets")) is not None:
            self.look(key)

    async def action_leave(self) -> None:
        """Leave, when nothing is at work any more."""
        if not (isinstance(self.screen, WorkScreen) and self.screen.stop()):
            self.exit()

    async def action_quit(self) -> None:
        """Do the same for the key that the library binds."""
        await self.action_leave()

    @work(exclusive=True, group="perform")
    async def perform(self, request: Request) -> None:
        """Plan a request, show the plan, and carry it out if that is wanted."""
        self.notify("Planning…", timeout=2)
        try:
            plan = await self._harbor.plan(request)
            if not await self.push_screen_wait(PlanScreen(plan)):
                if plan.needs_confirmation:
                    await self._harbor.decline(plan)
                return
        except EngineError as error:
            await self.push_screen_wait(ToldScreen(sentence_of(error)))
            return
        await self.push_screen_wait(WorkScreen(self._harbor, plan))
        self.action_refresh()

    def _snapshot(self) -> Snapshot | None:
        chosen = self._chosen("#snapshots")
        if chosen is None:
            self.notify("Choose a snapshot first.", severity="warning")
        return self._shown.get(chosen or "")

    def _chosen(self, table: str) -> str | None:
        shown = self._table(table)
        return shown.ordered_rows[shown.cursor_row].key.value if shown.row_count else None

    def _table(self, name: str) -> Rows:
        return self.query_one(name, Rows)

    def _fatal_error(self) -> None:
        """End for a mistake of ours; the library would print its local variables, secrets among them."""
        error = self._exception
        self.failure = cast(Exception, error.error) if isinstance(error, WorkerFailed) else error
        self._close_messages_no_wait()


class _Notices(logging.Handler):
    """Shows what the engine logs over the screen."""

    def __init__(self, board: Board) -> None:
        super().__init__(logging.WARNING)
        self._board = board
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("snapharbor."):
            message = visible(record.getMessage())
            self._loop.call_soon_threadsafe(
                lambda: self._board.notify(message, severity="warning", markup=False)
            )


def _cell(text: str) -> Text:
    return Text(visible(text))
