"""Sets of rows in a private file."""

from pathlib import Path

import pytest
from support.disk import SmallDisk

from snapharbor.engine.database import notes
from snapharbor.engine.model.errors import SpaceExhausted
from snapharbor.engine.subset.rowsets import open_rowsets


def test_rows_count_once_and_only_of_tables_that_are_open(tmp_path: Path) -> None:
    with open_rowsets(tmp_path) as rows:
        rows.shut([7], whole=True)
        rows.take([[(1, 5), (1, 3), (7, 1)], [(1, 5)]], 0)
        rows.find([[(1, 3), (1, 9), (7, 2)]])
        assert rows.settle([2], fresh=True) == 0
        assert list(rows.batches(1, 2)) == [[3, 5], [9]]
        assert rows.reasons(1) == {0: 2, 2: 1}
        assert rows.after(7, -1, 9) == []
        assert (rows.next_fresh(1, 9), rows.next_fresh(1, 9)) == ([9], [])
        assert [rows.after(1, last, 2) for last in rows.parts(1, 2)] == [[3, 5], [9]]


def test_rows_are_kept_that_every_reference_met_up_to_a_budget_by_rank(tmp_path: Path) -> None:
    with open_rowsets(tmp_path) as rows:
        rows.find([[(1, 1, 0b11, 40), (1, 2, 0b01, 30), (1, 3, 0b11, 20), (1, 4, 0b01, 10)]], met=1)
        rows.find([[(1, 1, 0b11, 40)]], met=2)
        assert rows.settle([1, 3], fresh=False, every=True, budget=2) == 1
        assert rows.after(1, -1, 9) == [2, 4]


def test_what_is_not_taken_is_missing_unless_its_table_is_whole(tmp_path: Path) -> None:
    with open_rowsets(tmp_path) as rows:
        rows.shut([7], whole=True)
        rows.shut([8], whole=False)
        rows.take([[(1, 1)]], 0)
        assert rows.missing([[(1, 1), (1, 2)], [(7, 1), (8, 1)]]) == 2


def test_fresh_rows_are_taken_once_somebody_comes_for_them(tmp_path: Path) -> None:
    with open_rowsets(tmp_path) as rows:
        rows.shut([8], whole=False)
        rows.take([[(1, 1)]], 0)
        rows.queue([[(1, 1), (1, 2), (8, 1)], [(1, 2)]], 4)
        assert (rows.after(1, -1, 9), rows.next_fresh(8, 9)) == ([1], [])
        assert (rows.next_fresh(1, 9), rows.next_fresh(1, 9)) == ([2], [])
        assert rows.whys(1, [1, 2, 3]) == {1: 0, 2: 4}


def test_nobody_else_reads_the_file_and_it_is_gone_at_the_end(tmp_path: Path) -> None:
    with open_rowsets(tmp_path):
        (file,) = tmp_path.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_as_one(
    tmp_path: Path, small_disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "CACHE_KIB", 64)
    disk = small_disk(tmp_path / "disk", 1 << 18)
    with open_rowsets(disk.path) as rows, pytest.raises(SpaceExhausted):
        rows.take(
            ([(1, place) for place in range(start, start + 1000)] for start in range(0, 10**6, 1000)), 0
        )
