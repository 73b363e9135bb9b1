"""Where a load may go: what is refused, what must be confirmed, and why."""

from dataclasses import dataclass

from ..database.base import Standing
from ..model.errors import ConfigMissing, ConfirmationRequired
from ..model.json import JsonObject
from ..model.plan import Effect, Plan
from ..model.target import Target
from ..model.url import DatabaseUrl
from ..services import Services
from .clock import new_snapshot_id
from .fuse import guard_destination, is_pulled, own_destination, refuse_protected, refuse_unable
from .places import string

SIDE = "snapharbor_l_"
KEPT_BYTES = 38  # of a database's name, so that a snapshot's id can follow it


def loaded(snapshot: str) -> str:
    """Return how the note on a database begins into which a snapshot was loaded."""
    return f"snapshot {snapshot}, loaded"


@dataclass(frozen=True, slots=True)
class Destination:
    """A database to be made or replaced. `note` is what we left on it, None if it is not ours."""

    url: DatabaseUrl
    identity: str
    server_major: int
    exists: bool
    note: str | None
    sessions: int

    @property
    def standing(self) -> Standing:
        """What is there."""
        return ("theirs" if self.note is None else "ours") if self.exists else "nothing"

    def holds(self, snapshot: str) -> bool:
        """Tell whether a snapshot was loaded there last."""
        return self.note is not None and self.note.startswith(loaded(snapshot))

    @property
    def seen(self) -> JsonObject:
        """What a plan remembers of it."""
        return {"identity": self.identity, "standing": self.standing}

    def refuse_surprise(self, plan: Plan) -> None:
        """Refuse to go on by a plan that was made when something else was there.

        Raises:
            ConfirmationRequired: it is not what it was.
        """
        if self.exists and self.seen != {key: plan.facts[key] for key in self.seen}:
            raise ConfirmationRequired(
                f"`{self.url.database}` is not what it was when the {plan.verb} was planned",
                "Plan it again and confirm what it overwrites now.",
            )

    def steps(self, *, keep: bool) -> tuple[str, ...]:
        """Return how a new database takes its place, in words."""
        return (
            f"rename it to `{self.url.database}` in one step",
            "keep the previous database under another name" if keep else "drop the previous database, if any",
        )

    def kept_as(self, *, keep: bool) -> str | None:
        """Return the name under which what it holds now is kept, None if that is not."""
        if not (keep and self.exists):
            return None
        name = self.url.database.encode()[:KEPT_BYTES].decode(errors="ignore")
        return f"{name}_{new_snapshot_id()}"

    def effects(self, *, keep: bool) -> tuple[Effect, ...]:
        """Return what a load does to it, in words."""
        name = f"database `{self.url.database}` on {self.url.host}:{self.url.port}"
        if not self.exists:
            return (Effect("creates", name),)
        whose = "loaded by us earlier" if self.note else "NOT made by us"
        sessions = f"every session on it, {self.sessions} now and all that come until it is replaced"
        effects = [Effect("overwrites", f"{name}, {whose}"), Effect("ends-sessions", sessions)]
        if not keep:
            effects.append(Effect("drops", f"what `{self.url.database}` holds now"))
        return tuple(effects)


def planned(services: Services, target: Target, plan: Plan) -> DatabaseUrl:
    """Return where a plan leads, as `choose` did when it was made."""
    given, database = string(plan.arguments["given"]), string(plan.arguments["database"])
    return choose(services, target, given=given, database=database)


def choose(services: Services, target: Target, *, given: str | None, database: str | None) -> DatabaseUrl:
    """Return where to load: the URL given to this process, the global override, or the target's own.

    A target that is not configured here is one that others shared: its own is the default for those.

    `given` is the text under which `Services.given` holds a URL, so that no plan stores a password.
    `database` is another name on that server.

    Raises:
        ConfigMissing: none of them is set.
    """
    settings = services.settings
    own = own_destination(services, target)
    chosen = services.given[given] if given else settings.override_destination or own
    if chosen is None:
        block = "share" if target.type == "share" else "snapshot"
        own_key = f"targets.{target.key}.{block}.dst_url"
        key = "defaults.shared_target_dst_db_url" if is_pulled(services, target) else own_key
        hint = f"Set {key}, or name a destination in the call."
        raise ConfigMissing(f"there is no destination for target `{target.key}`", hint)
    return chosen.on(database) if database else chosen


async def examine(services: Services, url: DatabaseUrl, origins: frozenset[str]) -> Destination:
    """Look at a destination and refuse what can or must not be one.

    Raises:
        DestinationProtected: it is a source, or protected, or on a standby, or belongs to the server.
        ArgumentInvalid: no database can have that name.
        PrivilegeMissing: the role may not create databases.
    """
    refuse_protected(url, services.settings.protected)
    housekeeper = services.housekeeper(url)
    housekeeper.check_name(url.database)
    server = await housekeeper.server()
    await guard_destination(services, url, server, origins=origins)
    refuse_unable(server, url)
    exists = await housekeeper.exists(url.database)
    note = await housekeeper.ours(url.database) if exists else None
    sessions = await housekeeper.sessions(url.database) if exists else 0
    return Destination(url, f"{server.system}/{url.database}", server.major, exists, note, sessions)
