"""What the documents say of the code."""

from pathlib import Path

from snapharbor.engine.database.postgres.identify import OLDEST
from snapharbor.engine.model.errors import every_error

ROOT = Path(__file__).parent.parent


def test_the_oldest_server_that_is_read_is_the_one_that_is_told() -> None:
    assert f"- PostgreSQL {OLDEST} and newer." in (ROOT / "docs" / "limits.md").read_text()


def test_every_generated_page_is_made_by_one_command() -> None:
    pages = [page for page in (ROOT / "docs").glob("*.md") if "enerated by `" in page.read_text()]
    assert {page.name for page in pages} == {"cli.md", "configuration.md", "errors.md", "mcp.md"}
    assert all("enerated by `make docs`" in page.read_text() for page in pages)


def test_a_hint_names_no_file_that_is_not_installed() -> None:
    # The page that is named for leaks is about what a person has to judge, and nothing shorter does.
    hints = {kind.code: kind.default_hint for kind in every_error() if kind.code != "rule-leaks"}
    assert not [code for code, hint in hints.items() if "docs/" in hint]
