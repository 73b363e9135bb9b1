"""Whether what a swap would replace is still what was seen when it was planned."""

from ..model.errors import ConfirmationRequired
from .base import Standing


def unsurprising(found: Standing, expected: Standing, *, name: str) -> bool:
    """Return whether there is something to replace, which is what was expected.

    Raises:
        ConfirmationRequired: it is something else.
    """
    if found not in ("nothing", expected):
        raise surprise(name)
    return found != "nothing"


def surprise(name: str) -> ConfirmationRequired:
    """Return the error for a database that changed since a load was planned."""
    return ConfirmationRequired(
        f"`{name}` is not what it was when the load was planned",
        "Plan it again and confirm what it overwrites now.",
    )
