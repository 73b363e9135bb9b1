"""A real disk that is small enough to be filled."""

import os
import select
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MOUNT = 'mount -t tmpfs -o "size=$1,nr_inodes=$2,mode=0700" none "$3"'


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system of its own."""

    path: Path

    def fill(self, spare: int = 0) -> None:
        """Leave no more than `spare` bytes."""
        with (self.path / "filler").open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass  # there is nothing left
            file.truncate(max(file.tell() - spare, 0))

    def clear(self) -> None:
        """Give the space back."""
        (self.path / "filler").unlink()


SmallDisk = Callable[..., Disk]


@pytest.fixture
def small_disk() -> Generator[SmallDisk]:
    """Make disks: `small_disk(place, bytes, files=…)`, where nothing is yet."""
    with ExitStack() as stack:

        def make(place: Path, size: int, files: int = 100_000) -> Disk:
            how = _mounted if os.geteuid() == 0 else _in_a_namespace
            stack.enter_context(how(place, (str(size), str(files))))
            return Disk(place)

        yield make


@contextmanager
def _mounted(place: Path, sizes: tuple[str, str]) -> Generator[None]:
    place.mkdir(mode=0o700)
    if subprocess.run(["sh", "-c", MOUNT, "sh", *sizes, str(place)], check=False).returncode:
        pytest.skip("nobody may mount a small disk here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def _in_a_namespace(place: Path, sizes: tuple[str, str]) -> Generator[None]:
    """Mount it where an ordinary user may: in a namespace, which a process of ours keeps and shows to us."""
    keep = f"{MOUNT} && echo ready && exec cat"
    hidden = place.with_name(f"{place.name}-hidden")
    hidden.mkdir()
    argv = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", keep, "sh", *sizes, str(hidden)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        select.select([holder.stdout], [], [], 10)
        if holder.stdout.readline() != b"ready\n":
            pytest.skip("nobody may mount a small disk here")
        place.symlink_to(f"/proc/{holder.pid}/root{hidden}")
        yield
        holder.stdin.close()
