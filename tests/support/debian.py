"""Debian's packages for tests, unpacked below the checkout: that needs no rights and changes no machine."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"


class NotToBeHad(Exception):
    """The packages cannot be fetched."""


@contextmanager
def alone(name: str) -> Generator[Path]:
    """Give a directory of the cache, and keep other processes of this run from preparing the same."""
    place = CACHE / name
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def unpacked(place: Path, *packages: str) -> Path:
    """Return where packages are unpacked with the libraries they name, which are fetched once.

    Raises:
        NotToBeHad: they cannot be fetched.
    """
    done = place / "unpacked"
    if done.exists():
        return done
    fresh = Path(tempfile.mkdtemp(dir=place))
    try:
        if os.geteuid() == 0:
            run("apt-get", "update", "-qq", directory=fresh)
        depends = run("apt-cache", "depends", *packages, directory=fresh)
        libraries = set(re.findall(r"Depends: (lib\S+)", depends)) - {"libc6"}
        run("apt-get", "download", "-qq", *packages, *sorted(libraries), directory=fresh)
        for package in fresh.glob("*.deb"):
            run("dpkg", "-x", str(package), ".", directory=fresh)
            package.unlink()
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(fresh)
        raise NotToBeHad from error
    fresh.chmod(0o755)
    return fresh.rename(done)


def environment(unpacked: Path) -> dict[str, str]:
    """Return an environment in which unpacked programs find their libraries and each other."""
    libraries = sorted({str(path.parent) for path in unpacked.rglob("*.so.*")})
    places = [str(unpacked / "usr" / name) for name in ("sbin", "bin")]
    return {
        **os.environ,
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "PATH": os.pathsep.join((*places, os.environ["PATH"])),
    }


def run(
    *argv: str, directory: Path | None = None, env: dict[str, str] | None = None, given: bytes | None = None
) -> str:
    """Run a program to a good end and return what it said."""
    done = subprocess.run(argv, cwd=directory, env=env, input=given, check=False, capture_output=True)
    if done.returncode:
        error = subprocess.CalledProcessError(done.returncode, argv)
        error.add_note(done.stderr.decode(errors="replace"))
        raise error
    return done.stdout.decode()
