"""A plan, shown before anything is touched, and the question whether to go on."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from ...engine.model.plan import Plan
from ..plans import text


class PlanScreen(ModalScreen[bool]):
    """Answers whether to go on; where that overwrites, exposes or deletes something, Enter says no."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            with VerticalScroll():
                yield Static(text(self._plan), markup=False)
            with Horizontal(classes="answers"):
                danger = self._plan.needs_confirmation
                yield Button("Do it", id="go", variant="error" if danger else "primary")
                yield Button("Cancel", id="leave")

    def on_mount(self) -> None:
        """Put Enter where it does no harm."""
        self.query_one("#leave" if self._plan.needs_confirmation else "#go", Button).focus()

    def on_button_pressed(self, pressed: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(pressed.button.id == "go")

    def action_leave(self) -> None:
        """Answer no."""
        self.dismiss(False)
