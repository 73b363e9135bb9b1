"""A subset beside a whole build: five of a hundred customers with all that is theirs, and 5 % of every table.

`python benchmarks/subset.py [--url URL] [--rows N] [--rounds N]`. All are the command line as a user types
it, into a fresh repository. The bar: a subset takes at most half of the time of a build.
"""

import json
import shutil
from collections.abc import Mapping
from functools import partial
from itertools import count

from rig import Rig, Run, options, report, rig, rounds

numbers = count(1)
PERCENT = 5
TABLES = ("customer", "purchase", "event", "login", "change")
# Customers and what refers to them; everything else is untouched.
CONNECTED = {"subset_tables": [{"table": "public.customer", "percent": PERCENT}]}
EVERY_TABLE = {"subset_tables": [{"table": f"public.{name}", "percent": PERCENT} for name in TABLES]}


def ours(here: Rig, workers: int, *command: str, subset: Mapping[str, object]) -> Run:
    """Run one command with a fresh repository, and remove it."""
    place = here.directory / f"ours-{next(numbers)}"
    harbor = here.harbor(place, workers)
    text = harbor.config.read_text()
    harbor.config.write_text(text.replace('{"cpus":', f'{{"subset": {json.dumps(subset)}, "cpus":'))
    try:
        return harbor.run(*command, "benchmark")
    finally:
        shutil.rmtree(place)


def main() -> None:
    """Measure and print."""
    arguments = options(__doc__)
    with rig(arguments) as here:
        run = partial(ours, here, arguments.workers)
        cases = {
            "build": partial(run, "build", subset=CONNECTED),
            "subset, customers": partial(run, "subset", subset=CONNECTED),
            "subset, every table": partial(run, "subset", subset=EVERY_TABLE),
            "explain-subset, customers": partial(run, "explain-subset", subset=CONNECTED),
        }
        report(rounds(here, cases, arguments.rounds), to="build")


if __name__ == "__main__":
    main()
