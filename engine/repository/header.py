"""The beginning of every encrypted object: what it is, and the id of the key that it was encrypted under."""

from ..model.errors import EngineError, KeyMissing, SnapshotCorrupt
from .layout import REPOSITORY

MAGIC = 8
KEY_ID = 8
HEADER = MAGIC + KEY_ID

CHUNK = b"SHCHUNK\x02"
MANIFEST = b"SHMANIF\x02"


def header(magic: bytes, key_id: str) -> bytes:
    """Return the first bytes of an object."""
    return magic + bytes.fromhex(key_id)


def key_id_of(head: bytes, magic: bytes, *, what: str) -> str:
    """Return the key id of an object, given its first bytes.

    Raises:
        SnapshotCorrupt: it is no such object.
    """
    if len(head) < HEADER or not head.startswith(magic):
        raise SnapshotCorrupt(f"{what} is not of the form that is written")
    return head[MAGIC:HEADER].hex()


def refused(what: str, *, written: str, wanted: str) -> EngineError:
    """Return why an object does not open: another key, or damage."""
    if written == wanted:
        return SnapshotCorrupt(f"{what} was changed")
    return KeyMissing(
        f"{what} was encrypted with the key `{written}`, and the key of this repository is `{wanted}`",
        f"Put the `{REPOSITORY}` back that it was written with, or use the storage that it was copied from.",
        key_id=written,
    )


def confirm(what: str, *, written: str, wanted: str) -> None:
    """Refuse an object that opened although it names another key: its first bytes were changed.

    Raises:
        SnapshotCorrupt: they were.
    """
    if written != wanted:
        raise SnapshotCorrupt(f"{what} was changed: it names another key than it was encrypted with")
