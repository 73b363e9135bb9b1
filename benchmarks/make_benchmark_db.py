"""Fill an empty database with the benchmark's tables: `python benchmarks/make_benchmark_db.py URL [ROWS]`.

6500000 rows in the largest table, the default, give about 1.5 GB of COPY text, more than half of it there.
"""

import sys
from pathlib import Path

import anyio
from rig import Rig

from snapharbor.engine.database.postgres.tools import discover
from snapharbor.engine.model.url import DatabaseUrl

if __name__ == "__main__":
    rig = Rig(DatabaseUrl.parse(sys.argv[1]), anyio.run(discover), Path())
    rig.fill(int(sys.argv[2]) if len(sys.argv) > 2 else 6_500_000)
