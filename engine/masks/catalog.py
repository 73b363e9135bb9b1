"""Every mask: what it means, what it is for, and how surely distinct values stay distinct."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from . import banking, dates, document, network, numbers, person, place, plain
from .mask import Mask
from .types import Family

_TEXT: frozenset[Family] = frozenset(("text",))
_JSON: frozenset[Family] = frozenset(("json", "text"))
_ANY: frozenset[Family] = frozenset(get_args(Family))
_DATES: frozenset[Family] = frozenset(("date", "moment"))
_AMOUNTS: frozenset[Family] = frozenset(("integer", "number"))
_FOLDED = "values that differ only in case or blanks around them become one"
_TAGGED = f"in a unique column a tag of 48 bits, one chance in 560 that any two of a million agree; {_FOLDED}"

_MASKS = (
    Mask(
        "email",
        "an address in example.com",
        _TEXT,
        person.email,
        kinds=("email",),
        keeps_unique=True,
        bound=f"88 bits in 40 characters; 48 bits at least in narrower columns, which have 24 or more; "
        f"{_FOLDED}",
    ),
    Mask(
        "username",
        "an invented handle and digits",
        _TEXT,
        person.username,
        kinds=("username",),
        keeps_unique=True,
        bound=f"72 bits in 22 characters; 48 bits at least in narrower columns, which have 13 or more; "
        f"{_FOLDED}",
    ),
    Mask(
        "first-name",
        "one of 256 invented first names",
        _TEXT,
        person.first_name,
        kinds=("first-name",),
        keeps_unique=True,
        bound=_TAGGED,
    ),
    Mask(
        "last-name",
        "one of 256 invented last names",
        _TEXT,
        person.last_name,
        kinds=("last-name",),
        keeps_unique=True,
        bound=_TAGGED,
    ),
    Mask(
        "full-name",
        "an invented first and last name, of 65,536",
        _TEXT,
        person.full_name,
        kinds=("full-name",),
        keeps_unique=True,
        bound=_TAGGED,
    ),
    Mask(
        "company",
        "an invented company and its branch, of 8,192",
        _TEXT,
        person.company,
        kinds=("company",),
        keeps_unique=True,
        bound=_TAGGED,
    ),
    Mask(
        "street",
        "one of 256 invented streets and a number",
        _TEXT,
        place.street,
        kinds=("street",),
        keeps_unique=True,
        bound=_TAGGED,
    ),
    Mask(
        "city",
        "one of 256 invented towns",
        _TEXT,
        place.city,
        kinds=("city",),
        keeps_unique=True,
        bound=_TAGGED,
    ),
    Mask("postcode", "00000 to 00009, which no country uses", _TEXT, place.postcode, kinds=("postcode",)),
    Mask(
        "address",
        "an invented street, post code and town in one line",
        _TEXT,
        place.address,
        kinds=("address",),
        keeps_unique=True,
        bound=_TAGGED,
    ),
    Mask(
        "location",
        "coordinates to a tenth of a degree, up to 11 km",
        frozenset(("number",)),
        place.location,
        kinds=("location",),
    ),
    Mask(
        "phone",
        "+999 and 12 digits: no country has that code; 555-01 and two digits in columns below 15 characters",
        _TEXT,
        numbers.phone,
        kinds=("phone",),
        keeps_unique=True,
        bound="by construction, for numbers that differ in their last 12 digits; 15 characters",
    ),
    Mask(
        "national-id",
        "X and up to 16 letters and digits",
        _TEXT,
        numbers.national_id,
        kinds=("national-id", "identifier"),
        keeps_unique=True,
        bound=f"81 bits in 17 characters; 50 bits at least in narrower columns, which have 11 or more; "
        f"{_FOLDED}",
    ),
    Mask(
        "card",
        "a number that passes Luhn's check and begins like no bank card",
        _TEXT,
        banking.card,
        kinds=("card",),
        keeps_unique=True,
        bound="by construction for 16 digits that pass the check; others by two digits less than there are",
        options="a test range of 4 to 8 digits, such as 424242, for columns that are not unique",
        most_options=1,
    ),
    Mask(
        "iban",
        "the same country and length, passes mod 97, of a bank 0000 or XXXX",
        _TEXT,
        banking.iban,
        kinds=("iban",),
        keeps_unique=True,
        bound="all digits after the bank's: 14 in DE and GB, 19 in FR, 16 in ES, but 10 in NL and 7 in NO",
    ),
    Mask("birth-date", "another day of the same year", _DATES, dates.birth_date, kinds=("birth-date",)),
    Mask(
        "date-shift",
        "moved by an odd number of days, alike for everything of one subject",
        _DATES,
        dates.date_shift,
        options="the subject, an SQL expression such as user_id; the limit in days (30)",
        most_options=2,
    ),
    Mask(
        "noise",
        "changed by some percent at most; sign and scale stay",
        _AMOUNTS,
        numbers.noise,
        kinds=("income",),
        options="the percent (10)",
        most_options=1,
    ),
    Mask(
        "key",
        "a permutation of whole numbers within 15, 31 or 63 bits, alike in all integer types",
        frozenset(("integer",)),
        numbers.key,
        keeps_unique=True,
        bound="by construction",
    ),
    Mask(
        "uuid",
        "a UUID of version 4",
        frozenset(("uuid", "text")),
        network.uuid,
        keeps_unique=True,
        bound="120 bits",
    ),
    Mask(
        "ip",
        "an address in 198.18.0.0/15 or 2001:db8::/64, which are for benchmarks and documentation",
        frozenset(("ip", "text")),
        network.ip,
        kinds=("ip",),
        keeps_unique=True,
        bound="in a unique column always version 6, 60 bits",
        options="6 for version 6 only",
        most_options=1,
    ),
    Mask(
        "mac",
        "a locally administered address",
        frozenset(("mac", "text")),
        network.mac,
        kinds=("mac",),
        keeps_unique=True,
        bound="44 bits: one chance in 35 that any two of a million agree",
    ),
    Mask(
        "url",
        "https://example.com/ and digits",
        _TEXT,
        network.url,
        kinds=("url",),
        keeps_unique=True,
        bound="128 bits in 52 characters; 48 bits at least in narrower columns, which have 32 or more",
    ),
    Mask(
        "token",
        "hexadecimal digits instead of a password's hash, a session or an API key",
        _TEXT,
        network.token,
        kinds=("secret",),
        keeps_unique=True,
        bound="128 bits in 32 characters; 48 bits at least in narrower columns, which have 12 or more",
    ),
    Mask(
        "hash",
        "hexadecimal digits, for anything whose equality matters",
        _TEXT,
        network.hashed,
        keeps_unique=True,
        bound="128 bits in 32 characters; 48 bits at least in narrower columns, which have 12 or more",
    ),
    Mask(
        "redact",
        "invented words as long as the text",
        _TEXT,
        plain.redact,
        kinds=("free-text", "health", "document"),
    ),
    Mask(
        "json",
        "masks what is at some paths of a document",
        _JSON,
        document.at_paths,
        options="path, mask, path, mask, and so on, such as '$.contact.email', email",
        most_options=200,
    ),
    Mask(
        "json-strings",
        "masks every string in a document, but not the names of its members",
        _JSON,
        document.all_strings,
        options="the mask of each string (redact)",
        most_options=1,
    ),
    Mask("null", "NULL", _ANY, plain.null, kinds=("document", "gender", "health", "location"), whole=True),
    Mask(
        "constant", "one value for all", _ANY, plain.constant, options="the value", most_options=1, whole=True
    ),
    Mask("keep", "the value as it is", _ANY, plain.keep, keeps_unique=True, bound="unchanged", whole=True),
)

MASKS: Mapping[str, Mask] = MappingProxyType({mask.name: mask for mask in _MASKS})
