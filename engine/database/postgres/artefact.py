"""What of a snapshot is no row of a table: definitions, large objects, and what would reach outside."""

import re
from collections.abc import Iterator, Mapping

from ...model.proof import CallHome
from ...model.target import Selection
from ..base import LARGE_OBJECTS, Blocks, ChunkSource
from .custom import block_objects, block_rows
from .toc import ByteStream, Entry, Toc, read_toc

# What is left out of a sanitized snapshot: these hold passwords or connect by themselves.
STRIPPED: Mapping[bytes, str] = {
    b"USER MAPPING": "it holds the password for another server",
    b"SUBSCRIPTION": "it holds the address and password of another server",
    b"DATABASE PROPERTIES": "settings of a database may hold keys, and those of a role its name",
}
REACHING: Mapping[bytes, str] = {
    b"SERVER": "it names another server, and foreign tables read from there",
    b"EVENT TRIGGER": "it runs by itself when definitions change",
}
EXTENSIONS: Mapping[bytes, str] = {
    b"pg_cron": "it runs jobs by itself",
    b"pg_background": "it runs statements by itself",
    b"http": "it sends requests",
    b"pg_net": "it sends requests",
    b"dblink": "it connects to other servers",
    b"postgres_fdw": "it connects to other servers",
    b"aws_lambda": "it calls functions of a cloud",
    b"plsh": "it runs programs",
}
REQUESTS = re.compile(
    rb"\b(dblink\w*|net\.http_\w+|http_(get|post|put|delete)|cron\.schedule|pg_notify)\s*\(", re.I
)
ROUTINES = (b"FUNCTION", b"PROCEDURE")


def kinds_without(selection: Selection) -> frozenset[bytes]:
    """Return the kinds of entries that a selection leaves out."""
    return frozenset(
        (*(STRIPPED if selection.without_secrets else ()), *(REACHING if selection.without_reaching else ()))
    )


class PostgresArtefact:
    """An `Artefact` of a snapshot of PostgreSQL."""

    def __init__(self, source: ChunkSource) -> None:
        self._source = source
        self._toc: Toc | None = None

    def definitions(self) -> Iterator[tuple[str, bytes]]:
        """Yield the texts of everything that is defined, each with what it is."""
        for entry in self.entries():
            texts = (entry.namespace, entry.tag, entry.definition)
            yield called(entry), b"\n".join(text for text in texts if text)

    def loose(self) -> Iterator[tuple[str, Blocks]]:
        """Yield large objects, and rows that pg_dump read, such as those of extensions."""
        toc = self._read()
        for entry in toc.entries:
            part = f"block/{entry.id}"
            if not entry.dumper or all(one.name != part for one in self._source.manifest.parts):
                continue
            if entry.desc == b"BLOBS":
                for _, blocks in block_objects(self._source.part(part), toc):
                    yield LARGE_OBJECTS, blocks
            else:
                yield called(entry), block_rows(self._source.part(part), toc)

    def calls_home(self) -> tuple[CallHome, ...]:
        """Return what would reach outside once the snapshot is loaded."""
        return tuple(found for entry in self.entries() if (found := _reaching(entry)) is not None)

    def entries(self) -> tuple[Entry, ...]:
        """Return everything that is defined, as pg_dump wrote it."""
        return self._read().entries

    def _read(self) -> Toc:
        if self._toc is None:
            self._toc = read_toc(ByteStream(self._source.part("toc")))
        return self._toc


def called(entry: Entry) -> str:
    """Return what an entry is, such as `VIEW public.vip`."""
    name = b".".join(part for part in (entry.namespace, entry.tag) if part)
    return f"{(entry.desc or b'').decode()} {name.decode(errors='replace')}"


def _reaching(entry: Entry) -> CallHome | None:
    what = (entry.desc or b"").decode()
    name = called(entry).removeprefix(f"{what} ")
    if why := REACHING.get(entry.desc or b""):
        return CallHome(what, name, why)
    if entry.desc == b"EXTENSION" and (why := EXTENSIONS.get(entry.tag or b"")):
        return CallHome(what, name, why)
    if entry.desc in ROUTINES and (found := REQUESTS.search(entry.definition or b"")):
        return CallHome(what, name, f"it calls `{found[1].decode()}`")
    return None
