"""Builds a snapshot in a process of its own: `kill` on the way, `measure` memory and disk, fill the `disk`.

Arguments: what, a directory with the keys in `identity` and `signing_key`, and for `kill` the step.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import anyio
from anyio import to_thread
from support.repository import ORDERS, Person, Watched, build, manifest

from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.snapshot import TableData
from snapharbor.engine.repository import cutter
from snapharbor.engine.storage.local import LocalStorage

ROWS = Random(7).randbytes(3 << 20)


def owner(directory: Path) -> Person:
    """Return whose keys lie there."""
    return Person(*(Secret((directory / name).read_text()) for name in ("identity", "signing_key")))


async def killed(directory: Path, step: int) -> None:
    """Build, and die before the storage operation of that number, or behind it at the next block."""
    count = 0

    def before(_operation: str, _key: str) -> None:
        nonlocal count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)

    cutter.CHUNK_BYTES = 1 << 20
    storage = Watched(LocalStorage(directory / "store"), before)
    await build(owner(directory).repository(storage, directory), manifest("s1"), ROWS)


def long_stream(megabytes: int, seed: int) -> Iterator[bytes]:
    """Yield text that compresses about as rows do."""
    noise = Random(seed).randbytes(1 << 18).hex().encode() * 2
    for number in range(megabytes):
        yield b"%d\n" % number + noise[: (1 << 20) - 8]


def peak_memory() -> int:
    """Return the most memory that this program had, in bytes; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


async def measured(directory: Path) -> dict[str, int]:
    """Store two long streams at once, read one back, and return peaks in bytes."""
    repository = owner(directory).repository(LocalStorage(directory / "store"), directory)
    await build(repository, manifest("warm"), b"1\n")
    before, disk = peak_memory(), 0

    def look(_count: int) -> None:
        nonlocal disk
        disk = max(disk, sum(file.stat().st_size for file in (directory / "scratch").glob("*/*")))

    async with repository.writer() as writer:
        streams: list[TableData] = []

        async def one(seed: int) -> None:
            stream = await writer.store(partial(long_stream, 150, seed), on_bytes=look)
            streams.append(TableData(ORDERS, (), stream.rows, stream.chunks))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one, 1)
            tasks.start_soon(one, 2)
        snapshot = await writer.commit(replace(manifest("long"), tables=(streams[0],)))
    source = repository.source(snapshot)
    read = await to_thread.run_sync(lambda: sum(len(block) for block in source.table(ORDERS)))
    after = peak_memory()
    return {"grown": after - before, "peak": after, "disk": disk, "read": read}


async def full(directory: Path) -> dict[str, str]:
    """Build where no file may be larger than 1 MiB, and return the error's code."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    repository = owner(directory).repository(LocalStorage(directory / "store"), directory)
    try:
        await build(repository, manifest("s1"), ROWS)
    except EngineError as error:
        return {"code": error.code}
    return {}


def main() -> None:
    """Do what the arguments say and print the outcome as JSON."""
    what, directory = sys.argv[1], Path(sys.argv[2])
    doings: dict[str, Callable[[], object]] = {
        "kill": lambda: anyio.run(killed, directory, int(sys.argv[3])),
        "measure": lambda: anyio.run(measured, directory),
        "disk": lambda: anyio.run(full, directory),
    }
    print(json.dumps(doings[what]()))


if __name__ == "__main__":
    main()
