"""What looks like personal data wherever it stands, in small letters: few shapes, and each one telling.

`_search.c` knows the same ones.
"""

import re

from ..discovery.checksums import CARDS, IBAN_LENGTHS, luhn
from ..model.proof import Trace

KINDS: tuple[Trace, ...] = ("email", "phone", "iban", "card", "secret", "hidden")
EMAIL, PHONE, IBAN, CARD, SECRET, HIDDEN = range(len(KINDS))

ADDRESS = re.compile(rb"[a-z0-9\x80-\xff._+'$-]{1,64}@(?:[a-z0-9\x80-\xff-]{1,63}\.)+[a-z\x80-\xff]{2,63}")
# RFC 2606 and 6761: nobody has an address there.
NOBODYS = re.compile(rb"(?:.*[.@])?(?:example\.(?:com|net|org)|example|test|invalid|localhost)")
ACCOUNT = re.compile(rb"[a-z]{2}[0-9]{2}[a-z0-9]{11,30}")
OURS = (b"0000", b"xxxx")

# How secrets begin, and how long they are at least.
SECRETS: tuple[tuple[bytes, int], ...] = (
    (b"-----begin", 20),
    (b"$2a$", 50),
    (b"$2b$", 50),
    (b"$2y$", 50),
    (b"$argon2", 30),
    (b"$5$", 40),
    (b"$6$", 60),
    (b"akia", 20),
    (b"ghp_", 36),
    (b"gho_", 36),
    (b"ghs_", 36),
    (b"github_pat_", 40),
    (b"glpat-", 24),
    (b"sk_live_", 24),
    (b"rk_live_", 24),
    (b"whsec_", 24),
    (b"xoxb-", 20),
    (b"xoxp-", 20),
    (b"aiza", 39),
    (b"ya29.", 30),
    (b"sk-ant-", 40),
    (b"sk-proj-", 40),
    (b"npm_", 36),
    (b"age-secret-key-1", 60),
)

# What definitions say to log in somewhere else. A column may be called `password`, and code may compare it:
# only what is written beside it counts.
LOGIN = re.compile(
    rb"\w+://[^\s:@/'\"]+:[^\s@'\"]+@"
    rb"|\b(?:password|passwd|pwd)(?:\s*(?:=>?|:)\s*'|\s+'|=|:(?!:)\s*)[^\s'\";,()]{3,}",
    re.IGNORECASE,
)

# How content begins in which no text can be seen.
MAGICS: tuple[bytes, ...] = (
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
    b"\xd0\xcf\x11\xe0",
    b"RIFF",
    b"-----BEGIN PGP",
    b"age-encryption.org",
    b"Salted__",
)


def is_email(text: bytes) -> bool:
    """Tell whether a text is an e-mail address of a domain that somebody can have."""
    if not ADDRESS.fullmatch(text):
        return False
    return not NOBODYS.fullmatch(text.partition(b"@")[2])


def is_iban(text: bytes) -> bool:
    """Tell whether a text is an account's number, none that a mask made."""
    if not ACCOUNT.fullmatch(text) or text[4:8] in OURS:
        return False
    if len(text) != IBAN_LENGTHS.get(text[:2].decode().upper()):
        return False
    return int("".join(str(int(chr(sign), 36)) for sign in text[4:] + text[:4])) % 97 == 1


def is_card(digits: bytes) -> bool:
    """Tell whether digits are a payment card's number."""
    text = digits.decode()
    return bool(CARDS.fullmatch(text)) and luhn(text) and len(set(text)) > 1


def is_phone(digits: bytes) -> bool:
    """Tell whether digits after a plus are a telephone number of a country that there is."""
    return 8 <= len(digits) <= 15 and not digits.startswith((b"0", b"999"))


def is_secret(text: bytes) -> bool:
    """Tell whether a text begins as keys, tokens and hashes of passwords of known systems do."""
    return any(len(text) >= least and text.startswith(start) for start, least in SECRETS)


def is_hidden(content: bytes) -> bool:
    """Tell whether content is compressed, encrypted or drawn, so that no text in it can be seen."""
    return content[4:8] == b"ftyp" or content.startswith(MAGICS)
