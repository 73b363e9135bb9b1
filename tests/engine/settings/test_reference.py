"""The page about the configuration is made from the schema, and the example is real."""

from pathlib import Path

from support.settings import Corner

from snapharbor.engine.settings.create import create_configuration
from snapharbor.engine.settings.reference import FILE, reference


def test_the_page_is_not_stale() -> None:
    assert FILE.read_text() == reference(), "run: python -m snapharbor.engine.settings.reference"


def test_the_example_is_a_configuration_that_loads(corner: Corner) -> None:
    example = Path(__file__).parents[3] / "snapharbor.example.yml"
    corner.set(SHOP_PASSWORD="x/y", TEAM_SECRET_KEY="x")
    create_configuration(corner.home / "first.yml")
    (corner.home / "sanitize").mkdir()
    corner.secret("sanitize/shop.sql", "DELETE FROM a")
    settings = corner.load(example.read_text())
    assert settings.warnings == ()
    assert set(settings.targets) == {"shop", "from-the-team"}
