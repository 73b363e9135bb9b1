"""What has to be set while a copy is filled, and what another server calls by another name."""

import re
from collections.abc import Callable, Iterator

from .entries import Definition, Entry, settings_of
from .version import Version

# As it came in it goes in: zero and impossible dates, the number 0 in a counting column.
STRICT = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
LENIENT = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"
OF_MYSQL = re.compile(r"\butf8mb4_(?:\w+_)?0900_(\w+)\b")
OF_MARIADB = re.compile(r"\b(utf8mb4|utf8mb3)_uca1400_(?:nopad_)?(\w+)\b")
# They are about accounts, and about what is shown.
_ONLY = "(?:NO_AUTO_CREATE_USER|NO_(?:FIELD|KEY|TABLE)_OPTIONS)"
MODES_OF_MARIADB = re.compile(rf",{_ONLY}\b|\b{_ONLY},?")
KNOWN_TO_BOTH = frozenset(("ai_ci", "as_ci", "as_cs"))


def variables(version: Version | None, *, mode: str) -> tuple[str, ...]:
    """Return the variables to set, those of MariaDB alone only there."""
    return (
        f"sql_mode = '{mode}'",
        "time_zone = '+00:00'",
        "foreign_key_checks = 0",
        "unique_checks = 0",
        *(("check_constraint_checks = 0",) if version is not None and version.mariadb else ()),
    )


def entering(version: Version, *, mode: str = STRICT) -> tuple[str, ...]:
    """Return the statements that a session needs before it makes or fills tables."""
    return ("SET NAMES utf8mb4", f"SET SESSION {', '.join(variables(version, mode=mode))}")


def ruling(version: Version) -> tuple[str, ...]:
    """Return the statements that make rules mean the same in a copy and while a source is read."""
    wanted = (
        f"sql_mode = '{STRICT}'",
        "div_precision_increment = 4",
        "lc_time_names = 'en_US'",
        "default_week_format = 0",
        "group_concat_max_len = 1048576",
        *(("default_regex_flags = ''",) if version.mariadb else ()),
    )
    return ("SET NAMES utf8mb4", f"SET SESSION {', '.join(wanted)}")


def _known_modes(statement: str, version: Version) -> str:
    """Return settings without the modes that only MariaDB has and that change no meaning of what is made."""
    return statement if version.mariadb else MODES_OF_MARIADB.sub("", statement)


def making(entry: Entry, version: Version) -> Iterator[str]:
    """Yield the statements that make an object; a session's settings are not kept in between."""
    settings = _known_modes(settings_of(entry), version)
    for statement in (*entering(version, mode=LENIENT), settings, entry.text, entry.then):
        if statement:
            yield translated_collations(statement, version)


def defaults(definition: Definition, version: Version) -> str:
    """Return the options of the database itself."""
    return translated_collations(definition.defaults, version)


def translated_collations(text: str, version: Version) -> str:
    """Return a text whose collations the server knows, the nearest for those of the other product."""
    return OF_MYSQL.sub(_for_mariadb(version), text) if version.mariadb else OF_MARIADB.sub(_for_mysql, text)


def _for_mariadb(version: Version) -> Callable[["re.Match[str]"], str]:
    newer = version.numbers >= (10, 10, 0)

    def nearest(found: "re.Match[str]") -> str:
        if found[1] == "bin":
            return "utf8mb4_nopad_bin"
        kind = found[1] if found[1] in KNOWN_TO_BOTH else "as_cs"
        return f"utf8mb4_uca1400_{kind}" if newer else "utf8mb4_unicode_520_ci"

    return nearest


def _for_mysql(found: "re.Match[str]") -> str:
    kind = found[2] if found[2] in KNOWN_TO_BOTH else "as_cs"
    return f"utf8mb4_0900_{kind}" if found[1] == "utf8mb4" else "utf8mb3_unicode_ci"
