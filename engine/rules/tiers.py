"""Which SQL counts, and what it says once decoded."""

import base64
import binascii
import re
from pathlib import Path

from ..model.errors import RulesMissing, RuleSyntax
from ..model.rules import Tier
from ..model.target import Rules

MAX_BYTES = 4 * 1024 * 1024
_SQL_ONLY = re.compile(r"[;'(]|\S[ \t]+\S")
_ALPHABET = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_SPEAKS_SQL = re.compile(
    r"--|/\*|\b(update|delete|insert|truncate|with|select|create|drop|alter|set|begin|do|copy)\b", re.I
)


def choose(rules: Rules | None, override_query: str | None) -> tuple[Tier, str]:
    """Return the tier that counts and its text: target's override, then global override, then file.

    Only one tier counts; they are never joined. The text is decoded, templates are not expanded yet.

    Raises:
        RulesMissing: there is no SQL at any tier.
        RuleSyntax: the file cannot be read as UTF-8 text.
    """
    if rules is not None and rules.override_query:
        return "sanitize.override_query", decode(rules.override_query)
    if override_query:
        return "override.san_query", decode(override_query)
    if rules is not None and rules.query_file is not None:
        return "sanitize.query_file", decode(_read(rules.query_file))
    raise RulesMissing("there is no sanitization SQL at any tier")


def decode(text: str) -> str:
    """Return SQL as written, or what its base64 form decodes to.

    `base64:` and `sql:` in front force the choice. Otherwise it is base64 only if it is one word that
    decodes to printable text which speaks SQL, so `TRUNCATE` and `ROLLBACK` stay what they are.
    """
    if text.startswith("sql:"):
        return text.removeprefix("sql:")
    if text.startswith("base64:"):
        decoded = _from_base64(text.removeprefix("base64:"))
        if decoded is None:
            raise RuleSyntax("the text after `base64:` is not base64 of UTF-8 text")
        return decoded
    if _SQL_ONLY.search(text):
        return text
    decoded = _from_base64(text)
    return decoded if decoded is not None and _SPEAKS_SQL.search(decoded) else text


def _from_base64(text: str) -> str | None:
    packed = "".join(text.split())
    if not _ALPHABET.fullmatch(packed) or len(packed.rstrip("=")) % 4 == 1:
        return None
    standard = packed.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return plain if all(char.isprintable() or char in "\t\r\n" for char in plain) else None


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise RulesMissing(
            f"the rule file `{file.name}` cannot be read: {error.strerror}",
            "Check sanitize.query_file and the file's permissions.",
        ) from None
    if len(content) > MAX_BYTES:
        raise RuleSyntax(
            f"the rule file `{file.name}` is larger than {MAX_BYTES >> 20} MiB",
            "Rules say what changes; rows to add belong into the source, or into the loaded copy.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleSyntax(
            f"line {line} of `{file.name}` is not UTF-8", "Save the file as UTF-8.", line=line
        ) from None
