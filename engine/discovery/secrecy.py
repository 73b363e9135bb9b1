"""Secrets by the signs that systems give them, and by how random they are."""

import math
import re
from collections import Counter
from urllib.parse import urlsplit

MARKED = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\$(?:2[abxy]|argon2\w{1,2}|scrypt|pbkdf2[\w-]*|5|6|1|y|apr1)\$\S{20,}"
    r"|(?:pbkdf2_sha\d+|bcrypt_sha256|argon2|SCRAM-SHA-256)\$\S{20,}"
    r"|\{(?:SSHA|SHA|CRYPT|MD5)(?:\d+)?\}\S{16,}"
    r"|(?:AKIA|ASIA|AROA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{18,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{16,}"
    r"|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|sk-(?:ant-|proj-)?[\w-]{20,}|npm_[A-Za-z0-9]{30,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"
)
HEXADECIMAL = re.compile(r"(?:[0-9a-f]{32,}|[0-9A-F]{32,})")
OPAQUE = re.compile(r"[A-Za-z0-9+/_\-.]{20,512}={0,2}")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def marked_secret(text: str) -> bool:
    """Tell whether a text begins as a key, a password hash or a signed token of a known system does."""
    return bool(MARKED.match(text))


def url_with_login(text: str) -> bool:
    """Tell whether a text is a URL that carries a user and a password."""
    if "://" not in text or len(text) > 2000:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.password not in (None, "") and bool(parts.hostname)


def random_text(text: str) -> bool:
    """Tell whether a text looks drawn at random: long, one word, with little repetition; no UUID."""
    if UUID.fullmatch(text) or text.isdigit():
        return False
    if HEXADECIMAL.fullmatch(text):
        return entropy(text) > 2.5
    runs = re.findall(r"[a-z]+", text)
    if not OPAQUE.fullmatch(text) or not runs or not re.search(r"\d.*[A-Z]|[A-Z].*\d", text):
        return False
    # Words have long runs of small letters, and what is drawn has short ones.
    return sum(map(len, runs)) / len(runs) < 3.5 and entropy(text) > 3.5


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text's characters, in bits."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
