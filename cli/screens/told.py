"""Something to be read: an error and what to do about it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class ToldScreen(ModalScreen[None]):
    """Stays until it has been read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close")]

    def __init__(self, told: str) -> None:
        super().__init__()
        self._told = told

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            with VerticalScroll():
                yield Static(self._told, id="told", markup=False)
            yield Button("Close", id="leave")

    def on_button_pressed(self) -> None:
        """Leave."""
        self.action_leave()

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)
