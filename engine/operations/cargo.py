"""What a load brings of a snapshot: everything, or what the target's own filters take of it."""

import hmac
from dataclasses import asdict, dataclass

from ..database.base import Contents
from ..database.engines import engine_of, kit
from ..model.errors import ArgumentInvalid
from ..model.json import digest
from ..model.snapshot import Snapshot, TableData
from ..model.target import Selection, Target
from ..model.url import DatabaseUrl
from ..services import Services

TEMPLATE = "snapharbor_t_"
SHELF_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Cargo:
    """A snapshot, the filters that count (`only`; None: all of it), and what they leave.

    `shelf` is how the names of this target's templates begin.
    """

    snapshot: Snapshot
    only: Selection | None
    contents: Contents
    shelf: str

    @property
    def filter(self) -> str | None:
        """A short digest of the filters, None without any."""
        return digest(asdict(self.only))[:8] if self.only else None

    @property
    def template(self) -> str:
        """The name of the database that later loads of exactly this are copied from."""
        words = (self.snapshot.id.replace("-", "_"), self.filter)
        return self.shelf + "_".join(word for word in words if word)

    @property
    def tables(self) -> tuple[TableData, ...]:
        """The tables that get rows."""
        names = set(self.contents.tables)
        return tuple(table for table in self.snapshot.manifest.tables if table.name in names)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before it is loaded: that it is raw, and what it lacks."""
        manifest = self.snapshot.manifest
        raw = ("this is RAW data: it was never sanitized",) if manifest.kind == "original" else ()
        return (*raw, *manifest.left_out, *(f"on loading: {text}" for text in self.contents.left_out))


async def choose_cargo(services: Services, snapshot: Snapshot, *, target: Target, url: DatabaseUrl) -> Cargo:
    """Decide what a load into `url` brings.

    Without a filter it is all that the snapshot holds: a build by the same configuration has filtered
    already, and a snapshot of somebody else's target must not lose anything silently.

    Raises:
        ArgumentInvalid: the destination is another kind of server.
        ConfigInvalid: the filters contradict themselves, or leave nothing of the snapshot.
    """
    if url.engine != engine_of(snapshot.manifest):
        raise ArgumentInvalid(
            f"`{snapshot.id}` was taken of {snapshot.manifest.engine}, and `{url}` is another kind of server",
            f"Name a {kit(engine_of(snapshot.manifest)).name} database as destination.",
        )
    shelf = _shelf(services, target)
    if target.selection == Selection():
        everything = Contents(tuple(table.name for table in snapshot.manifest.tables), ())
        return Cargo(snapshot, None, everything, shelf)
    source = services.repository(snapshot.profile).source(snapshot)
    contents = await services.database(url).contents(source, target.selection)
    return Cargo(snapshot, target.selection, contents, shelf)


def _shelf(services: Services, target: Target) -> str:
    """Return a start of names that only this signing key gives: nobody else can foresee them."""
    key = services.settings.signing_key.reveal().encode()
    mark = hmac.digest(key, f"templates of {target.key}".encode(), "sha256").hex()
    return f"{TEMPLATE}{mark[:SHELF_DIGITS]}_"
