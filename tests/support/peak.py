"""As a program, `python -m support.peak ARGUMENT…` is `snapharbor ARGUMENT…`, and says last what it took.

The last line of its standard error is the most memory, in bytes, that the program itself ever held.
"""

import re
import resource
import sys
from pathlib import Path

from snapharbor.cli.main import run_command
from snapharbor.cli.streams import guard_streams


def peak() -> int:
    """Return this program's peak memory; Linux counts that of whoever started it as usage, too."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    guard_streams()
    code = run_command(sys.argv[1:])
    print(peak(), file=sys.stderr)
    sys.exit(code)
