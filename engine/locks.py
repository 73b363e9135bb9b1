"""Locks on files that the system lets go of when their process ends, however it ends."""

import sys
import time

PAUSE_SECONDS = 0.02


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this descriptor alone, and return whether that was possible."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(descriptor: int) -> None:
    """Lock an open file for this descriptor alone; block until that is possible."""
    while not try_lock(descriptor):
        time.sleep(PAUSE_SECONDS)
