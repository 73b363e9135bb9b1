"""A keyed permutation of whole numbers: distinct numbers stay distinct, and all of them within their range.

Three rounds of Luby and Rackoff's construction over numbers `high * low` (a Feistel network that adds
instead of XOR). The first round is a keyed universal hash instead of a pseudo-random function, as Naor and
Reingold showed to be enough ("On the construction of pseudo-random permutations: Luby-Rackoff revisited",
1999), the other two are SHA-256 of a key and the other half. No round's text is used more often than needed,
so three hashes are computed per value.
"""

from dataclasses import dataclass, field

from .dialect import Dialect
from .keys import MaskKeys

_PRIME = 2_147_483_659  # the first above 2^31
_FACTORS = 1 << 30  # times 2^32, it stays below 2^63


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from `first` on, `high * low` of them; neither factor is above 2^32."""

    high: int
    low: int
    first: int = 0

    @classmethod
    def bits(cls, least: int, most: int) -> "Range":
        """Return the numbers from 2^least (0 for 0) up to 2^most."""
        first = (1 << least) if least else 0
        low = 1 << (most // 2)
        return cls(((1 << most) - first) // low, low, first)


@dataclass(frozen=True, slots=True)
class Permutation:
    """One permutation per use; what is known of one says nothing of another."""

    sql: Dialect
    keys: MaskKeys = field(repr=False)
    use: str

    def of(self, number: str, among: Range) -> str:
        """Return the SQL of the number that takes the place of a number of a range."""
        sql, name = self.sql, f"{self.use} {among.first} {among.high} {among.low}"
        value = f"({number} - {among.first})" if among.first else number
        left, right = sql.div(value, among.low), f"mod({value}, {among.low})"
        factor = 1 + int.from_bytes(self.keys.derive(f"{name} 1")[:8]) % _FACTORS
        first = f"mod({right} + mod({factor} * {left}, {_PRIME}), {among.low})"
        second = f"mod({left} + {self._round(f'{name} 2', first, below=among.high)}, {among.high})"
        third = f"mod({first} + {self._round(f'{name} 3', second, below=among.low)}, {among.low})"
        offset = f" + {among.first}" if among.first else ""
        return f"({second} * {among.low} + {third}{offset})"

    def _round(self, name: str, half: str, *, below: int) -> str:
        key = self.keys.derive(name).hex()
        return self.sql.number(self.sql.block(key, half), below)
