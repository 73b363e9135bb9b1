"""Sanitizing, side by side with the classic way: wall time, size, memory, and what the proof adds.

`python benchmarks/sanitize.py [--url URL] [--rounds N]`. Ours is `snapharbor sanitize --new` as a user types
it, into a fresh repository: the rules run while the source is read, and the finished snapshot is read back
and searched for originals. The classic way is pg_dump -Fc, pg_restore with its indexes, the same rules by
psql, pg_dump -Fc again. The last table holds what counts, and what it may be.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from build import ours, pg_dump
from rig import Rig, Run, in_turn, median, options, report, rig, rounds

RULES, LIGHT = (Path(__file__).parent / f"sanitize_{name}.sql" for name in ("rules", "light"))
CLASSIC = "benchmark_classic"
BUILD, SANITIZE, LIGHTLY = "snapharbor build", "snapharbor sanitize", "light rules: "
SCAN = "the proof's part of it"
numbers = count(1)


def sanitize(here: Rig, rules: Path, workers: int, *, scans: list[Run]) -> Run:
    """Sanitize into a fresh repository, note how long the search for originals took, and remove it."""
    place = here.directory / f"sanitized-{next(numbers)}"
    harbor = here.harbor(place, workers, rules)
    try:
        run = harbor.run("sanitize", "benchmark", "--new")
        scans.append(Run(harbor.told("proof", "benchmark")["scan"]["seconds"]))
        return run
    finally:
        shutil.rmtree(place)


def classic(here: Rig, rules: Path, workers: int) -> Run:
    """Dump, restore, update, dump."""
    place = here.directory / f"classic-{next(numbers)}"
    place.mkdir()
    raw, clean = place / "raw", place / "clean"
    update = [*here.asking(CLASSIC), "-f", rules]
    steps = [*here.copying(CLASSIC, workers, raw), update, here.dumping(CLASSIC, clean)]
    try:
        return in_turn(steps, here.environment, clean)
    finally:
        shutil.rmtree(place)
        here.forget(CLASSIC)


def bars(found: Mapping[str, Sequence[Run]], dump: str) -> Iterator[tuple[str, float, float]]:
    """Yield what counts: its name, what it came to, and what it may be."""

    def ratio(name: str, other: str) -> float:
        return median(found[name], "seconds") / median(found[other], "seconds")

    classic, light = "the classic way", LIGHTLY + SANITIZE
    scan = ratio(SCAN, BUILD)
    yield f"{SANITIZE} without its proof / {BUILD}", ratio(SANITIZE, BUILD) - scan, 1.5
    yield f"{SCAN} / {BUILD}", scan, 0.5
    yield f"{SANITIZE} / {dump}", ratio(SANITIZE, dump), 0.55
    yield f"{SANITIZE} / {classic}", ratio(SANITIZE, classic), 0.08
    yield f"{light} / {LIGHTLY}{classic}", ratio(light, LIGHTLY + classic), 0.25
    yield f"memory of {SANITIZE}, MiB", median(found[SANITIZE], "peak_mib"), 150


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__)
    workers = arguments.workers
    with rig(arguments) as here:
        dump = f"pg_dump {here.client.major} -Fc"
        scans: list[Run] = []
        cases = {
            dump: partial(pg_dump, here, here.client, "-Fc"),
            BUILD: partial(ours, here, workers),
            SANITIZE: partial(sanitize, here, RULES, workers, scans=scans),
            "the classic way": partial(classic, here, RULES, workers),
            LIGHTLY + SANITIZE: partial(sanitize, here, LIGHT, workers, scans=[]),
            LIGHTLY + "the classic way": partial(classic, here, LIGHT, workers),
        }
        found = {**rounds(here, cases, arguments.rounds), SCAN: scans}
        report(found, to=dump)
        print("\n| what counts | is | may be |\n|---|---|---|")
        for name, figure, allowed in bars(found, dump):
            print(f"| {name} | {figure:.2f} | {allowed} |")


if __name__ == "__main__":
    main()
