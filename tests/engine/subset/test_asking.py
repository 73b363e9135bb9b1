"""Several questions at a time: each is asked once, and the first failure is the end."""

from threading import Barrier, Lock

import pytest

from snapharbor.engine.database.memory import MemoryReader
from snapharbor.engine.model.errors import DatabaseFailed
from snapharbor.engine.subset.asking import Askers


def askers(count: int) -> Askers:
    return Askers([MemoryReader({}) for _ in range(count)])


@pytest.mark.parametrize("readers", [1, 3])
def test_every_question_is_asked_once(readers: int) -> None:
    asked, lock = list[int](), Lock()

    def ask(_: object, question: int) -> None:
        with lock:
            asked.append(question)

    askers(readers).each(iter(range(100)), ask)
    assert sorted(asked) == [*range(100)]


def test_as_many_are_asked_at_a_time_as_there_are_readers() -> None:
    together, used = Barrier(3, timeout=20), set[int]()

    def ask(reader: object, _: int) -> None:
        used.add(id(reader))
        together.wait()

    askers(3).each(range(3), ask)
    assert len(used) == 3


def test_what_fails_is_raised_and_nothing_more_is_asked() -> None:
    asked = list[int]()

    def ask(_: object, question: int) -> None:
        asked.append(question)
        if question == 3:
            raise DatabaseFailed("gone", "Try again.")

    with pytest.raises(DatabaseFailed):
        askers(1).each(range(10), ask)
    assert asked == [0, 1, 2, 3]


def test_a_failure_ends_the_others_too() -> None:
    together, asked = Barrier(2, timeout=20), list[int]()

    def ask(_: object, question: int) -> None:
        asked.append(question)
        together.wait()
        raise DatabaseFailed("gone", "Try again.")

    with pytest.raises(DatabaseFailed):
        askers(2).each(range(10), ask)
    assert sorted(asked) == [0, 1]
