"""What of a snapshot is no row of a table: definitions, and what would reach outside."""

import re
from collections.abc import Iterator

from ...model.proof import CallHome
from ..base import Blocks, ChunkSource
from .entries import Entry, read_definition

REQUESTS = re.compile(
    r"\b(http_(?:get|post|put)|sys_exec|sys_eval|load_file|lambda_(?:async|sync))\s*\(", re.I
)
REACHING = "it runs by itself, if the server's event scheduler does"


class MysqlArtefact:
    """An `Artefact` of a snapshot of MySQL or MariaDB."""

    def __init__(self, source: ChunkSource) -> None:
        self._source = source
        self._entries: tuple[Entry, ...] | None = None

    def definitions(self) -> Iterator[tuple[str, bytes]]:
        """Yield the texts of everything that is defined, each with what it is."""
        for entry in self._all():
            yield entry.called, f"{entry.name}\n{entry.text}".encode()

    def loose(self) -> Iterator[tuple[str, Blocks]]:
        """Yield nothing: every row belongs to a table of ours."""
        yield from ()

    def calls_home(self) -> tuple[CallHome, ...]:
        """Return what would reach outside once the snapshot is loaded."""
        return tuple(found for entry in self._all() if (found := _reaching(entry)) is not None)

    def _all(self) -> tuple[Entry, ...]:
        if self._entries is None:
            self._entries = read_definition(self._source).entries
        return self._entries


def _reaching(entry: Entry) -> CallHome | None:
    if entry.kind == "EVENT":
        return CallHome(entry.kind, entry.name, REACHING)
    if entry.kind not in ("TABLE", "VIEW", "SEQUENCE") and (found := REQUESTS.search(entry.text)):
        return CallHome(entry.kind, entry.name, f"it calls `{found[1]}`")
    return None
