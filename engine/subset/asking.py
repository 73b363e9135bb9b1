"""Asking a source several questions at a time, each by a reader of its own."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Lock
from typing import TypeVar

from ..database.base import SliceReader

Question = TypeVar("Question")


@dataclass(frozen=True, slots=True)
class Askers:
    """Readers of one view, one at least."""

    readers: Sequence[SliceReader]

    def each(self, questions: Iterable[Question], ask: Callable[[SliceReader, Question], None]) -> None:
        """Ask every question, none of which is None, in any order; blocking. A failure is the last."""
        waiting, taking, failed = iter(questions), Lock(), Event()

        def following() -> Question | None:
            with taking:
                return None if failed.is_set() else next(waiting, None)

        def work(reader: SliceReader) -> None:
            try:
                while (one := following()) is not None:
                    ask(reader, one)
            except BaseException:
                failed.set()
                raise

        with ThreadPoolExecutor(len(self.readers)) as threads:
            for done in [threads.submit(work, reader) for reader in self.readers]:
                done.result()
