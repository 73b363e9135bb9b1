"""Where a target is read from and kept."""

from ..keypair import NO_KEYS
from ..model.errors import ConfigMissing
from ..model.json import Json
from ..model.settings import Settings
from ..model.target import Target
from ..model.url import DatabaseUrl


def source_of(target: Target) -> DatabaseUrl:
    """Return the source's URL, or raise ConfigMissing."""
    if target.source is None:
        hint = f"Set targets.{target.key}.snapshot.src_url."
        if target.type == "share":
            hint = "Others build what it holds: pull or load a snapshot of it."
        raise ConfigMissing(f"target `{target.key}` has no source", hint)
    return target.source


def require_keys(settings: Settings) -> None:
    """Raise ConfigMissing unless there are the keys that every snapshot is written with."""
    for key, there in (
        ("keys.identity", settings.identities),
        ("keys.signing", settings.signing_key.reveal()),
    ):
        if not there:
            raise ConfigMissing(f"`{key}` is not set", NO_KEYS)


def storage_name(profile: str | None) -> str:
    """Return a storage's name for sentences."""
    return f"storage `{profile}`" if profile else "local storage"


def string(value: Json) -> str | None:
    """Return a JSON string, None of anything else."""
    return value if isinstance(value, str) else None


def strings(value: Json) -> tuple[str, ...]:
    """Return a JSON list of strings as a tuple."""
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()
