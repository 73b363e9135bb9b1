"""Templates in values and SQL: {{`NAME` | env}}, {{`TEXT`}}, and the filter `urlquery`."""

import re
from urllib.parse import quote

from ..model.errors import ConfigInvalid, SecretUnset
from ..model.settings import closest
from .environment import environment

_TEMPLATE = re.compile(r"\{\{\s*`([^`]*)`\s*((?:\|\s*\w*\s*)*)\}\}")
_DOLLAR = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_EITHER = re.compile(f"{_TEMPLATE.pattern}|{_DOLLAR.pattern}")
_BEGINNING = re.compile(r"\{\{\s*`")
_FORM = "Write it as {{`NAME` | env}}, {{`NAME` | env | urlquery}} or {{`TEXT`}}."
_FILTERS = {"env": "", "urlquery": ""}


def expand(text: str, where: str, *, dollars: bool = False) -> str:
    """Return the text with its templates replaced by what they stand for.

    `{{` that no back-tick follows is left alone: it is an array in SQL. What a variable holds is put in
    as it is, and never looked at again.

    Args:
        text: a value of the configuration, or SQL.
        where: what the text is, for the error: `sanitize.query_file rules/shop.sql`.
        dollars: whether `${NAME}`, the deprecated form, counts too.

    Raises:
        SecretUnset: a variable is not set; the details name it.
        ConfigInvalid: a template that is not understood.
    """
    if found := _BEGINNING.search(_TEMPLATE.sub(lambda whole: " " * len(whole[0]), text)):
        raise ConfigInvalid(f"{_place(text, found.start(), where)} has a template that is not closed", _FORM)

    def value(found: re.Match[str]) -> str:
        place = _place(text, found.start(), where)
        if found[1] is None:
            return _variable(found[3], place)
        return _filtered(found[1], found[2], place)

    return (_EITHER if dollars else _TEMPLATE).sub(value, text)


def has_dollars(text: str) -> bool:
    """Whether the deprecated form is used."""
    return _DOLLAR.search(text) is not None


def only_templates(text: str) -> bool:
    """Whether nothing is left of a text without its templates: it holds no secret itself."""
    return not _DOLLAR.sub("", _TEMPLATE.sub("", text)).strip()


def without_templates(text: str) -> str:
    """Return the text with every template replaced by a letter, to see what stands around them."""
    return _DOLLAR.sub("x", _TEMPLATE.sub("x", text))


def _filtered(value: str, pipeline: str, where: str) -> str:
    for name in (part.strip() for part in pipeline.split("|")[1:]):
        if name == "env":
            value = _variable(value, where)
        elif name == "urlquery":
            value = quote(value, safe="")
        else:
            hint = closest(name, _FILTERS, "")
            raise ConfigInvalid(f"{where} uses the unknown filter `{name[:40]}`", hint)
    return value


def _variable(name: str, where: str) -> str:
    value = environment().get(name)
    if value is None:
        raise SecretUnset(f"{where} needs the variable `{name}`, which is not set", variable=name)
    return value


def _place(text: str, index: int, where: str) -> str:
    return f"{where}, line {text.count(chr(10), 0, index) + 1}," if "\n" in text else where
