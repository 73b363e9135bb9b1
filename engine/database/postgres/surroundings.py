"""The settings under which rules run: the same in a copy and while a source is read."""

from collections.abc import Mapping

SURROUNDINGS: Mapping[str, str] = {
    "search_path": "public",
    "timezone": "UTC",
    "lc_time": "C",
    "bytea_output": "hex",
    "default_text_search_config": "pg_catalog.simple",
    "array_nulls": "on",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "xmlbinary": "base64",
    "xmloption": "content",
}

ENTER = tuple(f"SET LOCAL {name} = '{value}'" for name, value in SURROUNDINGS.items())
SAVEPOINT = "snapharbor_rules"


def inside(statement: str) -> str:
    """Return statements that run one in these surroundings, and leave the transaction's own as they were."""
    enter = ";\n".join((f"SAVEPOINT {SAVEPOINT}", *ENTER))
    return f"{enter};\n{statement};\nROLLBACK TO SAVEPOINT {SAVEPOINT};\nRELEASE SAVEPOINT {SAVEPOINT}"
