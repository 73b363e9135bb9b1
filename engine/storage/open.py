"""From a configured profile to its storage."""

from ..model.errors import ConfigMissing
from ..model.target import StorageProfile
from .base import Storage
from .retry import RetryingStorage


def open_storage(profile: StorageProfile) -> Storage:
    """Return the storage of a profile; nothing is connected or created yet.

    Raises:
        ConfigMissing: a `local` profile without a path.
    """
    return RetryingStorage(_plain(profile))


def _plain(profile: StorageProfile) -> Storage:
    if profile.provider == "local":
        from .local import LocalStorage

        if profile.path is None:
            raise ConfigMissing(f"storage profile `{profile.name}` has no `path`", "Set its `path`.")
        return LocalStorage(profile.path)
    from .s3 import S3Storage

    return S3Storage(profile)
