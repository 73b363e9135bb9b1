"""Taking a snapshot, side by side with pg_dump: wall time, size, memory.

`python benchmarks/build.py [--url URL] [--rounds N] [--more-clients DIRECTORY]`. Ours is the command line as
a user types it, start-up included: compressed, encrypted, hashed, in chunks. pg_dump writes readable files.
"""

import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from itertools import count

from rig import Rig, Run, options, report, rig, rounds, timed

from snapharbor.engine.database.postgres.tools import Toolbox

numbers = count(1)


def pg_dump(here: Rig, box: Toolbox, *arguments: str) -> Run:
    """Dump into a file or directory, and remove it."""
    place = here.directory / f"dump-{next(numbers)}"
    argv = [box.program("pg_dump"), "-d", here.conninfo(), "-f", place, *arguments]
    try:
        return timed(argv, here.environment, place)
    finally:
        shutil.rmtree(place) if place.is_dir() else place.unlink()


def ours(here: Rig, workers: int) -> Run:
    """Build into a fresh repository, and remove it."""
    place = here.directory / f"ours-{next(numbers)}"
    harbor = here.harbor(place, workers)
    try:
        return harbor.run("build", "benchmark")
    finally:
        shutil.rmtree(place)


def fastest(here: Rig, workers: int) -> tuple[str, Callable[[], Run]]:
    """Return pg_dump at its fastest: the newest that knows zstd, else the newest with little gzip."""
    able = [box for box in here.boxes if box.major >= max(here.major, 16) and knows_zstd(box)]
    box = (able or [box for box in here.boxes if box.major >= here.major])[-1]
    compression = "zstd:1" if able else "1"
    name = f"pg_dump {box.major} -Fd -j{workers} -Z {compression}"
    return name, partial(pg_dump, here, box, "-Fd", f"-j{workers}", f"-Z{compression}")


def knows_zstd(box: Toolbox) -> bool:
    """Tell whether a pg_dump was built with zstd; it checks that before it connects."""
    argv = [box.program("pg_dump"), "-Fc", "-Zzstd:1", "-d", "host=/nonexistent"]
    return "zstd" not in subprocess.run(argv, capture_output=True, text=True).stderr


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__)
    with rig(arguments) as here:
        name, fast = fastest(here, arguments.workers)
        custom = f"pg_dump {here.client.major} -Fc"
        cases = {
            custom: partial(pg_dump, here, here.client, "-Fc"),
            name: fast,
            "snapharbor build": partial(ours, here, arguments.workers),
        }
        report(rounds(here, cases, arguments.rounds), to=custom)


if __name__ == "__main__":
    main()
