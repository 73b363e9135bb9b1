"""Configurations of the original that say one thing."""

from snapharbor.engine.settings.dbsnapper.keys import KEYS, Kind, To

NAME = "p"
SAMPLES: dict[Kind, str] = {
    "text": "word",
    "words": "[one, two]",
    "tables": "{one: [two]}",
    "entries": "[{table: a.b, where: id < 9}]",
    "url": "pgl://h/d",
    "secret": "word",
    "sql": "DELETE FROM t",
    "query": "DELETE FROM t",
    "file": "rules.sql",
    "directory": "there",
    "profile": NAME,
}
SPECIAL = {
    "provider": "s3",
    "type": "s3",
    "cpus": "1",
    "use_default_schema": "true",
    "exclude_tables": "[a.b]",
    "batch_size": "1000",
}


def document(pattern: str) -> str:
    """Return a configuration that holds one key of `KEYS`, with a value that it can have."""
    rule = KEYS[pattern]
    parts = pattern.replace("*", NAME).split(".")
    value = SPECIAL.get(parts[-1]) or (SAMPLES[rule.kind] if isinstance(rule, To) else "x")
    return "".join("{" + part + ": " for part in parts) + value + "}" * len(parts)
