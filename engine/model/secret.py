"""A string that never shows itself."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """Holds a secret; `reveal()` is the only way to read it, so every use can be searched for."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself, for the one place that needs it."""
        return self._value

    def __str__(self) -> str:
        return "********"

    def __bool__(self) -> bool:
        return bool(self._value)
