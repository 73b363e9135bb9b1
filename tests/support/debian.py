"""Debian's packages for tests, unpacked below the checkout: that needs no rights and changes no machine."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
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

    def fetch(fresh: Path) -> None:
        depends = run("apt-cache", "depends", *packages, directory=fresh)
        libraries = set(re.findall(r"Depends: (lib\S+)", depends)) - {"libc6"}
        run("apt-get", "download", "-qq", *packages, *sorted(libraries), directory=fresh)

    return _unpacked(place, fetch)


def unpacked_unstable(place: Path, *packages: str) -> Path:
    """Return where packages of Debian's next release are unpacked with all that they need, its C library too.

    Raises:
        NotToBeHad: they cannot be fetched.
    """

    def fetch(fresh: Path) -> None:
        mirror = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)").splitlines()
        uri = next((line.split()[0] for line in mirror if line.endswith(" Debian Debian")), None)
        if uri is None:
            raise NotToBeHad
        lists, cache = fresh / "lists", fresh / "cache"
        for directory in (lists, cache):
            (directory / "partial").mkdir(parents=True)
        (cache / "archives" / "partial").mkdir(parents=True)
        (fresh / "status").touch()
        (fresh / "sources.list").write_text(f"deb [signed-by={KEYRING}] {uri} unstable main\n")
        settings = {
            "Dir::State::lists": lists,
            "Dir::State::status": fresh / "status",
            "Dir::Etc::sourcelist": fresh / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Cache": cache,
        }
        options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        run("apt-get", *options, "update", "-qq")
        run("apt-get", *options, "install", "-qq", "--download-only", "--no-install-recommends", *packages)
        for package in (cache / "archives").glob("*.deb"):
            if not package.name.startswith("perl"):
                package.rename(fresh / package.name)
        shutil.rmtree(cache)
        shutil.rmtree(lists)

    return _unpacked(place, fetch)


def _unpacked(place: Path, fetch: Callable[[Path], None]) -> Path:
    done = place / "unpacked"
    if done.exists():
        return done
    fresh = Path(tempfile.mkdtemp(dir=place))
    try:
        with alone("apt"):
            if os.geteuid() == 0:
                run("apt-get", "update", "-qq", directory=fresh)
            fetch(fresh)
        for package in fresh.glob("*.deb"):
            run("dpkg", "-x", str(package), ".", directory=fresh)
            package.unlink()
    except (OSError, subprocess.CalledProcessError, NotToBeHad) as error:
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
