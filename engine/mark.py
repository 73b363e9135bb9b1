"""What tells one process from every other, for as long as it runs and after it ended."""

import os
import socket
from functools import cache
from hashlib import sha256
from pathlib import Path

UNKNOWN = "0"


def mark() -> str:
    """Return this process's mark: words of lower-case letters and digits, with `-` between them."""
    return f"{machine()}-{os.getpid()}-{started(os.getpid())}"


def ended(found: str) -> bool:
    """Whether the process of a mark is certainly gone; of a process elsewhere nobody here can tell."""
    place, pid, moment = found.split("-")
    if place != machine() or moment == UNKNOWN:
        return False
    now = started(int(pid))
    return _is_free(int(pid)) if now == UNKNOWN else now != moment


def started(pid: int) -> str:
    """Return when a process was started, in the kernel's own count; `0` where it does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return UNKNOWN


def _is_free(pid: int) -> bool:
    """Whether nobody has that id; /proc may hide those of other users."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False


@cache
def machine() -> str:
    """Return what processes share that see each other's ids: one start of a machine, or a container."""
    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_text() + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        name = socket.gethostname()
    return sha256(name.encode()).hexdigest()[:8]
