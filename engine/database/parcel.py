"""Dumps that others wrote: what a file or zip archive holds, and how it is unpacked without trusting it."""

import errno
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from ..model.errors import ArgumentInvalid, SpaceExhausted
from ..model.url import Engine

Form = Literal["directory", "custom", "sql"]

TOO_LARGE = "the unpacked dump does not fit on the disk of the working directory"
MEMBERS = 100_000
DEPTH = 4
HEAD = 1 << 16
BLOCK = 1 << 20
ARCHIVE = b"PGDMP"
TABLE_OF_CONTENTS = "toc.dat"
CUSTOM_FORMAT = 1
_PART = re.compile(r"[A-Za-z0-9_@+=,() -][A-Za-z0-9_@+=,.() -]{0,199}")
_POSTGRES = re.compile(rb"-- Dumped (?:from database|by pg_dump) version (\d+)")
_DATABASE = re.compile(rb"-- Host: [^\n]*?Database: ([^\r\n]+)")
_SERVER = re.compile(rb"-- Server version\s+([\d.]+)")
_SAYS_MYSQL = re.compile(rb"-- (?:MySQL|MariaDB) dump |enable the sandbox mode")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a file holds: one dump. `root` leads to it inside, `bytes` is how much it is unpacked.

    `engine` is None where only whoever has the file knows. `majors` are the PostgreSQL versions that its SQL
    names, `product`, `version` and `database` what a dump of MySQL or MariaDB says it is of.
    """

    form: Form
    root: PurePosixPath
    bytes: int
    zipped: bool
    engine: Engine | None
    majors: tuple[int, ...] = ()
    product: str = ""
    version: str = ""
    database: str = ""


def look_into(file: Path) -> Parcel:
    """Say what a file holds; nothing is unpacked; blocking.

    Raises:
        ArgumentInvalid: it cannot be read, is damaged, holds no dump or several, or something dangerous.
    """
    with _opened(file) as archive:
        if archive is None:
            with file.open("rb") as plain:
                return _dump(PurePosixPath(file.name), plain.read(HEAD), file.stat().st_size, zipped=False)
        members = _members(file, archive)
        tables = [name for name in members if name.name == TABLE_OF_CONTENTS]
        if len(tables) == 1:
            total = sum(member.file_size for member in members.values())
            return Parcel("directory", tables[0].parent, total, zipped=True, engine="postgres")
        found = list(_dumps(archive, members))
        if len(found) != 1:
            what = f"{len(found)} dumps" if found else "no dump"
            raise ArgumentInvalid(
                f"`{file.name}` holds {what} that could be read",
                "It has to hold one: a directory or custom archive of pg_dump, or plain SQL.",
            )
        return found[0]


def unpack(file: Path, parcel: Parcel, directory: Path, each: Callable[[int], None]) -> Path:
    """Write what a parcel needs into a new private directory and return the dump's path; blocking.

    A file that is no zip archive is used where it is.

    Raises:
        ArgumentInvalid: the archive is damaged, or holds something else than when it was looked into.
        SpaceExhausted: it would not fit on the disk.
    """
    with _opened(file) as archive:
        if archive is None:
            return file
        members = _members(file, archive)
        wanted = {name: one for name, one in members.items() if _is_of(name, parcel)}
        total = sum(member.file_size for member in wanted.values())
        directory.mkdir(mode=0o700)
        if total > shutil.disk_usage(directory).free:
            raise SpaceExhausted(TOO_LARGE)
        for name, member in wanted.items():
            place = directory.joinpath(*name.parts)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out, archive.open(member) as packed:
                for block in _blocks(packed, member.file_size):
                    out.write(block)
                    each(len(block))
    return directory.joinpath(*parcel.root.parts)


def _is_of(name: PurePosixPath, parcel: Parcel) -> bool:
    return name.parent == parcel.root if parcel.form == "directory" else name == parcel.root


def _blocks(packed: IO[bytes], limit: int) -> Iterator[bytes]:
    """Yield at most what was declared, whatever the compressed bytes turn into."""
    while limit > 0 and (block := packed.read(min(BLOCK, limit))):
        limit -= len(block)
        yield block


@contextmanager
def _opened(file: Path) -> Generator[zipfile.ZipFile | None]:
    """Open a zip archive; None is given for a file that is none."""
    try:
        with file.open("rb") as start:
            zipped = start.read(4) == b"PK\x03\x04"
        if not zipped:
            yield None
            return
        with zipfile.ZipFile(file) as archive:
            yield archive
    except FileNotFoundError:
        raise ArgumentInvalid(f"there is no file `{file.name}`", "Name a snapshot's zip archive.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        reason = f" ({type(error).__name__})"
        raise ArgumentInvalid(
            f"`{file.name}` is a damaged zip archive, or of a kind that is not read{reason}",
            "Fetch the snapshot again, or unpack it and name the dump itself.",
        ) from None
    except (IsADirectoryError, PermissionError) as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ArgumentInvalid(f"`{file.name}` cannot be read: {reason}", "Name a file.") from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise SpaceExhausted(TOO_LARGE) from None


def _members(file: Path, archive: zipfile.ZipFile) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """Return the files of an archive by their paths, every one of which stays inside of it."""
    found: dict[PurePosixPath, zipfile.ZipInfo] = {}
    infos = archive.infolist()
    if len(infos) > MEMBERS:
        raise ArgumentInvalid(f"`{file.name}` holds more than {MEMBERS:,} files", "It is no snapshot.")
    for info in infos:
        name = PurePosixPath(info.filename)
        mode = info.external_attr >> 16
        odd = mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and stat.S_IFMT(mode)
        leads_out = info.filename.startswith("/") or not all(map(_PART.fullmatch, name.parts))
        if odd or leads_out or len(name.parts) > DEPTH or name in found or info.flag_bits & 1:
            raise ArgumentInvalid(
                f"`{file.name}` holds a member that no snapshot has: a path that leads out of it, a link, "
                "something encrypted, or one twice",
                "Do not use it: it was not made by a tool for snapshots.",
            )
        if not info.is_dir():
            found[name] = info
    return found


def _dumps(archive: zipfile.ZipFile, members: dict[PurePosixPath, zipfile.ZipInfo]) -> Iterator[Parcel]:
    for name, member in members.items():
        with archive.open(member) as packed:
            head = b"".join(_blocks(packed, min(HEAD, member.file_size)))
        try:
            yield _dump(name, head, member.file_size, zipped=True)
        except ArgumentInvalid:
            continue


def _dump(name: PurePosixPath, head: bytes, size: int, *, zipped: bool) -> Parcel:
    """Tell a dump by how it begins."""
    if head.startswith(ARCHIVE):
        if len(head) < 12 or head[10] != CUSTOM_FORMAT:
            raise ArgumentInvalid(f"`{name.name}` is only a part of an archive of pg_dump", "Name all of it.")
        return Parcel("custom", name, size, zipped, "postgres")
    if not head.strip() or b"\0" in head:
        raise ArgumentInvalid(f"`{name.name}` holds no dump", "Name a snapshot's zip archive, or a dump.")
    if _SAYS_MYSQL.search(head):
        found = _DATABASE.search(head)
        product = "MariaDB" if b"MariaDB" in head[:2000] or b"sandbox mode" in head[:200] else "MySQL"
        database = found[1].decode(errors="replace").strip() if found else ""
        server = _SERVER.search(head)
        version = server[1].decode() if server else ""
        return Parcel("sql", name, size, zipped, "mysql", product=product, version=version, database=database)
    majors = tuple(int(major) for major in _POSTGRES.findall(head))
    return Parcel("sql", name, size, zipped, "postgres" if majors else None, majors=majors)
