"""What a line of SHOW GRANTS gives."""

import pytest

from snapharbor.engine.database.mysql.grants import Grants, parse_grant


def grants(*lines: str) -> Grants:
    return Grants(tuple(grant for line in lines if (grant := parse_grant(line)) is not None))


@pytest.mark.parametrize(
    ("line", "database", "may"),
    [
        ("GRANT SELECT ON `shop`.* TO `a`@`%`", "shop", True),
        ("GRANT SELECT ON `shop`.* TO `a`@`%`", "shops", False),
        ("GRANT SELECT ON `shop\\_%`.* TO `a`@`%`", "shop_dev", True),
        ("GRANT SELECT ON `shop\\_%`.* TO `a`@`%`", "shopxdev", False),
        ("GRANT SELECT ON `shop_dev`.* TO `a`@`%`", "shopxdev", True),
        ("GRANT ALL PRIVILEGES ON *.* TO `a`@`%` WITH GRANT OPTION", "shop", True),
        ("GRANT SELECT ON `shop`.`one` TO `a`@`%`", "shop", False),
        ("GRANT SELECT (`a`), INSERT (`b`) ON `shop`.* TO `a`@`%`", "shop", True),
        ("GRANT USAGE ON *.* TO `a`@`%`", "shop", False),
        ("GRANT `role` TO `a`@`%`", "shop", False),
        ("GRANT SELECT ON `it``s`.* TO `a`@`%`", "it`s", True),
    ],
)
def test_a_right_holds_where_its_pattern_says(line: str, database: str, *, may: bool) -> None:
    assert grants(line).may("SELECT", database) == may


def test_a_role_that_may_change_one_table_writes() -> None:
    assert grants("GRANT UPDATE ON `shop`.`one` TO `a`@`%`").writes("shop")
    assert not grants("GRANT SELECT, SHOW VIEW ON `shop`.* TO `a`@`%`").writes("shop")


@pytest.mark.parametrize(
    "line",
    [
        "GRANT SELECT ON `mysql`.`proc` TO `a`@`%`",
        "GRANT SHOW CREATE ROUTINE ON `shop`.* TO `a`@`%`",
        "GRANT SHOW_ROUTINE ON *.* TO `a`@`%`",
        "GRANT SELECT ON *.* TO `a`@`%`",
    ],
)
def test_who_may_see_routines_is_known_for_every_product(line: str) -> None:
    assert grants(line).may_see_routines("shop")
    assert not grants("GRANT SELECT ON `shop`.* TO `a`@`%`").may_see_routines("shop")
