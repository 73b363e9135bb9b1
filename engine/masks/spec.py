"""A mask as it is written: `email`, `date-shift(user_id, 30)`, `json('$.contact.email', email)`."""

import re
from dataclasses import dataclass

from ..model.errors import ArgumentInvalid

_WRITTEN = re.compile(r"\s*([A-Za-z][\w-]*)\s*(?:\((.*)\))?\s*", re.DOTALL)
_HINT = "Write the mask as name or name(option, option), such as email or noise(5)."
_QUOTES = "'\"`"
_OPENING, _CLOSING = "([", ")]"


@dataclass(frozen=True, slots=True)
class Spec:
    """A mask's name, hyphens for underscores, and its options as they were written."""

    name: str
    options: tuple[str, ...] = ()


def parse_spec(written: str) -> Spec:
    """Take a written mask apart.

    Raises:
        ArgumentInvalid: it is not of that form.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ArgumentInvalid(f"`{written[:60]}` is not a mask", _HINT)
    name = found[1].lower().replace("_", "-")
    return Spec(name, tuple(split_options(found[2] or "")))


def split_options(text: str) -> list[str]:
    """Cut a list at its outermost commas; quotes and brackets keep what is inside together.

    Raises:
        ArgumentInvalid: a quotation or bracket does not end.
    """
    options, start, depth, index = list[str](), 0, 0, 0
    while index < len(text):
        char = text[index]
        if char in _QUOTES:
            index = text.find(char, index + 1)
            if index < 0:
                raise ArgumentInvalid("an option of a mask ends inside a quotation", _HINT)
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == "," and depth == 0:
            options.append(text[start:index].strip())
            start = index + 1
        if depth < 0:
            break
        index += 1
    if depth != 0:
        raise ArgumentInvalid("the brackets of a mask's options do not match", _HINT)
    last = text[start:].strip()
    return [*options, last] if options or last else []


def plain(option: str) -> str:
    """Return what an option means: a quoted one without its quotes, another one as it stands."""
    if len(option) >= 2 and option[0] == option[-1] and option[0] in "'\"":
        return option[1:-1].replace(option[0] * 2, option[0])
    return option
