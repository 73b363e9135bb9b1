"""A plan at work: how far it is, what it came to, and a way to stop it."""

from typing import ClassVar

from anyio import CancelScope
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, ProgressBar, Static

from ...engine.harbor import Harbor
from ...engine.model.errors import EngineError
from ...engine.model.job import Progress
from ...engine.model.plan import Plan
from ..failures import sentence_of
from ..output import visible
from ..progress import sentence
from ..results import described

SECONDS_BETWEEN_LOOKS = 0.1


class WorkScreen(ModalScreen[None]):
    """Runs a confirmed plan and stays until somebody has read how it ended."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Stop or close")]

    def __init__(self, harbor: Harbor, plan: Plan) -> None:
        super().__init__()
        self._harbor = harbor
        self._plan = plan
        self._scope = CancelScope()
        self._latest: Progress | None = None
        self._ended = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            yield Static(visible(self._plan.summary), markup=False, classes="title")
            yield ProgressBar(show_eta=False)
            with VerticalScroll():
                yield Static("starting", id="told", markup=False)
            yield Button("Stop", id="leave")

    def on_mount(self) -> None:
        """Start."""
        self.set_interval(SECONDS_BETWEEN_LOOKS, self._draw)
        self.run_worker(self._run(), exit_on_error=True)

    def stop(self) -> bool:
        """Ask the work to stop; returns whether there was any left."""
        self._scope.cancel()
        return not self._ended

    def action_leave(self) -> None:
        """Stop the work, or leave when it has ended."""
        if self._ended:
            self.dismiss(None)
        else:
            self.query_one("#leave", Button).disabled = True
            self.stop()

    def on_button_pressed(self) -> None:
        """Do the same."""
        self.action_leave()

    async def _run(self) -> None:
        told = "Stopped. What had been begun is cleaned up; nothing else was touched."
        try:
            # A scope, because cancelling a task would leave its worker threads behind, at work.
            with self._scope:
                told = described(await self._harbor.run(self._plan, confirmed=True, report=self._note))
        except EngineError as error:
            told = sentence_of(error)
        self._end(told)

    def _note(self, progress: Progress) -> None:
        self._latest = progress

    def _draw(self) -> None:
        if self._latest is not None and not self._ended:
            self.query_one("#told", Static).update(sentence(self._latest))
            total = self._latest.total or None
            self.query_one(ProgressBar).update(total=total, progress=self._latest.done)

    def _end(self, told: str) -> None:
        self._ended = True
        self.query_one(ProgressBar).display = False
        self.query_one("#told", Static).update(told)
        button = self.query_one("#leave", Button)
        button.label, button.disabled = "Close", False
        button.focus()
