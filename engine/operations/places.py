"""Where a target is read from and kept."""

from ..model.errors import ConfigMissing
from ..model.json import Json
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


def storage_name(profile: str | None) -> str:
    """Return a storage's name for sentences."""
    return f"storage `{profile}`" if profile else "local storage"


def strings(value: Json) -> tuple[str, ...]:
    """Return a JSON list of strings as a tuple."""
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()
