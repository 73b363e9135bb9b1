"""The guide to rules: its tables are what masks and templates are, and its SQL is SQL that rules may be."""

import re

import pytest

from snapharbor.engine.masks.reference import FILE, reference
from snapharbor.engine.rules.parse import parse

BLOCKS = re.findall(r"```sql\n(.*?)```", FILE.read_text("utf-8"), re.DOTALL)


def test_the_tables_are_not_stale() -> None:
    assert FILE.read_text("utf-8") == reference(), "run: python -m snapharbor.engine.masks.reference"


@pytest.mark.parametrize("block", BLOCKS)
def test_what_it_shows_can_be_a_rule(block: str) -> None:
    assert parse(block, "sanitize.query_file", "postgres").rules
