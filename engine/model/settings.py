"""The whole configuration as values: read once, in one room, checked there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ConfigInvalid, EngineError, TargetUnknown
from .secret import Secret
from .share import Recipient
from .target import StorageProfile, Target
from .url import DatabaseUrl


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective value, masked: fit to be shown. `origin` is `file:line`, a variable or `default`."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Programs:
    """The only directory to look for an engine's programs in, and the setting that says so.

    `setting` is for sentences: the key in backticks, with its place, `(file:line)`.
    """

    directory: Path
    setting: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything configured. `identities` are age secret keys, the first one is used for writing.

    `signing_key` is an Ed25519 private key (PEM); what it or one of `trusted_keys` (public keys, 64
    hexadecimal characters) signed is read. `protected` are shell-style patterns matched against
    `host/database` and `database` of a destination. `effective` is everything that counts, with secrets
    masked; `problems` say what was left out of settings that are only to be looked at. `signing_key` is
    empty and `identities` are none until `snapharbor config init` has run.
    """

    file: Path | None
    working_directory: Path
    targets: Mapping[str, Target]
    storage_profiles: Mapping[str, StorageProfile]
    identities: tuple[Secret, ...]
    signing_key: Secret
    trusted_keys: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    protected: tuple[str, ...] = ()
    masking_key: Secret = field(default=Secret(""))
    override_query: str | None = field(default=None, repr=False)
    override_destination: DatabaseUrl | None = None
    shared_destination: DatabaseUrl | None = None
    postgres_programs: Programs | None = None
    mysql_programs: Programs | None = None
    images: Mapping[str, str] = field(
        default_factory=lambda: {name: name for name in ("postgres", "mysql", "mariadb")}
    )
    share_seconds: int = 900
    serve_url: str = "http://127.0.0.1:8787"
    keep_templates: int = 3
    warnings: tuple[str, ...] = ()
    problems: tuple[EngineError, ...] = ()
    effective: tuple[Setting, ...] = field(default=(), repr=False)

    def target(self, key: str) -> Target:
        """Return the target of that key.

        Raises:
            TargetUnknown: there is none; the hint names the closest.
        """
        if (found := self.targets.get(key)) is not None:
            return found
        where = "`list_targets` or `snapharbor targets`"
        raise TargetUnknown(f"no target `{key[:80]}`", closest(key, self.targets, where))

    def profile(self, name: str) -> StorageProfile:
        """Return the storage profile of that name."""
        if (found := self.storage_profiles.get(name)) is not None:
            return found
        raise ConfigInvalid(f"no storage profile `{name}`", closest(name, self.storage_profiles, ""))


def closest(name: str, known: Mapping[str, object], where: str) -> str:
    """Return a hint that names the closest known name, all of a few, or where they are listed."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    if near:
        return f"Did you mean `{near[0]}`?"
    if known and len(known) <= 8:
        return f"There is: {', '.join(sorted(known))}."
    return f"List the names with {where}." if where else "None is configured."
