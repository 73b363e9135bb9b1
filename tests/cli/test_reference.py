"""docs/cli.md says what the commands say."""

from pathlib import Path

from snapharbor.cli.reference import render

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == render(), "run `make docs`"
