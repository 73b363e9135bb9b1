"""What a column's type can hold, read from the server's own spelling of it."""

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal[
    "text", "json", "integer", "number", "date", "moment", "uuid", "ip", "mac", "binary", "other"
]
_SHAPE = re.compile(
    r"(?P<words>[^()\[\]]+)(?:\((?P<sizes>[\d\s,-]+)\)(?P<rest>[^()\[\]]*))?(?P<array>(?:\[\d*\])*)"
)
_FAMILIES: dict[Family, str] = {
    "text": """text, character varying, varchar, character, char, bpchar, citext, name,
        tinytext, mediumtext, longtext""",
    "json": "json, jsonb",
    "integer": "smallint, mediumint, integer, int, bigint",
    "number": "numeric, decimal, real, double precision, double, float",
    "date": "date",
    "moment": """timestamp, timestamp without time zone, timestamp with time zone, timestamptz, datetime""",
    "uuid": "uuid",
    "ip": "inet, inet4, inet6",
    "mac": "macaddr, macaddr8",
    "binary": "bytea, binary, varbinary, tinyblob, blob, mediumblob, longblob",
}
_FAMILY_OF: dict[str, Family] = {
    name.strip(): family for family, names in _FAMILIES.items() for name in names.split(",")
}
_LENGTHS = {"name": 63, "tinytext": 255, "character": 1, "char": 1}
_BITS = {"smallint": 15, "mediumint": 23, "integer": 31, "int": 31, "bigint": 63}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type taken apart.

    `name` is its bare name in lower case. `length` counts characters, None is unlimited; `precision` and
    `scale` are those of numbers with so many decimal digits; `bits` are those of integers without their
    sign. An array's family, length and so on are those of its elements.
    """

    spelled: str
    name: str
    family: Family
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    bits: int = 0
    unsigned: bool = False
    array: bool = False

    @property
    def exact(self) -> bool:
        """Whether it is a number of decimal digits."""
        return self.family == "number" and self.name in ("numeric", "decimal")

    @property
    def largest(self) -> str:
        """Return the largest of its numbers, empty if there is none."""
        if self.family == "integer":
            return str((1 << self.bits) - 1)
        if self.precision is None or self.scale is None:
            return ""
        digits = "9" * self.precision + "0" * -self.scale
        if self.scale <= 0:
            return digits
        digits = digits.zfill(self.scale + 1)
        return f"{digits[: -self.scale]}.{digits[-self.scale :]}"

    @property
    def unit(self) -> str:
        """Return 1 in the last digit of its numbers, empty if each number has its own."""
        if self.scale is None:
            return "1" if self.family == "integer" else ""
        return f"0.{'1'.zfill(self.scale)}" if self.scale > 0 else "1" + "0" * -self.scale

    def room(self, wanted: int) -> int:
        """Return how many of the characters wanted fit."""
        return wanted if self.length is None else min(wanted, self.length)


def parse_type(spelled: str) -> ColumnType:
    """Read a type such as `character varying(40)`, `numeric(10,2)`, `text[]` or `int(10) unsigned`."""
    found = _SHAPE.fullmatch(spelled.strip().lower())
    if found is None:
        return ColumnType(spelled, spelled.lower(), "other")
    rest = (found["rest"] or "").strip()
    unsigned = "unsigned" in (*rest.split(), *found["words"].split())
    words = " ".join(
        word for word in found["words"].split() if word not in ("unsigned", "zerofill", "signed")
    )
    if rest.startswith("with"):
        words = f"{words} {rest}"
    name = "citext" if words.endswith(".citext") else words
    sizes = [int(size) for size in (found["sizes"] or "").split(",") if size.strip()]
    family = _FAMILY_OF.get(name, "other")
    length = (sizes[0] if sizes else _LENGTHS.get(name)) if family == "text" else None
    digits = family == "number" and (len(sizes) == 2 or (bool(sizes) and name in ("numeric", "decimal")))
    return ColumnType(
        spelled,
        name,
        family,
        length=length,
        precision=sizes[0] if digits else None,
        scale=(sizes[1] if len(sizes) > 1 else 0) if digits else None,
        bits=_BITS.get(name, 0) + (1 if unsigned and family == "integer" else 0),
        unsigned=unsigned,
        array=bool(found["array"]),
    )
