"""Types of columns by family, with domains, arrays and composite types seen through."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from ..model.sensitive import Evidence, Kind

Family = Literal[
    "text", "json", "array", "composite", "date", "number", "network", "mac",
    "geo", "binary", "uuid", "enum", "other",
]  # fmt: skip

# Domains, enums and composite types of the users' own schemas, by the name that the catalogue has for them.
USER_TYPES = """
WITH named AS (
  SELECT t.oid, t.typtype, t.typbasetype, t.typrelid, t.typelem, t.typlen,
         CASE WHEN n.nspname = 'pg_catalog' THEN pg_catalog.format_type(t.oid, NULL)
              ELSE pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) END AS name,
         n.nspname, e.typname AS element, en.nspname AS element_schema
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typlen = -1
  LEFT JOIN pg_catalog.pg_namespace en ON en.oid = e.typnamespace),
spelled AS (
  SELECT oid, CASE WHEN element IS NULL OR nspname = 'pg_catalog' THEN name
    ELSE pg_catalog.quote_ident(element_schema) || '.' || pg_catalog.quote_ident(element) || '[]' END AS name
  FROM named)
SELECT t.name, t.typtype::text, b.name,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT f.name FROM pg_catalog.pg_attribute a JOIN spelled f ON f.oid = a.atttypid
             WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
FROM named t
LEFT JOIN spelled b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
WHERE t.nspname !~ '^pg_' AND t.nspname <> 'information_schema'
  AND (t.typtype IN ('d', 'e') OR (t.typtype = 'c' AND c.relkind = 'c'))
ORDER BY 1 LIMIT 5000
"""

_FAMILIES: Sequence[tuple[str, Family]] = (
    (r"(tiny|medium|long)?text|character( varying)?|(var|bp)?char|\"char\"|name|citext", "text"),
    (r"xml|hstore|tsvector", "text"),
    (r"jsonb?", "json"),
    (r"date|datetime|timestamp.*", "date"),
    (r"smallint|integer|bigint|numeric|decimal|real|double precision|money", "number"),
    (r"(small|medium|big)?int( unsigned)?( zerofill)?|decimal unsigned|float|double", "number"),
    (r"inet[46]?|cidr", "network"),
    (r"macaddr8?", "mac"),
    (r"point|geometry|geography", "geo"),
    (r"bytea|oid|lo|(tiny|medium|long)?blob|(var)?binary", "binary"),
    (r"enum|set", "enum"),
    (r"uuid", "uuid"),
)


@dataclass(frozen=True, slots=True)
class UserType:
    """A type of the user's own: a domain's `base`, or a composite type's fields with their types."""

    kind: Literal["domain", "enum", "composite"]
    base: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Types:
    """The users' own types, by name."""

    user: Mapping[str, UserType]

    @classmethod
    def read(cls, rows: Sequence[tuple[object, ...]]) -> "Types":
        """Return the types that the rows of `USER_TYPES` describe."""
        kinds: dict[str, Literal["domain", "enum", "composite"]] = {
            "d": "domain",
            "e": "enum",
            "c": "composite",
        }
        return cls(
            {
                str(name): UserType(kinds[str(kind)], str(base or ""), _pairs(fields, types))
                for name, kind, base, fields, types in rows
            }
        )

    def base(self, type_: str) -> str:
        """Return a type without domains around it and without length or precision."""
        plain = re.sub(r"\([^)]*\)", "", type_).strip()
        seen = self.user.get(plain)
        return self.base(seen.base) if seen and seen.kind == "domain" else plain

    def is_domain(self, type_: str) -> bool:
        """Tell whether a type is a domain, which may have constraints of its own."""
        return (own := self.user.get(type_)) is not None and own.kind == "domain"

    def family(self, type_: str) -> Family:
        """Return the family of a type."""
        base = self.base(type_)
        if base.endswith("[]"):
            return "array"
        if (own := self.user.get(base)) is not None:
            return "enum" if own.kind == "enum" else "composite"
        bare = base.rpartition(".")[2]
        for pattern, family in _FAMILIES:
            if re.fullmatch(pattern, bare):
                return family
        return "other"

    def element(self, type_: str) -> str:
        """Return the type of an array's elements."""
        return self.base(type_).removesuffix("[]")

    def fields(self, type_: str) -> tuple[tuple[str, str], ...]:
        """Return the fields of a composite type with their types."""
        own = self.user.get(self.base(type_))
        return own.fields if own else ()


_NUMBERS: frozenset[Kind] = frozenset(
    (
        *("phone", "national-id", "card", "iban", "postcode", "secret", "location", "birth-date"),
        *("gender", "income"),
    )
)
_FITTING: Mapping[Family, frozenset[Kind]] = {
    "date": frozenset(("birth-date",)),
    "number": _NUMBERS,
    "network": frozenset(("ip",)),
    "mac": frozenset(("mac",)),
    "geo": frozenset(("location", "address")),
    "binary": frozenset(("document", "secret")),
    "uuid": frozenset(("secret",)),
    "enum": frozenset(("health", "gender")),
    "other": frozenset(),
}


def fits(evidence: Evidence, family: Family) -> bool:
    """Tell whether a column of a family can hold a kind at all."""
    return family not in _FITTING or evidence.kind in _FITTING[family]


def by_type(type_: str, family: Family, *, people: bool) -> tuple[Evidence, ...]:
    """Return what the type alone says."""
    if family == "network":
        return (Evidence("ip", 0.5 if type_.startswith("cidr") else 0.75, ("type",)),)
    if family == "mac":
        return (Evidence("mac", 0.9, ("type",)),)
    if family == "geo":
        return (Evidence("location", 0.7 if people else 0.4, ("type",)),)
    if family == "binary" and (people or type_.rpartition(".")[2] in ("oid", "lo")):
        # An `oid` in a user's table is a large object.
        return (Evidence("document", 0.5, ("type",)),)
    return ()


def _pairs(fields: object, types: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(fields, list) or not isinstance(types, list):
        return ()
    names, kinds = cast(list[object], fields), cast(list[object], types)
    return tuple((str(name), str(kind)) for name, kind in zip(names, kinds, strict=True))
