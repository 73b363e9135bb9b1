"""How far work is that many threads do on one thing."""

import threading
import time
from dataclasses import dataclass, field

from ..model.job import Progress, Report
from .base import Blocks


@dataclass(slots=True)
class Meter:
    """Counts bytes from many threads and reports them, at most ten times a second."""

    report: Report
    stage: str
    total: int
    done: int = 0
    _told: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int) -> None:
        """Count some more bytes."""
        with self._lock:
            self.done += count
            moment = time.monotonic()
            if moment - self._told < 0.1 and self.done != self.total:
                return
            self._told = moment
        self.report(Progress(self.stage, self.done, max(self.total, self.done), "bytes"))

    def end(self) -> None:
        """Report that all is done: what it came to is the total, which was an estimate."""
        self.report(Progress(self.stage, self.done, self.done, "bytes"))

    def through(self, blocks: Blocks) -> Blocks:
        """Yield blocks on, and count each when it was used."""
        for block in blocks:
            yield block
            self.add(len(block))
