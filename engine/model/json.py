"""JSON values and the one canonical spelling that digests and signatures are taken over."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = Mapping[str, Json]


def canonical(value: Json) -> bytes:
    """Return the one spelling of a value: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=dict)
    # A name that is no UTF-8, such as a file's, arrives as lone surrogates.
    return text.encode(errors="surrogatepass")


def digest(value: Json) -> str:
    """Return the SHA-256 of the canonical spelling, 64 hexadecimal characters."""
    return hashlib.sha256(canonical(value)).hexdigest()
