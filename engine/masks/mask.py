"""What a mask is, and the column that it is applied to."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..model.errors import ArgumentInvalid
from ..model.sensitive import Kind
from .dialect import Dialect
from .keys import MaskKeys
from .spec import plain
from .types import ColumnType, Family

TAG = 12
UNIQUE_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A value to be masked: `value` is SQL text, `mask` the name of what is applied to it."""

    mask: str
    value: str
    sql: Dialect
    keys: MaskKeys = field(repr=False)
    type: ColumnType
    unique: bool = False
    options: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The value as text."""
        return self.sql.text(self.value)

    def digest(self, content: str | None = None) -> str:
        """Return the keyed hash of bytes: of the value's folded text, if nothing else is given."""
        folded = self.sql.folded(self.text) if content is None else content
        return self.sql.digest(self.keys.blocks(self.mask), folded)

    def option(self, index: int, default: str = "") -> str:
        """Return what an option means."""
        return plain(self.options[index]) if index < len(self.options) else default

    def whole(self, index: int, default: int, *, least: int, most: int) -> int:
        """Return an option that is a whole number.

        Raises:
            ArgumentInvalid: it is none, or too small or large.
        """
        written = self.option(index, str(default))
        if written.isascii() and written.isdigit() and least <= int(written) <= most:
            return int(written)
        raise ArgumentInvalid(
            f"`{written[:20]}` is no option of the mask `{self.mask}`",
            f"Write a whole number from {least} to {most}.",
        )

    def needs(self, length: int) -> None:
        """Refuse a column that is too short.

        Raises:
            ArgumentInvalid: it has room for fewer characters than that.
        """
        if self.type.room(length) < length:
            distinct = " to keep values distinct" if self.unique else ""
            raise ArgumentInvalid(
                f"the mask `{self.mask}` needs {length} characters{distinct}, `{self.type.spelled}` has "
                f"{self.type.length}",
                "Choose a shorter mask, such as hash or null.",
                needed=length,
            )

    def over(self, value: str, kind: ColumnType | None = None) -> "Column":
        """Return the same for another value."""
        return replace(self, value=value, type=kind or self.type)


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask as it can be chosen.

    `accepts` are the families of types that it is for, `keeps_unique` whether distinct values stay
    distinct, and `bound` how surely. `options` names what may stand in brackets after the name, at most
    `most_options`. `build` gives the SQL for a value that is neither NULL nor an empty text; `whole` that
    it is also right for those, and for whole arrays.
    """

    name: str
    meaning: str
    accepts: frozenset[Family]
    build: Callable[[Column], str] = field(repr=False)
    kinds: tuple[Kind, ...] = ()
    keeps_unique: bool = False
    bound: str = ""
    options: str = ""
    most_options: int = 0
    whole: bool = False
