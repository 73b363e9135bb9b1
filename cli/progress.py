"""Shows how far a job is: bars on a terminal, few plain lines elsewhere, or JSON lines."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..engine.model.job import Progress, Report
from ..engine.model.json import JsonObject
from .output import line, note, size, visible
from .session import Session
from .streams import OutputLost

if TYPE_CHECKING:
    import rich.progress

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_EVENTS = 0.2


@contextmanager
def shown(session: Session) -> Generator[Report]:
    """Yield the report that suits who is watching."""
    if session.json:
        lines = Lines(lambda progress: line(progress=event(progress)), SECONDS_BETWEEN_EVENTS)
        yield lines
        lines.complete()
    elif sys.stderr.isatty():
        with _drawn() as drawn:
            bars = Bars(drawn)
            yield bars
            bars.complete()
    else:
        lines = Lines(lambda progress: note(session, sentence(progress)), SECONDS_BETWEEN_LINES)
        yield lines
        lines.complete()


class Lines:
    """Writes a line when a stage begins, then one every so many seconds, and what it came to at its end.

    Work goes on when nobody takes the lines any more.
    """

    def __init__(self, write: Callable[[Progress], None], seconds: float) -> None:
        self._write = write
        self._seconds = seconds
        self._stage = ""
        self._told = 0.0
        self._left: Progress | None = None
        self._lost = False
        self._lock = threading.Lock()

    def __call__(self, progress: Progress, /) -> None:
        with self._lock:
            now = time.monotonic()
            if progress.stage == self._stage and now - self._told < self._seconds:
                self._left = progress
                return
            if progress.stage != self._stage:
                self._end()
            self._stage, self._told, self._left = progress.stage, now, None
            self._tell(progress)

    def complete(self) -> None:
        """Say what the stage at hand came to."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._left is not None:
            self._tell(self._left)
        self._left = None

    def _tell(self, progress: Progress) -> None:
        if self._lost:
            return
        try:
            self._write(progress)
        except OutputLost:
            self._lost = True


class Bars:
    """Draws one bar per stage; a new stage completes the one before."""

    def __init__(self, bars: "rich.progress.Progress") -> None:
        self._bars = bars
        self._stage = ""
        self._lock = threading.Lock()

    def __call__(self, progress: Progress, /) -> None:
        with self._lock:
            if progress.stage != self._stage:
                self.complete()
                self._stage = progress.stage
                self._bars.add_task(visible(progress.stage), total=None, amount="")
            self._bars.update(
                self._bars.task_ids[-1],
                completed=progress.done,
                total=progress.total or None,
                amount=_amount(progress),
            )

    def complete(self) -> None:
        """Fill the bar of the stage at hand."""
        if self._bars.tasks:
            last = self._bars.tasks[-1]
            total = last.total or last.completed or 1
            self._bars.update(last.id, total=total, completed=total)


def event(progress: Progress) -> JsonObject:
    """Return progress as one JSON object."""
    return {
        "stage": progress.stage,
        "done": progress.done,
        "total": progress.total,
        "unit": progress.unit,
        "message": progress.message,
    }


def sentence(progress: Progress) -> str:
    """Return progress in one line: `reading: 120.0 MB of 1.4 GB, orders`."""
    said = ", ".join(part for part in (_amount(progress), progress.message) if part)
    return f"{progress.stage}: {said}" if said else progress.stage


def _amount(progress: Progress) -> str:
    if not (progress.done or progress.total):
        return ""
    if progress.unit == "bytes":
        done, total = size(progress.done), size(progress.total)
    else:
        done, total = f"{progress.done:,}", f"{progress.total:,} {progress.unit}".rstrip()
    return f"{done} of {total}" if progress.total else done


def _drawn() -> "rich.progress.Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[amount]}", markup=False),
        _rate(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _rate() -> "rich.progress.ProgressColumn":
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        """Bytes per second, where bytes are counted."""

        def render(self, task: Task) -> Text:
            counts_bytes = str(task.fields["amount"]).endswith("B")
            speed = task.finished_speed or task.speed
            return Text(f"{size(int(speed))}/s" if counts_bytes and speed else "", style="dim")

    return Rate()
